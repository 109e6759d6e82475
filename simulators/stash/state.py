"""One Stash: its library, sessions, plugins and jobs, without the network in front of it."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from simulators.stash.jobs import JobQueue
from simulators.stash.library import Library
from simulators.stash.plugins import Plugins
from simulators.stash.records import Clock
from simulators.stash.runs import Host, LogLine, Origin
from simulators.stash.sessions import Sessions

LOG_LINES_KEPT = 10_000


class Stash:
    """The parts that resolvers work on. ``folders`` are the ones that Stash scans."""

    def __init__(
        self,
        clock: Clock,
        host: Host,
        plugin_dir: str | None,
        credentials: tuple[str, str] | None,
        max_session_age: int,
    ) -> None:
        self.clock = clock
        self.started = time.monotonic()
        self.logs: deque[LogLine] = deque(maxlen=LOG_LINES_KEPT)
        self.library = Library(clock)
        self.sessions = Sessions(clock, credentials, max_session_age)
        self.plugins = Plugins(plugin_dir, host, self.sessions, self.log)
        self.jobs = JobQueue(clock)
        self.folders = ["/data"]

    def log(self, level: str, message: str) -> None:
        self.logs.append(LogLine(level, message, time.monotonic() - self.started))


@dataclass(slots=True)
class Call:
    """One GraphQL request on its way; ``base_url`` begins image URLs."""

    stash: Stash
    base_url: str
    origin: Origin = field(default_factory=Origin)
