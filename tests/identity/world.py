"""A library as both servers see it, and whose each item is: the stage of random lives."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

from simulators.plex.items import Item
from simulators.stash.pictures import png
from simulators.stash.records import Scene
from tests.identity import oracle
from tests.identity.house import House
from tests.identity.oracle import Past

FILMS = ("Harbour Lights", "Quiet Orchard", "Seven Bridges", "Paper Moon Rising", "Winter Ferry")
STRANGER = "/media/videos/a/Nobody Knows This One.mp4"
NAMES = {
    "tags": ("Noir", "Sea", "Night"),
    "performers": ("Ada", "Bo", "Cy"),
    "genre": ("Noir", "Sea", "Cosy", "Slow"),
    "actor": ("Ada", "Bo", "Dee"),
    "collection": ("Northlight", "Best of", "Harbour", "Noir", "Ada"),
    "label": ("Sea", "Kept", "Mine"),
}
# The settings that change, each with its value when it is on; off is the default.
SETTINGS: dict[str, object] = {
    **dict.fromkeys(("preserve_plex_edits", "skip_rating", "skip_studio_collections"), True),
    **dict.fromkeys(("skip_posters", "sync_groups", "sync_code", "leave_unlocked"), True),
    **{"collect_performers": True, "collect_tags": "noir", "label_tags": "Sea", "labels": "kept"},
    **{"title_template": "[{studio} – ]{title}", "content_rating": "XXX"},
}


class World:
    """A house, its story so far, and the pasts of its items.

    ``pins`` maps a scene to the file of the item that a user chose for it. ``unread`` holds items
    that were written and perhaps not read back: an act that looks as if the server had ignored or
    normalised the write is not done to them, since nobody could tell.
    """

    def __init__(self, folder: Path, seed: int) -> None:
        self.house = House(folder, skip_posters=False)
        self.plex, self.stash = self.house.plex, self.house.stash
        self.settings = self.stash.settings
        self.settings["path_map"] += "; /data/films => /media/films"
        self.films = self.plex.add_section("Films", locations=["/media/films"])
        self.pasts: dict[Item, Past] = {}
        self.ignored: set[int] = set()
        self.pins: dict[int, str] = {}
        self.unread: set[Item] = set()
        self.away: list[tuple[str, int]] = []
        self.story: list[str] = []
        self.rng = random.Random(seed)
        self.texts = 0
        for number, name in enumerate(FILMS):
            self.new_film(f"{'films' if number == 3 else 'scenes/a'}/{name}.mp4", 1_000 + number)
        self.house.item_at(STRANGER, size=77)
        self.watch()

    # -- what there is ------------------------------------------------------------------------

    def new_film(self, place: str, size: int) -> None:
        """A file that both servers know. ``place`` is its path below ``/data``."""
        number = self.house.scene_at(f"/data/{place}", size=size)
        section = self.films if place.startswith("films") else self.house.section
        path = to_plex(f"/data/{place}")
        item = self.plex.add_movie(section, path, size=size, duration=1_800_000)
        if section is self.films:
            self.plex.disk.teach_agent(item, summary=f"The agent's words {size}")
            self.plex.refresh_metadata(item)
        self.change(self.stash.library.scenes[number])

    def watch(self) -> None:
        """Every item has a past, and every value that Stash has for it is noted."""
        for item in self.plex.items():
            past = self.pasts.setdefault(item, Past())
            scene = self.owner(item)
            if scene is not None:
                oracle.note_stash(past, scene)

    def owner(self, item: Item) -> Scene | None:
        """The scene that an item shows: the one that a user chose it for, else the one with the
        first of its files that a scene holds."""
        scenes = self.stash.library.scenes
        self.pins = {scene: file for scene, file in self.pins.items() if scene in scenes}
        for number, file in self.pins.items():
            if file in item.files:
                return scenes[number]
        files = {
            to_plex(file.path): scene
            for scene in scenes.values()
            for file in scene.files
            if scene.id not in self.pins
        }
        first, *others = (files.get(part.file) for part in oracle.parts_in_order(item))
        if first is not None:
            return first
        equal = [scene for scene in others if scene is not None]
        written = [scene for scene in equal if scene.id == self.written_for(item)]
        return next(iter(written + equal), None)

    def written_for(self, item: Item) -> int:
        """The scene that the item was written for last: of equal claims that one stays."""
        entry = self.house.manager.ledger.entry(self.plex.machine_identifier, item.rating_key)
        return entry.scene_id if entry is not None else 0

    def text(self, who: str) -> str:
        """A text that nobody has used before."""
        self.texts += 1
        return f"{who} words {self.texts}"

    def tell(self, line: str) -> None:
        """Add a line to the story."""
        self.story.append(line)

    def mine(self) -> list[Item]:
        """The items of the first library but the film that Stash does not know."""
        items = self.plex.items(self.house.section)
        return [item for item in items if STRANGER not in item.files]

    def scene(self) -> Scene:
        """Any scene."""
        return self.rng.choice(list(self.stash.library.scenes.values()))

    def item(self) -> Item:
        """Any item."""
        return self.rng.choice(self.plex.items())

    # -- how Stash changes ----

    def change(self, scene: Scene) -> None:
        """Give a scene other values of some kinds."""
        library, rng = self.stash.library, self.rng
        if rng.random() < 0.6:
            scene.details = rng.choice(["", self.text("Stash's")])
        if rng.random() < 0.3:
            scene.code = rng.choice(["", self.text("code")])
        if rng.random() < 0.3:
            scene.title = self.text("Title")
        if rng.random() < 0.4:
            scene.rating100 = rng.choice([None, 20, 80])
        if rng.random() < 0.5:
            names = rng.sample(NAMES["tags"], rng.randint(0, 3))
            scene.tags = tuple(library.tags.named(name) for name in sorted(names))
        if rng.random() < 0.4:
            names = rng.sample(NAMES["performers"], rng.randint(0, 2))
            scene.performers = tuple(library.performers.named(name) for name in sorted(names))
        if rng.random() < 0.4:
            studio = rng.choice(["", "Northlight", "Southwind"])
            scene.studio = library.studios.named(studio) if studio else None
        if rng.random() < 0.3:
            groups = rng.choice([[], ["Harbour"]])
            scene.groups = tuple(library._scene_group(name) for name in groups)
        if rng.random() < 0.3:
            scene.cover = png(4, 4, (rng.randrange(256), 1, 2))

    def heard(self, *scenes: int, kind: str = "Scene.Update.Post") -> None:
        """Stash saves scenes; mostly, their hooks run."""
        self.watch()
        for scene in scenes:
            if scene in self.stash.library.scenes:
                self.stash.library.touch(scene)
            if self.rng.random() < 0.8:
                self.house.hook(scene, kind)


def to_plex(path: str) -> str:
    """Where the rules lead."""
    return path.replace("/data/scenes", "/media/videos").replace("/data/films", "/media/films")


def sha1(data: bytes) -> str:
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def disturb(past: Past) -> None:
    """A user's edits may have lost what shows that they are a user's."""
    for edits in past.edits.values():
        for edit in edits:
            edit.undisturbed = False


def describe(scene: Scene) -> str:
    """A scene's values, for the story."""
    names = {kind: [one.name for one in getattr(scene, kind)] for kind in ("tags", "performers")}
    studio = scene.studio.name if scene.studio else ""
    groups = [link.group.name for link in scene.groups]
    texts = scene.title, scene.details, scene.code
    return f"{texts}, {scene.rating100}, {names}, {studio!r}, {groups}"
