"""A real Stash on loopback, named by ``STASH_BIN``: its process, its folder, its log.

It is set up as `StashSimulator` is: credentials are on, the plugin lies in its plugins folder.
"""

from __future__ import annotations

import http.cookiejar
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.installed_plugin import eventually

USER, PASSWORD = "zoe", "a password"
PLUGIN = "PlexSync"
FOUND = 302
_HOOK_ENDED = re.compile(r'level=(\w+) msg="(\S+\.Post) \[\w+\]: returned(?: error)?: (.*)"$')


class Refused(Exception):
    """Stash answered with errors."""


@dataclass(frozen=True)
class HookRun:
    """What Stash's log says of a hook that ended: its trigger, and its output or error."""

    trigger: str
    output: str | None
    error: str | None


def tool(name: str) -> str:
    """The path of ``ffmpeg`` or ``ffprobe``: named by FFMPEG or FFPROBE, else the one on PATH."""
    return os.environ.get(name.upper()) or shutil.which(name) or name


class RealServer:
    """One Stash process, its folder and its log."""

    def __init__(self, folder: Path, plugins: Path) -> None:
        self.folder = folder
        self.files = folder / "library"
        self.files.mkdir(parents=True)
        self.plugins = plugins
        self.log_file = folder / "stash.log"
        self.port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        self._browser = _browser()
        (folder / "config.yml").write_text(json.dumps(self._config()), "utf-8")

    def _config(self) -> dict[str, Any]:
        """JSON is YAML; with ``database`` and ``generated`` set, Stash asks for no setup."""
        return {
            "host": "127.0.0.1",
            "port": self.port,
            "stash": [{"path": str(self.files), "excludevideo": False, "excludeimage": False}],
            "database": str(self.folder / "stash.sqlite"),
            "generated": str(self.folder / "generated"),
            "cache": str(self.folder / "cache"),
            "blobs_path": str(self.folder / "blobs"),
            "blobs_storage": "FILESYSTEM",
            "plugins_path": str(self.plugins),
            "python_path": sys.executable,
            "ffmpeg_path": tool("ffmpeg"),
            "ffprobe_path": tool("ffprobe"),
            "loglevel": "Debug",
            "logfile": str(self.log_file),
            "nobrowser": True,
        }

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    def start(self, **config: Any) -> None:
        """Start it and wait until it answers; the first start switches credentials on.

        ``config`` goes into its configuration file first, as an administrator writes it.
        """
        if config:
            lines = (self.folder / "config.yml").read_text("utf-8").splitlines()
            kept = [line for line in lines if line.partition(":")[0] not in config]
            more = [f"{key}: {json.dumps(value)}" for key, value in config.items()]
            (self.folder / "config.yml").write_text("\n".join([*kept, *more, ""]), "utf-8")
        command = [os.environ["STASH_BIN"], "-c", str(self.folder / "config.yml")]
        environ = {k: v for k, v in os.environ.items() if k != "STASH_PLUGIN_DATA"}
        self._process = subprocess.Popen(
            command,
            cwd=self.folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        eventually(self._answers, timeout=60)
        self.login()

    def _answers(self) -> bool:
        assert self._process and self._process.poll() is None, self.log_file.read_text("utf-8")
        try:
            with urllib.request.urlopen(f"{self.url}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def login(self) -> None:
        """A new session, as after a person's login; credentials are set when there are none."""
        self._browser = _browser()
        form = urllib.parse.urlencode({"username": USER, "password": PASSWORD}).encode()
        if "username:" not in (self.folder / "config.yml").read_text("utf-8"):
            query = "mutation($it:ConfigGeneralInput!){configureGeneral(input:$it){username}}"
            self.graphql(query, it={"username": USER, "password": PASSWORD})
        try:
            self._browser.open(f"{self.url}/login", form, timeout=30).close()
        except urllib.error.HTTPError as answer:
            if answer.code != FOUND:  # an older Stash leads on to its first page
                raise

    def stop(self) -> None:
        """SIGTERM to the server alone, and wait for its end."""
        assert self._process
        self._process.terminate()
        self._process.wait(30)

    def kill(self) -> None:
        """SIGKILL to the server alone."""
        assert self._process
        self._process.kill()
        self._process.wait(30)

    def close(self) -> None:
        """End it however it stands."""
        if self._process and self._process.poll() is None:
            self.kill()

    def graphql(self, query: str, **variables: Any) -> dict[str, Any]:
        """The answer's data. Raises `Refused` when there are errors."""
        body = json.dumps({"query": query, "variables": variables}).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/graphql", body, headers)
        with self._browser.open(request, timeout=120) as reply:
            answer = json.load(reply)
        if answer.get("errors"):
            raise Refused(json.dumps(answer["errors"]))
        data: dict[str, Any] = answer["data"]
        return data

    def lines(self) -> list[str]:
        """Stash's own log."""
        return self.log_file.read_text("utf-8").splitlines()

    def plugin_lines(self) -> list[tuple[str, str]]:
        """Level and text of each line that the plugin wrote into Stash's log."""
        told = re.compile(rf'level=(\w+) msg="\[Plugin / {PLUGIN}\] (.*)"$')
        found = (told.search(line) for line in self.lines())
        return [(match[1], match[2]) for match in found if match]

    def complaints(self) -> list[str]:
        """Warnings and errors that the plugin wrote, or Stash about it."""
        told = [line for line in self.lines() if "level=warn" in line or "level=error" in line]
        about = re.compile(r'msg="(\[Plugin / |Plugin returned error|\S+\.Post \[)')
        return [line for line in told if about.search(line)]

    def hook_runs(self, since: int = 0) -> list[HookRun]:
        """The hooks that ended, by Stash's log from line ``since`` on."""
        found = (_HOOK_ENDED.search(line) for line in self.lines()[since:])
        return [
            HookRun(m[2], None if m[1] == "error" else m[3], m[3] if m[1] == "error" else None)
            for m in found
            if m
        ]


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Stash sends those who are not logged in to its login page."""

    def redirect_request(self, *args: Any) -> None:
        return None


def _browser() -> urllib.request.OpenerDirector:
    jar = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
    return urllib.request.build_opener(jar, _NoRedirect, urllib.request.ProxyHandler({}))


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
