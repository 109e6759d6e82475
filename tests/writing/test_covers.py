"""Covers as posters and backgrounds, over real HTTP: uploaded once, kept, noted, brought back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import pytest
from PIL import Image

from plex import images
from plex.client import PlexClient
from plex.images import KEPT, UNASKED, sha1_of
from simulators.faults import Kind
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from simulators.plex.user import upload_picture
from simulators.stash.pictures import png
from simulators.stash.server import StashSimulator
from stash.client import StashClient
from stash.connection import StashConnection
from tests.writing.builders import scene
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from validation.records import LedgerEntry
from worker.covers import cover_problem, stale_slots, sync_covers

TOKEN = "token-of-a-test"
RED, GREEN, BLUE = (png(4, 4, color) for color in ((200, 0, 0), (0, 200, 0), (0, 0, 200)))
KEEP_EDITS = PlexSyncConfig(preserve_plex_edits=True)
# Before our first upload, the picture that is shown is noted.
FIRST = ["GET posters", "POST posters"]
BOTH = PlexSyncConfig(sync_background=True)


@dataclass
class Wall:
    """One scene of Stash with a cover, one item of Plex, and the ledger's entry between them."""

    plex: PlexSimulator
    stash: StashSimulator
    item: Item
    number: int
    client: PlexClient
    reader: StashClient
    entry: LedgerEntry
    version: int = 1
    stored: list[LedgerEntry] = field(default_factory=list)

    @property
    def scene(self) -> SyncMetadata:
        return scene(cover=f"/scene/{self.number}/screenshot?t={self.version}")

    def cover(self, data: bytes) -> None:
        """A user gives the scene another cover in Stash."""
        self.version += 1
        self.stash.library.touch(self.number, cover=data)

    def chooses(self, data: bytes) -> None:
        """A user uploads and selects a poster in Plex."""
        upload_picture(self.plex.library, self.item, "posters", data)

    def sync(self, config: PlexSyncConfig = PlexSyncConfig()) -> list[str]:  # noqa: B008 - frozen
        """Sync the covers; returns what Plex was asked for meanwhile."""
        item = self.client.read(self.item.rating_key)
        self.plex.requests.clear()
        slots = stale_slots(self.scene, item, self.entry, config)
        self.entry = sync_covers(
            self.scene, item, self.entry, config, self.reader, self.client, self.stored.append
        )
        assert slots or not self.plex.requests, "a preview would not have named it"
        assert stale_slots(self.scene, item, self.entry, config) == ()
        asked = [f"{one.method} {one.path.rpartition('/')[2]}" for one in self.plex.requests]
        return [one for one in asked if one != "GET identity"]  # after a refusal: is Plex well?

    def problem(self, config: PlexSyncConfig = PlexSyncConfig()) -> Reason | None:  # noqa: B008
        return cover_problem(self.client.read(self.item.rating_key), self.entry, config)

    @property
    def shown(self) -> str:
        return self.item.poster_shelf.selected.rpartition("/")[2]


@pytest.fixture
def wall() -> Iterator[Wall]:
    with PlexSimulator(token=TOKEN) as plex, StashSimulator() as stash:
        section = plex.add_section("Movies", locations=["/data"])
        movie = plex.add_movie(section, "/data/a.mp4")
        number = stash.library.add_scene("A", files=[{"path": "/data/a.mp4"}], cover=RED)
        client = PlexClient(plex.url, TOKEN, rng=lambda: 0.5, sleep=lambda _seconds: None)
        reader = StashClient(StashConnection.from_stdin(stash.server_connection()))
        entry = LedgerEntry(client.server, movie.rating_key, section.key, 7)
        yield Wall(plex, stash, movie, number, client, reader, entry)
        client.close()


def avif(color: tuple[int, int, int] = (1, 2, 3)) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (16, 16), color).save(out, "AVIF")
    return out.getvalue()


def test_the_same_cover_is_uploaded_once(wall: Wall) -> None:
    assert wall.sync() == FIRST
    assert wall.sync() == []
    wall.version += 1  # each save in Stash makes a new version of the same cover
    assert wall.sync() == []
    wall.cover(BLUE)
    assert wall.sync() == ["POST posters"]
    assert wall.shown == sha1_of(BLUE)


def test_no_posters_means_no_background_either(wall: Wall) -> None:
    assert wall.sync(PlexSyncConfig(skip_posters=True, sync_background=True)) == []


def test_a_poster_that_was_locked_before_us_is_kept_until_keep_edits_is_off(wall: Wall) -> None:
    wall.chooses(GREEN)
    assert wall.sync(KEEP_EDITS) == []
    assert wall.entry.image_notes == {"poster": KEPT}
    assert wall.sync() == FIRST
    assert wall.shown == sha1_of(RED)
    assert wall.entry.image_notes == {}


