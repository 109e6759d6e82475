"""A scene's cover as the item's poster (and background, when asked for)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from plex.client import ImageSlot, PlexClient
from plex.images import fit_for_plex, needs_upload, sha1_of
from plex.items import PlexItem
from stash.client import StashClient
from stash.exceptions import StashLoginNeeded, StashUnavailable
from validation.config import PlexSyncConfig
from validation.errors import TransientError
from validation.metadata import SyncMetadata
from validation.records import LedgerEntry


class CoverUnavailable(TransientError):
    """Stash gives its scenes, but not this one's cover: no reason for the others to wait."""


# Plex's name of the field that a slot's upload locks.
LOCKS: dict[ImageSlot, str] = {"poster": "thumb", "background": "art"}


def wanted_slots(config: PlexSyncConfig) -> Iterator[ImageSlot]:
    """What the cover is used for under these settings."""
    if not config.skip_posters:
        yield "poster"
    if config.sync_background:
        yield "background"


def cover_version(scene: SyncMetadata) -> str:
    """Stash's own version of the cover: another one means that it may have changed."""
    return parse_qs(urlsplit(scene.cover).query).get("t", [""])[0]


def stale_slots(
    scene: SyncMetadata, entry: LedgerEntry, config: PlexSyncConfig
) -> tuple[ImageSlot, ...]:
    """The slots whose cover has not been looked at in this version. Asks nobody."""
    if not scene.cover:
        return ()
    version = cover_version(scene)
    return tuple(
        slot
        for slot in wanted_slots(config)
        if not version or entry.image_versions.get(slot) != version
    )


def with_same_covers(
    scene: SyncMetadata, entry: LedgerEntry, config: PlexSyncConfig, stash: StashClient
) -> LedgerEntry | None:
    """The entry with the cover's version of now, if Plex was given these very bytes before.

    ``None``: Plex has to be asked. Each save in Stash makes a new version of the same cover.
    """
    slots = stale_slots(scene, entry, config)
    if not slots:
        return entry
    data = read_cover(scene, stash)
    if data is not None and any(entry.images.get(slot) != sha1_of(data) for slot in slots):
        return None
    versions = dict(entry.image_versions)
    versions.update((slot, cover_version(scene)) for slot in slots)
    return replace(entry, image_versions=versions)


def sync_covers(
    scene: SyncMetadata,
    item: PlexItem,
    entry: LedgerEntry,
    config: PlexSyncConfig,
    stash: StashClient,
    plex: PlexClient,
) -> LedgerEntry:
    """Upload the cover where its bytes changed; returns the entry that remembers it.

    One request to Plex per changed image. Raises ``UnusableImage``, ``ImageTooBig`` or
    ``CoverUnavailable``.
    """
    slots = stale_slots(scene, entry, config)
    if not slots:
        return entry
    data = read_cover(scene, stash)
    images, versions = dict(entry.images), dict(entry.image_versions)
    for slot in slots:
        versions[slot] = cover_version(scene)
        # Stash may have only a placeholder; Plex gives episodes no background of their own.
        if data is None or (slot == "background" and item.kind != "movie"):
            continue
        locked = LOCKS[slot] in item.locked
        if needs_upload(
            images.get(slot, ""),
            data,
            locked=locked,
            preserve_plex_edits=config.preserve_plex_edits,
        ):
            plex.upload_image(item.rating_key, slot, fit_for_plex(data))
            images[slot] = sha1_of(data)
    # An upload moves updatedAt: the item is read back with the next batch.
    read_back = 0 if images != entry.images else entry.item_updated_at
    return replace(entry, images=images, image_versions=versions, item_updated_at=read_back)


def read_cover(scene: SyncMetadata, stash: StashClient) -> bytes | None:
    """The cover's bytes, ``None`` for a placeholder."""
    try:
        return stash.image(scene.cover)
    except StashLoginNeeded:
        raise
    except StashUnavailable as error:
        stash.read_settings()  # raises when it is Stash itself that is away
        raise CoverUnavailable(f"Stash did not give the scene's cover: {error}") from error
