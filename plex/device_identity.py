"""Our identity for Plex: one stable device per data directory, in Plex's list of devices."""

from __future__ import annotations

import json
import logging
import os
import platform
import socket
import tempfile
import uuid

from plex.isolation import BASE_HEADERS

PRODUCT = "PlexSync"
FILE_NAME = "device_identity.json"
_FILE_VERSION = 1

_log = logging.getLogger(__name__)


def client_identifier(data_dir: str) -> str:
    """Return the identifier kept in *data_dir*, made and stored at the first call.

    Plex shows one device per identifier; plexapi's own is made of a network address and changes
    with each start in a container. A damaged file is replaced. If it cannot be stored, the
    identifier lasts for this process, and a line is logged.
    """
    path = os.path.join(data_dir, FILE_NAME)
    known = _load(path)
    if known:
        return known
    made = str(uuid.uuid4())
    try:
        _store(path, made)
    except OSError as error:
        _log.warning(
            "%s cannot be written (%s): Plex will list a new device after each start.",
            path,
            error.strerror,
        )
        return made
    return _load(path) or made  # another process may have been first


def configure(identifier: str, version: str = "1") -> None:
    """Put our identity into every request of plexapi, in place, before the first connection.

    plexapi's modules hold on to this one dictionary, so a new one would not be noticed.
    """
    BASE_HEADERS.update(
        {
            "X-Plex-Product": PRODUCT,
            "X-Plex-Version": _header_safe(version),
            "X-Plex-Platform": _header_safe(platform.system()),
            "X-Plex-Platform-Version": _header_safe(platform.release()),
            "X-Plex-Device": _header_safe(platform.system()),
            "X-Plex-Device-Name": _header_safe(socket.gethostname()),
            "X-Plex-Client-Identifier": _header_safe(identifier),
        }
    )


def _load(path: str) -> str:
    """The stored identifier, or "" when there is none to be used."""
    try:
        with open(path, encoding="utf-8") as file:
            stored = json.load(file)
    except (OSError, ValueError):
        return ""
    if not isinstance(stored, dict) or stored.get("version") != _FILE_VERSION:
        return ""
    identifier = stored.get("identifier")
    return identifier if isinstance(identifier, str) and _header_safe(identifier) else ""


def _store(path: str, identifier: str) -> None:
    """Write the file whole or not at all, readable by its owner only (mkstemp's mode is 0600)."""
    handle, temporary = tempfile.mkstemp(prefix=".device-", dir=os.path.dirname(path))
    try:
        with open(handle, "w", encoding="utf-8") as file:
            json.dump({"version": _FILE_VERSION, "identifier": identifier}, file)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise


def _header_safe(text: str) -> str:
    """The text as an HTTP header can carry it: printable Latin-1, without spaces at its ends."""
    latin = text.encode("latin-1", "replace").decode("latin-1")
    return "".join(char if char.isprintable() else "?" for char in latin).strip()
