"""Where Stash is and how to log in there: parsed once, from Stash's stdin or from STASH_URL."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from validation.errors import SetupError

_DEFAULT_PORT = 9999
# Addresses that a server binds to listen everywhere; no client can connect to them.
_EVERY_ADDRESS = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - we bind nothing


@dataclass(frozen=True, slots=True)
class StashConnection:
    """The address and login of one Stash.

    ``host`` is as it belongs in a URL (IPv6 in brackets); ``cookie`` is the value of the
    ``session`` cookie. ``dir`` is Stash's configuration directory and ``plugin_dir`` is ours, as
    Stash sent them ("" when unknown).
    """

    scheme: str
    host: str
    port: int
    cookie: str = field(default="", repr=False)
    api_key: str = field(default="", repr=False)
    dir: str = ""
    plugin_dir: str = ""

    @property
    def address(self) -> tuple[str, str, int]:
        """The address, which identifies the server: a new login for it needs no new connection."""
        return self.scheme, self.host, self.port

    @property
    def base_url(self) -> str:
        """The address of the server, without a slash at the end."""
        return f"{self.scheme}://{self.host}:{self.port}"

    @property
    def is_local(self) -> bool:
        """Whether the address is this machine: its self-signed certificate needs no check."""
        name = self.host.strip("[]")
        try:
            return ipaddress.ip_address(name).is_loopback
        except ValueError:
            return name == "localhost"

    @classmethod
    def from_stdin(cls, raw: Mapping[str, object], *, api_key: str = "") -> StashConnection:
        """Parse the ``server_connection`` object that Stash sends, whose keys are Go-cased.

        Raises SetupError when it names no usable port or scheme.
        """
        cookie = raw.get("SessionCookie")
        value = cookie.get("Value") if isinstance(cookie, Mapping) else ""
        return cls(
            scheme=_scheme(_text(raw.get("Scheme")) or "http"),
            host=_host(_text(raw.get("Host"))),
            port=_port(raw.get("Port", _DEFAULT_PORT)),
            cookie=_text(value),
            api_key=api_key,
            dir=_text(raw.get("Dir")),
            plugin_dir=_text(raw.get("PluginDir")),
        )

    @classmethod
    def from_url(cls, url: str, *, api_key: str = "") -> StashConnection:
        """Parse an address such as ``http://nas:9999`` that a user typed.

        Raises SetupError with a sentence when it cannot be an address.
        """
        text = url.strip()
        try:
            parts = urlsplit(text if "://" in text else f"http://{text}")
            scheme, name, port = parts.scheme, parts.hostname, parts.port
        except ValueError:
            name = None
        if not name:
            raise SetupError("STASH_URL is not an address such as http://host:9999.")
        default = 443 if scheme == "https" else _DEFAULT_PORT
        return cls(_scheme(scheme), _host(name), _port(port or default), api_key=api_key)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _scheme(text: str) -> str:
    if text.lower() not in ("http", "https"):
        raise SetupError("Stash's address must begin with http:// or https://.")
    return text.lower()


def _host(text: str) -> str:
    name = text.strip().strip("[]")
    if name in _EVERY_ADDRESS:
        # 127.0.0.1 and not localhost, which may mean ::1, where an IPv4 Stash does not listen.
        return "127.0.0.1"
    return f"[{name}]" if ":" in name else name


def _port(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 65536:
        raise SetupError("Stash's port must be a number from 1 to 65535.")
    return value
