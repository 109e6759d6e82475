"""How Plex is reached: by the settings, or by a sign-in where they name no Plex.

The one place that decides it. A token from a sign-in is tied to its own server: an address of the
settings never receives it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from plex.addresses import OPEN, Address, Guard, guard_of, rank
from sync_queue import credentials
from sync_queue.credentials import ChosenServer
from validation.config import ConfigReport, PlexSyncConfig
from validation.errors import SetupError

BY_SETTINGS, BY_SIGN_IN = "settings", "signed in"


@dataclass(frozen=True, slots=True)
class Access:
    """One Plex, and what an address must prove before it is sent the token."""

    url: str
    token: str = field(repr=False)
    insecure_tls: bool
    connect_timeout: float
    read_timeout: float
    guard: Guard = OPEN


def server_in_use(report: ConfigReport, data_dir: str) -> tuple[ChosenServer | None, str]:
    """The server of the sign-in, ``None`` where the settings name a Plex; and what is missing."""
    if report.names_plex:
        return None, report.setup_problem
    try:
        server = credentials.server_of(data_dir)
    except SetupError as damaged:
        return None, str(damaged)
    return server, "" if server else report.setup_problem


def access_of(config: PlexSyncConfig, server: ChosenServer | None) -> Access:
    """The Plex of the settings, or ``server``, which was signed in to."""
    options = (config.insecure_tls, config.connect_timeout, config.read_timeout)
    if server is None:
        return Access(config.plex_url, config.plex_token.get_secret_value(), *options)
    listed = {uri for uri, _local, _relay in server.addresses}
    guard = guard_of(server.uri, server.machine, listed, insecure_tls=config.insecure_tls)
    return Access(server.uri, server.token, *options, guard)


def other_addresses(server: ChosenServer) -> tuple[Address, ...]:
    """The addresses to go on with where the one in use fails: the best first, none through Plex's
    relay, which only the user may choose."""
    listed = (Address(uri, local, relay) for uri, local, relay in server.addresses)
    others = (one for one in listed if not one.relay and one.uri != server.uri)
    return tuple(sorted(others, key=rank))
