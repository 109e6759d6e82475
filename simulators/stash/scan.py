"""Files that appeared or moved since the last scan, and what a scan makes of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from simulators.stash.library import Library
from simulators.stash.records import Fingerprint, Scene, VideoFile

Announce = Callable[[str, int], None]
"""Fires a hook: its type and the scene's id."""


@dataclass(frozen=True, slots=True)
class NewFile:
    path: str
    fields: dict[str, Any]


@dataclass(frozen=True, slots=True)
class MovedFile:
    scene_id: int
    path: str


@dataclass(frozen=True, slots=True)
class TouchedFile:
    scene_id: int


class Disk:
    """What a test says happened to the files; the next scan finds it."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._pending: list[NewFile | MovedFile | TouchedFile] = []
        self._gone: list[int] = []

    def add(self, path: str, **fields: Any) -> None:
        """A new file; one with the ``oshash`` of a known scene becomes that scene's next file."""
        self._pending.append(NewFile(path, fields))

    def move(self, scene_id: int, path: str) -> None:
        self._pending.append(MovedFile(scene_id, path))

    def touch(self, scene_id: int) -> None:
        self._pending.append(TouchedFile(scene_id))

    def remove(self, scene_id: int) -> None:
        """The scene's primary file is deleted; the next clean finds it missing."""
        self._gone.append(scene_id)

    def clean(self) -> list[Scene]:
        """Forget missing files; returns the scenes that had no other file, now destroyed."""
        destroyed, (gone, self._gone) = [], (self._gone, [])
        with self._library.lock:
            for scene in (self._library.scenes[scene_id] for scene_id in gone):
                if len(scene.files) <= 1:
                    destroyed.append(self._library.scenes.pop(scene.id))
                else:
                    scene.files = scene.files[1:]
                    scene.updated_at = self._library.clock.text()
        return destroyed

    def scan(self, announce: Announce, go_on: Callable[[], bool]) -> None:
        """Register each pending file, then fire its hook; stop when ``go_on`` says no."""
        while self._pending and go_on():
            change = self._pending.pop(0)
            with self._library.lock:
                hook_type, scene_id = self._register(change)
            announce(hook_type, scene_id)

    def _register(self, change: NewFile | MovedFile | TouchedFile) -> tuple[str, int]:
        if isinstance(change, NewFile):
            return self._register_new(change)
        scene = self._library.scenes[change.scene_id]
        primary = scene.files[0]
        if isinstance(change, MovedFile):
            primary.path = change.path
        primary.mod_time = primary.updated_at = self._library.clock.text()
        return "Scene.Update.Post", scene.id

    def _register_new(self, change: NewFile) -> tuple[str, int]:
        oshash = change.fields.get("oshash")
        same = self._with_print(Fingerprint("oshash", oshash)) if oshash else None
        if same is None:
            file = {"path": change.path, **change.fields}
            return "Scene.Create.Post", self._library.add_scene(files=[file])
        attach(same, self._library.new_file(change.path, **change.fields))
        same.updated_at = self._library.clock.text()
        return "Scene.Update.Post", same.id

    def _with_print(self, wanted: Fingerprint) -> Scene | None:
        scenes = self._library.scenes.values()
        return next(
            (s for s in scenes if any(wanted in file.fingerprints for file in s.files)), None
        )


def attach(scene: Scene, *files: VideoFile) -> None:
    """Later files come after the primary one."""
    scene.files = (*scene.files, *files)
