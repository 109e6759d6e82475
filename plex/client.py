"""PlexClient: every request that we make of Plex, and nothing that we do not."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import count
from xml.etree.ElementTree import Element

from plex import questions
from plex.addresses import OPEN, Guard
from plex.connection import PlexConnection, random_fraction
from plex.edit_plan import EditPlan
from plex.exceptions import (
    PlexNotFound,
    PlexPermanentError,
    PlexTemporaryError,
    UnreadableItem,
    check_time,
    endless,
    no_scenes_fault,
    pages_of,
)
from plex.images import image_kind
from plex.isolation import configure
from plex.items import (
    FileSearch,
    IndexPage,
    PlexAbout,
    PlexItem,
    PlexLibrary,
    PlexSection,
)
from plex.pictures import Pictures
from plex.plays import BegunPage, HistoryPage, RatingPage
from plex.questions import ImageSlot, page_headers
from plex.requests import Parameters, as_sent, edit_parameters, edit_path, shortened
from plex.xml import (
    parse_begun,
    parse_history,
    parse_index_page,
    parse_items,
    parse_libraries,
    parse_ratings,
    parse_sections,
    total_size,
)
from validation.numbers import seconds_awake

# Bytes of a picture that a page shows beside a scene.
MAX_PICTURE = 300_000
READ_MANY_LIMIT = 50  # items per batched read: a request line of a few hundred bytes
_LIST_PAGE = 500  # items per page when a search finds many
_TOO_LONG = frozenset({400, 413, 414, 431})


class PlexClient:
    """One Plex server, for one thread. Connects when first used, with one request.

    Raises PlexTemporaryError (after three tries within five seconds), PlexNotFound,
    PlexPermanentError and PlexSetupError. *identifier* is the device we are to Plex (see
    device_identity), *guard* protects a token that came from a sign-in. *rng* returns a number in
    [0, 1). Timeouts are seconds.
    """

    def __init__(
        self,
        url: str,
        token: str,
        *,
        insecure_tls: bool = False,
        ca_bundle: str = "",
        connect_timeout: float = 5.0,
        read_timeout: float = 30.0,
        identifier: str = "",
        guard: Guard = OPEN,
        rng: Callable[[], float] = random_fraction,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        if identifier:
            configure(identifier)
        self._plex = PlexConnection(
            url,
            token,
            insecure_tls=insecure_tls,
            ca_bundle=ca_bundle,
            connect_timeout=connect_timeout,
            read_timeout=read_timeout,
            guard=guard,
            rng=rng,
            sleep=sleep,
        )
        self.pictures = Pictures(self._plex)
        self._sections_of = ""
        self._sections: tuple[PlexSection, ...] = ()

    def close(self) -> None:
        """Close the connections; the next request opens a new one."""
        self._plex.close()

    # -- the server ---------------------------------------------------------------------------

    @property
    def server(self) -> str:
        """The server's machineIdentifier. Connects."""
        return self._plex.server

    @property
    def version(self) -> str:
        """The version of Plex. Connects."""
        return self._plex.version

    @property
    def about(self) -> PlexAbout | None:
        """The server as it described itself; ``None`` until connected. Asks nothing."""
        return self._plex.about

    @property
    def known_sections(self) -> tuple[PlexSection, ...]:
        """The libraries as they were listed last. Asks nothing."""
        return self._sections

    @property
    def used_at(self) -> float:
        """When the last request was answered, or failed (``time.monotonic()``; 0 = never)."""
        return self._plex.used_at

    @property
    def changes(self) -> int:
        """How often another server was found at the address."""
        return self._plex.changes

    @property
    def failures(self) -> int:
        """How many requests have failed."""
        return self._plex.failures

    def confirm(self) -> None:
        """See that the server that is known still answers; see ``PlexConnection.confirm``."""
        self._plex.confirm()

    @property
    def served(self) -> Mapping[str, int]:
        """How many good answers each part of Plex has given."""
        return self._plex.served

    def identity(self) -> bool:
        """Ask once, without token, whether this very Plex answers. Never raises."""
        return self._plex.identity()

    def sections(self, *, fresh: bool = False) -> tuple[PlexSection, ...]:
        """All libraries of movies, other videos and episodes; remembered unless *fresh*. Fresh
        ones are certainly those of ``server``."""
        if fresh:
            self.confirm()
        server = self.server
        if fresh or server != self._sections_of:
            with no_scenes_fault():
                self._sections = parse_sections(self._listing(questions.SECTIONS))
            self._sections_of = server
        return self._sections

    def libraries(self) -> tuple[PlexLibrary, ...]:
        """All libraries, those that PlexSync cannot sync too."""
        return parse_libraries(self._listing(questions.SECTIONS))

    def size(self, section: PlexSection) -> int:
        """How many items a library has."""
        return total_size(self._listing(questions.size_of(section), page_headers(0, 0)))

    # -- finding ------------------------------------------------------------------------------

    def find_by_file(self, section: PlexSection, needle: str) -> tuple[PlexItem, ...]:
        """Abridged items of *section* of which a file's path contains *needle*, without case."""
        return tuple(self._list(section, questions.files_with(section, (needle,))))

    def find_by_files(self, section: PlexSection, needles: Sequence[str], most: int) -> FileSearch:
        """The first *most* abridged items of *section* of which a file's path contains one of
        *needles*."""
        query = questions.files_with(section, needles)
        with no_scenes_fault():
            page = self._listing(query, page_headers(0, most))
        return FileSearch(parse_items(page, section.section_id, full=False).items, total_size(page))

    def index_page(self, section: PlexSection, start: int, size: int, since: int = 0) -> IndexPage:
        """*size* items of the section's listing from *start*, oldest first.

        With *since* (epoch seconds) only items that Plex changed or added after that time.
        """
        with no_scenes_fault():
            page = self._listing(questions.index_of(section, since), page_headers(start, size))
            return parse_index_page(page, section.section_id)

    def history(self, start: int, size: int) -> HistoryPage:
        """*size* rows of the owner's play history from *start*, the latest views first."""
        return parse_history(self._plex.get(questions.HISTORY, page_headers(start, size)))

    def ratings(self, section: PlexSection, start: int, size: int, since: int) -> RatingPage:
        """*size* items of *section* from *start* that were rated after *since* (epoch seconds)."""
        with no_scenes_fault():
            page = self._listing(questions.rated_in(section, since), page_headers(start, size))
            return parse_ratings(page)

    def begun(self, section: PlexSection, start: int, size: int) -> BegunPage:
        """*size* items of *section* from *start* that were watched in part."""
        with no_scenes_fault():
            page = self._listing(questions.begun_in(section), page_headers(start, size))
            return parse_begun(page)

    # -- reading ------------------------------------------------------------------------------

    def read(self, rating_key: int) -> PlexItem:
        """The full item. Raises PlexNotFound only when Plex itself is well."""
        items = self._read((rating_key,))
        if len(items) != 1 or items[0].rating_key != rating_key:
            raise PlexTemporaryError("Plex answered with other items than were asked for.")
        return items[0]

    def read_many(self, rating_keys: Iterable[int]) -> tuple[PlexItem, ...]:
        """The full items of up to READ_MANY_LIMIT keys, in one request; missing ones are absent.

        Raises UnreadableItem when one of them cannot be read.
        """
        keys = tuple(dict.fromkeys(rating_keys))
        if len(keys) > READ_MANY_LIMIT:
            raise ValueError(f"more than {READ_MANY_LIMIT} items in one read")
        if not keys:
            return ()
        try:
            with no_scenes_fault(applies=len(keys) > 1):
                return self._read(keys)
        except PlexNotFound:
            # One missing item may be enough for a 404: halve until only missing ones are left.
            middle = len(keys) // 2
            if not middle:
                return ()
            return self.read_many(keys[:middle]) + self.read_many(keys[middle:])

    # -- writing ------------------------------------------------------------------------------

    def write(self, edits: EditPlan) -> EditPlan:
        """Send *edits*, in one PUT where they fit, and return them as sent.

        A text that is too long for Plex, or for a proxy before it, is cut at a word and sent again;
        the returned plan has it as cut. Any failure raises, also when earlier parts have arrived:
        then the write is not done. An empty plan sends nothing.
        """
        cut: dict[str, str] = {}
        for parameters in edit_parameters(edits) if edits else ():
            cut |= self._put(edits.section_id, parameters)
        return as_sent(edits, cut)

    def rate(self, rating_key: int, rating: float | None) -> None:
        """Set the star rating (0 to 10; ``None`` removes it) the way a Plex client does."""
        self._plex.send("put", questions.star_rating(rating_key, rating))

    def scan_folder(self, section: PlexSection, folder: str) -> None:
        """Ask Plex to scan one folder (its own path) of *section*; it does so in its own time."""
        self._plex.send("get", questions.scan_of(section, folder))

    # -- images -------------------------------------------------------------------------------

    def picture(self, path: str, width: int, height: int) -> bytes:
        """A small picture of the image at *path* on Plex, b"" without a usable one."""
        if not path.startswith("/"):
            return b""
        for where in (questions.scaled(path, width, height), path):
            try:
                data = self._plex.image(where)
            except (PlexNotFound, PlexPermanentError, PlexTemporaryError):
                continue  # another server may not scale, and nothing depends on a picture
            if image_kind(data) and len(data) <= MAX_PICTURE:
                return data
        return b""

    def upload_image(self, rating_key: int, slot: ImageSlot, data: bytes) -> None:
        """Upload *data*; Plex selects and locks it. The same bytes never make a second image."""
        if image_kind(data) is None:
            raise ValueError("only raster images are uploaded")
        self.pictures.upload(rating_key, slot, data)

    def shows_upload(self, rating_key: int, slot: ImageSlot, sha1: str) -> bool:
        """Whether the item shows the upload of bytes with that SHA-1 (hex)."""
        return self.pictures.shelf(rating_key, slot).shows_upload(sha1)

    def _list(self, section: PlexSection, path: str) -> Iterator[PlexItem]:
        start = 0
        most = 1
        waited = 0.0
        seen: set[int] = set()
        for number in count(1):
            asked = time.monotonic()
            page = self._listing(path, page_headers(start, _LIST_PAGE))
            waited += seconds_awake(time.monotonic() - asked)
            total = total_size(page)
            most = pages_of(total, _LIST_PAGE) if number == 1 else most
            found = parse_items(page, section.section_id, full=False)
            new = [item for item in found.items if item.rating_key not in seen]
            yield from new
            seen.update(item.rating_key for item in new)
            start += len(found.items) + found.unreadable
            if start >= total or (not new and not found.unreadable):
                return
            if number >= most:
                raise endless()
            check_time(waited, most)

    def _listing(self, path: str, headers: Mapping[str, str] | None = None) -> Element:
        """One listing of Plex. A 404 here means that the library is gone, not an item."""
        try:
            return self._plex.get(path, headers)
        except PlexNotFound:
            self._sections_of = ""
            raise PlexTemporaryError("Plex has no such library any more.") from None

    def _read(self, keys: Sequence[int]) -> tuple[PlexItem, ...]:
        found = parse_items(self._plex.get(questions.items_of(keys)), 0, full=True)
        if found.unreadable:
            listed = ",".join(map(str, keys))
            raise UnreadableItem(f"Plex shows item {listed} without a number that can be read.")
        return found.items

    def _put(self, section_id: int, parameters: Parameters) -> dict[str, str]:
        """Send one PUT; return the text that had to be cut, as sent, by its parameter."""
        try:
            self._plex.send("put", edit_path(section_id, parameters))
        except PlexPermanentError as refusal:
            shorter = shortened(section_id, parameters)
            if refusal.status not in _TOO_LONG or not shorter:
                raise
            self._plex.send("put", edit_path(section_id, {**parameters, **shorter}))
            return shorter
        return {}
