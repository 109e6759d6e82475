"""`StashSimulator`: a Stash server in this process, over real HTTP on loopback.

    with StashSimulator(plugin_dir=…, config_dir=tmp) as sim:
        scene = sim.library.add_scene("Harbour Lights", files=[{"path": "/data/a.mp4"}])
        runs = sim.scene_update(scene, title="Harbour Lights 2")

`library` changes rows silently; the methods here are a person's or a task's acts: they go
through the mutations and run the plugin.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any, Self

from simulators.stash.acts import Acts
from simulators.stash.clock import Clock, Now
from simulators.stash.control import Control
from simulators.stash.hook_context import hook_context
from simulators.stash.listener import Traffic, server_for
from simulators.stash.output import LogLine
from simulators.stash.runs import Host, Origin
from simulators.stash.seed import seed
from simulators.stash.state import Stash
from simulators.stash.web import Site

LONGEST_HOOK = 30.0
"""How many seconds a shutdown waits for hooks under way (Stash has no limit)."""


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
        self._traffic = Traffic(self.site, Control(self._remote()))
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
        """What is stored for the plugin; change it in place or assign a new map."""
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
        """Where the plugin's manifest lies; the folder given at first when it is not loaded."""
        plugin = self.stash.plugins.find(self.plugin_id)
        return plugin.directory if plugin else self.stash.plugins.folder or ""

    def server_connection(self) -> dict[str, Any]:
        """What a plugin started now would find on stdin, with a fresh cookie."""
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
        """Add many scenes without hooks; see `simulators.stash.seed`."""
        seed(self.library, scenes, **options)
        return len(self.library.scenes)

    def request_counts(self) -> dict[str, Any]:
        log = self.requests
        return {"total": log.total, "paths": dict(log.by_path), "fields": dict(log.by_field)}

    def _remote(self) -> dict[str, Any]:
        """What other processes may call through ``/_control``."""
        methods = [
            *(self.seed, self.request_counts, self.expire_sessions, self.set_api_key),
            *(self.scene_update, self.bulk_scene_update, self.scene_destroy, self.rename_performer),
            *(self.scan_new_file, self.scan_moved_file, self.clean_missing_file, self.identify),
            *(self.run_task, self.run_operation, self.scenes_update, self.scene_merge),
            *(self.server_connection, self.hook_stdin, self.configure),
        ]
        return {method.__name__: method for method in methods} | {
            "clear_requests": self.requests.clear,
            "add_scene": self.library.add_scene,
            "touch": self.library.touch,
            "add_fault": self.faults.add,
            "clear_faults": self.faults.clear,
        }
