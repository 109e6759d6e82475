"""The operation ``undo``: its arguments, its answer, and what follows from it."""

from __future__ import annotations

import contextlib
import math
from pathlib import Path
from typing import Any

import pytest

from simulators.faults import Kind
from simulators.plex.items import Item
from simulators.stash.pictures import png
from sync_queue import aside, lock
from sync_queue.scenes import Undone
from tests.identity.conftest import MakeHouse
from tests.identity.house import House
from tests.identity.operations import run
from tests.identity.oracle import Past
from tests.undo.before import before, differences
from validation.errors import PlexSyncError, SetupError, TransientError

RED, GREEN, BLUE = (png(4, 4, color) for color in ((200, 0, 0), (0, 200, 0), (0, 0, 200)))
Film = tuple[int, Item]


def film(house: House, name: str = "Harbour Lights.mp4", **fields: Any) -> Film:
    """A film with an agent's values, and a scene with others."""
    known = {one.title: one for one in house.plex.library.sections.values()}
    section = known.get("Films") or house.plex.add_section(
        "Films", locations=["/media/videos/films"]
    )
    path = f"/media/videos/films/{name}"
    tags = {"genre": ["Agent", "Sea"], "actor": ["Ada", "Bo"], "collection": ["Best of"]}
    item = house.plex.add_movie(section, path, tags=tags, summary="The agent's.", studio="Old")
    values = {"details": "Stash's.", "rating100": 80, "date": "2020-05-06", "studio": "Northlight",
              "tags": ["Sea", "Noir"], "performers": ["Cy"], "cover": RED, **fields}  # fmt: skip
    scene = house.scene_at(path.replace("/media/videos", "/data/scenes"), **values)
    return scene, item


def undo(house: House, **arguments: Any) -> dict[str, Any]:
    """Undo; returns the answer."""
    return dict(run(house, "undo", **{"preview": False, **arguments}).output)


def left(item: Item, was: Any, past: Past | None = None) -> list[str]:
    return list(differences(item, was, past or Past()))


@pytest.fixture
def films(make_house: MakeHouse) -> House:
    return make_house(skip_posters=False, sync_background=True)


@pytest.mark.parametrize("append", [True, False], ids=["appends", "replaces"])
def test_an_undone_scene_shows_what_plex_had(films: House, append: bool) -> None:
    films.plex.library.append_tags = append
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    films.saved(scene, details="More.", cover=BLUE)
    assert left(item, was)
    answer = undo(films, scene=scene)
    assert left(item, was) == []
    assert answer["back"] >= 10
    assert answer["stays"] == 0
    assert films.manager.ledger.entries_of_scene(films.server, scene) == []


def test_a_preview_names_each_field_and_writes_nothing(films: House) -> None:
    scene, item = film(films)
    films.saved(scene)
    shown = before(item)
    answer: dict[str, Any] = {}
    assert films.writes(lambda: answer.update(run(films, "undo", scene=scene).output)) == []
    assert before(item) == shown
    rows = {row["field"]: row for row in answer["rows"]}
    assert rows["summary"]["before"] == "Stash's."
    assert rows["summary"]["after"] == "The agent's."
    assert rows["genre"]["before"] == ["Sea", "Noir"]
    assert sorted(rows["genre"]["after"]) == ["Agent", "Sea"]
    assert rows["poster"]["after"].startswith("metadata://posters/")
    assert {row["scene"] for row in answer["rows"]} == {scene}
    done = undo(films, scene=scene)
    assert [{**row, "title": ""} for row in done["rows"]] == [
        {**row, "title": ""} for row in answer["rows"]
    ]


def test_a_users_changes_stay_and_are_listed(films: House) -> None:
    scene, item = film(films)
    was, past = before(item), Past()
    films.saved(scene)
    user = films.plex.user
    user.edit(item, {"summary": "A user's."})
    user.add_tag(item, "genre", "Cosy")
    user.upload_poster(item, GREEN)
    past.locks, past.added, past.poster = {"summary", "genre"}, {"genre": {"Cosy"}}, "green"
    answer = undo(films, scene=scene)
    assert left(item, was, past) == []
    assert item.fields["summary"] == "A user's."
    assert set(item.tags["genre"]) == {"Agent", "Sea", "Cosy"}
    assert "genre" in item.locked
    stays = {row["field"] for row in answer["rows"] if "since" in row["why"]}
    assert stays == {"summary", "genre", "poster"}


