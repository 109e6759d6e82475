"""The effects of mutations on the simulated library."""

from collections.abc import Iterator
from typing import Any

import pytest

from simulators.stash.pictures import png
from simulators.stash.server import StashSimulator


class Time:
    def __init__(self) -> None:
        self.seconds = 1_795_220_065.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def sim(time: Time) -> Iterator[StashSimulator]:
    """A Stash without plugins; scene 1 has a file and everything else."""
    sim = StashSimulator(now=time)
    sim.library.add_scene(
        "Harbour Lights",
        files=[{"path": "/data/a.mp4"}],
        performers=["Ada", "Bo"],
        studio="Lantern",
        tags=["Noir", "Outdoor"],
        groups=[("Trilogy", 1)],
        urls=["https://example.test/1"],
        date="2024-05-01",
        rating100=80,
    )
    sim.library.add_tag("Rain")
    sim.library.add_group("Pair")
    with sim:
        yield sim


def shown(sim: StashSimulator, scene_id: int = 1) -> dict[str, Any]:
    query = (
        "query($id:ID!){findScene(id:$id){title details date rating100 organized urls updated_at"
        " studio{name} performers{name} tags{name} groups{group{name} scene_index}"
        " stash_ids{endpoint stash_id} files{path}}}"
    )
    scene: dict[str, Any] = sim.graphql(query, id=scene_id).data["findScene"]
    return scene


def names(rows: list[dict[str, str]]) -> list[str]:
    return [row["name"] for row in rows]


def test_only_sent_fields_change(sim: StashSimulator, time: Time) -> None:
    before = shown(sim)
    time.seconds += 5
    sim.scene_update(1, title="  New  ")
    changed = {"title": "New", "updated_at": "2026-11-21T00:14:30Z"}
    assert shown(sim) == {**before, **changed}


def test_null_empties_a_field(sim: StashSimulator) -> None:
    sim.scene_update(
        1,
        title=None,
        details=None,
        date=None,
        rating100=None,
        studio_id=None,
        performer_ids=None,
        tag_ids=[],
        groups=None,
        urls=None,
    )
    scene = shown(sim)
    assert (scene["title"], scene["details"]) == ("", "")
    assert (scene["date"], scene["rating100"], scene["studio"]) == (None, None, None)
    assert [scene[key] for key in ("performers", "tags", "groups", "urls")] == [[], [], [], []]


def test_an_edit_without_fields_still_moves_updated_at(sim: StashSimulator, time: Time) -> None:
    time.seconds += 60
    sim.scene_update(1)
    assert shown(sim)["updated_at"] == "2026-11-21T00:15:25Z"


def test_performers_come_by_id_and_tags_by_name_however_they_were_sent(
    sim: StashSimulator,
) -> None:
    sim.scene_update(1, performer_ids=[2, 1], tag_ids=[3, 2, 1])
    assert names(shown(sim)["performers"]) == ["Ada", "Bo"]
    assert names(shown(sim)["tags"]) == ["Noir", "Outdoor", "Rain"]
    sim.rename_tag(1, "Zebra")
    sim.scene_update(1, tag_ids=[3, 2, 1])
    assert names(shown(sim)["tags"]) == ["Outdoor", "Rain", "Zebra"]


@pytest.mark.parametrize("date", ["2024", "2024-05", "2024-05-01"])
def test_a_date_may_be_partial(sim: StashSimulator, date: str) -> None:
    sim.scene_update(1, date=date)
    assert shown(sim)["date"] == date


def test_a_rating_is_not_validated(sim: StashSimulator) -> None:
    sim.scene_update(1, rating100=120)
    assert shown(sim)["rating100"] == 120


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"date": "May 2024"}, "failed to parse date"),
        ({"studio_id": 99}, "studio with id 99 not found"),
        ({"tag_ids": [1, 99]}, "tag with id 99 not found"),
        ({"primary_file_id": 7}, "the input primary_file_id is not simulated"),
        ({"cover_image": "https://x"}, "data URL"),
    ],
)
def test_a_refused_edit_changes_nothing(
    sim: StashSimulator, time: Time, fields: dict[str, Any], message: str
) -> None:
    before = shown(sim)
    time.seconds += 5
    with pytest.raises(ValueError, match=message):
        sim.scene_update(1, title="other", **fields)
    assert shown(sim) == before


def test_a_scene_without_a_file_keeps_a_title(sim: StashSimulator) -> None:
    scene = sim.library.add_scene("No file")
    with pytest.raises(ValueError, match="title must be set"):
        sim.scene_update(scene, title="")


