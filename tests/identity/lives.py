"""Random lives of a library: users in Stash and in Plex, Plex itself, settings, kills.

A life is a list of acts, each with a seed of its own, so that it can be told, repeated, and cut
down to the acts that matter.
"""

from __future__ import annotations

import hashlib
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path

from simulators.plex.items import Item
from simulators.stash.pictures import png
from simulators.stash.records import Scene
from tests.identity import oracle
from tests.identity.house import HOUR, MINUTE, House
from tests.identity.operations import run
from tests.identity.oracle import TAGS, Edit, Past
from tests.resident.bench import Clock

FILMS = ("Harbour Lights", "Quiet Orchard", "Seven Bridges", "Paper Moon Rising", "Winter Ferry")
STRANGER = "Nobody Knows This One"
NAMES = {
    "tags": ("Noir", "Sea", "Night"),
    "performers": ("Ada", "Bo", "Cy"),
    "genre": ("Noir", "Sea", "Cosy", "Slow"),
    "actor": ("Ada", "Bo", "Dee"),
    "collection": ("Northlight", "Best of", "Harbour"),
}
SETTINGS = ("preserve_plex_edits", "skip_rating", "skip_studio_collections", "skip_posters",
            "sync_groups", "sync_code", "leave_unlocked")  # fmt: skip


class Killed(BaseException):
    """The worker's process is killed."""


