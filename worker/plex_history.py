"""Reading what is new in Plex: views, resume positions and star ratings. Gives nothing to Stash.

Plex numbers its views in the order in which it hears of them, and lists them by the time at which
they happened. A device may report a view days late: then it stands far down in the list. So the
listing is read until the size of the history is explained: by its size at the last reading, and by
the views with higher numbers that were found since. Where that never happens, because rows were
deleted or the database was made anew, the whole history is read.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from plex.client import PlexClient
from plex.items import PlexSection
from plex.plays import Rating, View
from sync_queue.manager import QueueManager
from validation.numbers import MOST_LISTED

# Rows of one page. When nothing happened, a look reads one.
PAGE = 200


class Kept(NamedTuple):
    """How many of the rows of a page were kept, and how many the listing has in all."""

    kept: int
    rows: int
    total: int


def read_history(manager: QueueManager, plex: PlexClient) -> Generator[None, None, bool]:
    """Keep the views that are new, a page at a time. Returns whether there were any."""
    server = plex.server
    before = manager.plays.look(server)
    start, first, ids = 0, -1, set[int]()
    while True:
        page = plex.history(start, PAGE)
        _keep_views(manager, plex, page.views)
        ids.update(page.ids)
        first = page.total if first < 0 else first
        start += page.rows
        found = sum(view_id > before.last_id for view_id in ids)
        is_explained = before.total >= 0 and page.total == before.total + found
        if is_explained or not page.rows or start >= min(page.total, MOST_LISTED):
            break
        yield
    if is_explained:
        after = replace(before, total=page.total, last_id=max(ids | {before.last_id}))
    elif page.total == first:
        after = replace(before, total=page.total, last_id=max(ids, default=0))
    else:
        after = before  # rows came or went meanwhile: the next look reads the whole history again
    if after != before:
        with manager.transaction():
            manager.plays.save_look(server, after)
    return found > 0


def read_begun(
    manager: QueueManager, plex: PlexClient, sections: Sequence[PlexSection]
) -> Iterator[None]:
    """Keep the resume positions, a page at a time. They have no place in the history."""

    def keep(section: PlexSection, start: int) -> Kept:
        page = plex.begun(section, start, PAGE)
        if page.offsets:
            plex.confirm()
            with manager.transaction():
                manager.plays.put_begun(plex.server, page.offsets)
        return Kept(len(page.offsets), page.rows, page.total)

    yield from _each_page(sections, keep)


def read_ratings(
    manager: QueueManager, plex: PlexClient, sections: Sequence[PlexSection]
) -> Iterator[None]:
    """Keep the star ratings that were given since the last look, a page at a time.

    Ratings of the very second of the last look are read again: Plex's times have whole seconds.
    """
    server = plex.server
    before = manager.plays.look(server)
    rated_in = " ".join(str(section.section_id) for section in sections)
    since = before.rated_at if before.rated_in == rated_in else 0
    newest = before.rated_at

    def keep(section: PlexSection, start: int) -> Kept:
        nonlocal newest
        page = plex.ratings(section, start, PAGE, max(0, since - 1))
        later = [rating for rating in page.ratings if rating.rated_at >= since]
        _keep_ratings(manager, plex, later)
        newest = max((newest, *(rating.rated_at for rating in later)))
        return Kept(len(later), page.rows, page.total)

    yield from _each_page(sections, keep)
    after = replace(manager.plays.look(server), rated_at=newest, rated_in=rated_in)
    if after != before:
        with manager.transaction():
            manager.plays.save_look(server, after)


def _each_page(
    sections: Sequence[PlexSection], keep: Callable[[PlexSection, int], Kept]
) -> Iterator[None]:
    """Keep a listing of each library from its begin, a page at a time.

    A page that is not kept whole is the last: a server that does not know the filter shows the
    others too. So is one without rows, whatever its total says.
    """
    for section in sections:
        start = 0
        while True:
            page = keep(section, start)
            start += page.rows
            if not page.rows or page.kept < page.rows or start >= min(page.total, MOST_LISTED):
                break
            yield
        yield


def _keep_views(manager: QueueManager, plex: PlexClient, views: Sequence[View]) -> None:
    rows = [(view.view_id, view.viewed_at, view.rating_key) for view in views]
    if manager.plays.knows_views(plex.server, rows):
        return
    plex.confirm()
    with manager.transaction():
        manager.plays.put_views(plex.server, rows)


def _keep_ratings(manager: QueueManager, plex: PlexClient, ratings: Sequence[Rating]) -> None:
    if not ratings:
        return
    plex.confirm()
    with manager.transaction():
        manager.plays.put_stars(
            plex.server, [(one.rating_key, one.stars, one.added_at) for one in ratings]
        )
