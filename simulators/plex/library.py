"""The state of the server: sections and items behind one lock, by id and by name."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from simulators.plex.events import DELETED, DONE, Events
from simulators.plex.habits import Habits, flipped
from simulators.plex.items import (
    NO_AGENT,
    AgentCopy,
    Item,
    Location,
    Media,
    Part,
    Picture,
    PlayRow,
    Section,
    sha1,
    stem,
)
from simulators.plex.tags import TagSpec, TagTable, settle_collections

Clock = Callable[[], float]
MediaSpec = Sequence[Sequence[str]]  # versions, each a list of files

_YEAR = re.compile(r"^(.*\S)\s*[(\[]((?:19|20)\d\d)[)\]]")
_USERS_OWN = ("userRating", "lastRatedAt", "viewCount", "lastViewedAt", "viewOffset")
_AGENTS = {
    "movie": ("tv.plex.agents.movie", "Plex Movie"),
    "show": ("tv.plex.agents.series", "Plex TV Series"),
}


class Numbers:
    """Ids from 1 on; those that were given back are handed out first, lowest first."""

    def __init__(self) -> None:
        self._next = 1
        self._spare: list[int] = []

    def take(self) -> int:
        if self._spare:
            return self._spare.pop(0)
        self._next += 1
        return self._next - 1

    def give_back(self, numbers: Iterable[int]) -> None:
        self._spare = sorted({*self._spare, *numbers})


class Library(Habits):
    """Everything Plex remembers. Hold ``lock`` while reading more than one thing, or writing."""

    def __init__(self, clock: Clock = time.time, **habits: Any) -> None:
        super().__init__(**{**flipped(), **habits})
        self.clock = clock
        self.lock = threading.RLock()
        self.sections: dict[int, Section] = {}
        self.items: dict[int, Item] = {}
        self.tags = TagTable()
        self.events = Events()
        self.keys = Numbers()
        self.part_ids = Numbers()
        self._section_keys = Numbers()
        self._location_ids = Numbers()
        self._content_changes = 0
        self.history: list[PlayRow] = []
        self.last_view = 0
        self.history_as: dict[int, dict[str, str]] = {}  # attributes of a row that show otherwise

    def now(self) -> int:
        """Epoch seconds, whole, as Plex stamps things: two edits in a second look alike."""
        return int(self.clock())

    def new_key(self) -> int:
        return self.keys.take()

    def add_section(
        self,
        title: str,
        type: str = "movie",
        locations: Iterable[str] = (),
        agent: str | None = None,
        scanner: str | None = None,
        language: str | None = None,
        unstamped: bool = False,
    ) -> Section:
        """Add a library. ``agent="none"`` makes it "Other Videos", whose items have no agent;
        items of an ``unstamped`` one have no updatedAt.
        """
        none = agent in ("none", NO_AGENT)
        default_agent, default_scanner = _AGENTS[type]
        section = Section(
            key=self._section_keys.take(),
            title=title,
            type=type,
            agent=NO_AGENT if none else agent or default_agent,
            scanner=scanner or ("Plex Video Files Scanner" if none else default_scanner),
            language=language or ("xn" if none else "en-US"),
            locations=tuple(Location(self._location_ids.take(), path) for path in locations),
            created_at=self.now(),
            scanned_at=self.now(),
            unstamped=unstamped or self.unstamped,
        )
        with self.lock:
            self.sections[section.key] = section
        return section

    def add_movie(
        self,
        section: Section,
        path: str | None = None,
        *,
        media: MediaSpec = (),
        size: int = 700_000_000,
        duration: int = 1_800_000,
        tags: Mapping[str, Sequence[TagSpec]] | None = None,
        guid: str = "",
        guids: Sequence[str] = (),
        added_at: int | None = None,
        **fields: object,
    ) -> Item:
        """Add a movie (or other video) with one file, or with ``media``: versions of parts.

        ``size`` in bytes and ``duration`` in milliseconds are those of each file. Without a title
        the file name gives it, as the scanner does.
        """
        versions = self.versions(media or [[path or ""]], size, duration)
        key, now = self.new_key(), self.now() if added_at is None else added_at
        first = versions[0].parts[0].file
        item = Item(
            rating_key=key,
            section=section,
            type="movie",
            guid=guid or self.guid_for(section, key, first),
            added_at=now,
            stamp=now,
            fields=scanned_fields(section, first, now),
            media=versions,
            guids=tuple(guids),
        )
        return self.adopt(item, fields, tags or {})

    def add_show(self, section: Section, title: str, **fields: object) -> Item:
        """The show of that title, made when there is none."""
        show = section.shows.get(title)
        if show is None or self.items.get(show.rating_key) is not show:
            show = self._add_folder(section, "show", None, {"title": title, **fields})
            section.shows[title] = show
        return show

    def add_episode(
        self,
        section: Section,
        path: str,
        *,
        show: str,
        season: int = 1,
        index: int = 1,
        size: int = 500_000_000,
        duration: int = 1_500_000,
        tags: Mapping[str, Sequence[TagSpec]] | None = None,
        guid: str = "",
        **fields: object,
    ) -> Item:
        """Add an episode, its show and season where missing. Two episodes may share a file."""
        parent = self.season(self.add_show(section, show), season)
        key, now = self.new_key(), self.now()
        item = Item(
            rating_key=key,
            section=section,
            type="episode",
            guid=guid or f"local://{key}",
            added_at=now,
            stamp=now,
            fields={"title": f"Episode {index}", "index": str(index)},
            media=self.versions([[path]], size, duration),
            parent=parent,
        )
        return self.adopt(item, fields, tags or {})

    def season(self, show: Item, number: int) -> Item:
        """The show's season of that number, made when there is none."""
        for child in show.children:
            if child.fields.get("index") == str(number):
                return child
        title = f"Season {number}" if number else "Specials"
        return self._add_folder(show.section, "season", show, {"title": title, "index": number})

    def _add_folder(
        self, section: Section, kind: str, parent: Item | None, fields: Mapping[str, object]
    ) -> Item:
        key, now = self.new_key(), self.now()
        item = Item(key, section, kind, f"local://{key}", now, now, parent=parent)
        return self.adopt(item, fields, {})

    def adopt(
        self, item: Item, fields: Mapping[str, object], tags: Mapping[str, Sequence[TagSpec]]
    ) -> Item:
        """Put a new item into its section; its agent knows its present values."""
        item.fields.update({name: str(value) for name, value in fields.items()})
        if not item.section.other_videos:
            for kind, shelf in (("posters", item.poster_shelf), ("arts", item.art_shelf)):
                key = f"metadata://{kind}/{item.section.agent}_{sha1(item.guid)}"
                shelf.pictures[key] = Picture(key, "tmdb")
                shelf.selected = key
        with self.lock:
            self.items[item.rating_key] = item
            item.section.items[item.rating_key] = item
            if item.parent:
                item.parent.children.append(item)
                item.parent.children.sort(key=lambda child: int(child.fields.get("index", 0)))
            for kind, specs in tags.items():
                item.links[kind] = [self.tags.link(item.section, kind, spec) for spec in specs]
            settle_collections(self, item)
            item.agent_copy = AgentCopy(
                dict(item.fields),
                {kind: tuple(links) for kind, links in item.links.items() if kind != "collection"},
            )
            self.content_changed(item.section)
            self.events.arrival(item)
        return item

    def remove(self, item: Item) -> None:
        """Forget an item, its children, and a parent or collection that is empty then."""
        with self.lock:
            for child in list(item.children):
                self.remove(child)
            self.items.pop(item.rating_key, None)
            item.section.items.pop(item.rating_key, None)
            item.links.pop("collection", None)
            settle_collections(self, item)
            self.content_changed(item.section)
            if item.parent:
                item.parent.children.remove(item)
                if not item.parent.children:
                    self.remove(item.parent)
            self.events.item(item, DELETED, "deleted")

    def touch(self, item: Item, stamp: bool = True) -> None:
        """Note an edit. One that leaves no stamp is no event either: Plex is silent of ratings."""
        item.section.version += 1
        if self.edits_change_content:
            self._count_content(item.section)
        if stamp:
            item.updated_at = self.now()
            self.events.item(item, DONE)

    def content_changed(self, section: Section) -> None:
        """Items or files came or went."""
        section.version += 1
        section.files_version += 1
        self._count_content(section)

    def _count_content(self, section: Section) -> None:
        self._content_changes += 1
        section.content_changed_at = self._content_changes if section.items else -1

    def refresh(self, item: Item) -> None:
        """The agent's refresh, plain and forced alike: fields without a lock get the agent's
        values."""
        known = item.agent_copy
        with self.lock:
            for name in set(item.fields) | set(known.fields):
                if name in item.locked or name in _USERS_OWN:
                    continue
                if name in known.fields:
                    item.fields[name] = known.fields[name]
                else:
                    del item.fields[name]
            for kind in set(item.links) | set(known.tags):
                if kind not in item.locked and kind not in ("collection", "label"):
                    item.links[kind] = list(known.tags.get(kind, ()))
            if "thumb" not in item.locked and item.poster_shelf.pictures:
                item.poster_shelf.selected = next(iter(item.poster_shelf.pictures))
            self.touch(item)

    def renew(self, section: Section, keep_key: bool) -> None:
        """Delete a library and add one of the same title and folders, without items."""
        with self.lock:
            section.incarnation += 1
            section.created_at = section.scanned_at = self.now()
            section.shows.clear()
            if not keep_key:
                del self.sections[section.key]
                section.key = self._section_keys.take()
                self.sections[section.key] = section

    def guid_for(self, section: Section, key: int, file: str, known: str = "") -> str:
        """The guid of a new item: by its file where there is no agent, the ``known`` one where an
        agent has matched it, else by its key."""
        if section.other_videos:
            return f"{NO_AGENT}://{sha1(file)}?lang=xn"
        unmatched = not known or known.startswith(("local://", NO_AGENT))
        return f"local://{key}" if unmatched else known

    def versions(self, media: MediaSpec, size: int, duration: int) -> tuple[Media, ...]:
        """Versions of an item, each of the files that it is listed with."""
        stamp = self.now()
        return tuple(
            Media(
                self.part_ids.take(),
                tuple(Part(self.part_ids.take(), file, size, duration, stamp) for file in files),
            )
            for files in media
        )


def scanned_fields(section: Section, path: str, now: int) -> dict[str, str]:
    """The fields that the file alone gives. "Other Videos" take the file's date."""
    name = stem(path)
    if section.other_videos:
        day = datetime.fromtimestamp(now, UTC)
        return {
            "title": name,
            "year": str(day.year),
            "originallyAvailableAt": day.strftime("%Y-%m-%d"),
        }
    match = _YEAR.match(name)
    if match:
        return {"title": match[1], "year": match[2]}
    return {"title": name}
