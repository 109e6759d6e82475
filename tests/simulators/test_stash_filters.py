"""Finding scenes in the simulated Stash: filters, pages, order."""

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
    """Three studios in a line, three tags, and scenes 1 to 6 spread over them."""
    sim = StashSimulator(now=Time())
    library = sim.library
    top = library.add_studio("Top")
    library.add_studio("Bottom", parent=library.add_studio("Middle", parent=top))
    for tag in ("High", "Half", "Low"):
        library.add_tag(tag)
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
        ({"studios": related("INCLUDES", 1)}, [1]),
        ({"tags": related("INCLUDES", 2, depth=0)}, [2]),
        ({"groups": related("INCLUDES", 1)}, [4]),
        ({"studios": related("INCLUDES", 2), "performers": related("INCLUDES", 1)}, [2]),
        ({"id": {"value": 4, "modifier": "GREATER_THAN"}}, [5, 6]),
        ({"path": {"value": "harbour", "modifier": "INCLUDES"}}, [1]),
        ({"path": {"value": r"(^|/)(b\.mp4|x)$", "modifier": "MATCHES_REGEX"}}, [5]),
        ({"path": {"value": "harbour", "modifier": "MATCHES_REGEX"}}, []),
    ],
)
def test_a_filter_finds_its_scenes(
    sim: StashSimulator, scene_filter: dict[str, Any], ids: list[int]
) -> None:
    assert found(sim, scene_filter) == ids


@pytest.mark.parametrize(
    ("scene_filter", "page"),
    [
        ({"organized": True}, {}),
        ({"tags": related("EXCLUDES", 1)}, {}),
        ({"studios": related("INCLUDES", 1, depth=-1)}, {}),
        ({}, {"sort": "title"}),
    ],
)
def test_a_filter_or_order_of_no_client_of_ours_is_refused(
    sim: StashSimulator, scene_filter: dict[str, Any], page: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="is not simulated"):
        found(sim, scene_filter, **page)


@pytest.mark.parametrize(
    ("page", "ids"),
    [
        ({"per_page": 4}, [1, 2, 3, 4]),
        ({"per_page": 4, "page": 2}, [5, 6]),
        ({"per_page": 4, "page": 3}, []),
        ({"per_page": 4, "page": 0}, [1, 2, 3, 4]),
        ({"per_page": 0}, []),
        ({"per_page": -1}, [1, 2, 3, 4, 5, 6]),
    ],
)
def test_pages(sim: StashSimulator, page: dict[str, Any], ids: list[int]) -> None:
    assert found(sim, {}, **page) == ids


def test_the_default_page_holds_25_rows_and_the_count_all() -> None:
    sim = StashSimulator()
    sim.seed(30)
    data = sim.graphql("{findScenes{count scenes{id}}}").data["findScenes"]
    assert (data["count"], len(data["scenes"])) == (30, 25)


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
