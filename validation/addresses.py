"""Addresses of machines: which are on this machine or in its own network. Standard library only."""

from __future__ import annotations

import ipaddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address

LOOPBACK = ("127.0.0.0/8", "::1/128")
# RFC 1918, unique local and link-local addresses. Not 100.64.0.0/10, which a provider shares among
# its customers.
_PRIVATE = (
    *LOOPBACK,
    "10.0.0.0/8",
    "172.16.0.0/12",
    "192.168.0.0/16",
    "169.254.0.0/16",
    "fc00::/7",
    "fe80::/10",
)
_LOOPBACK_NETWORKS = tuple(map(ipaddress.ip_network, LOOPBACK))
_PRIVATE_NETWORKS = tuple(map(ipaddress.ip_network, _PRIVATE))


def is_private(host: str) -> bool:
    """Whether *host* is the number of a loopback or private address; False for a name."""
    return _is_in(host, _PRIVATE_NETWORKS)


def is_public(host: str) -> bool:
    """Whether *host* is the number of an address outside of this network; False for a name."""
    return _address(host) is not None and not is_private(host)


def is_loopback(host: str) -> bool:
    """Whether *host* is this machine: a loopback address, or ``localhost``."""
    return host.lower() == "localhost" or _is_in(host, _LOOPBACK_NETWORKS)


def _is_in(host: str, networks: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...]) -> bool:
    address = _address(host)
    return address is not None and any(
        address.version == one.version and address in one for one in networks
    )


def _address(host: str) -> _Address | None:
    """The address of a number such as a socket reports it; ``None`` for anything else."""
    try:
        found = ipaddress.ip_address(host.strip("[]").partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped:
        return found.ipv4_mapped
    return found
