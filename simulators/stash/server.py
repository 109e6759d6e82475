"""`StashSimulator`: a Stash server in this process, over real HTTP on loopback.

    with StashSimulator(plugin_dir=…, config_dir=tmp) as sim:
        scene = sim.library.add_scene("Harbour Lights", files=[{"path": "/data/a.mp4"}])
        runs = sim.scene_update(scene, title="Harbour Lights 2")

`library` changes rows silently; the methods here are a user's or a task's acts: they go
through the mutations and run the plugin.
"""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from simulators.http_server import HttpServer, KeepAliveHandler
from simulators.stash.acts import Acts
from simulators.stash.library import seed
from simulators.stash.records import Clock, Now
from simulators.stash.runs import Host, LogLine, Origin
from simulators.stash.schema import hook_context
from simulators.stash.state import Stash
from simulators.stash.web import DropConnection, Incoming, Reply, Site


class Traffic:
    """The site, and how many of its requests are under way; refuses more while it closes."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self._quiet = threading.Condition()
        self._busy = 0

    def answer(self, incoming: Incoming) -> Reply:
        """Raises DropConnection while the server goes down."""
        with self._quiet:
            if self.site.closing.is_set():
                raise DropConnection
            self._busy += 1
        try:
            return self.site.answer(incoming)
        finally:
            with self._quiet:
                self._busy -= 1
                self._quiet.notify_all()

    def drain(self, patience: float) -> None:
        """Wait for requests under way, at most ``patience`` seconds."""
        self.site.closing.set()
        with self._quiet:
            self._quiet.wait_for(lambda: self._busy == 0, patience)


class StashHandler(KeepAliveHandler):
    """One connection. ``traffic`` is set by the subclass that `server_for` makes."""

    timeout = 86_400  # Stash keeps idle connections
    traffic: Traffic

    def do_GET(self) -> None:
        """Every method is the site's to judge."""
        incoming = Incoming(self.command, self.path, self.headers, self.body())
        try:
            reply = self.traffic.answer(incoming)
        except DropConnection:
            self.hang_up()
            return
        always = {"Vary": "Origin", "X-Content-Type-Options": "nosniff"}
        dated = {**reply.headers, **always, "Date": self.date_time_string()}
        self.answer(reply.status, dated, reply.body)

    def do_POST(self) -> None:
        self.do_GET()


def server_for(traffic: Traffic, host: str, port: int) -> HttpServer:
    """A server of one site; not started yet."""
    handler = type("Handler", (StashHandler,), {"traffic": traffic})
    return HttpServer(handler, host, port)


LONGEST_HOOK = 30.0
"""Seconds that a shutdown waits for hooks under way (Stash has no limit)."""


class StashSimulator(Acts):
    """One simulated Stash. It listens between `start` and `stop`, on the same port each time.

    ``plugin_dir`` is walked for manifests as Stash's plugins folder is; ``python`` runs them;
    ``config_dir`` is Stash's own folder and working directory; ``credentials`` switch
    authentication on; ``env`` replaces the environment that plugins inherit; ``told_host`` is
    the bind address that plugins are told (Stash's default is 0.0.0.0, whatever it listens on);
    ``max_session_age`` in seconds; ``now`` gives epoch seconds.
    """

    def __init__(
        self,
        plugin_dir: str | os.PathLike[str] | None = None,
        python: str = sys.executable,
        config_dir: str | os.PathLike[str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        credentials: tuple[str, str] | None = None,
        env: Mapping[str, str] | None = None,
        told_host: str = "0.0.0.0",
        max_session_age: int = 3600,
        plugin_id: str = "PlexSync",
        now: Now = time.time,
    ) -> None:
        self._own_folder: tempfile.TemporaryDirectory[str] | None = None
        self.clock = Clock(now)
        folder = os.fspath(config_dir) if config_dir else ""
        self.host = Host(python, folder, env, told_host)
        plugins = os.fspath(plugin_dir) if plugin_dir else None
        self.stash = Stash(self.clock, self.host, plugins, credentials, max_session_age)
        super().__init__(Site(self.stash), plugin_id)
        self._traffic = Traffic(self.site)
        self._server = server_for(self._traffic, host, port)

    def start(self) -> Self:
        """Listen, load the plugins, begin to work on jobs."""
        if not self.host.config_dir:
            self._own_folder = tempfile.TemporaryDirectory(prefix="stash-")
            self.host.config_dir = self._own_folder.name
        self.site.closing.clear()
        self._server.start()
        self.host.port = self._server.port
        self.stash.plugins.load()
        self.stash.jobs.start()
        return self

    def stop(self) -> None:
        """Shut down as Stash does: running hooks are awaited, running tasks become orphans."""
        self._traffic.drain(LONGEST_HOOK)
        self._server.stop()
        self.stash.jobs.stop()

    def restart(self) -> None:
        """Stop and start again on the same port; cookies, keys and the library survive."""
        self.stop()
        self.start()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop for good, and kill what plugin processes of ours still run."""
        self.stash.plugins.kill_running()
        self.stop()
        if self._own_folder:
            self._own_folder.cleanup()

    @property
    def url(self) -> str:
        return self._server.url

    @property
    def settings(self) -> dict[str, Any]:
        """The plugin's stored settings; change them in place or assign a new map."""
        return self.stash.plugins.settings.setdefault(self.plugin_id, {})

    @settings.setter
    def settings(self, values: Mapping[str, Any]) -> None:
        self.stash.plugins.settings[self.plugin_id] = dict(values)

    @property
    def logs(self) -> list[LogLine]:
        """Stash's own log, plugins' lines with ``[Plugin / <name>]`` in front."""
        return list(self.stash.logs)

    @property
    def plugin_dir(self) -> str:
        """The folder of the plugin's manifest; the folder given at first when it is not loaded."""
        plugin = self.stash.plugins.find(self.plugin_id)
        return plugin.directory if plugin else self.stash.plugins.folder or ""

    def server_connection(self) -> dict[str, Any]:
        """The connection that a plugin started now would get on stdin, with a fresh cookie."""
        return self.stash.plugins.server_connection(self.plugin_dir, self._user())

    def hook_stdin(
        self,
        hook_type: str,
        record_id: int,
        input: Any = None,
        input_fields: Sequence[str] | None = None,
    ) -> dict[str, Any]:
        """The stdin object of a hook, to be fed to the plugin directly."""
        context = hook_context(hook_type, record_id, input, input_fields)
        return {"server_connection": self.server_connection(), "args": {"hookContext": context}}

    def task_stdin(self, **args: Any) -> dict[str, Any]:
        """The stdin object of a task or operation with these arguments."""
        return {"server_connection": self.server_connection(), "args": args}

    def expire_sessions(self) -> None:
        """Every cookie given so far is worthless from now on."""
        self.stash.sessions.expire_all()

    def set_api_key(self, key: str) -> None:
        """The one API key; "" revokes it."""
        self.stash.sessions.api_key = key

    def _user(self) -> Origin:
        return Origin(self.stash.sessions.user)

    def seed(self, scenes: int, **options: Any) -> int:
        """Add many scenes without hooks; see `simulators.stash.library`."""
        seed(self.library, scenes, **options)
        return len(self.library.scenes)
