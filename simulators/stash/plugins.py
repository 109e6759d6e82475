"""Loads plugins and runs them: hooks in the save, tasks in a job, operations immediately."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from simulators.stash.manifest import (
    BadManifest,
    Manifest,
    Operation,
    find_manifests,
    load_manifest,
)
from simulators.stash.process import PluginProcess
from simulators.stash.runs import Host, LineReader, Origin, PluginRun, result
from simulators.stash.schema import hook_context
from simulators.stash.sessions import Sessions

DEEPEST_LOOP = 10
RUNS_KEPT = 2_000


class PluginError(Exception):
    """A run that cannot begin; the text is Stash's own."""


class Plugins:
    """All loaded plugins with their stored settings; ``settings`` is keyed by plugin id."""

    def __init__(
        self,
        folder: str | None,
        host: Host,
        sessions: Sessions,
        log: Callable[[str, str], None],
    ) -> None:
        self.folder = folder
        self.host = host
        self.settings: dict[str, dict[str, Any]] = {}
        self.disabled: set[str] = set()
        self.loaded: list[Manifest] = []
        self.runs: deque[PluginRun] = deque(maxlen=RUNS_KEPT)
        self.running: set[PluginProcess] = set()
        self._sessions = sessions
        self._log = log
        self._lock = threading.Lock()

    def load(self) -> None:
        """Read every manifest below the folder; a bad one, or a second of an id, is logged."""
        self.loaded = []
        for path in find_manifests(self.folder) if self.folder else ():
            try:
                manifest = load_manifest(path)
                if manifest.id.lower() in {other.id.lower() for other in self.loaded}:
                    raise BadManifest(f"plugin ID {manifest.id} already exists")
            except BadManifest as error:
                self._log("error", f"Error loading plugin {path}: {error}")
            else:
                self.loaded.append(manifest)

    def find(self, plugin_id: str) -> Manifest | None:
        return next((plugin for plugin in self.loaded if plugin.id == plugin_id), None)

    def server_connection(self, directory: str, origin: Origin) -> dict[str, Any]:
        """The Go-cased object a plugin finds on stdin, with a cookie made now."""
        return {
            "Scheme": "http",
            "Host": self.host.told_host,
            "Port": self.host.port,
            "SessionCookie": _cookie(self._sessions.make_cookie(origin.user, origin.visited)),
            "Dir": self.host.config_dir,
            "PluginDir": directory,
        }

    def stdin_for(
        self, plugin: Manifest, origin: Origin, args: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The whole object for one run; Go writes a map's keys sorted."""
        return {
            "server_connection": self.server_connection(plugin.directory, origin),
            "args": dict(sorted(args.items())),
        }

    def run_hooks(
        self,
        origin: Origin,
        hook_type: str,
        record_id: int,
        given: Any = None,
        fields: list[str] | None = None,
    ) -> None:
        """Run every hook of every enabled plugin for one record, one after the other.

        A process that does not start, or a cancel, ends it all; an error output is only logged.
        """
        context = hook_context(hook_type, record_id, given, fields)
        for plugin in self.loaded:
            hooks = [hook for hook in plugin.hooks if hook_type in hook.triggered_by]
            if plugin.id in self.disabled or not hooks:
                continue
            mark = (plugin.id, hook_type)
            if origin.visited.count(mark) >= DEEPEST_LOOP:
                self._log("debug", f"cyclic loop detected: plugin ID '{plugin.id}'")
                continue
            inner = Origin(origin.user, (*origin.visited, mark), origin.cancel, origin.runs)
            for hook in hooks:
                run = self.run(plugin, hook, inner, {**hook.default_args, "hookContext": context})
                if run.exit_code is None or run.cancelled:
                    self._log("error", f"error executing post hooks: {run.error}")
                    return
                self._log_outcome(f"{hook_type} [{plugin.name}]: returned", run)

    def run_task(
        self,
        origin: Origin,
        plugin_id: str,
        task_name: str | None,
        args: Mapping[str, Any],
        on_progress: Callable[[float], None],
    ) -> None:
        """Run one task to its end; its own error is only logged. Raises PluginError."""
        if plugin_id in self.disabled:
            raise PluginError(f"plugin {plugin_id} is disabled")
        plugin = self.find(plugin_id)
        if plugin is None:
            raise PluginError(f"no plugin with ID {plugin_id}")
        task = None if task_name is None else plugin.task(task_name)
        if task_name is not None and task is None:
            raise PluginError(f"no task with name {task_name} in plugin {plugin.name}")
        defaults = task.default_args if task else {}
        run = self.run(plugin, task, origin, {**defaults, **args}, on_progress)
        self._log_outcome("Plugin returned", run)

    def run(
        self,
        plugin: Manifest,
        operation: Operation | None,
        origin: Origin,
        args: Mapping[str, Any],
        on_progress: Callable[[float], None] | None = None,
    ) -> PluginRun:
        """Start the process, wait for it or for the cancel, and keep the record of it."""
        run = PluginRun(self.stdin_for(plugin, origin, args))
        origin.runs.append(run)
        self.runs.append(run)
        reader = LineReader(plugin.name, plugin.err_log, run, self._log, on_progress)
        try:
            process = PluginProcess(
                plugin.command(operation, self.host.python),
                json.dumps(run.stdin, ensure_ascii=False).encode(),
                env=self._environment(plugin),
                cwd=self.host.config_dir,
                on_line=reader.read,
            )
        except OSError as error:
            run.error = f"error running plugin: {error}"
            return run
        with self._lock:
            self.running.add(process)
        finished = process.wait(origin.cancel)
        with self._lock:
            self.running.discard(process)
        run.pid, run.stdout, run.seconds = process.popen.pid, finished.stdout, finished.seconds
        run.exit_code, run.cancelled = finished.exit_code, finished.cancelled
        run.output, run.error = result(finished)
        return run

    def kill_running(self) -> None:
        """Kill every plugin process that still runs; their children are left alone."""
        with self._lock:
            for process in self.running:
                process.popen.kill()

    def _environment(self, plugin: Manifest) -> dict[str, str]:
        env = dict(os.environ if self.host.env is None else self.host.env)
        if plugin.is_python:
            beside = os.path.dirname(os.path.abspath(plugin.directory))
            env["PYTHONPATH"] = os.pathsep.join(filter(None, [env.get("PYTHONPATH"), beside]))
        return env

    def _log_outcome(self, intro: str, run: PluginRun) -> None:
        if run.error is not None:
            self._log("error", f"{intro} error: {run.error}")
        elif run.output is not None:
            self._log("debug", f"{intro}: {run.output}")


def _cookie(value: str) -> dict[str, Any]:
    """Go's ``http.Cookie`` as its JSON encoder writes it."""
    return {
        "Name": "session",
        "Value": value,
        "Quoted": False,
        "Path": "",
        "Domain": "",
        "Expires": "0001-01-01T00:00:00Z",
        "RawExpires": "",
        "MaxAge": 0,
        "Secure": False,
        "HttpOnly": False,
        "SameSite": 0,
        "Partitioned": False,
        "Raw": "",
        "Unparsed": None,
    }
