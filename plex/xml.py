"""Plex's XML into frozen records. The only place that knows Plex's element and attribute names."""

from __future__ import annotations

import logging
from xml.etree.ElementTree import Element

from plex.exceptions import PlexTemporaryError
from plex.items import IndexPage, Items, PlexItem, PlexLibrary, PlexPart, PlexSection
from plex.plays import BegunPage, HistoryPage, Rating, RatingPage, View
from plex.questions import LOCKS, OWNER
from validation import numbers
from validation.records import IndexedFile
from validation.words import count

log = logging.getLogger("plexsync.plex")

# Plex: the type of a version that Plex made itself ("Optimized for TV").
_OPTIMISED = "42"
# Image slot -> attribute with the address of the image that the item shows.
# Section type -> kind of its playable items. "Other Videos" libraries are movie sections too.
_PLAYABLE_KINDS = {"movie": "movie", "show": "episode"}

_STARS = "userRating"
_VALUES = (
    "title",
    "titleSort",
    "summary",
    "studio",
    "tagline",
    "originallyAvailableAt",
    "year",
    _STARS,
    "contentRating",
)
# Element -> name of the tag field in edits and locks.
_TAGS = {
    "Genre": "genre",
    "Role": "actor",
    "Director": "director",
    "Collection": "collection",
    "Label": "label",
}


def parse_item(element: Element, section_id: int, *, full: bool) -> PlexItem | None:
    """Parse one ``Video``; ``None`` for one without a usable number, which cannot be read.

    *section_id* is used where the item itself does not name its section.
    """
    rating_key = numbers.key(element.get("ratingKey"))
    if not rating_key:
        return None
    tags: dict[str, list[str]] = {name: [] for name in _TAGS.values()}
    for child in element:
        if child.tag in _TAGS:
            tags[_TAGS[child.tag]].append(child.get("tag", ""))
    return PlexItem(
        rating_key=rating_key,
        section_id=numbers.key(element.get("librarySectionID")) or section_id,
        kind=element.get("type", ""),
        values={name: text for name in _VALUES if (text := _value(element, name))},
        tags={name: tuple(filter(None, names)) for name, names in tags.items() if names},
        locked=frozenset(
            field.get("name", "")
            for field in element.findall("Field")
            if field.get("locked") == "1"
        ),
        parts=_parts(element),
        added_at=numbers.moment(element.get("addedAt")),
        full=full,
        pictures={slot: element.get(name, "") for slot, name in LOCKS.items()},
        view_offset=numbers.amount(element.get("viewOffset")),
    )


def _value(element: Element, name: str) -> str:
    """A scalar field; "" also for a rating that is none."""
    text = element.get(name, "")
    return "" if name == _STARS and not numbers.stars(text) else text


def parse_items(container: Element, section_id: int, *, full: bool) -> Items:
    """Parse every ``Video`` of an answer, in its order; those that cannot be read are counted."""
    section_id = numbers.key(container.get("librarySectionID")) or section_id
    videos = container.findall("Video")
    parsed = (parse_item(video, section_id, full=full) for video in videos)
    items = tuple(item for item in parsed if item is not None)
    return Items(items, _told(len(videos) - len(items)))


def parse_sections(container: Element) -> tuple[PlexSection, ...]:
    """Parse the libraries whose items are movies, other videos or episodes."""
    playable = [one for one in container.findall("Directory") if one.get("type") in _PLAYABLE_KINDS]
    sections = tuple(_section(one) for one in playable if numbers.key(one.get("key")))
    _told(len(playable) - len(sections), "library", "libraries")
    return sections


def parse_libraries(container: Element) -> tuple[PlexLibrary, ...]:
    """Parse all libraries, those that PlexSync cannot sync too."""
    return tuple(
        PlexLibrary(
            key=numbers.key(one.get("key")),
            title=one.get("title", ""),
            kind=one.get("type", ""),
            agent=one.get("agent", ""),
            scanner=one.get("scanner", ""),
            locations=_locations(one),
            section=_section(one) if one.get("type") in _PLAYABLE_KINDS else None,
        )
        for one in container.findall("Directory")
        if numbers.key(one.get("key"))
    )


def _locations(directory: Element) -> tuple[str, ...]:
    places = (place.get("path", "") for place in directory.findall("Location"))
    return tuple(place for place in places if place)


def _section(directory: Element) -> PlexSection:
    return PlexSection(
        section_id=numbers.key(directory.get("key")),
        title=directory.get("title", ""),
        kind=_PLAYABLE_KINDS[directory.get("type", "")],
        locations=_locations(directory),
        content_changed_at=_counter(directory),
    )


