"""The simulator as tests, demo and benchmarks use it."""

from __future__ import annotations

import time
import uuid
from typing import Any, Literal, Self

from simulators.faults import Faults
from simulators.http_server import HttpServer
from simulators.plex.calls import Server
from simulators.plex.disk import Disk
from simulators.plex.handler import Front, PlexHandler
from simulators.plex.items import Item, Section
from simulators.plex.library import Clock, Library
from simulators.plex.requests import RequestLog
from simulators.plex.scan import Scanner
from simulators.plex.seed import snapshot
from simulators.plex.user import User

TagMode = Literal["replace", "append"]


class PlexSimulator:
    """A Plex Media Server on loopback.

    ``token`` is required by every request but ``/identity`` (None: by none). ``tag_mode`` says
    whether sent tags append to an item's (the default) or replace them; ``habits`` are the other
    switches of ``Habits``. ``clock`` gives epoch seconds. ``max_target`` limits the request's path
    and query, as a reverse proxy does. ``disk`` and ``user`` act on the library: as its files
    change and scans meet them, and as a user does in Plex's own page.
    Usable as a context manager; state and port survive ``stop`` and ``restart``.
    """

    def __init__(
        self,
        token: str | None = "plex-token-for-tests",
        tag_mode: TagMode | None = None,
        port: int = 0,
        machine_identifier: str | None = None,
        *,
        host: str = "127.0.0.1",
        clock: Clock = time.time,
        max_target: int | None = None,
        **habits: Any,
    ) -> None:
        self.token = token
        self.machine_identifier = machine_identifier or uuid.uuid4().hex + "00000000"
        if tag_mode:
            habits["append_tags"] = tag_mode == "append"
        self.library = Library(clock, **habits)
        self.scanner = Scanner(self.library)
        self.disk = Disk(self.library)
        self.user = User(self.library)
        self.add_section = self.library.add_section
        self.add_movie = self.library.add_movie
        self.add_episode = self.library.add_episode
        self.refresh_metadata = self.library.refresh
        self.edit = self.user.edit
        self.requests = RequestLog()
        self.faults = Faults()
        server = Server(self.library, self.scanner, self.requests, self.machine_identifier)
        self._front = Front(server, self.faults, token, max_target)
        handler = type("Handler", (PlexHandler,), {"front": self._front})
        self._http = HttpServer(handler, host, port)

    @property
    def url(self) -> str:
        """The address, without a trailing slash."""
        return self._http.url

    def start(self) -> Self:
        """Listen; returns when connections are accepted."""
        self._front.stopping.clear()
        self._http.start()
        return self

    def stop(self) -> None:
        """Refuse connections and cut the open ones; state and port are kept."""
        self._front.stopping.set()
        self._http.stop()

    def restart(self) -> None:
        """Stop and start on the same port."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def item(self, rating_key: int) -> Item:
        """The item as it is; KeyError when there is none."""
        self.scanner.advance()
        return self.library.items[rating_key]

    def items(self, section: Section | None = None) -> list[Item]:
        """All items that have files, of one section or of all."""
        self.scanner.advance()
        found = section.items.values() if section else self.library.items.values()
        return [item for item in found if item.files]

    @property
    def scan_delay(self) -> float:
        """Seconds that a scan takes, by the simulator's clock."""
        return self.scanner.delay

    @scan_delay.setter
    def scan_delay(self, seconds: float) -> None:
        self.scanner.delay = seconds

    def add_on_scan(self, section: Section, path: str, **options: Any) -> None:
        """Put a file on disk; it becomes an item when a scan covers it."""
        add = self.add_movie if section.type == "movie" else self.add_episode
        self.scanner.expect(section, path, lambda: add(section, path, **options))

    def snapshot(self) -> dict[int, dict[str, Any]]:
        """The whole state as plain data, without time stamps."""
        self.scanner.advance()
        return snapshot(self.library)
