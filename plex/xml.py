"""Plex's XML into frozen records. The only place that knows Plex's element and attribute names."""

from __future__ import annotations

from xml.etree.ElementTree import Element

from plex.exceptions import PlexTemporaryError
from plex.items import IndexPage, PlexItem, PlexPart, PlexSection
from validation.records import IndexedFile

# Plex: the type of a version that Plex made itself ("Optimized for TV").
_OPTIMISED = "42"
# Image slot -> attribute with the address of the image that the item shows.
_PICTURES = {"poster": "thumb", "background": "art"}
# Section type -> kind of its playable items. "Other Videos" libraries are movie sections too.
_PLAYABLE_KINDS = {"movie": "movie", "show": "episode"}

_VALUES = (
    "title",
    "titleSort",
    "summary",
    "studio",
    "tagline",
    "originallyAvailableAt",
    "year",
    "userRating",
)
# Element -> name of the tag field in edits and locks.
_TAGS = {
    "Genre": "genre",
    "Role": "actor",
    "Director": "director",
    "Collection": "collection",
    "Label": "label",
}


def parse_item(element: Element, section_id: int, *, full: bool) -> PlexItem:
    """Parse one ``Video``. *section_id* is used where the item itself does not name its section.

    Raises PlexTemporaryError when it has no usable ratingKey: that is no answer of a Plex.
    """
    tags: dict[str, list[str]] = {name: [] for name in _TAGS.values()}
    for child in element:
        if child.tag in _TAGS:
            tags[_TAGS[child.tag]].append(child.get("tag", ""))
    return PlexItem(
        rating_key=_required_number(element, "ratingKey"),
        section_id=_number(element, "librarySectionID") or section_id,
        kind=element.get("type", ""),
        values={name: element.get(name, "") for name in _VALUES if element.get(name)},
        tags={name: tuple(filter(None, names)) for name, names in tags.items() if names},
        locked=frozenset(
            field.get("name", "")
            for field in element.findall("Field")
            if field.get("locked") == "1"
        ),
        parts=_parts(element),
        added_at=_number(element, "addedAt"),
        full=full,
        pictures={slot: element.get(name, "") for slot, name in _PICTURES.items()},
    )


def parse_items(container: Element, section_id: int, *, full: bool) -> tuple[PlexItem, ...]:
    """Parse every ``Video`` of an answer, in its order."""
    section_id = _number(container, "librarySectionID") or section_id
    return tuple(parse_item(video, section_id, full=full) for video in container.findall("Video"))


def parse_sections(container: Element) -> tuple[PlexSection, ...]:
    """Parse the libraries whose items are movies, other videos or episodes."""
    return tuple(
        PlexSection(
            section_id=_required_number(directory, "key"),
            title=directory.get("title", ""),
            kind=_PLAYABLE_KINDS[directory.get("type", "")],
            locations=tuple(
                place.get("path", "")
                for place in directory.findall("Location")
                if place.get("path")
            ),
            content_changed_at=_counter(directory),
        )
        for directory in container.findall("Directory")
        if directory.get("type") in _PLAYABLE_KINDS
    )


def parse_index_page(container: Element, section_id: int) -> IndexPage:
    """Parse one page of a listing: a row per file, without building items."""
    videos = container.findall("Video")
    times = (_number(video, name) for video in videos for name in ("updatedAt", "addedAt"))
    return IndexPage(
        rows=tuple(row for video in videos for row in _index_rows(video, section_id)),
        keys=tuple(_required_number(video, "ratingKey") for video in videos),
        total=total_size(container),
        newest=max(times, default=0),
    )


def total_size(container: Element) -> int:
    """The number of items in the whole listing of which *container* is a page."""
    return _number(container, "totalSize") or _number(container, "size")


def parse_selected_image(container: Element) -> str:
    """The key of the poster or background that an item shows; "" when it names none."""
    chosen = (photo for photo in container.findall("Photo") if photo.get("selected") == "1")
    return next((photo.get("ratingKey", "") for photo in chosen), "")


def _parts(video: Element) -> tuple[PlexPart, ...]:
    """The files of an item, those of its first version first."""
    return tuple(
        PlexPart(
            part.get("file", ""),
            _number(part, "size"),
            _number(part, "duration") or _number(media, "duration"),
            _number(part, "id"),
        )
        for media in sorted(video.findall("Media"), key=_version_order)
        for part in media.findall("Part")
    )


def _version_order(media: Element) -> tuple[bool, int]:
    """Versions that Plex made itself come last, then the oldest comes first."""
    optimised = media.get("proxyType") == _OPTIMISED or bool(media.get("target"))
    return optimised, _number(media, "id")


def _index_rows(video: Element, section_id: int) -> list[IndexedFile]:
    return [
        IndexedFile(
            rating_key=_required_number(video, "ratingKey"),
            section_id=section_id,
            kind=video.get("type", ""),
            file=part.file,
            size=part.size,
            duration=part.duration,
            title=video.get("title", ""),
            year=_number(video, "year"),
            added_at=_number(video, "addedAt"),
            part_id=part.part_id,
        )
        for part in _parts(video)
        if part.file
    ]


def _number(element: Element, name: str) -> int:
    """The attribute as a number; 0 when Plex does not say."""
    text = element.get(name, "")
    return int(text) if text.isascii() and text.isdigit() else 0


def _counter(directory: Element) -> int:
    """A library's counter; 0 when Plex does not say. An empty library has -1."""
    return (
        -1 if directory.get("contentChangedAt") == "-1" else _number(directory, "contentChangedAt")
    )


def _required_number(element: Element, name: str) -> int:
    number = _number(element, name)
    if not number:
        raise PlexTemporaryError(f"Plex sent a {element.tag} without {name}.")
    return number
