"""Plex's views and star ratings on their way to Stash: the records, and what to add. Pure.

Stash is only added to. A view is added once for ever: Plex's number of it is kept, and a moment
that Stash's own history has, to the second, is not added again. So a device may report a view
late, and a worker may die between its two writes.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from plex.fields import STARS, value_in_plex
from plex.identity import Standing, held_by, standing
from plex.items import PlexItem
from plex.ownership import Whose, whose_value
from validation.records import FieldState, LedgerEntry


@dataclass(frozen=True, slots=True)
class View:
    """One row of Plex's history. Plex never gives its number ``view_id`` to another row, until its
    database is made anew; with ``viewed_at`` (epoch seconds) it is unique."""

    view_id: int
    viewed_at: int
    rating_key: int


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """One page of Plex's history.

    ``views`` are those of the server's owner that name an item. ``ids`` are the numbers of all
    ``rows`` that have a readable one. ``total`` is the number of rows in the whole history.
    """

    views: tuple[View, ...]
    ids: tuple[int, ...]
    rows: int
    total: int


@dataclass(frozen=True, slots=True)
class Rating:
    """The star rating of an item as a listing showed it, and when it was given (epoch seconds)."""

    rating_key: int
    stars: str
    added_at: int
    rated_at: int


@dataclass(frozen=True, slots=True)
class RatingPage:
    """One page of the rated items of a library; ``rows`` counts the unreadable ones too."""

    ratings: tuple[Rating, ...]
    rows: int
    total: int


@dataclass(frozen=True, slots=True)
class BegunPage:
    """One page of the items of a library that were watched in part: their resume positions in
    milliseconds, by item. ``rows`` counts the others too."""

    offsets: Mapping[int, int]
    rows: int
    total: int


@dataclass(frozen=True, slots=True)
class Pair:
    """An item that is certainly a scene's now, as just read, with our memory of it. ``views`` are
    those that wait, until now; ``rated``: a star rating waits."""

    item: PlexItem
    entry: LedgerEntry
    views: tuple[View, ...]
    rated: bool


@dataclass(frozen=True, slots=True)
class Known:
    """What Stash knows of a scene: the moments of its plays (epoch seconds), the resume position in
    seconds (0 = none) and the rating (``None`` = none)."""

    plays: frozenset[int]
    resume: float
    rating100: int | None


@dataclass(frozen=True, slots=True)
class Gift:
    """What a scene gets: plays at these ``times``, a ``resume`` position (0 = none) and a rating
    (``None`` = none).

    ``views`` by number, and ``stars`` by item, never wait again.
    """

    times: tuple[int, ...] = ()
    resume: float = 0.0
    rating100: int | None = None
    views: tuple[int, ...] = ()
    stars: Mapping[int, str] = field(default_factory=dict)

    def without_plays(self) -> Gift:
        """The rating alone."""
        return replace(self, times=(), resume=0.0, views=())


def is_certain(
    entry: LedgerEntry, item: PlexItem, scene_files: Collection[str], sections: Collection[int]
) -> bool:
    """Whether the item is the scene's now: both were just read, and still hold the two files.

    An entry of version 1.0 gains its incarnation with the next sync of its scene.
    """
    known = bool(entry.added_at or entry.part_ids)
    holds = standing(entry, scene_files, held_by(item)) is Standing.HOLDS
    return known and holds and item.section_id in sections


def gift_of(pairs: Sequence[Pair], known: Known, now: float, *, plays: bool, ratings: bool) -> Gift:
    """What the items of a scene give it under the two settings."""
    times: set[int] = set()
    resume, rating, settled = 0.0, known.rating100, list[int]()
    stars: dict[int, str] = {}
    for pair in pairs if plays else ():
        counted = counted_views(pair, now)
        times |= {view.viewed_at for view in counted if view.viewed_at >= pair.item.added_at}
        settled += [view.view_id for view in counted]
        resume = resume or resume_of(pair.item, known.resume)
    for pair in pairs if ratings else ():
        if pair.rated and not is_open(pair.entry):
            stars[pair.item.rating_key] = value_in_plex(pair.item, STARS)
            rating = rating_of(users_stars(pair.item, pair.entry)) if rating is None else rating
    return Gift(
        tuple(sorted(times - known.plays)),
        resume,
        rating if known.rating100 is None else None,
        tuple(settled),
        stars,
    )


def counted_views(pair: Pair, now: float) -> tuple[View, ...]:
    """The views that can be decided.

    The key of a view from before the item was added may have been another film's: it becomes no
    play. If the item's own date lies in the future, no view can be compared with it.
    """
    return () if pair.item.added_at > now else pair.views


def resume_of(item: PlexItem, known: float) -> float:
    """The resume position in seconds that goes to Stash, 0 = none. *known* is Stash's."""
    longest = max((part.duration for part in item.parts), default=0)
    if known or not 0 < item.view_offset < (longest or item.view_offset + 1):
        return 0.0
    return item.view_offset / 1000


def is_open(entry: LedgerEntry) -> bool:
    """Whether a star rating of ours is on its way: the one that Plex shows may be anybody's."""
    memory = entry.fields.get(STARS)
    return STARS in entry.intended or (memory is not None and memory.state is FieldState.SENT)


def users_stars(item: PlexItem, entry: LedgerEntry) -> str:
    """The star rating that a user gave the item in Plex; "" for none, or one of ours. One that was
    equal on both sides was in Stash already. Users' stars are not locked: a locked rating that we
    do not know was written by a program, perhaps by us before the database was lost."""
    now, memory = value_in_plex(item, STARS), entry.fields.get(STARS)
    if memory is None and STARS in item.locked:
        return ""
    is_users = whose_value(now, STARS in item.locked, memory, stars=True) is Whose.USERS
    return now if is_users else ""


def rating_of(shown: str) -> int | None:
    """Stash's rating for a user's stars; ``None`` = none."""
    return round(float(shown) * 10) or None if shown else None
