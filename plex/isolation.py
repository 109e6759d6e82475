"""plexapi without this machine's plexapi configuration. Our room imports plexapi through here.

plexapi reads a configuration file of the user and PLEXAPI_* variables when it is first imported.
They can put another token, address, identity or log file in place, or write tokens into URLs. A
damaged file stops the import. None of that is meant for us.
"""

from __future__ import annotations

import os

from plex import device_identity

for _name in [name for name in os.environ if name.startswith("PLEXAPI_")]:
    del os.environ[_name]
os.environ["PLEXAPI_CONFIG_PATH"] = os.devnull

from plexapi import BASE_HEADERS, exceptions  # noqa: E402 (reads its settings when it is imported)
from plexapi.server import PlexServer  # noqa: E402 (so does this)

__all__ = ["BASE_HEADERS", "PlexServer", "configure", "exceptions"]


def configure(identifier: str, version: str = "1") -> None:
    """Put our identity into every request of plexapi, in place, before the first connection.

    plexapi's modules hold on to this one dictionary, so a new one would not be noticed.
    """
    BASE_HEADERS.update(device_identity.headers(identifier, version))