def parse_index_page(container: Element, section_id: int) -> IndexPage:
    """Parse one page of a listing: a row per file, without building items."""
    videos = container.findall("Video")
    keys = tuple(filter(None, (numbers.key(video.get("ratingKey")) for video in videos)))
    times = (
        numbers.moment(video.get(name)) for video in videos for name in ("updatedAt", "addedAt")
    )
    return IndexPage(
        rows=tuple(row for video in videos for row in _index_rows(video, section_id)),
        keys=keys,
        total=total_size(container),
        newest=max(times, default=0),
        unreadable=_told(len(videos) - len(keys)),
    )


def parse_history(container: Element) -> HistoryPage:
    """Parse one page of the history. Rows of music, of other accounts and of items that are gone
    are no views; those that cannot be read are told."""
    ids = [numbers.key(row.get("historyKey", "").rpartition("/")[2]) for row in container]
    views, unreadable = [], 0
    for view_id, row in zip(ids, container, strict=True):
        account = numbers.whole(row.get("accountID"))
        is_gone = not row.get("ratingKey")
        if row.tag != "Video" or is_gone or account not in (OWNER, None):
            continue
        viewed_at, key = numbers.moment(row.get("viewedAt")), numbers.key(row.get("ratingKey"))
        if view_id and viewed_at and key and account == OWNER:
            views.append(View(view_id, viewed_at, key))
        else:
            unreadable += 1
    _told(unreadable, "view", "views")
    known = tuple(filter(None, ids))
    return HistoryPage(tuple(views), known, len(ids), total_size(container))


def parse_ratings(container: Element) -> RatingPage:
    """Parse one page of rated items; those without a usable rating are left out."""
    videos = container.findall("Video")
    ratings = (
        Rating(
            numbers.key(one.get("ratingKey")),
            numbers.stars(one.get("userRating")),
            numbers.moment(one.get("addedAt")),
            numbers.moment(one.get("lastRatedAt")),
        )
        for one in videos
    )
    usable = tuple(one for one in ratings if one.rating_key and one.stars and one.rated_at)
    return RatingPage(usable, len(videos), total_size(container))


def parse_begun(container: Element) -> BegunPage:
    """Parse one page of items that were watched in part."""
    videos = container.findall("Video")
    keys = (numbers.key(one.get("ratingKey")) for one in videos)
    offsets = (numbers.amount(one.get("viewOffset")) for one in videos)
    begun = {key: offset for key, offset in zip(keys, offsets, strict=True) if key and offset}
    return BegunPage(begun, len(videos), total_size(container))


def total_size(container: Element) -> int:
    """The number of items in the whole listing of which *container* is a page.

    Raises PlexTemporaryError for an impossible one: a guess could cut the listing short, and items
    that it does not show are taken for deleted.
    """
    found = numbers.total(container.get("totalSize", container.get("size")))
    if found is None:
        raise PlexTemporaryError("Plex sent a list without a usable number of its items.")
    return found


def parse_pictures(container: Element) -> tuple[tuple[str, ...], str]:
    """The keys of an item's posters or backgrounds, and of the one that it shows; "" for none."""
    photos = container.findall("Photo")
    keys = (photo.get("ratingKey", "") for photo in photos)
    chosen = (photo.get("ratingKey", "") for photo in photos if photo.get("selected") == "1")
    return tuple(filter(None, keys)), next(chosen, "")


def _parts(video: Element) -> tuple[PlexPart, ...]:
    """The files of an item, those of its first version first."""
    return tuple(
        PlexPart(
            part.get("file", ""),
            numbers.amount(part.get("size")),
            numbers.amount(part.get("duration")) or numbers.amount(media.get("duration")),
            numbers.key(part.get("id")),
        )
        for media in sorted(video.findall("Media"), key=_version_order)
        for part in media.findall("Part")
    )


def _version_order(media: Element) -> tuple[bool, int]:
    """Versions that Plex made itself come last, then the oldest comes first."""
    optimised = media.get("proxyType") == _OPTIMISED or bool(media.get("target"))
    return optimised, numbers.key(media.get("id"))


def _index_rows(video: Element, section_id: int) -> list[IndexedFile]:
    rating_key = numbers.key(video.get("ratingKey"))
    return [
        IndexedFile(
            rating_key=rating_key,
            section_id=section_id,
            kind=video.get("type", ""),
            file=part.file,
            size=part.size,
            duration=part.duration,
            title=video.get("title", ""),
            year=numbers.year(video.get("year")),
            added_at=numbers.moment(video.get("addedAt")),
            part_id=part.part_id,
        )
        for part in (_parts(video) if rating_key else ())
        if part.file
    ]


def _counter(directory: Element) -> int:
    """A library's counter; 0 when Plex does not send it. An empty library has -1."""
    return numbers.whole(directory.get("contentChangedAt"), -1) or 0


def _told(unreadable: int, one: str = "item", many: str = "items") -> int:
    """*unreadable*, with a line in the log where there are any."""
    if unreadable:
        skipped = count(unreadable, f"{one} is", f"{many} are")
        log.warning("Plex: %s skipped: no usable number.", skipped)
    return unreadable
