"""The parts of a Plex library: sections, items, their files, tags and pictures."""

from __future__ import annotations

import hashlib
import os
import uuid
from dataclasses import dataclass, field

TYPES = {"movie": 1, "show": 2, "season": 3, "episode": 4, "collection": 18}
TYPE_NAMES = {number: name for name, number in TYPES.items()}

# Parameter name of a tag kind -> element name, in the order in which Plex lists them.
TAG_ELEMENTS = {
    "genre": "Genre",
    "country": "Country",
    "director": "Director",
    "writer": "Writer",
    "actor": "Role",
    "producer": "Producer",
    "collection": "Collection",
    "label": "Label",
}
NO_AGENT = "com.plexapp.agents.none"


@dataclass(frozen=True, slots=True)
class Part:
    """One file. ``size`` in bytes, ``duration`` in milliseconds, ``stamp`` is its change time."""

    id: int
    file: str
    size: int
    duration: int
    stamp: int

    @property
    def container(self) -> str:
        return self.file.rpartition(".")[2].lower() if "." in self.file else ""


@dataclass(frozen=True, slots=True)
class Media:
    """One version of an item: one file, or several parts played one after the other.

    ``target`` is set for a version that Plex has made itself, such as "Optimized for TV".
    """

    id: int
    parts: tuple[Part, ...]
    target: str = ""
    width: int = 1920
    height: int = 1080
    bitrate: int = 4000

    @property
    def duration(self) -> int:
        return sum(part.duration for part in self.parts)


@dataclass(slots=True)
class Tag:
    """A row of the server's tag table; items share it."""

    id: int
    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class TagLink:
    """A tag on an item; only an actor's has a role. ``thumb`` is a URL that Plex clients load."""

    tag: Tag
    role: str = ""
    thumb: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """One poster or background. ``sha1`` only for an upload, which is addressed by its content."""

    key: str
    provider: str = ""
    sha1: str = ""
    data: bytes = field(default=b"", repr=False)


@dataclass(slots=True)
class Shelf:
    """All posters (or all backgrounds) of an item. Pictures pile up: Plex never deletes one."""

    pictures: dict[str, Picture] = field(default_factory=dict)
    selected: str = ""

    @property
    def uploads(self) -> list[str]:
        """SHA-1 of every uploaded picture, oldest first."""
        return [picture.sha1 for picture in self.pictures.values() if picture.sha1]

    @property
    def selected_upload(self) -> str | None:
        """SHA-1 of the selected picture; None when it is no upload."""
        picture = self.pictures.get(self.selected)
        return picture.sha1 or None if picture else None


@dataclass(frozen=True, slots=True)
class AgentCopy:
    """The values of the metadata agent (or the scanner): a refresh restores them where unlocked."""

    fields: dict[str, str]
    tags: dict[str, tuple[TagLink, ...]]


@dataclass(frozen=True, slots=True)
class Location:
    id: int
    path: str


@dataclass(slots=True, eq=False)
class Section:
    """A library. ``content_changed_at`` is the server's counter at the last change of content,
    ``version`` counts every change of state, ``files_version`` those that add or remove files.
    Items of an ``unstamped`` one have no updatedAt. ``incarnation`` counts its rebuilds.
    """

    key: int
    title: str
    type: str
    agent: str
    scanner: str
    language: str
    locations: tuple[Location, ...]
    created_at: int
    scanned_at: int
    unstamped: bool = False
    incarnation: int = 0
    content_changed_at: int = -1
    version: int = 0
    files_version: int = 0
    running_scans: int = 0
    items: dict[int, Item] = field(default_factory=dict, repr=False)
    shows: dict[str, Item] = field(default_factory=dict, repr=False)
    collections: dict[str, Item] = field(default_factory=dict, repr=False)

    @property
    def uuid(self) -> str:
        name = f"section:{self.key}:{self.title}:{self.incarnation}"
        return str(uuid.uuid5(uuid.NAMESPACE_URL, name))

    @property
    def other_videos(self) -> bool:
        """An "Other Videos" library: a movie library whose agent is none."""
        return self.agent == NO_AGENT

    def holds(self, path: str) -> bool:
        """Whether ``path`` is one of the section's locations or below one."""
        return any(is_below(path, location.path) for location in self.locations)


