"""Both servers with the same made-up library, in processes of their own: for benchmarks."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from simulators.plex.server import PlexSimulator
from simulators.stash.pictures import png
from simulators.stash.server import StashSimulator

TOKEN = "bench-token"
STASH_FOLDER, PLEX_FOLDER = "/data/scenes", "/media/videos"
SETTINGS = {"plex_token": TOKEN, "path_map": f"{STASH_FOLDER} => {PLEX_FOLDER}"}


def serve_stash(control: Connection, scenes: int, covers: bool) -> None:
    """A Stash with made-up scenes, until told to end. Answers with its numbers of GraphQL requests
    and of others, which are covers.
    """
    with StashSimulator() as stash:
        stash.settings = dict(SETTINGS)
        stash.seed(scenes)
        for number, scene in enumerate(stash.library.scenes.values() if covers else ()):
            scene.cover = png(1, 1, (number >> 16, number >> 8 & 255, number & 255))
        files = [scene.files[0] for scene in stash.library.scenes.values()]
        control.send((stash.url, [(file.path, file.size, file.duration) for file in files]))
        for asked in iter(control.recv, "end"):
            if asked == "change":
                stash.library.touch(scenes // 2, title="Edited", details="Edited.")
            if asked == "clear":
                stash.requests.clear()
            questions = stash.requests.by_path["/graphql"]
            control.send((questions, stash.requests.total - questions))


def serve_plex(control: Connection) -> None:
    """A Plex with the files that it is sent, until told to end. Answers with its requests."""
    with PlexSimulator(TOKEN) as plex:
        section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        for path, size, duration in control.recv():
            place = path.replace(STASH_FOLDER, PLEX_FOLDER, 1)
            plex.add_movie(section, place, size=size, duration=int(duration * 1000), added_at=1)
        control.send(plex.url)
        for asked in iter(control.recv, "end"):
            if asked == "clear":
                plex.requests.clear()
            control.send(dict(Counter(f"{r.method} {kind_of(r.path)}" for r in plex.requests)))


def kind_of(path: str) -> str:
    """The purpose of a request."""
    if path.endswith("/all"):
        return "library"
    if path.endswith(("/posters", "/arts")):
        return "image"
    return "items" if path.startswith("/library/metadata/") else "other"


@contextmanager
def in_process(target: Any, *arguments: object) -> Iterator[Connection]:
    """Run a server in a process of its own."""
    ends: tuple[Any, Any] = multiprocessing.Pipe()  # their class is another one on Windows
    ours, theirs = ends
    start = multiprocessing.get_context("spawn").Process
    process = start(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    theirs.close()
    try:
        yield ours
    finally:
        with contextlib.suppress(BrokenPipeError):
            ours.send("end")
        process.join()


@dataclass(frozen=True)
class Servers:
    """Both servers, as this process reaches them."""

    stash: Connection
    plex: Connection
    stash_url: str
    plex_url: str

    def ask(self, what: str) -> tuple[Mapping[str, int], tuple[int, int]]:
        """Send both an order; returns Plex's requests by kind, and Stash's two numbers."""
        self.plex.send(what)
        self.stash.send(what)
        return self.plex.recv(), self.stash.recv()

    def environ(self) -> dict[str, str]:
        """The environment of a client."""
        known = {"PLEX_URL": self.plex_url, "STASH_URL": self.stash_url}
        return {**os.environ, **known}


@contextmanager
def both_servers(scenes: int, covers: bool) -> Iterator[Servers]:
    """Both servers with the same files."""
    with in_process(serve_stash, scenes, covers) as stash, in_process(serve_plex) as plex:
        stash_url, files = stash.recv()
        plex.send(files)
        yield Servers(stash, plex, stash_url, plex.recv())