def test_an_undone_scene_is_left_alone_until_it_is_saved(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    undo(films, scene=scene)
    assert films.outcome(scene) == "filtered"
    films.enqueue(scene)
    films.run()
    run(films, "sync_all")
    run(films, "sync_changed")
    films.pass_time(7_200)
    assert left(item, was) == []
    films.saved(scene, details="Saved.")
    assert item.fields["summary"] == "Saved."
    assert films.outcome(scene) == "synced"


@pytest.mark.parametrize("how", ["sync", "pin"])
def test_a_sync_of_the_very_scene_takes_it_up(films: House, how: str) -> None:
    scene, item = film(films)
    films.saved(scene)
    undo(films, scene=scene)
    run(films, how, scene=scene, **({"item": item.rating_key} if how == "pin" else {}))
    assert item.fields["summary"] == "Stash's."


def test_sync_all_takes_up_what_was_undone_together(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    undo(films, all=True)
    assert films.stash.settings["paused"] is True
    films.stash.settings["paused"] = False
    films.enqueue(scene)
    films.later()
    assert left(item, was) == []
    run(films, "sync_all")
    assert item.fields["summary"] == "Stash's."


def test_an_edit_that_waits_is_not_written_after_the_undo(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    films.edit(scene, details="Too late.")
    films.spool(scene)
    undo(films, scene=scene)
    films.later()
    assert left(item, was) == []


@pytest.mark.parametrize("since", [1_650_000_000, "1650000000", 1_650_000_000.25, "1650000000.5"])
def test_since_takes_only_later_items(films: House, since: object) -> None:
    early, first = film(films, "Quiet Orchard.mp4")
    was_late = None
    films.saved(early)
    films.clock.now = 1_700_000_000.0
    late, second = film(films, "Winter Ferry.mp4")
    was_late = before(second)
    films.manager.connection.execute(
        "UPDATE ledger SET doc = json_set(doc, '$.first_written', 1600000000)"
    )
    films.saved(late)
    shown = before(first)
    undo(films, since=since)
    assert before(first) == shown
    assert left(second, was_late) == []
    assert films.manager.scenes.undone(early) is Undone.NO


NONSENSE = [
    {}, {"scene": 1, "all": True}, {"since": 1, "all": "true"}, {"scene": 1, "since": 1},
    {"since": -1}, {"since": "9" * 5_000}, {"since": math.nan}, {"since": "NaN"},
    {"since": 99_999_999_999}, {"since": 1e300}, {"since": "1e3"}, {"since": True},
    {"since": [1]}, {"scene": 0}, {"scene": "x"},
    {"all": True, "preview": "perhaps"}, {"all": "banana"}, {"all": False}, {"page": -1},
    {"all": True, "page": "x"},
]  # fmt: skip


@pytest.mark.parametrize("arguments", NONSENSE, ids=[str(one)[:40] for one in NONSENSE])
def test_nonsense_is_answered_by_a_sentence(films: House, arguments: dict[str, object]) -> None:
    scene, item = film(films)
    films.saved(scene)
    shown = before(item)
    with pytest.raises(SetupError) as error:
        undo(films, **arguments)
    assert str(error.value).endswith(".")
    assert len(str(error.value)) < 300
    assert before(item) == shown
    assert not films.stash.settings.get("paused")


def test_nothing_is_undone_if_pause_cannot_be_set(films: House) -> None:
    scene, item = film(films)
    films.saved(scene)
    shown = before(item)
    films.stash.faults.add(body="configurePlugin", status=500, times=None)
    with pytest.raises(PlexSyncError, match="Pause"):
        undo(films, all=True)
    assert before(item) == shown


def test_an_item_that_was_replaced_is_never_touched(films: House) -> None:
    scene, item = film(films)
    films.saved(scene)
    key = item.rating_key
    films.plex.library.remove(item)
    films.clock.now += 100
    stranger = films.stranger("/media/videos/films/Stranger.mp4", key)
    answer: dict[str, Any] = {}
    assert films.writes(lambda: answer.update(undo(films, all=True))) == []
    assert stranger.fields["title"] == "Stranger"
    assert [row["item"] for row in answer["rows"]] == [key]
    assert answer["rows"][0]["why"]


def test_an_item_of_a_deleted_scene_goes_back(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    del films.stash.library.scenes[scene]
    films.hook(scene, "Scene.Destroy.Post")
    films.later()
    undo(films, all=True)
    assert left(item, was) == []


def test_an_item_whose_file_was_renamed_goes_back(films: House) -> None:
    scene, item = film(films)
    was = before(item)
    films.saved(scene)
    new = "/media/videos/films/Renamed.mp4"
    films.plex.disk.rename_file(item.files[0], new, keep_item=True)
    films.stash.library.scenes[scene].files[0].path = "/data/scenes/films/Renamed.mp4"
    undo(films, all=True)
    assert left(item, was) == []


def test_a_poster_that_was_never_noted_is_listed(films: House) -> None:
    scene, item = film(films)
    films.saved(scene)
    ours = item.selected_poster
    films.manager.connection.execute(
        "UPDATE ledger SET doc = json_remove(doc, '$.pictures_before')"
    )
    answer = undo(films, scene=scene)
    assert item.selected_poster == ours
    why = {row["field"]: row["why"] for row in answer["rows"]}
    assert "not known" in why["poster"]
    assert item.fields["summary"] == "The agent's."
    entry = films.manager.ledger.entry(films.server, item.rating_key)
    assert entry is not None
    assert [*entry.images] == ["poster", "background"]


def test_a_poster_that_plex_has_no_more_is_listed(films: House) -> None:
    scene, item = film(films)
    films.plex.user.upload_poster(item, GREEN)
    users = item.poster_shelf.selected
    films.saved(scene)
    ours = item.selected_poster
    del item.poster_shelf.pictures[users]
    answer = undo(films, scene=scene)
    assert item.selected_poster == ours
    assert "any more" in {row["field"]: row["why"] for row in answer["rows"]}["poster"]


def test_an_undo_costs_at_most_two_requests_an_item_and_two_a_picture(films: House) -> None:
    count = 7
    pairs = [film(films, f"Film {n} of Seven.mp4") for n in range(count)]
    for scene, _item in pairs:
        films.saved(scene)
    asked = films.asked(lambda: undo(films, all=True))
    connecting = [one for one in asked if one.path in ("/", "/identity", "/library/sections")]
    assert len(asked) - len(connecting) <= 2 * count + 2 * 2 * count


def test_one_scene_costs_two_requests(house: House) -> None:
    scene, _item = house.add(details="Stash's.")
    house.saved(scene)
    asked = [f"{one.method} {one.path}" for one in house.asked(lambda: undo(house, scene=scene))]
    assert asked[1:] == ["GET /library/metadata/1", "PUT /library/sections/1/all"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", [Kind.CLOSE_BEFORE, Kind.CLOSE_AFTER])
@pytest.mark.parametrize("after", range(1, 16, 2))
def test_an_outage_at_any_request_only_needs_another_run(
    films: House, kind: Kind, after: int
) -> None:
    pairs = [film(films, name) for name in ("Quiet Orchard.mp4", "Winter Ferry.mp4")]
    earlier = [before(item) for _, item in pairs]
    for scene, _item in pairs:
        films.saved(scene)
    films.plex.faults.add(kind, nth=after, times=3)
    with contextlib.suppress(TransientError):
        undo(films, all=True)
    films.plex.faults.clear()
    undo(films, all=True)
    assert [left(item, was) for (_, item), was in zip(pairs, earlier, strict=True)] == [[], []]
    assert films.manager.ledger.count_since(films.server, 0) == (0, 0)


def test_a_worker_steps_aside_for_a_task_that_needs_its_lock(house: House) -> None:
    data_dir = str(house.data_dir)
    assert not aside.is_wanted(data_dir)
    descriptor = lock.acquire(data_dir)
    assert descriptor is not None
    try:
        assert aside.acquire(data_dir, patience=0.5) is None
    finally:
        lock.release(descriptor)
    assert not Path(aside.path_of(data_dir)).exists()
