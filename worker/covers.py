"""A scene's cover as the item's poster (and background, when asked for)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

from plex.client import ImageSlot, PlexClient
from plex.images import fit_for_plex, needs_upload, sha1_of
from plex.items import PlexItem
from stash.client import StashClient
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.records import LedgerEntry

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


def sync_covers(
    scene: SyncMetadata,
    item: PlexItem,
    entry: LedgerEntry,
    config: PlexSyncConfig,
    stash: StashClient,
    plex: PlexClient,
) -> LedgerEntry:
    """Upload the cover where its bytes changed; returns the entry that remembers it.

    One request to Plex per changed image. Raises ``UnusableImage`` or ``ImageTooBig``.
    """
    slots = stale_slots(scene, entry, config)
    data = stash.image(scene.cover) if slots else None
    if not slots:
        return entry
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
    return replace(entry, images=images, image_versions=versions)
