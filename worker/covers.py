"""A scene's cover as the item's poster (and background, when asked for).

*Keep edits* keeps a user's image. Plex reports that an image is locked, but not by whom. Therefore:

- An image that is locked and that we never uploaded is a user's.
- After an upload of ours we ask Plex which image it shows, when the cover changes in Stash and when
  *Keep edits* is turned off. Without *Keep edits* we also ask when the address of the image is
  another one than after our last write. Then Stash's image comes back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from plex.client import PlexClient
from plex.exceptions import PlexPermanentError, PlexTemporaryError, UnusableImage
from plex.images import (
    KEPT,
    UNASKED,
    as_jpeg,
    can_convert,
    fit_for_plex,
    is_mark_of,
    mark_of,
    sent_sha1,
)
from plex.items import PlexItem
from plex.questions import LOCKS, ImageSlot
from stash.client import StashClient
from stash.exceptions import StashLoginNeeded, StashUnavailable
from validation.config import PlexSyncConfig
from validation.errors import TransientError
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from validation.records import LedgerEntry, PictureBefore

# The part of Stash that gives covers.
COVERS = "covers"


class CoverUnavailable(TransientError):
    """Stash gives its scenes, but not this one's cover: no reason for the others to wait."""

    part = COVERS


class PicturesUnavailable(TransientError):
    """Plex took the edit, but not the picture: no reason for the others to wait."""


# Added to the version of a cover that only Pillow could make usable, while it is not installed.
_NO_PILLOW = " without Pillow"
_PROBLEMS = frozenset({Reason.IMAGE_UNUSABLE, Reason.IMAGE_TOO_BIG})


def wanted_slots(item: PlexItem, config: PlexSyncConfig) -> Iterator[ImageSlot]:
    """The uses of the cover under these settings. Plex gives episodes no background."""
    if config.skip_posters:
        return
    if "poster" not in config.skipped_fields:
        yield "poster"
    if (
        config.sync_background
        and item.kind == "movie"
        and "background" not in config.skipped_fields
    ):
        yield "background"


def cover_version(scene: SyncMetadata) -> str:
    """Stash's own version of the cover: another one means that it may have changed."""
    return parse_qs(urlsplit(scene.cover).query).get("t", [""])[0]


def stale_slots(
    scene: SyncMetadata, item: PlexItem, entry: LedgerEntry | None, config: PlexSyncConfig
) -> tuple[ImageSlot, ...]:
    """The slots whose cover has to be compared. Sends no request."""
    if not scene.cover:
        return ()
    versions = {} if entry is None else entry.image_versions
    known = {cover_version(scene)} - {""}
    if not can_convert():
        known |= {version + _NO_PILLOW for version in known}
    return tuple(
        slot
        for slot in wanted_slots(item, config)
        if not _is_users(slot, item, entry, config)
        and (
            versions.get(slot) not in known
            or _comes_back(slot, entry, config)
            or _may_be_another(slot, item, entry, config)
        )
    )


def cover_problem(item: PlexItem, entry: LedgerEntry, config: PlexSyncConfig) -> Reason | None:
    """Why Plex does not show the cover, if it cannot take it. Sends no request."""
    notes = (entry.image_notes.get(slot) for slot in wanted_slots(item, config))
    return next((Reason(note) for note in notes if note in _PROBLEMS), None)


def sync_covers(
    scene: SyncMetadata,
    item: PlexItem,
    entry: LedgerEntry,
    config: PlexSyncConfig,
    stash: StashClient,
    plex: PlexClient,
    keep: Callable[[LedgerEntry], None],
) -> LedgerEntry:
    """Upload the cover where its bytes changed; returns the entry that remembers it.

    One request to Plex per changed image, and one before the first upload where the item shows a
    picture, so that an undo can select it again. *keep* stores the entry before the first upload,
    and after each slot, so that no failure of the next one repeats it. A cover that Plex cannot
    take is noted with its version (see :func:`cover_problem`). Raises ``CoverUnavailable``.
    """
    entry = _guarded(item, entry, config) if scene.cover else entry
    slots = stale_slots(scene, item, entry, config)
    try:
        data = read_cover(scene, stash) if slots else None
    except Exception:
        keep(entry)
        raise
    if data is not None or not slots:
        keep(entry)
    for slot in slots:
        after = _sync_slot(slot, data, item, entry, config, plex, keep)
        version = cover_version(scene)
        if after.image_notes.get(slot) in _PROBLEMS and not can_convert():
            version += _NO_PILLOW
        entry = replace(after, image_versions={**after.image_versions, slot: version})
        keep(entry)
    return entry


def _sync_slot(
    slot: ImageSlot,
    data: bytes | None,
    item: PlexItem,
    entry: LedgerEntry,
    config: PlexSyncConfig,
    plex: PlexClient,
    keep: Callable[[LedgerEntry], None],
) -> LedgerEntry:
    """The entry after one slot was compared with the cover, and uploaded where they differ."""
    if data is None:  # Stash has only a placeholder
        return entry
    mark = entry.images.get(slot, "")
    shown = is_mark_of(mark, data)
    if config.preserve_plex_edits:
        locked = LOCKS[slot] in item.locked
        if mark and not shown and locked and not _shows(plex, item, slot, mark):
            return _noted(entry, slot, KEPT)
    elif shown and _comes_back(slot, entry, config):
        note = entry.image_notes.get(slot)
        shown = note == UNASKED and _shows(plex, item, slot, mark)
    elif shown and _may_be_another(slot, item, entry, config):
        shown = _shows(plex, item, slot, mark)
        entry = _seen(entry, slot, item.pictures.get(slot, ""))
    if not shown:
        try:
            fit = fit_for_plex(data)
            entry = _with_picture_before(slot, item, entry, plex, keep)
            sent = _uploaded(plex, item.rating_key, slot, data, fit)
        except UnusableImage as error:
            return _noted(_without_picture_before(slot, entry), slot, str(error.reason))
        entry = replace(_seen(entry, slot), images={**entry.images, slot: mark_of(data, sent)})
    return _noted(entry, slot, UNASKED if config.preserve_plex_edits else "")


