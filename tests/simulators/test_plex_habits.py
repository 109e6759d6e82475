"""Habits of servers: recorded ones by default, the others at a switch."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from simulators.plex.habits import Habits, flipped
from simulators.plex.items import Item, Section
from simulators.plex.server import PlexSimulator
from tests.simulators.plex_http import PlexHttp

BORN, LATER = 100, 200


class Clock:
    now = float(BORN)

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


MakePlex = Callable[..., PlexSimulator]


def stamped(plex: PlexSimulator, clock: Clock) -> tuple[Section, Item]:
    """A section with an item of the first moment; it is later now."""
    section = plex.add_section("Movies", locations=["/data"])
    item = plex.add_movie(section, "/data/a.mp4", tags={"genre": ["Old"]})
    clock.now = LATER
    return section, item


def edited(plex: PlexSimulator, item: Item, act: str) -> None:
    acts: dict[str, Callable[[], object]] = {
        "title": lambda: plex.user.edit(item, {"title": "New"}),
        "tag": lambda: plex.user.add_tag(item, "genre", "New"),
        "lost tag": lambda: plex.user.remove_tag(item, "genre", "Old"),
        "lock": lambda: plex.user.set_locks(item, True, "summary"),
        "stars": lambda: plex.user.rate(item, 8),
        "no stars": lambda: plex.user.rate(item, None),
        "poster": lambda: plex.user.upload_poster(item, b"picture"),
        "refresh": lambda: plex.refresh_metadata(item),
        "another file": lambda: plex.disk.replace_file("/data/a.mp4", size=9),
    }
    acts[act]()


@pytest.mark.parametrize(
    ("act", "habit", "moved"),
    [
        ("title", "", True),
        ("refresh", "", True),
        ("poster", "", True),
        ("tag", "", False),
        ("lost tag", "", False),
        ("lock", "", False),
        ("stars", "", False),
        ("no stars", "", False),
        ("another file", "", False),
        ("tag", "tags_move_updated_at", True),
        ("stars", "tags_move_updated_at", True),
        ("another file", "files_move_updated_at", True),
    ],
)
def test_some_acts_move_updated_at(clock: Clock, act: str, habit: str, moved: bool) -> None:
    flipped: dict[str, Any] = {habit: True} if habit else {}
    plex = PlexSimulator(clock=clock, **flipped)
    _, item = stamped(plex, clock)
    edited(plex, item, act)
    assert item.updated_at == (LATER if moved else BORN)


def test_an_episodes_poster_leaves_updated_at_alone(clock: Clock) -> None:
    for habit, stamp in ((False, BORN), (True, LATER)):
        clock.now = BORN
        plex = PlexSimulator(clock=clock, show_art_moves_updated_at=habit)
        section = plex.add_section("Series", "show")
        episode = plex.add_episode(section, "/data/1.mp4", show="Show")
        clock.now = LATER
        plex.user.upload_poster(episode, b"picture")
        assert episode.updated_at == stamp


def test_content_is_counted_for_the_whole_server(plex: PlexSimulator, http: PlexHttp) -> None:
    one, two = plex.add_section("One"), plex.add_section("Two")

    def counters() -> list[int]:
        return [int(each.attrib["contentChangedAt"]) for each in http.get("/library/sections")]

    assert counters() == [-1, -1]
    item, other = plex.add_movie(one, "/1/a.mp4"), plex.add_movie(two, "/2/b.mp4")
    assert counters() == [1, 2]
    plex.user.edit(item, {"title": "Edited"})
    plex.user.rate(item, 3)
    assert counters() == [1, 2]
    plex.library.edits_change_content = True
    plex.user.edit(item, {"title": "Edited again"})
    assert counters() == [3, 2]
    plex.library.remove(other)
    assert counters() == [3, -1]


@pytest.mark.parametrize("whole_section", [True, False])
def test_an_item_may_have_no_updated_at(http: PlexHttp, clock: Clock, whole_section: bool) -> None:
    plex = PlexSimulator(clock=clock)
    section = plex.add_section("Movies", unstamped=whole_section)
    item = plex.add_movie(section, "/data/a.mp4", guid="plex://movie/1")
    item.updated_at = None
    with plex, PlexHttp(plex.url, plex.token or "") as client:
        [shown] = client.get("/library/metadata/1")
        assert "updatedAt" not in shown.attrib
        assert shown.attrib["thumb"] == f"/library/metadata/1/thumb/{BORN}"
        clock.now = LATER
        plex.user.edit(item, {"title": "Edited"})
        [shown] = client.get("/library/metadata/1")
        assert shown.attrib.get("updatedAt") == (None if whole_section else str(LATER))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("updatedAt%3E%3E=150", {"edited"}),
        ("updatedAt>>=150", {"edited"}),
        ("updatedAt%3E=150", {"edited"}),
        ("updatedAt>>=200", set()),
        ("updatedAt>=200", set()),
        ("updatedAt>>==150", {"old", "edited", "bare", "bare and new"}),
        ("updatedAt%3E%3E%3D=150", {"old", "edited", "bare", "bare and new"}),
        ("push=1&updatedAt>>=150&or=1&addedAt>>=150&pop=1", {"edited", "bare and new"}),
        ("push=1&updatedAt%3E%3E=150&or=1&addedAt%3E%3E=150&pop=1", {"edited", "bare and new"}),
        ("push=1&updatedAt>>=150&or=1&addedAt>>=150&pop=1&file=edited", {"edited"}),
        ("push=1&updatedAt>>=199&or=1&addedAt>>=200&pop=1", {"edited"}),
    ],
)
def test_a_query_finds_new_and_changed_items(clock: Clock, query: str, found: set[str]) -> None:
    plex = PlexSimulator(clock=clock)
    section = plex.add_section("Movies")
    items = {name: plex.add_movie(section, f"/{name}.mp4") for name in ("old", "edited", "bare")}
    items["edited"].updated_at, items["bare"].updated_at = LATER, None
    plex.add_movie(section, "/bare and new.mp4", added_at=LATER).updated_at = None
    with plex, PlexHttp(plex.url, plex.token or "") as client:
        listing = client.get(f"/library/sections/1/all?type=1&{query}")
        assert {child.attrib["title"] for child in listing} == found
        for size in (0, 1):
            page = {"X-Plex-Container-Start": "0", "X-Plex-Container-Size": str(size)}
            few = client.get(f"/library/sections/1/all?type=1&{query}", page)
            assert int(few.attrib["totalSize"]) == len(found)
            assert len(few) == min(size, len(found))


def test_a_label_begins_with_a_capital(http: PlexHttp, plex: PlexSimulator) -> None:
    item = plex.add_movie(plex.add_section("Movies"), "/data/a.mp4")
    http.put("/library/sections/1/all?type=1&id=1", **{"label[0].tag.tag": "two words"})
    assert item.tags["label"] == ["Two words"]
    http.put("/library/sections/1/all?type=1&id=1", **{"label[].tag.tag-": "two words"})
    assert item.tags["label"] == []


def test_the_api_has_a_version(http: PlexHttp) -> None:
    for path in ("/", "/identity"):
        assert http.get(path).attrib["apiVersion"]


def test_a_hundred_ids_fit_into_an_edit(http: PlexHttp, plex: PlexSimulator) -> None:
    section = plex.add_section("Movies")
    items = [plex.add_movie(section, f"/{n}.mp4", tags={"genre": ["A"]}) for n in range(101)]

    def edit(count: int) -> int:
        ids = ",".join(str(item.rating_key) for item in items[:count])
        target = f"/library/sections/1/all?type=1&id={ids}"
        return http.put(target, **{"genre[0].tag.tag": "B", "studio.value": "S"})

    assert edit(101) == 400
    assert edit(100) == 200
    assert [item.tags["genre"] for item in items[:100]] == [["A", "B"]] * 100
    assert items[100].tags["genre"] == ["A"]


def test_a_read_may_let_the_agent_refresh(http: PlexHttp, plex: PlexSimulator) -> None:
    item = plex.add_movie(plex.add_section("Movies"), "/data/a.mp4")
    plex.library.reads_refresh = True
    plex.disk.teach_agent(item, title="The agent's")
    http.get("/library/metadata/1?skipRefresh=1")
    assert item.title == "a"
    http.get("/library/metadata/1")
    assert item.title == "The agent's"


def test_the_environment_turns_habits_round() -> None:
    assert flipped({"PLEX_HABITS": "append_tags,reads_refresh"}) == {
        "append_tags": False,
        "reads_refresh": True,
    }
    assert flipped({}) == {}
    with pytest.raises(KeyError):
        flipped({"PLEX_HABITS": "no_such_habit"})
    assert Habits().append_tags