@pytest.mark.parametrize(
    ("mode", "tags"),
    [("ADD", ["Noir", "Outdoor", "Rain"]), ("REMOVE", ["Outdoor"]), ("SET", ["Noir", "Rain"])],
)
def test_a_bulk_edit_adds_removes_or_sets(sim: StashSimulator, mode: str, tags: list[str]) -> None:
    sim.bulk_scene_update([1], tag_ids={"ids": [1, 3], "mode": mode})
    assert names(shown(sim)["tags"]) == tags


def test_a_cover_is_stored(sim: StashSimulator) -> None:
    sim.scene_update(1, cover_image="data:image/png;base64,iVBORw0KGgo=")
    assert sim.library.scenes[1].cover == b"\x89PNG\r\n\x1a\n"


def test_a_rename_shows_at_once_but_moves_no_scene(sim: StashSimulator, time: Time) -> None:
    before = shown(sim)["updated_at"]
    time.seconds += 60
    sim.rename_performer(1, "Ada Quill")
    sim.rename_studio(1, "Lantern House")
    scene = shown(sim)
    assert names(scene["performers"]) == ["Ada Quill", "Bo"]
    assert (scene["studio"]["name"], scene["updated_at"]) == ("Lantern House", before)


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("performer", {"performers": [{"name": "Bo"}]}),
        ("studio", {"studio": None}),
        ("tag", {"tags": [{"name": "Outdoor"}]}),
        ("group", {"groups": []}),
    ],
)
def test_deleting_a_related_record_takes_it_from_scenes_silently(
    sim: StashSimulator, time: Time, kind: str, left: dict[str, Any]
) -> None:
    before = shown(sim)
    time.seconds += 60
    sim.destroy(kind, 1)
    assert shown(sim) == {**before, **left}


def test_merged_tags_follow_into_the_destination(sim: StashSimulator) -> None:
    sim.tags_merge([1], 3)
    assert names(shown(sim)["tags"]) == ["Outdoor", "Rain"]
    assert 1 not in sim.library.tags


def test_merged_scenes_give_their_files_and_vanish(sim: StashSimulator, time: Time) -> None:
    other = sim.library.add_scene("copy", files=[{"path": "/data/b.mp4"}])
    time.seconds += 60
    assert sim.scene_merge([other], 1) == []
    scene = shown(sim)
    assert [file["path"] for file in scene["files"]] == ["/data/a.mp4", "/data/b.mp4"]
    assert scene["updated_at"] == "2026-11-21T00:15:25Z"
    assert other not in sim.library.scenes


def test_touch_moves_updated_at_as_auto_tag_does(sim: StashSimulator, time: Time) -> None:
    time.seconds += 60
    sim.library.touch(1, cover=png())
    assert shown(sim)["updated_at"] == "2026-11-21T00:15:25Z"
    assert sim.runs == []


@pytest.mark.parametrize(
    "query",
    [
        "{findScene(id:1){nope}}",
        "{findScene(nope:1){id}}",
        "{findScene(id:1){studio}}",
        "{nope{id}}",
        "{findScene(id:1){files{parent_folder{basename}}}}",
        'mutation{sceneUpdate(input:{title:"x"}){id}}',
        "query($id:Int!){findScene(id:$id){id}}",
    ],
)
def test_a_wrong_field_or_argument_is_refused_with_422(sim: StashSimulator, query: str) -> None:
    with pytest.raises(ValueError, match="GRAPHQL_VALIDATION_FAILED"):
        sim.graphql(query)


def test_a_wrong_variable_is_refused(sim: StashSimulator) -> None:
    query = "query($id:ID!){findScene(id:$id){id}}"
    for variables in ({}, {"id": None}, {"id": {"a": 1}}):
        with pytest.raises(ValueError, match="GRAPHQL_VALIDATION_FAILED"):
            sim.graphql(query, **variables)


def test_a_field_that_is_not_simulated_says_so(sim: StashSimulator) -> None:
    with pytest.raises(ValueError, match="findGalleries is not simulated"):
        sim.graphql("{findGalleries{count}}")


def test_plugin_settings_are_replaced_as_a_whole(sim: StashSimulator) -> None:
    save = 'mutation($map:Map!){configurePlugin(plugin_id:"PlexSync",input:$map)}'
    sim.graphql(save, map={"a": 1, "b": {"c": [True, None]}})
    assert sim.settings == {"a": 1, "b": {"c": [True, None]}}
    sim.graphql(save, map={"d": "x"})
    query = "{configuration{plugins}}"
    assert sim.graphql(query).data == {"configuration": {"plugins": {"PlexSync": {"d": "x"}}}}