def test_a_poster_chosen_after_our_upload_is_kept_when_the_cover_changes(wall: Wall) -> None:
    wall.sync(KEEP_EDITS)
    wall.chooses(GREEN)
    assert wall.sync(KEEP_EDITS) == []
    wall.cover(BLUE)
    assert wall.sync(KEEP_EDITS) == ["GET posters"]
    assert wall.shown == sha1_of(GREEN)
    assert wall.sync() == ["POST posters"]
    assert wall.shown == sha1_of(BLUE)


def test_our_own_poster_follows_the_cover_under_keep_edits(wall: Wall) -> None:
    wall.sync(KEEP_EDITS)
    wall.cover(BLUE)
    assert wall.sync(KEEP_EDITS) == ["GET posters", "POST posters"]
    assert wall.shown == sha1_of(BLUE)


@pytest.mark.parametrize("chosen", [True, False])
def test_stashs_poster_comes_back_when_keep_edits_is_turned_off(wall: Wall, chosen: bool) -> None:
    wall.sync()
    wall.sync(KEEP_EDITS)
    assert wall.entry.image_notes == {"poster": UNASKED}
    if chosen:
        wall.chooses(GREEN)
    assert wall.sync() == ["GET posters", "POST posters"][: 1 + chosen]
    assert wall.shown == sha1_of(RED)
    assert wall.sync() == []


def test_a_cover_of_a_kind_that_plex_does_not_take_is_converted(wall: Wall) -> None:
    wall.cover(avif())
    assert wall.sync(KEEP_EDITS) == FIRST
    wall.cover(avif((9, 9, 9)))
    assert wall.sync(KEEP_EDITS) == ["GET posters", "POST posters"], "it is known as ours"
    assert wall.problem() is None


def test_a_damaged_cover_is_noted_and_not_asked_about_again(wall: Wall) -> None:
    wall.cover(b"no picture at all")
    assert wall.sync() == []
    assert wall.problem() is Reason.IMAGE_UNUSABLE
    wall.stash.library.scenes[wall.number].cover = RED  # nobody looks
    assert wall.sync() == []
    assert wall.problem() is Reason.IMAGE_UNUSABLE
    wall.cover(RED)
    assert wall.sync() == FIRST
    assert wall.problem() is None


def test_a_cover_that_needs_pillow_is_looked_at_again_when_it_is_installed(
    wall: Wall, monkeypatch: pytest.MonkeyPatch
) -> None:
    wall.cover(avif())
    with monkeypatch.context() as without:
        without.setattr(images, "Image", None)  # as when it is not installed
        assert wall.sync() == []
        assert wall.problem() is Reason.IMAGE_UNUSABLE
        assert wall.sync() == []
    assert wall.sync() == FIRST
    assert wall.problem() is None


def test_a_cover_that_plex_refuses_is_converted_and_sent_once_more(wall: Wall) -> None:
    wall.plex.faults.add(Kind.STATUS, method="POST", status=400)
    assert wall.sync() == [*FIRST, "POST posters"]
    assert wall.problem() is None
    wall.cover(BLUE)
    wall.plex.faults.add(Kind.STATUS, method="POST", status=400, times=None)
    wall.sync()
    assert wall.problem() is Reason.IMAGE_UNUSABLE
    assert wall.sync() == []


def test_a_refused_background_does_not_upload_the_poster_again(wall: Wall) -> None:
    wall.plex.faults.add(Kind.STATUS, method="POST", path="/arts", status=400, times=None)
    assert wall.sync(BOTH) == [*FIRST, "GET arts", "POST arts", "POST arts"]
    assert wall.problem(BOTH) is Reason.IMAGE_UNUSABLE
    assert [sorted(entry.images) for entry in wall.stored] == [[], [], *[["poster"]] * 3]
    assert wall.entry.pictures_before.keys() == {"poster"}
    wall.plex.faults.clear()
    assert wall.sync(BOTH) == []


def test_an_outage_between_the_images_repeats_only_the_second(wall: Wall) -> None:
    wall.plex.faults.add(Kind.STATUS, method="POST", path="/arts", status=503, times=None)
    with pytest.raises(Exception, match="503"):
        wall.sync(BOTH)
    wall.plex.faults.clear()
    wall.entry = wall.stored[-1]
    assert wall.sync(BOTH) == ["POST arts"]


def test_images_of_an_item_that_was_made_again_are_uploaded_again(wall: Wall) -> None:
    wall.sync()
    wall.entry = replace(wall.entry, images={}, image_versions={}, image_notes={})
    assert wall.sync() == ["POST posters"]
