"""Plex's files for a comparison: as the worker has listed them, listed now, or a sample."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from plex.client import PlexClient
from plex.index import PAGE_SIZE
from plex.items import PlexSection
from sync_queue.snapshot import Snapshot
from validation.file_names import file_key, needles
from validation.metadata import SceneFile
from validation.path_survey import PlexFile, PlexFiles

# Requests for files, and seconds in which another is begun. Connecting and sizes need some more.
MOST_REQUESTS, SECONDS = 40, 6.0
# Libraries of so many items are listed whole; files of others are asked for by name.
WHOLE_ITEMS = 8_000
# Names in one request: its line stays short enough for every proxy.
_NAMES, _LINE = 25, 3_000
# Items with these names that are looked at. More of them have names that single nothing out.
_ITEMS = 500
_OFTEN = 3


@dataclass(frozen=True, slots=True)
class Listed:
    """Plex's ``files``. ``asked`` are the files of Stash that were asked for by name, ``None`` if
    the libraries were listed; ``is_whole``: no more files would be found. ``sizes`` are the
    libraries' numbers of items, where they are known."""

    files: PlexFiles
    is_whole: bool = True
    asked: tuple[SceneFile, ...] | None = None
    sizes: Mapping[int, int] = field(default_factory=dict)


def remembered(
    memory: Snapshot, plex: PlexClient, sections: Sequence[PlexSection]
) -> Listed | None:
    """Plex's files from the worker's own listing; ``None`` if that lacks a library."""
    known = memory.listed.sections(plex.server)
    if not all(one.section_id in known and known[one.section_id].listed_at for one in sections):
        return None
    return Listed(PlexFiles(memory.listed.files(plex.server)))


def look_up(
    plex: PlexClient, sections: Sequence[PlexSection], sample: Sequence[SceneFile]
) -> Listed:
    """Plex's files: all of small libraries, else those with the names of a sample of Stash's."""
    sizes = {one.section_id: plex.size(one) for one in sections}
    singling_out = [] if sum(sizes.values()) <= WHOLE_ITEMS else batches_of(sample)
    if not singling_out:
        return list_files(plex, sections, sizes)
    until = time.monotonic() + SECONDS
    rows: list[PlexFile] = []
    asked: list[SceneFile] = []
    # From all over the sample, as far as requests and time allow.
    for batch in singling_out[:: -(-len(singling_out) * len(sections) // MOST_REQUESTS)]:
        if time.monotonic() > until and asked:
            break
        names = tuple(dict.fromkeys(one for file in batch for one in needles(file.path)))
        found = [plex.find_by_files(one, names, _ITEMS) for one in sections]
        if all(one.total <= _ITEMS for one in found):
            items = (item for one in found for item in one.items)
            rows += [(part.file, part.size, part.duration) for item in items for part in item.parts]
            asked += batch
    return Listed(PlexFiles(rows), asked=tuple(asked), sizes=sizes)


def batches_of(sample: Sequence[SceneFile]) -> list[list[SceneFile]]:
    """Files whose names single them out, as many together as one request takes."""
    known = Counter(file_key(file.path) for file in sample)
    files = [file for file in sample if known[file_key(file.path)] <= _OFTEN and needles(file.path)]
    return list(_filled(files))


def _filled(files: Sequence[SceneFile]) -> Iterator[list[SceneFile]]:
    batch: list[SceneFile] = []
    length = 0
    for file in files:
        added = sum(3 * len(one.encode(errors="replace")) for one in needles(file.path))
        if batch and (len(batch) >= _NAMES or length + added > _LINE):
            yield batch
            batch, length = [], 0
        batch.append(file)
        length += added
    if batch:
        yield batch


def list_files(
    plex: PlexClient, sections: Sequence[PlexSection], sizes: Mapping[int, int]
) -> Listed:
    """Plex's files, listed now as far as requests and time allow."""
    until = time.monotonic() + SECONDS
    files: list[PlexFile] = []
    requests = 0
    for section in sections:
        start, total = 0, sizes[section.section_id]
        while start < total:
            if requests >= MOST_REQUESTS or time.monotonic() > until:
                return Listed(PlexFiles(files), is_whole=False, sizes=sizes)
            page = plex.index_page(section, start, PAGE_SIZE)
            files += [(row.file, row.size, row.duration) for row in page.rows]
            seen, requests = len(page.keys) + page.unreadable, requests + 1
            if not seen:
                break
            start, total = start + seen, page.total
    return Listed(PlexFiles(files), sizes=sizes)
