"""The addresses that may be sent a token, and the best address of a server. Pure.

Any script on a page of Stash can name an address, and a machineIdentifier is public and proves
nothing. So a token from a sign-in goes to addresses that plex.tv listed, over https with a
certificate that was checked, and otherwise to loopback and private addresses only. The socket
decides what is private, once it is connected: a name may lead elsewhere at the next look.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from validation.addresses import is_private


@dataclass(frozen=True, slots=True)
class Guard:
    """The proof that an address owes before it is sent a token from a sign-in.

    ``machine`` is the server that has to answer there, "" for a token of the settings, which goes
    to the address of the settings. ``private_only``: only a loopback or private address. ``path``
    is Plex's folder behind a proxy.
    """

    machine: str = ""
    private_only: bool = False
    path: str = ""


OPEN = Guard()


@dataclass(frozen=True, slots=True)
class Address:
    """One address of a server. ``typed``: it came from the user, and plex.tv did not list it."""

    uri: str
    local: bool = False
    relay: bool = False
    typed: bool = False

    @property
    def is_secure(self) -> bool:
        """Whether it is encrypted."""
        return self.uri.lower().startswith("https://")


def guard_of(uri: str, machine: str, listed: Collection[str], *, insecure_tls: bool) -> Guard:
    """The guard before a token from a sign-in goes to ``uri``; ``listed`` by plex.tv."""
    proven = uri in listed and uri.lower().startswith("https://") and not insecure_tls
    return Guard(machine, private_only=not proven, path=urlsplit(uri).path.rstrip("/"))


def with_plain(addresses: Iterable[Address], *, https_required: bool) -> tuple[Address, ...]:
    """The addresses, each once, with ``http://address:port`` for local ones under a name of
    plex.direct: many routers refuse to look up names that lead into their own network.
    """
    found: dict[str, Address] = {}
    for one in addresses:
        found.setdefault(one.uri, one)
    for one in tuple(found.values()):
        plain = plain_uri(one.uri)
        if one.local and plain and not https_required:
            found.setdefault(plain, Address(plain, local=True))
    return tuple(sorted(found.values(), key=rank))


def plain_uri(uri: str) -> str:
    """The http address inside of a plex.direct name, "" for any other name or number."""
    parts = urlsplit(uri)
    first, _, rest = (parts.hostname or "").partition(".")
    number = first.replace("-", ".")
    if not rest.endswith("plex.direct") or not is_private(number) or not parts.port:
        return ""
    return f"http://{number}:{parts.port}"


def rank(address: Address, milliseconds: int = 0) -> tuple[bool, bool, bool, int]:
    """The order in which addresses are preferred: local, remote, relay; https, http; the time."""
    return address.relay, not address.local, not address.is_secure, milliseconds
