"""What Plex has to show: kept by hand beside both servers, and compared scene by scene."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from simulators.plex.items import Item
from simulators.stash.library import Library

STUDIOS = ("Lantern House", "Nørd & Søn, Ltd.", "Third Street")
PEOPLE = ("Ada Quill", "Zoë Ångström", "Bob, Jr.", "Lee & Lou", "山田 花子", "O'Hara")
TAGS = ("Noir", "Slow, burning", "Outdoor", "Rock & Roll", "Été", "50 %")
TEXTS = ("One.\n\nTwo — “quoted”.", "A night at the docks 🎬", "x" * 3_000, "Naïve & more + 100 %")


@dataclass(frozen=True)
class Values:
    """A scene as it was last saved; people and tags by their place in `Model`'s lists.

    ``take`` counts the edits of all scenes, so that no two titles are alike.
    """

    take: int
    details: str = ""
    date: str = ""
    studio: str = ""
    people: tuple[int, ...] = ()
    tags: tuple[int, ...] = ()
    rating100: int | None = None

    def title(self, scene: int) -> str:
        return f"Scene {scene} – take {self.take}"


@dataclass
class Model:
    """Scenes and what their items have to show. ``removals``: edits may also empty a field.

    Too many removals in one run stop it until a person agrees, so the long runs do without. A date
    is never emptied: whether Plex's own date, or none, shows then depends on what was synced.
    """

    library: Library
    rng: random.Random
    removals: bool = True
    items: dict[int, Item] = field(default_factory=dict)
    values: dict[int, Values] = field(default_factory=dict)
    persons_tags: dict[int, set[str]] = field(default_factory=dict)
    takes: int = 0

    def __post_init__(self) -> None:
        self.people = list(PEOPLE)
        self.tags = list(TAGS)
        self.people_ids = [self.library.add_performer(name) for name in PEOPLE]
        self.tag_ids = [self.library.add_tag(name) for name in TAGS]
        self.studio_ids = {name: self.library.add_studio(name) for name in STUDIOS}

    def add(self, scene: int, item: Item) -> None:
        """A scene that was never edited, and the item that has its file."""
        self.items[scene] = item

    def new_values(self) -> Values:
        """The next edit of some scene."""
        rng = self.rng
        self.takes += 1
        values = Values(
            take=self.takes,
            details=rng.choice(TEXTS),
            date=f"20{rng.randrange(10, 25)}-0{rng.randrange(1, 10)}-1{rng.randrange(10)}",
            studio=rng.choice(STUDIOS),
            people=tuple(sorted(rng.sample(range(len(PEOPLE)), 2))),
            tags=tuple(sorted(rng.sample(range(len(TAGS)), 3))),
            rating100=rng.randrange(1, 101),
        )
        if self.removals and rng.random() < 0.3:
            name = rng.choice(["details", "studio", "people", "tags", "rating100"])
            default: Any = Values.__dataclass_fields__[name].default
            values = replace(values, **{name: default})
        return values

    def as_input(self, scene: int, values: Values) -> dict[str, Any]:
        """The edit form's fields, as Stash's mutation takes them."""
        return {
            "title": values.title(scene),
            "details": values.details,
            "date": values.date or None,
            "studio_id": self.studio_ids.get(values.studio),
            "performer_ids": [self.people_ids[n] for n in values.people],
            "tag_ids": [self.tag_ids[n] for n in values.tags],
            "rating100": values.rating100,
        }

    def as_records(self, scene: int, values: Values) -> dict[str, Any]:
        """The same, as rows of Stash's library: a change that no hook tells of."""
        library = self.library
        studio = self.studio_ids.get(values.studio)
        return {
            "title": values.title(scene),
            "details": values.details,
            "date": values.date or None,
            "studio": None if studio is None else library.studios[studio],
            "performers": [library.performers[self.people_ids[n]] for n in values.people],
            "tags": [library.tags[self.tag_ids[n]] for n in values.tags],
            "rating100": values.rating100,
        }

    def wanted(self, scene: int) -> dict[str, object]:
        """What the scene's item has to show."""
        values = self.values[scene]
        tags = {self.tags[n] for n in values.tags} | self.persons_tags.get(scene, set())
        return {
            "title": values.title(scene),
            "summary": values.details,
            "date": values.date,
            "studio": values.studio,
            "actors": {self.people[n] for n in values.people},
            "genres": tags,
            "collections": {values.studio} - {""},
            "rating": None if values.rating100 is None else values.rating100 / 10,
        }

    def differences(self) -> dict[int, dict[str, tuple[object, object]]]:
        """Scene by scene, each field that Plex shows otherwise: (Plex has, it has to be)."""
        found = {scene: dict(self._difference(scene)) for scene in self.values}
        return {scene: fields for scene, fields in found.items() if fields}

    def _difference(self, scene: int) -> Iterator[tuple[str, tuple[object, object]]]:
        has = shown(self.items[scene])
        for name, value in self.wanted(scene).items():
            if has[name] != value:
                yield name, (has[name], value)

    def wrong_items(self, items: list[Item]) -> list[int]:
        """Items that show the title of a scene that is not theirs."""
        scene_of = {item.rating_key: scene for scene, item in self.items.items()}
        return [
            item.rating_key
            for item in items
            if item.title.startswith("Scene ")
            and item.title.split()[1] != str(scene_of.get(item.rating_key))
        ]


def shown(item: Item) -> dict[str, object]:
    """What an item shows, in the words of `Model.wanted`."""
    rating = item.fields.get("userRating")
    return {
        "title": item.title,
        "summary": item.fields.get("summary", ""),
        "date": item.fields.get("originallyAvailableAt", ""),
        "studio": item.fields.get("studio", ""),
        "actors": set(item.tags["actor"]),
        "genres": set(item.tags["genre"]),
        "collections": set(item.tags["collection"]),
        "rating": round(float(rating), 1) if rating else None,
    }
