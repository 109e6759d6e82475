"""Finding scenes in the simulated Stash: filters, pages, order."""

from datetime import UTC, timedelta, timezone
from typing import Any

import pytest

from simulators.stash.server import StashSimulator


class Time:
    def __init__(self) -> None:
        self.seconds = 1_795_220_065.0  # 2026-11-21T00:14:25Z

    def __call__(self) -> float:
        self.seconds += 1
        return self.seconds


@pytest.fixture(scope="module")
def sim() -> StashSimulator:
    """Three studios in a line, three tags in a line, and scenes 1 to 6 spread over them."""
    sim = StashSimulator(now=Time())
    library = sim.library
    top = library.add_studio("Top")
    library.add_studio("Bottom", parent=library.add_studio("Middle", parent=top))
    high = library.add_tag("High")
    library.add_tag("Low", parents=[library.add_tag("Half", parents=[high])])
    file = {"path": "/data/Harbour 1.mp4"}
    library.add_scene("scene 10", studio="Top", tags=["High"], performers=["Ada"], files=[file])
    library.add_scene("scene 9", studio="Middle", tags=["Half"], performers=["Ada", "Bo"])
    library.add_scene("Scene 8", studio="Bottom", tags=["Low"], performers=["Bo"], date="2023")
    library.add_scene("", groups=[("Trilogy", 2)], rating100=0, organized=True)
    library.add_scene("e", rating100=60, date="2024-05-01", files=[{"path": "/data/b.mp4"}])
    library.add_scene("f", rating100=120, details="about the harbour")
    return sim


def found(sim: StashSimulator, scene_filter: dict[str, Any], **page: Any) -> list[int]:
    query = (
        "query($f:FindFilterType,$s:SceneFilterType)"
        "{findScenes(filter:$f,scene_filter:$s){count scenes{id}}}"
    )
    asked = {"per_page": -1, "sort": "id", **page}
    data = sim.graphql(query, f=asked, s=scene_filter).data["findScenes"]
    return [int(scene["id"]) for scene in data["scenes"]]


def related(modifier: str, *ids: int, depth: int | None = None) -> dict[str, Any]:
    return {"value": list(ids), "modifier": modifier, **({} if depth is None else {"depth": depth})}


@pytest.mark.parametrize(
    ("scene_filter", "ids"),
    [
        ({"performers": related("INCLUDES", 1)}, [1, 2]),
        ({"performers": related("INCLUDES", 1, 2)}, [1, 2, 3]),
        ({"performers": related("INCLUDES_ALL", 1, 2)}, [2]),
        ({"performers": related("EXCLUDES", 1)}, [3, 4, 5, 6]),
        ({"performers": related("IS_NULL")}, [4, 5, 6]),
        ({"performers": related("NOT_NULL")}, [1, 2, 3]),
        ({"studios": related("INCLUDES", 1)}, [1]),
        ({"studios": related("INCLUDES", 1, depth=0)}, [1]),
        ({"studios": related("INCLUDES", 1, depth=1)}, [1, 2]),
        ({"studios": related("INCLUDES", 1, depth=-1)}, [1, 2, 3]),
        ({"studios": related("INCLUDES", 2, depth=-1)}, [2, 3]),
        ({"tags": related("INCLUDES", 1, depth=-1)}, [1, 2, 3]),
        ({"tags": related("INCLUDES", 3, depth=-1)}, [3]),
        ({"groups": related("INCLUDES", 1)}, [4]),
        ({"studios": related("INCLUDES", 2), "performers": related("INCLUDES", 1)}, [2]),
        ({"organized": True}, [4]),
        ({"organized": False}, [1, 2, 3, 5, 6]),
        ({"rating100": {"value": 50, "modifier": "GREATER_THAN"}}, [5, 6]),
        ({"rating100": {"value": 0, "modifier": "EQUALS"}}, [4]),
        ({"rating100": {"value": 0, "modifier": "IS_NULL"}}, [1, 2, 3]),
        ({"rating100": {"value": 10, "value2": 60, "modifier": "BETWEEN"}}, [5]),
        ({"file_count": {"value": 1, "modifier": "EQUALS"}}, [1, 5]),
        ({"date": {"value": "2024", "modifier": "LESS_THAN"}}, [3]),
        ({"path": {"value": "harbour", "modifier": "INCLUDES"}}, [1]),
        ({"path": {"value": r"(^|/)(b\.mp4|x)$", "modifier": "MATCHES_REGEX"}}, [5]),
        ({"path": {"value": "harbour", "modifier": "MATCHES_REGEX"}}, []),
        ({"path": {"value": "Harbour", "modifier": "NOT_MATCHES_REGEX"}}, [5]),
        ({"title": {"value": "scene", "modifier": "INCLUDES"}}, [1, 2, 3]),
    ],
)
def test_a_filter_finds_its_scenes(
    sim: StashSimulator, scene_filter: dict[str, Any], ids: list[int]
) -> None:
    assert found(sim, scene_filter) == ids