def _with_picture_before(
    slot: ImageSlot,
    item: PlexItem,
    entry: LedgerEntry,
    plex: PlexClient,
    keep: Callable[[LedgerEntry], None],
) -> LedgerEntry:
    """The entry with the picture that the item showed before our first upload.

    It is stored before the upload: after a kill, Plex shows ours.
    """
    if slot in entry.images or slot in entry.pictures_before:
        return entry
    key = ""
    if item.pictures.get(slot):
        with _pictures():
            key = plex.pictures.shelf(item.rating_key, slot).selected
    before = PictureBefore(key, LOCKS[slot] in item.locked)
    entry = replace(entry, pictures_before={**entry.pictures_before, slot: before})
    keep(entry)
    return entry


def _without_picture_before(slot: ImageSlot, entry: LedgerEntry) -> LedgerEntry:
    """The entry after the first upload was refused: another picture may be shown before the next
    one."""
    if slot in entry.images:
        return entry
    before = {name: one for name, one in entry.pictures_before.items() if name != slot}
    return replace(entry, pictures_before=before)


def _uploaded(
    plex: PlexClient, rating_key: int, slot: ImageSlot, data: bytes, sent: bytes
) -> bytes:
    """Upload the picture, as ``sent`` has it; returns the bytes that Plex took.

    A picture that Plex refuses is converted and sent once more. Raises ``UnusableImage``.
    """
    try:
        with _pictures():
            plex.upload_image(rating_key, slot, sent)
    except PlexPermanentError:
        sent = as_jpeg(data)
        try:
            with _pictures():
                plex.upload_image(rating_key, slot, sent)
        except PlexPermanentError as refusal:
            raise UnusableImage(f"Plex does not take the cover: {refusal}") from None
    return sent


def _guarded(item: PlexItem, entry: LedgerEntry, config: PlexSyncConfig) -> LedgerEntry:
    """The entry with a note on each slot whose image *Keep edits* has kept, or may have kept.

    When *Keep edits* is turned off, Stash's image comes back.
    """
    if not config.preserve_plex_edits:
        return entry
    notes = dict(entry.image_notes)
    for slot in wanted_slots(item, config):
        if _is_users(slot, item, entry, config):
            notes[slot] = KEPT
        elif slot in entry.images:
            notes.setdefault(slot, UNASKED)
    return replace(entry, image_notes=notes) if notes != entry.image_notes else entry


def _is_users(
    slot: ImageSlot, item: PlexItem, entry: LedgerEntry | None, config: PlexSyncConfig
) -> bool:
    """Whether *Keep edits* keeps an image that was locked before we uploaded any."""
    uploaded = entry is not None and slot in entry.images
    return config.preserve_plex_edits and LOCKS[slot] in item.locked and not uploaded


def _comes_back(slot: ImageSlot, entry: LedgerEntry | None, config: PlexSyncConfig) -> bool:
    """Whether *Keep edits* was turned off after it kept an image, or may have kept one."""
    note = "" if entry is None else entry.image_notes.get(slot, "")
    return note in (KEPT, UNASKED) and not config.preserve_plex_edits


def _may_be_another(
    slot: ImageSlot, item: PlexItem, entry: LedgerEntry | None, config: PlexSyncConfig
) -> bool:
    """Whether the item has shown our image under another address than now."""
    if entry is None or slot not in entry.images or config.preserve_plex_edits:
        return False
    return entry.image_shown.get(slot, "") not in ("", item.pictures.get(slot, ""))


def _seen(entry: LedgerEntry, slot: ImageSlot, address: str | None = None) -> LedgerEntry:
    """The entry with the address of our image; without one the next reading provides it."""
    shown = {name: text for name, text in entry.image_shown.items() if name != slot}
    return replace(entry, image_shown=shown if address is None else {**shown, slot: address})


def _shows(plex: PlexClient, item: PlexItem, slot: ImageSlot, mark: str) -> bool:
    with _pictures():
        return plex.shows_upload(item.rating_key, slot, sent_sha1(mark))


@contextmanager
def _pictures() -> Iterator[None]:
    """A request for one picture: a Plex that fails at it may do everything else."""
    try:
        yield
    except PlexTemporaryError as error:
        away = PicturesUnavailable(str(error), retry_after=error.retry_after)
        away.part = error.part
        raise away from error


def _noted(entry: LedgerEntry, slot: ImageSlot, note: str) -> LedgerEntry:
    notes = {name: text for name, text in entry.image_notes.items() if name != slot}
    return replace(entry, image_notes={**notes, slot: note} if note else notes)


def read_cover(scene: SyncMetadata, stash: StashClient) -> bytes | None:
    """The cover's bytes, ``None`` for a placeholder."""
    try:
        return stash.image(scene.cover)
    except StashLoginNeeded:
        raise
    except StashUnavailable as error:
        stash.read_settings()  # raises when it is Stash itself that is away
        raise CoverUnavailable(f"Stash did not give the scene's cover: {error}") from error
