"""A Bench with the acts of users and of Plex, and with the tasks as they meet a worker."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from urllib.parse import parse_qs

from simulators.plex.items import Item, Section
from simulators.plex.requests import Request
from sync_queue.models import SYNC_ALL, scene_job
from tests.resident.bench import PLEX_FOLDER, STASH_FOLDER, Bench

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
NAMES = [f"Film {n}.mp4" for n in range(30)]
SIZE, SECONDS = 700_000_000, 1800.0


class House(Bench):
    """Both servers, a worker stepped by hand, and everybody who may change anything."""

    # -- tasks --------------------------------------------------------------------------------

    def sync_all(self) -> None:
        """*Sync All*: the scenes are put into the queue and brought to Plex, nothing more."""
        self.tell()
        jobs = [scene_job(scene, SYNC_ALL, self.clock()) for scene in self.stash.library.scenes]
        self.manager.jobs.put_all(jobs)
        self.run()

    def settle(self) -> None:
        """Time enough for everything that was written to be read back."""
        self.pass_time(3 * MINUTE)

    def next_day(self) -> None:
        """A day passes on which nobody does anything, and the worker is a new one."""
        self.clock.now += DAY
        self.tell()
        self.new_worker()

    def later(self) -> None:
        """Everything is read back, and Stash's whole seconds move on."""
        self.settle()
        self.clock.now += 5

    def saved(self, scene: int, **fields: object) -> None:
        """A user saves a scene; it is synced and read back."""
        self.edit(scene, **fields)
        self.later()

    def synced(self, *, soon: bool = False) -> None:
        """*Sync All* on a new library, all read back; it is a day later then, or still soon."""
        self.sync_all()
        self.settle()
        if not soon:
            self.next_day()

    def edited_and_run(self, scene: int, **fields: object) -> Callable[[], object]:
        """A save, and all that follows from it at once; to be handed to ``asked``."""

        def act() -> None:
            self.edit(scene, **fields)
            self.run()

        return act

    # -- files --------------------------------------------------------------------------------

    def scene_at(self, path: str, *, size: int = SIZE, **fields: object) -> int:
        """A scene whose file is at any path of Stash."""
        title = fields.pop("title", path.rpartition("/")[2].rpartition(".")[0])
        files = [{"path": path, "size": size, "duration": SECONDS}]
        return self.stash.library.add_scene(str(title), files=files, **fields)  # type: ignore[arg-type]

    def item_at(self, path: str, *, size: int = SIZE, section: Section | None = None) -> Item:
        """An item whose file is at any path of Plex."""
        duration = int(SECONDS * 1000)
        return self.plex.add_movie(section or self.section, path, size=size, duration=duration)

    def stranger(self, path: str, key: int) -> Item:
        """A film that Stash does not know, under a key that was another item's."""
        self.plex.library.keys.give_back([key])
        item = self.plex.add_movie(self.section, path, size=5_000, duration=60_000)
        assert item.rating_key == key
        return item

    def rebuild(
        self, *, keys: str = "new", part_ids: str = "new", library: str = "same"
    ) -> dict[str, Item]:
        """The first library is deleted and made of its files again; returns the items by file.

        ``keys``: new, or given again: to the ``same`` files, or ``shifted`` to other ones.
        ``part_ids`` and ``library`` (the library's own number): new, or the same again.
        """
        items = sorted(self.plex.items(self.section), key=lambda item: item.rating_key)
        files = [item.files[0] for item in items]
        return self.plex.disk.rebuild(
            self.section,
            reuse_keys=keys != "new",
            reuse_part_ids=part_ids == "same",
            reuse_section_key=library == "same",
            order=[*files[1:], *files[:1]] if keys == "shifted" else files,
        )

    def swap_contents(self, one: str, other: str) -> None:
        """Two files swap their names on disk; each item stays and holds the other's file."""
        first, second = self.holder(one).parts[0], self.holder(other).parts[0]
        for path, part in ((one, second), (other, first)):
            self.plex.disk.replace_file(path, size=part.size, new_part=True)

    def move_in_stash(self, scene: int, path: str) -> None:
        """A file gets another path, and a scan of Stash finds it there: the scene is the same."""
        library = self.stash.library
        library.scenes[scene].files[0].path = path
        self.edit(scene)

    def rename_in_stash(self, scene: int, path: str) -> None:
        """The same, but no hook comes: only a sync finds out."""
        self.stash.library.scenes[scene].files[0].path = path
        self.stash.library.touch(scene)

    # -- what is to be seen -------------------------------------------------------------------

    def holder(self, path: str) -> Item:
        """The item that holds a file of Plex's."""
        (found,) = [item for item in self.plex.items() if path in item.files]
        return found

    def summaries(self, paths: Iterable[str]) -> list[str]:
        """The summaries of the items that hold these files."""
        return [self.holder(path).fields.get("summary", "") for path in paths]

    def asked(self, act: Callable[[], object]) -> list[Request]:
        """The requests to Plex that follow from an act."""
        self.plex.requests.clear()
        act()
        return list(self.plex.requests)

    def writes(self, act: Callable[[], object]) -> list[str]:
        """The requests that change something in Plex and follow from an act."""
        changes = [one for one in self.asked(act) if one.method in ("PUT", "POST", "DELETE")]
        return [f"{one.method} {one.target}" for one in changes]

    def edited(self, act: Callable[[], object]) -> list[int]:
        """The items that are edited by an act, by rating key."""
        edits = [one for one in self.asked(act) if one.method == "PUT" and one.query]
        return [int(parse_qs(one.query)["id"][0]) for one in edits if "id=" in one.query]

    def outcomes(self) -> dict[int, str]:
        """What became of each scene that Stash has."""
        return {scene: self.outcome(scene) for scene in self.stash.library.scenes}


def in_stash(name: str) -> str:
    """The path of a file in Stash."""
    return f"{STASH_FOLDER}/{name}"


def in_plex(name: str) -> str:
    """Where the usual rule leads: the same file's path in Plex."""
    return f"{PLEX_FOLDER}/{name}"


def films(house: House, names: list[str], **fields: object) -> dict[str, int]:
    """Files that both servers know; each scene's details are its file's name."""
    return {name: house.add(name, details=name, **fields)[0] for name in names}


def shown(house: House, names: list[str]) -> list[str]:
    """What the items of these files show as their summaries."""
    return house.summaries(map(in_plex, names))


def add_records(house: House, kind: str, *names: str) -> tuple[object, ...]:
    """Tags or performers by name, as a scene holds them."""
    table = getattr(house.stash.library, kind)
    return tuple(table.named(name) for name in names)
