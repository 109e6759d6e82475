"""What happens in a random life: each act is a method without arguments that draws from ``rng``."""

from __future__ import annotations

from dataclasses import dataclass

from simulators.stash.pictures import png
from tests.identity import oracle
from tests.identity.house import MINUTE
from tests.identity.operations import run
from tests.identity.oracle import TAGS, Edit, Past
from tests.identity.world import NAMES, SETTINGS, STRANGER, World, describe, disturb, sha1, to_plex
from tests.resident.bench import Clock
from worker.deaths import take_back_leases


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


class Acts(World):
    """Users in Stash and in Plex, disks, Plex itself, settings, time and kills."""

    # -- a user in Stash ----------------------------------------------------------------------

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
        self.pins.pop(scene.id, None)
        run(self.house, "ignore", scene=scene.id)

    def pin(self) -> None:
        held = [item for item in self.plex.items() if item.files == [STRANGER]]
        if self.pins or not held:
            return
        scene = self.scene()
        self.tell(f"Stash: a user chooses {STRANGER} for scene {scene.id}")
        self.pins[scene.id] = STRANGER
        self.ignored.discard(scene.id)
        run(self.house, "pin", scene=scene.id, item=held[0].rating_key)

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
        keys, part_ids, library = (rng.random() < 0.5 for _ in range(3))
        section = rng.choice([self.house.section, self.films])
        again = f"{keys=}, {part_ids=}, {library=}"
        self.tell(f"Plex: {section.title} is made of its files again, with the same: {again}")
        before = {item.files[0]: self.pasts[item] for item in self.plex.items(section)}
        made = self.plex.disk.rebuild(
            section,
            reuse_keys=keys,
            reuse_part_ids=part_ids,
            reuse_section_key=library,
            seed=rng.randrange(1_000),
        )
        if keys and part_ids:
            # File and part id may be equal then: nobody can tell the new item from the old one.
            for file, item in made.items():
                self.pasts[item] = Past(names_of_stash=before[file].names_of_stash)

    def scan_again(self) -> None:
        item = self.item()
        self.tell(f"Plex: {item.files} leaves and is scanned again")
        self.plex.disk.scan_again(item)

    def leave(self) -> None:
        items = [item for item in self.mine() if len(item.parts) == 1]
        if items:
            item = self.rng.choice(items)
            self.tell(f"Plex: {item.files} is gone")
            self.away.append((item.files[0], item.parts[0].size))
            self.plex.library.remove(item)

    def come_back(self) -> None:
        for file, size in self.away:
            self.tell(f"Plex: {file} is there again")
            self.house.item_at(file, size=size)
        self.away.clear()

    def refresh(self) -> None:
        item = self.item()
        self.tell(f"Plex: {item.files} is refreshed by the agent")
        self.plex.refresh_metadata(item)
        if "summary" not in item.locked:
            disturb(self.pasts[item])

    def merge_items(self) -> None:
        items = self.mine()
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
        files = [item.parts[0] for item in self.mine()]
        part = self.rng.choice(files) if files else None
        if part:
            self.tell(f"Plex: {part.file} appears in a second library")
            self.plex.add_movie(again, part.file, size=part.size, duration=part.duration)

    # -- a user in Plex -----------------------------------------------------------------------

    def edit_item(self) -> None:
        item, name = self.item(), self.rng.choice(["title", "summary", "tagline"])
        value = self.text("A user's")
        if self.rng.random() < 0.3 and item.fields.get(name) and item not in self.unread:
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
        item, kind = self.item(), self.rng.choice([*TAGS, "collection", "label"])
        past = self.pasts.setdefault(item, Past())
        if item.tags[kind] and self.rng.random() < 0.5 and item not in self.unread:
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
        name = self.rng.choice(list(SETTINGS))
        off = False if SETTINGS[name] is True else ""
        self.settings[name] = off if self.settings.get(name) else SETTINGS[name]
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
        self.unread.clear()

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
        try:
            house.new_worker()
            house.run()
        except Killed:
            self.tell("It was killed")
        house.clock = clock
        take_back_leases(house.manager, house.clock.now)
        house.new_worker()