@dataclass(slots=True, eq=False)
class Item:
    """Anything with a rating key. ``fields`` hold text as it goes over the wire.

    ``stamp`` is when it was last changed; None for an item that Plex has never stamped.
    """

    rating_key: int
    section: Section
    type: str
    guid: str
    added_at: int
    stamp: int | None
    fields: dict[str, str] = field(default_factory=dict)
    links: dict[str, list[TagLink]] = field(default_factory=dict)
    locked: set[str] = field(default_factory=set)
    media: tuple[Media, ...] = ()
    guids: tuple[str, ...] = ()
    parent: Item | None = field(default=None, repr=False)
    children: list[Item] = field(default_factory=list, repr=False)
    poster_shelf: Shelf = field(default_factory=Shelf)
    art_shelf: Shelf = field(default_factory=Shelf)
    collections: list[Item] = field(default_factory=list, repr=False)
    agent_copy: AgentCopy = field(default_factory=lambda: AgentCopy({}, {}), repr=False)
    # Collections only: the members in their order.
    members: dict[int, Item] = field(default_factory=dict, repr=False)
    tag: Tag | None = None
    folded_files: str = field(init=False, repr=False)  # what the ``file=`` filter looks into

    def __post_init__(self) -> None:
        self.hold(self.media)

    def hold(self, media: tuple[Media, ...]) -> None:
        """Have these versions."""
        self.media = media
        self.folded_files = "\n".join(self.files).casefold()

    @property
    def updated_at(self) -> int | None:
        return None if self.section.unstamped else self.stamp

    @updated_at.setter
    def updated_at(self, stamp: int | None) -> None:
        self.stamp = stamp

    @property
    def title(self) -> str:
        return self.fields.get("title", "")

    @property
    def sort_title(self) -> str:
        """The stored titleSort, else the title without a leading article."""
        stored = self.fields.get("titleSort")
        if stored is not None:
            return stored
        first, _, rest = self.title.partition(" ")
        return rest if rest and first.lower() in ("the", "a", "an") else self.title

    @property
    def tags(self) -> dict[str, list[str]]:
        """Tag names by kind, in order; every kind is present. A copy, not the state itself."""
        return {kind: [link.tag.name for link in self.links.get(kind, ())] for kind in TAG_ELEMENTS}

    @property
    def parts(self) -> list[Part]:
        return [part for media in self.media for part in media.parts]

    @property
    def files(self) -> list[str]:
        return [part.file for part in self.parts]

    @property
    def posters(self) -> list[str]:
        """SHA-1 of every uploaded poster, oldest first."""
        return self.poster_shelf.uploads

    @property
    def selected_poster(self) -> str | None:
        """SHA-1 of the selected poster; None when the agent's own, or none, is selected."""
        return self.poster_shelf.selected_upload

    @property
    def arts(self) -> list[str]:
        return self.art_shelf.uploads

    def descendants(self, kind: str) -> list[Item]:
        """The items of the given type below this one."""
        found = [child for child in self.children if child.type == kind]
        return found or [leaf for child in self.children for leaf in child.descendants(kind)]


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or inside it; either kind of slash separates."""
    path, folder = path.replace("\\", "/"), folder.replace("\\", "/").rstrip("/")
    return path == folder or path.startswith(folder + "/")


def stem(path: str) -> str:
    """The file name without folder and ending, for POSIX and Windows paths alike."""
    return os.path.splitext(path.replace("\\", "/").rpartition("/")[2])[0]


def sha1(data: bytes | str) -> str:
    raw = data.encode() if isinstance(data, str) else data
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()


@dataclass(frozen=True, slots=True)
class PlayRow:
    """One view, by the guid of its item; ``number`` is never used again."""

    number: int
    guid: str
    title: str
    type: str
    viewed_at: int
    account: int = 1
