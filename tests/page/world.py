"""A real Stash with the plugin, a simulated Plex behind it, and a real browser before it."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from simulators import resident
from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from sync_queue import datadir, schema
from tests.installed_plugin import InstalledPlugin, eventually
from tests.real_server import PASSWORD, PLUGIN, USER
from tests.real_stash import RealStash
from tools import package

PLEX_FOLDER = "/media/videos"
# Chromium's own chatter would reach for the internet.
FLAGS = (
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
    *("--disable-background-networking", "--disable-component-update"),
)
WIDE, NARROW = {"width": 1400, "height": 900}, {"width": 390, "height": 844}
PATIENCE = 20_000  # milliseconds: an operation starts a process and imports the libraries


def chromium() -> str:
    """The system's Chromium, "" without one."""
    named = os.environ.get("CHROMIUM_BIN", "")
    found = (shutil.which(name) for name in ("chromium", "chromium-browser", "google-chrome"))
    return named or next(filter(None, found), "")


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Nobody reads it."""


@contextmanager
def package_source(folder: Path) -> Iterator[str]:
    """The address of a plugin source, as the project's own release page would be."""
    package.build(folder, datetime.now(UTC))
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/{package.INDEX}"
        server.shutdown()


@dataclass
class World:
    """Everything that a user has. ``complaints`` are the browser's errors from our files."""

    stash: RealStash
    plex: PlexSimulator
    section: Section
    browser: Any
    pictures: Path
    complaints: list[str] = field(default_factory=list)

    @property
    def plugin(self) -> InstalledPlugin:
        """The plugin as Stash has installed it."""
        return InstalledPlugin(self.stash.plugins / PLUGIN, self.stash.folder)

    def put(self, name: str, *elsewhere: str) -> list[Item]:
        """A file that both servers know: at its mapped path in Plex, or ``elsewhere`` in it."""
        file = self.stash.files / name
        self.stash.library.add_file(file)
        size = file.stat().st_size
        return [
            self.plex.add_movie(self.section, f"{PLEX_FOLDER}/{at}", size=size, duration=1000)
            for at in elsewhere or (name,)
        ]

    def scan(self, name: str) -> int:
        """Let Stash find the file; the scene's number."""
        self.stash.scan()
        query = "{findScenes(filter:{per_page:-1}){scenes{id files{basename}}}}"
        scenes = self.stash.graphql(query)["findScenes"]["scenes"]
        return next(int(one["id"]) for one in scenes if one["files"][0]["basename"] == name)

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Look into the plugin's database."""
        path = datadir.database_path(str(self.plugin.data_dir))
        with closing(sqlite3.connect(path, timeout=10)) as database:
            return database.execute(sql).fetchall()

    def drained(self) -> None:
        """Wait until no edit is due."""

        def settled() -> bool:
            try:
                states = [row["status"] for row in self.plugin.rows()]
            except sqlite3.OperationalError:  # the first worker makes the tables
                return False
            over = (schema.DONE, schema.FAILED)
            return bool(states) and not self.plugin.spooled() and set(states) <= set(over)

        eventually(settled, timeout=60)

    def open(self, size: dict[str, int]) -> Any:
        """A tab of a browser that is logged in."""
        context = self.browser.new_context(viewport=size)
        context.set_default_timeout(PATIENCE)
        page = context.new_page()
        page.on("pageerror", self._failed)
        page.on("console", self._heard)
        page.goto(f"{self.stash.url}/login")
        page.fill("[name=username]", USER)
        page.fill("[name=password]", PASSWORD)
        page.press("[name=password]", "Enter")
        page.wait_for_url(f"{self.stash.url}/")
        return page

    def _failed(self, error: Any) -> None:
        """An error that nobody caught. Stash's own page has some too."""
        if f"/plugin/{PLUGIN}/" in str(error.stack):
            self.complaints.append(f"{error}")

    def _heard(self, message: Any) -> None:
        where = str(message.location.get("url", ""))
        if message.type == "error" and f"/plugin/{PLUGIN}/" in where:
            self.complaints.append(message.text)

    def picture(self, page: Any, name: str) -> None:
        """Keep what the user sees."""
        self.pictures.mkdir(parents=True, exist_ok=True)
        page.screenshot(path=self.pictures / f"{name}.png", full_page=True)

    def close(self) -> None:
        """End both servers and the worker."""
        self.stash.close()
        if self.plugin.data_dir.exists():
            resident.stop_workers(self.plugin.data_dir)
        self.plex.stop()