def test_times_are_compared_as_text(sim: StashSimulator) -> None:
    updated = [scene.updated_at for scene in sim.library.scenes.values()]

    def after(text: str) -> list[int]:
        return found(sim, {"updated_at": {"value": text, "modifier": "GREATER_THAN"}})

    assert after(updated[2]) == [4, 5, 6]
    assert after("2026-11-21 23:59:59") == [1, 2, 3, 4, 5, 6], "a blank sorts before the T"
    assert after("2026-11-20T00:00:00+14:00") == [1, 2, 3, 4, 5, 6]
    assert after("junk") == []


def test_a_changed_time_zone_leaves_old_rows_and_sorts_new_ones_wrongly() -> None:
    sim = StashSimulator(now=Time())
    sim.library.add_scene("old")
    sim.clock.zone = timezone(timedelta(hours=-5))
    sim.library.add_scene("new")
    times = [scene.updated_at for scene in sim.library.scenes.values()]
    assert times[0].endswith("Z")
    assert times[1].endswith("-05:00")
    assert found(sim, {}, sort="updated_at") == [2, 1]
    assert sim.clock.zone != UTC


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        ({"per_page": 4}, [1, 2, 3, 4]),
        ({"per_page": 4, "page": 2}, [5, 6]),
        ({"per_page": 4, "page": 3}, []),
        ({"per_page": 4, "page": 0}, [1, 2, 3, 4]),
        ({"per_page": 0}, []),
        ({"per_page": -1}, [1, 2, 3, 4, 5, 6]),
        ({"per_page": 2, "direction": "DESC"}, [6, 5]),
    ],
)
def test_pages(sim: StashSimulator, page: dict[str, Any], ids: list[int]) -> None:
    assert found(sim, {}, **page) == ids


def test_titles_sort_case_blind_with_numbers_as_numbers(sim: StashSimulator) -> None:
    assert found(sim, {}, sort="title") == [4, 5, 6, 3, 2, 1]


def test_the_default_page_holds_25_rows_and_the_count_all() -> None:
    sim = StashSimulator()
    sim.seed(30)
    data = sim.graphql("{findScenes{count duration filesize scenes{id}}}").data["findScenes"]
    assert (data["count"], len(data["scenes"])) == (30, 25)
    files = [scene.files[0] for scene in sim.library.scenes.values()]
    assert data["filesize"] == sum(file.size for file in files)
    assert data["duration"] == sum(file.duration for file in files)


def test_an_unknown_sort_is_refused(sim: StashSimulator) -> None:
    with pytest.raises(ValueError, match="invalid sort: nope"):
        found(sim, {}, sort="nope")


def test_ids_come_back_in_the_order_asked(sim: StashSimulator) -> None:
    data = sim.graphql("{findScenes(ids:[3,1,2]){count scenes{id}}}").data["findScenes"]
    assert data == {"count": 3, "scenes": [{"id": "3"}, {"id": "1"}, {"id": "2"}]}


@pytest.mark.parametrize(
    ("ids", "message"),
    [
        (["1", "99"], "scene with id 99 not found"),
        (["1", "1"], "duplicate id found: 1"),
        (["x"], 'parsing "x"'),
    ],
)
def test_one_bad_id_among_many_fails_the_whole_query(
    sim: StashSimulator, ids: list[str], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sim.graphql("query($i:[ID!]){findScenes(ids:$i){scenes{id}}}", i=ids)


def test_many_single_finds_in_one_query_tell_a_missing_scene_by_null(sim: StashSimulator) -> None:
    query = "{a:findScene(id:1){...F} b:findScene(id:99){...F}} fragment F on Scene{id title}"
    assert sim.graphql(query).data == {"a": {"id": "1", "title": "scene 10"}, "b": None}


def test_related_records_are_found_by_id_and_by_name(sim: StashSimulator) -> None:
    query = (
        "{findPerformer(id:1){name scene_count scenes{id}} missing:findPerformer(id:9){id}"
        " findStudio(id:2){name parent_studio{name} child_studios{name} scene_count}"
        " findTag(id:2){name parents{name} children{name} scene_count}"
        ' findGroup(id:1){name scenes{id}} findPerformers(filter:{q:"b"}){count performers{name}}'
        ' findTags(ids:[3]){tags{name}} findStudios(filter:{per_page:1,sort:"id"}){count'
        " studios{name}}}"
    )
    assert sim.graphql(query).data == {
        "findPerformer": {
            "name": "Ada",
            "scene_count": 2,
            "scenes": [{"id": "1"}, {"id": "2"}],
        },
        "missing": None,
        "findStudio": {
            "name": "Middle",
            "parent_studio": {"name": "Top"},
            "child_studios": [{"name": "Bottom"}],
            "scene_count": 1,
        },
        "findTag": {
            "name": "Half",
            "parents": [{"name": "High"}],
            "children": [{"name": "Low"}],
            "scene_count": 1,
        },
        "findGroup": {"name": "Trilogy", "scenes": [{"id": "4"}]},
        "findPerformers": {"count": 1, "performers": [{"name": "Bo"}]},
        "findTags": {"tags": [{"name": "Low"}]},
        "findStudios": {"count": 3, "studios": [{"name": "Top"}]},
    }