@dataclass
class MortalClock:
    """A worker's clock, at whose nth look the worker dies."""

    clock: Clock
    left: int

    def __call__(self) -> float:
        self.left -= 1
        if not self.left:
            raise Killed
        return self.clock()


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens: a method of ``Life`` and the seed of what it draws."""

    name: str
    seed: int


class Life:
    """A house, its story so far, and the pasts of its items."""

    def __init__(self, folder: Path) -> None:
        self.house = House(folder, skip_posters=False)
        self.plex, self.stash = self.house.plex, self.house.stash
        self.settings = self.stash.settings
        self.settings["path_map"] += "; /data/films => /media/films"
        self.films = self.plex.add_section("Films", locations=["/media/films"])
        self.pasts: dict[Item, Past] = {}
        self.ignored: set[int] = set()
        self.covers: dict[int, str] = {}
        self.story: list[str] = []
        self.rng = random.Random(0)
        self.texts = 0
        for number, name in enumerate(FILMS):
            self.new_film(f"{'films' if number == 3 else 'scenes/a'}/{name}.mp4", 1_000 + number)
        self.house.item_at(f"/media/videos/a/{STRANGER}.mp4", size=77)
        self.watch()

    # -- what there is ------------------------------------------------------------------------

    def new_film(self, place: str, size: int) -> None:
        """A file that both servers know. ``place`` is its path below ``/data``."""
        number = self.house.scene_at(f"/data/{place}", size=size)
        section = self.films if place.startswith("films") else self.house.section
        options = {"summary": f"The agent's words {size}"} if section is self.films else {}
        path = to_plex(f"/data/{place}")
        self.plex.add_movie(section, path, size=size, duration=1_800_000, **options)
        self.change(self.stash.library.scenes[number])

    def watch(self) -> None:
        """Every item has a past, and every value that Stash has for it is noted."""
        for item in self.plex.items():
            past = self.pasts.setdefault(item, Past())
            scene = self.owner(item)
            if scene is not None:
                oracle.note_stash(past, scene)

    def owner(self, item: Item) -> Scene | None:
        """The scene that an item shows: by the first of its files that a scene holds."""
        files = {
            to_plex(file.path): scene
            for scene in self.stash.library.scenes.values()
            for file in scene.files
        }
        held = (files.get(part.file) for part in oracle.parts_in_order(item))
        return next((scene for scene in held if scene is not None), None)

    def text(self, who: str) -> str:
        """A text that nobody has used before."""
        self.texts += 1
        return f"{who} words {self.texts}"

    def tell(self, line: str) -> None:
        self.story.append(line)

    def scene(self) -> Scene:
        return self.rng.choice(list(self.stash.library.scenes.values()))

    def item(self) -> Item:
        return self.rng.choice(self.plex.items())

    # -- a user in Stash ----------------------------------------------------------------------

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

    def edit(self) -> None:
        scene = self.scene()
        self.change(scene)
        self.tell(f"Stash: scene {scene.id} is edited: {describe(scene)}")
        self.heard(scene.id)

    def merge_scenes(self) -> None:
        if len(self.stash.library.scenes) < 3:
            return
        kept, gone = self.rng.sample(list(self.stash.library.scenes), 2)
        self.tell(f"Stash: scene {gone} is merged into {kept}")
        self.stash.scene_merge([gone], kept)
        self.watch()

    def delete(self) -> None:
        scene = self.scene()
        self.tell(f"Stash: scene {scene.id} is deleted")
        del self.stash.library.scenes[scene.id]
        self.heard(scene.id, kind="Scene.Destroy.Post")
        if self.rng.random() < 0.7:
            file = scene.files[0]
            again = self.house.scene_at(file.path, size=file.size)
            self.change(self.stash.library.scenes[again])
            self.tell(f"Stash: and scanned again as {again}")
            self.heard(again)

    def organise(self) -> None:
        scene = self.scene()
        self.tell(f"Stash: scene {scene.id} is marked as organized")
        scene.organized = not scene.organized
        self.heard(scene.id)

    def ignore(self) -> None:
        scene = self.scene()
        self.tell(f"Stash: scene {scene.id} is ignored from now on")
        self.ignored.add(scene.id)
        run(self.house, "ignore", scene=scene.id)

    # -- files on disk, as both servers see them ----------------------------------------------

    def rename(self) -> None:
        scene = self.scene()
        file = self.rng.choice(scene.files)
        folder = self.rng.choice(["/data/scenes/a", "/data/scenes/b"])
        if file.path.startswith("/data/films"):
            folder = "/data/films/x"
        new = f"{folder}/{self.text('Renamed')}.mp4"
        keep = self.rng.random() < 0.5
        self.tell(f"Disk: {file.path} becomes {new}, items {'stay' if keep else 'are new'}")
        self.plex.disk.rename_file(to_plex(file.path), to_plex(new), keep_item=keep)
        file.path = new
        self.heard(scene.id)

    def swap_names(self) -> None:
        files = [
            file
            for scene in self.stash.library.scenes.values()
            for file in scene.files
            if not file.path.startswith("/data/films")
        ]
        if len(files) < 2:
            return
        one, other = self.rng.sample(files, 2)
        keep = self.rng.random() < 0.5
        self.tell(f"Disk: {one.path} and {other.path} swap names, items {keep=}")
        self.plex.disk.swap_names(to_plex(one.path), to_plex(other.path), keep_items=keep)
        one.path, other.path = other.path, one.path
        holders = [s.id for s in self.stash.library.scenes.values() if {one, other} & {*s.files}]
        self.heard(*holders)

    def move(self) -> None:
        scene = self.scene()
        file = scene.files[0]
        films = file.path.startswith("/data/films")
        new = f"/data/{'scenes/a' if films else 'films'}/{self.text('Moved')}.mp4"
        holders = [item for item in self.plex.items() if item.files == [to_plex(file.path)]]
        if not holders:
            return
        self.tell(f"Disk: {file.path} moves to {new}, into another library")
        target = self.house.section if films else self.films
        for item in holders:
            self.plex.disk.move(item, target, lambda _old: to_plex(new))
        file.path = new
        self.heard(scene.id)

    # -- Plex itself --------------------------------------------------------------------------

    def rebuild(self) -> None:
        rng = self.rng
        how = {name: rng.random() < 0.5 for name in
               ("reuse_keys", "reuse_part_ids", "reuse_section_key")}  # fmt: skip
        section = rng.choice([self.house.section, self.films])
        self.tell(f"Plex: {section.title} is made anew, {how}")
        self.plex.disk.rebuild(section, seed=rng.randrange(1_000), **how)

    def scan_again(self) -> None:
        item = self.item()
        self.tell(f"Plex: {item.files} leaves and is scanned again")
        self.plex.disk.scan_again(item)

    def refresh(self) -> None:
        item = self.item()
        self.tell(f"Plex: {item.files} is refreshed by the agent")
        self.plex.refresh_metadata(item)
        if "summary" not in item.locked:
            disturb(self.pasts[item])

    def merge_items(self) -> None:
        items = [item for item in self.plex.items(self.house.section) if STRANGER not in item.title]
        if len(items) < 2:
            return
        kept, gone = self.rng.sample(items, 2)
        self.tell(f"Plex: {gone.files} is merged into {kept.files}")
        self.plex.disk.merge(kept, gone)
        disturb(self.pasts[kept])

    def split(self) -> None:
        for item in self.plex.items():
            if len(item.media) > 1:
                self.tell(f"Plex: {item.files} is split")
                self.plex.disk.split(item)
                disturb(self.pasts[item])

    def second_library(self) -> None:
        if len(self.plex.library.sections) > 2:
            return
        again = self.plex.add_section("Again", locations=["/media/videos"], agent="none")
        files = [item.parts[0] for item in self.plex.items(self.house.section)]
        part = self.rng.choice(files) if files else None
        if part:
            self.tell(f"Plex: {part.file} appears in a second library")
            self.plex.add_movie(again, part.file, size=part.size, duration=part.duration)

    # -- a user in Plex -----------------------------------------------------------------------

    def edit_item(self) -> None:
        item, name = self.item(), self.rng.choice(["title", "summary", "tagline"])
        value = self.text("A user's")
        if self.rng.random() < 0.3 and item.fields.get(name):
            value = item.fields[name].swapcase()
        self.tell(f"Plex: a user sets {name} of {item.files} to {value!r}")
        self.plex.user.edit(item, {name: value})
        scene, past = self.owner(item), self.pasts.setdefault(item, Past())
        stash = oracle.wanted_text(scene, name, self.settings) if scene else ""
        keep = bool(self.settings.get("preserve_plex_edits"))
        edit = Edit(value, scene.id if scene else 0, stash, undisturbed=keep)
        past.edits.setdefault(name, []).append(edit)
        past.locks.add(name)

    def tag_item(self) -> None:
        item, kind = self.item(), self.rng.choice([*TAGS, "collection"])
        past = self.pasts.setdefault(item, Past())
        if item.tags[kind] and self.rng.random() < 0.5:
            name = self.rng.choice(item.tags[kind])
            self.tell(f"Plex: a user takes {kind} {name} from {item.files}")
            self.plex.user.remove_tag(item, kind, name)
            past.remove(kind, name)
        else:
            name = self.rng.choice(NAMES[kind])
            if name not in item.tags[kind]:
                self.tell(f"Plex: a user gives {item.files} the {kind} {name}")
                self.plex.user.add_tag(item, kind, name)
                past.add(kind, name)

    def rate(self) -> None:
        item, value = self.item(), self.rng.choice([3.0, 5.0])
        self.tell(f"Plex: a user rates {item.files} with {value}")
        self.plex.user.rate(item, value)
        self.pasts.setdefault(item, Past()).rating = f"{value:.1f}"

    def poster(self) -> None:
        item, data = self.item(), png(4, 4, (1, 2, self.rng.randrange(256)))
        self.tell(f"Plex: a user chooses a poster for {item.files}")
        self.plex.user.upload_poster(item, data)
        self.pasts.setdefault(item, Past()).poster = sha1(data)

    # -- settings, time, kills ----------------------------------------------------------------

    def setting(self) -> None:
        name = self.rng.choice(SETTINGS)
        self.settings[name] = not self.settings.get(name)
        self.tell(f"Settings: {name} is {self.settings[name]}")
        self.house.clock.now += MINUTE
        if name == "preserve_plex_edits":
            for past in self.pasts.values():
                disturb(past)

    def work(self) -> None:
        self.tell("The worker does what is due")
        self.house.tell()
        self.house.run()

    def settle(self) -> None:
        self.tell("Ten minutes pass")
        self.house.tell()
        self.house.pass_time(10 * MINUTE)

    def sync_all(self) -> None:
        self.tell("Sync All")
        self.house.sync_all()

    def day(self) -> None:
        self.tell("A day passes")
        self.house.next_day()

    def kill(self) -> None:
        """The worker is killed while it works, at the nth look at its clock."""
        left = self.rng.randint(1, 40)
        self.tell(f"The worker is killed at its {left}th look at the clock, if it comes so far")
        house, clock = self.house, self.house.clock
        house.tell()
        house.enqueue(*self.stash.library.scenes)
        house.clock = MortalClock(clock, left)  # type: ignore[assignment]
        house.new_worker()
        try:
            house.run()
        except Killed:
            self.tell("It was killed")
        house.clock = clock
        house.manager.queue.resume_unack_tasks()
        house.new_worker()

    # -- the end ------------------------------------------------------------------------------

    def live(self, act: Act) -> list[str]:
        """Do one act; returns what went wrong while it was done: writes to items of nobody."""
        self.rng = random.Random(act.seed)
        self.house.clock.now += self.rng.choice([2.0, MINUTE, HOUR / 2])
        before = self.may_be_written()
        self.plex.requests.clear()
        getattr(self, act.name)()
        self.watch()
        allowed = before | self.may_be_written()
        return [
            f"item {key} was written, which is no scene's or an ignored one's"
            for request in self.plex.requests.writes()
            for key in request.parameters.get("id").split(",")
            if key and int(key) not in allowed
        ]

    def may_be_written(self) -> set[int]:
        """The keys of items that show a scene which is not ignored."""
        owners = {item.rating_key: self.owner(item) for item in self.plex.items()}
        return {key for key, one in owners.items() if one and one.id not in self.ignored}

    def verdict(self) -> list[str]:
        """What is wrong after a last Sync All."""
        self.plex.requests.clear()
        self.sync_all()
        self.settle()
        found = []
        for item in self.plex.items():
            scene, past = self.owner(item), self.pasts[item]
            if scene is None or scene.id in self.ignored:
                continue
            cover = sha1(scene.cover) if scene.cover else ""
            wrong = oracle.complaints(item, scene, past, self.settings, cover)
            found += [f"{item.files} of scene {scene.id}: {one}" for one in wrong]
        writes = self.house.writes(self.house.sync_all)
        return found + [f"the second Sync All writes: {one}" for one in writes]


ACTS: dict[str, int] = {
    **dict.fromkeys(("edit", "edit_item", "tag_item", "work", "settle", "sync_all"), 4),
    **dict.fromkeys(("rebuild", "rename", "swap_names", "setting", "delete"), 2),
    **dict.fromkeys(("merge_scenes", "move", "scan_again", "refresh", "merge_items", "split"), 1),
    **dict.fromkeys(("second_library", "rate", "poster", "day", "kill", "organise", "ignore"), 1),
}


def acts_of(seed: int) -> list[Act]:
    """The acts of a random life: it mostly begins with a Sync All."""
    rng = random.Random(seed)
    names = rng.choices(list(ACTS), weights=list(ACTS.values()), k=rng.randint(3, 12))
    acts = [Act(name, rng.randrange(1 << 30)) for name in names]
    return [Act("sync_all", 1), Act("settle", 1), *acts] if rng.random() < 0.8 else acts


def live(acts: list[Act]) -> tuple[list[str], list[str]]:
    """Live a life; returns what was wrong, and its story."""
    with tempfile.TemporaryDirectory(prefix="life-") as folder:
        life = Life(Path(folder))
        try:
            wrong = [one for act in acts for one in life.live(act)]
            return wrong or life.verdict(), life.story
        finally:
            life.house.close()


def shortest(acts: list[Act], patience: int = 60) -> list[Act]:
    """The acts without those that a failing life can do without."""
    kept, at = list(acts), 0
    while at < len(kept) and patience:
        patience -= 1
        fewer = kept[:at] + kept[at + 1 :]
        if live(fewer)[0]:
            kept = fewer
        else:
            at += 1
    return kept


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
