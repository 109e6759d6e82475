"""Our identity for Plex: one stable device per data directory, in Plex's list of devices.

Standard library only, and little of it: a page asks every two seconds whether a PIN was claimed.
"""

from __future__ import annotations

import json
import logging
import os
import platform
import socket

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
    made = new_identifier()
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


def headers(identifier: str, version: str = "1") -> dict[str, str]:
    """The headers that tell Plex and plex.tv who we are."""
    return {
        "X-Plex-Product": PRODUCT,
        "X-Plex-Version": _header_safe(version),
        "X-Plex-Platform": _header_safe(platform.system()),
        "X-Plex-Platform-Version": _header_safe(platform.release()),
        "X-Plex-Device": _header_safe(platform.system()),
        "X-Plex-Device-Name": _header_safe(socket.gethostname()),
        "X-Plex-Client-Identifier": _header_safe(identifier),
    }


def new_identifier() -> str:
    """A random UUID of version 4."""
    number = bytearray(os.urandom(16))
    number[6] = number[6] & 0x0F | 0x40
    number[8] = number[8] & 0x3F | 0x80
    text = number.hex()
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


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
    """Write the file whole or not at all, readable by its owner only."""
    temporary = f"{path}.{os.getpid()}.tmp"
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
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
