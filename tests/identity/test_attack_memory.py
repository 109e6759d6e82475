"""What a listing, an old search and a late reading back may be believed."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from plex.client import PlexClient
from plex.exceptions import PlexTemporaryError
from plex.index import PAGE_SIZE, Ask, FileIndex
from plex.items import IndexPage, PlexSection
from simulators.plex.items import Section
from simulators.plex.seed import generate
from tests.identity.conftest import MakeHouse
from tests.identity.house import HOUR, MINUTE, House, films, in_plex, in_stash, shown

PLACE = "Summer in Rome/Arrival at noon.mp4"


def two_files(house: House, other: str, size: int = 4_711) -> int:
    files = [
        {"path": in_stash("Film.mp4"), "size": 700_000_000, "duration": 1800.0},
        {"path": other, "size": size, "duration": 60.0},
    ]
    return house.stash.library.add_scene("Film", files=files, details="Both.")


def test_the_second_file_of_a_known_scene_is_found_when_plex_gets_it(house: House) -> None:
    """Elsewhere than the rule says; the first sync had looked for it in vain."""
    house.item_at(in_plex("Film.mp4"))
    two_files(house, f"/x/{PLACE}")
    house.synced()
    late = house.plex.add_movie(
        house.section, f"/media/videos/{PLACE}", size=4_711, duration=60_000
    )
    house.sync_all()
    assert late.fields.get("summary") == "Both."


def test_a_library_that_is_chosen_again_gets_the_second_file(make_house: MakeHouse) -> None:
    house = make_house(plex_library="Videos")
    second = house.plex.add_section("More", locations=["/more"], agent="none")
    house.item_at(in_plex("Film.mp4"))
    item = house.plex.add_movie(second, f"/more/{PLACE}", size=4_711, duration=60_000)
    two_files(house, f"/x/{PLACE}")
    house.synced()
    assert "summary" not in item.fields
    house.stash.settings["plex_library"] = "Videos; More"
    house.clock.now += MINUTE
    house.sync_all()
    assert item.fields.get("summary") == "Both."


def test_a_file_that_grew_while_plex_scanned_it_wakes_its_scene(make_house: MakeHouse) -> None:
    """Plex saw the half of it; no path is equal, so only the size can tell."""
    house = make_house(path_map="")
    item = house.item_at(f"/media/videos/{PLACE}", size=1_000)
    scene = house.scene_at(f"/x/{PLACE}", size=4_711, details="Whole.")
    house.saved(scene)
    assert house.outcome(scene) != "synced"
    house.plex.disk.replace_file(item.files[0], size=4_711)
    house.pass_time(20 * MINUTE)
    assert house.outcome(scene) == "synced"


def test_a_file_renamed_before_the_read_back_stays_ours(house: House) -> None:
    """A renamer of Stash does this with each save."""
    scene, item = house.add("Film.mp4", details="Ours.", tags=["Sea"])
    house.edit(scene)
    house.run()
    assert item.tags["genre"] == ["Sea"]
    house.plex.disk.rename_file(in_plex("Film.mp4"), in_plex("Film renamed.mp4"))
    house.rename_in_stash(scene, in_stash("Film renamed.mp4"))
    house.later()
    house.edit(scene, details="", tags=[])
    house.later()
    assert house.outcome(scene) == "synced"
    assert item.tags["genre"] == []
    assert item.fields.get("summary", "") == ""


def test_an_item_from_tomorrow_hides_no_change(make_house: MakeHouse) -> None:
    house = make_house(path_map="")
    future = house.item_at("/media/videos/Other.mp4", size=5)
    future.added_at = future.stamp = int(house.clock() + 20 * HOUR)
    item = house.item_at("/media/videos/Wrong name.mp4", size=1_000)
    scene = house.scene_at("/media/videos/Right name.mp4", size=4_711, details="Right.")
    house.saved(scene)
    assert house.outcome(scene) == "not_in_plex"
    house.clock.now += HOUR
    house.tell()
    house.plex.disk.rename_file(item.files[0], "/media/videos/Right name.mp4")
    house.plex.library.touch(item)
    house.pass_time(20 * MINUTE)
    assert house.outcome(scene) == "synced"


@pytest.mark.parametrize("restless", [False, True], ids=["once", "each time"])
def test_an_item_that_slips_between_two_pages_is_not_called_listed(
    house: House, restless: bool
) -> None:
    """While Plex is listed an item of the first page goes and another comes: the total stays."""
    house.plex.requests.clear()
    section = generate(house.plex.library, PAGE_SIZE + 2)
    plex = PlexClient(house.plex.url, house.plex.token or "")
    slipping = Slipping(plex, house, section, times=99 if restless else 1)
    table = house.manager.index
    index = FileIndex(slipping, table, house.manager.transaction)
    if restless:
        with pytest.raises(PlexTemporaryError, match="changes while it is listed"):
            index.refresh(1.0, ["Movies"], Ask.CHANGES)
        assert table.sections(plex.server) == {}
        plex.close()
        return
    index.refresh(1.0, ["Movies"], Ask.CHANGES)
    (known,) = table.sections(plex.server).values()
    plex.close()
    assert known.listed_at == 1.0
    listed = {key for key, *_ in table.connection.execute("SELECT rating_key FROM plex_files")}
    assert listed == {item.rating_key for item in house.plex.items(section)}


@dataclass
class Slipping:
    """Pages of a Plex in which, after a first page, its first item goes and a new one comes."""

    plex: PlexClient
    house: House
    section: Section
    times: int

    @property
    def server(self) -> str:
        return self.plex.server

    def sections(self, *, fresh: bool = False) -> tuple[PlexSection, ...]:
        return self.plex.sections(fresh=fresh)

    def index_page(self, section: PlexSection, start: int, size: int, since: int = 0) -> IndexPage:
        page = self.plex.index_page(section, start, size, since)
        if size > 1 and not start and self.times:
            self.times -= 1
            self.house.plex.library.remove(self.house.plex.item(page.keys[0]))
            newest = self.house.item_at(f"/new/{self.times}.mp4", section=self.section)
            newest.added_at += 10_000_000  # the listing is in order of this
        return page


def test_keys_that_went_to_other_files_cost_no_more_than_new_ones(house: House) -> None:
    names = [f"Film {n}.mp4" for n in range(60)]
    films(house, names)
    house.synced()
    house.rebuild(keys="shifted")
    asked = house.asked(house.sync_all)
    assert shown(house, names) == names
    assert len(asked) <= 1.1 * len(names) + 3


def test_an_item_made_again_without_any_lock_gets_its_collection(make_house: MakeHouse) -> None:
    """Its key and its part are the same again, after a reset of Plex's database."""
    house = make_house(leave_unlocked=True)
    _, item = house.add(details="Ours.", studio="Northlight")
    house.synced()
    made = house.rebuild(keys="same", part_ids="same")[item.files[0]]
    house.sync_all()
    assert made.fields.get("summary") == "Ours."
    assert made.tags["collection"] == ["Northlight"]
