"""The servers of an account, as plex.tv lists them: parsed once, with bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from plex.addresses import Address, with_plain
from validation.setting_types import server_url
from validation.texts import one_line

_MOST_SERVERS, _MOST_CONNECTIONS = 100, 30
_LONGEST, _LONGEST_TOKEN = 200, 4096


@dataclass(frozen=True, slots=True)
class PlexServerListed:
    """A server of the account; ``token`` is its own, "" for one that gives none.

    ``shared_by`` is the owner of a server that is shared with this account.
    """

    name: str
    machine: str
    version: str
    owned: bool
    shared_by: str
    token: str = field(repr=False)
    addresses: tuple[Address, ...]


def parse_resources(doc: object) -> tuple[PlexServerListed, ...]:
    """The servers among an account's devices; players and nonsense are left out."""
    devices = doc if isinstance(doc, list) else []
    servers = (_server(one) for one in devices if isinstance(one, dict))
    found = {one.machine: one for one in servers if one is not None}
    return tuple(sorted(found.values(), key=lambda one: not one.owned))[:_MOST_SERVERS]


def _server(device: Mapping[str, object]) -> PlexServerListed | None:
    machine = _text(device, "clientIdentifier")
    if "server" not in _text(device, "provides").split(",") or not machine:
        return None
    token = device.get("accessToken")
    connections = device.get("connections")
    listed = connections if isinstance(connections, list) else []
    addresses = (_address(one) for one in listed[:_MOST_CONNECTIONS] if isinstance(one, dict))
    return PlexServerListed(
        name=_text(device, "name") or machine,
        machine=machine,
        version=_text(device, "productVersion"),
        owned=device.get("owned") is True,
        shared_by=_text(device, "sourceTitle"),
        token=token if isinstance(token, str) and _is_token(token) else "",
        addresses=with_plain(
            (one for one in addresses if one is not None),
            https_required=device.get("httpsRequired") is True,
        ),
    )


def _address(connection: Mapping[str, object]) -> Address | None:
    try:
        uri = server_url(_text(connection, "uri"))
    except ValueError:
        return None
    if not uri:
        return None
    return Address(uri, connection.get("local") is True, connection.get("relay") is True)


def _text(doc: Mapping[str, object], key: str) -> str:
    value = doc.get(key)
    return one_line(value, _LONGEST) if isinstance(value, str) else ""


def _is_token(text: str) -> bool:
    return 0 < len(text) <= _LONGEST_TOKEN and text.isascii() and text.isprintable()
