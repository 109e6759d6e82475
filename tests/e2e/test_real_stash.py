"""What only a real Stash can show: its scans, tasks, sessions and log."""

from __future__ import annotations

import base64
import os
import signal
import statistics
import time
import urllib.error
import urllib.request

import pytest

from simulators.plex.items import Item
from simulators.resident import is_running
from simulators.stash.pictures import png
from sync_queue import schema
from tests.e2e.conftest import PLEX_FOLDER
from tests.e2e.real_road import MakeRealRoad, RealRoad, clip, make_road, road
from tests.e2e.test_road import enqueue
from tests.installed_plugin import eventually
from tests.real_server import PLUGIN

__all__ = ["clip", "make_road", "road"]

pytestmark = pytest.mark.stash


POSTERS = r"^/library/metadata/\d+/posters"
LINKS = {
    "performer": ("performer_ids", "actor"),
    "studio": ("studio_id", "studio"),
    "tag": ("tag_ids", "genre"),
    "group": ("groups", "collection"),
}


def test_stash_takes_the_manifest_whole(road: RealRoad) -> None:
    query = "{plugins{id name enabled settings{name type} tasks{name} hooks{hooks}}}"
    (plugin,) = road.stash.graphql(query)["plugins"]
    assert (plugin["id"], plugin["enabled"]) == (PLUGIN, True)
    assert {"plex_url", "path_map", "debug_logging"} <= {s["name"] for s in plugin["settings"]}
    assert {"Process Queue", "Show Status"} <= {task["name"] for task in plugin["tasks"]}


def test_bulk_and_list_updates_reach_every_scene(road: RealRoad) -> None:
    scenes = [road.add(f"Scene {n}.mp4") for n in range(3)]
    runs = road.stash.bulk_scene_update([scene for scene, _ in scenes], details="All.")
    changes = [{"id": scene, "title": f"Take {scene}"} for scene, _ in scenes[:2]]
    runs += road.stash.scenes_update(changes)
    assert [run.output for run in runs] == ["ok"] * 5
    road.drain()
    assert {item.fields["summary"] for _, item in scenes} == {"All."}
    assert [item.title for _, item in scenes[:2]] == [change["title"] for change in changes]


def test_a_scanned_file_and_a_moved_one_come_into_the_queue(road: RealRoad) -> None:
    road.stash.library.add_file(road.stash.files / "New.mp4")
    moved = road.plex.add_movie(road.section, f"{PLEX_FOLDER}/Moved.mp4")
    (run,) = road.stash.scan()
    assert (run.trigger, run.output) == ("Scene.Create.Post", "ok")
    road.drain()
    (road.stash.files / "New.mp4").rename(road.stash.files / "Moved.mp4")
    (run,) = road.stash.scan()
    assert (run.trigger, run.output) == ("Scene.Update.Post", "ok")
    (scene,) = road.stash.graphql("{findScenes{scenes{id}}}")["findScenes"]["scenes"]
    road.stash.scene_update(int(scene["id"]), title="Brand new")
    road.drain()
    assert moved.title == "Brand new"


def shown(item: Item, kind: str) -> list[str]:
    """The names that an item shows of a kind of thing."""
    name = LINKS[kind][1]
    if kind != "studio":
        return list(item.tags.get(name, []))
    return [str(item.fields[name])] if item.fields.get(name) else []


@pytest.mark.parametrize("kind", LINKS)
def test_a_rename_and_a_deletion_reach_the_scenes(make_road: MakeRealRoad, kind: str) -> None:
    road = make_road(sync_groups=True)
    scene, item = road.add("Harbour Lights.mp4")
    record = road.stash.library.add(kind, "Before")
    linked = {"studio": record, "group": [{"group_id": record}]}.get(kind, [record])
    road.stash.scene_update(scene, title="Harbour", **{LINKS[kind][0]: linked})
    road.drain()
    assert shown(item, kind) == ["Before"]
    road.stash.rename(kind, record, "After")
    eventually(lambda: shown(item, kind) == ["After"], 30)
    road.drain()
    road.stash.destroy(kind, record)
    eventually(lambda: shown(item, kind) == [], 30)
    assert road.stash.complaints() == []


def test_merged_tags_reach_the_scenes(road: RealRoad) -> None:
    old, new = road.stash.library.add_tag("Black and white"), road.stash.library.add_tag("Noir")
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Harbour", tag_ids=[old])
    road.drain()
    road.stash.tags_merge([old], new)
    eventually(lambda: item.tags["genre"] == ["Noir"], 30)


def test_a_destroyed_scene_leaves_plex_alone(road: RealRoad) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Harbour", details="Stays.")
    road.drain()
    road.plex.requests.clear()
    (run,) = road.stash.scene_destroy(scene)
    assert (run.trigger, run.output) == ("Scene.Destroy.Post", "ok")
    road.drain()
    assert road.plex.requests.writes() == []
    assert (item.title, item.fields["summary"]) == ("Harbour", "Stays.")


def test_a_merged_scene_is_edited_on(road: RealRoad) -> None:
    kept, item = road.add("Kept.mp4")
    gone, other = road.add("Gone.mp4")
    for scene in (kept, gone):
        road.stash.scene_update(scene, title=f"Title of {scene}")
    road.drain()
    assert road.stash.scene_merge([gone], kept) == []  # no hook tells of it
    road.stash.scene_update(kept, title="Both")
    road.drain()
    assert item.title == "Both"
    assert other.title in ("Both", f"Title of {gone}")


def test_a_cover_becomes_the_poster(make_road: MakeRealRoad) -> None:
    road = make_road(skip_posters=False)
    scene, _ = road.add("Harbour Lights.mp4")
    picture = base64.b64encode(png(60, 90, (200, 30, 30))).decode()
    cover = f"data:image/png;base64,{picture}"
    road.stash.scene_update(scene, title="Harbour", cover_image=cover)
    road.drain()
    assert len(road.plex.requests.matching("POST", POSTERS)) == 1
    road.stash.scene_update(scene, details="The picture is the same.")
    road.drain()
    assert len(road.plex.requests.matching("POST", POSTERS)) == 1
    assert road.stash.complaints() == []


def test_every_task_and_operation_answers(road: RealRoad) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="Harbour")
    (plugin,) = road.stash.graphql("{plugins{tasks{name}}}")["plugins"]
    for task in plugin["tasks"]:
        job = road.stash.wait_for_job(road.stash.start_task(task["name"]))
        assert (job["status"], job["error"]) == ("FINISHED", None), task
    road.drain()
    assert item.title == "Harbour"
    assert road.stash.plugin_lines()
    assert road.stash.run_operation({"mode": "status"}).output["mode"] == "status"
    road.stash.run_operation({"mode": "wake"})


def test_a_stopped_task_loses_nothing(make_road: MakeRealRoad) -> None:
    road = make_road()
    scenes = [road.add(f"Scene {n}.mp4") for n in range(4)]
    slow = road.plex.faults.add("delay", method="PUT", seconds=1.0, times=4)
    road.stash.bulk_scene_update([scene for scene, _ in scenes], details="Edited.")
    job = road.stash.start_task("Process Queue")
    eventually(lambda: slow.hits)
    road.stash.stop_job(job)
    assert road.stash.wait_for_job(job)["status"] == "CANCELLED"
    road.drain()
    assert {item.fields["summary"] for _, item in scenes} == {"Edited."}


def test_the_worker_goes_on_with_the_next_session(road: RealRoad) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    road.stash.scene_update(scene, title="First")
    road.drain()
    worker = road.worker()
    road.stash.stop()
    road.stash.start(max_session_age=1)
    road.stash.scene_update(scene, title="Second")
    road.drain()
    eventually(lambda: session_is_over(road), 20)
    road.stash.login()
    road.stash.scene_update(scene, title="Third")
    road.drain()
    assert item.title == "Third"
    assert road.worker() == worker


def test_stashs_own_api_key_outlives_the_session(road: RealRoad) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    key = road.stash.set_api_key()
    road.stash.scene_update(scene, title="First")
    road.drain()
    road.stash.stop()
    road.stash.start(max_session_age=1)
    road.stash.scene_update(scene, title="Second")
    road.drain()
    road.stash.login()  # the browser's session may be over too
    road.stash.enable(False)
    road.stash.scene_update(scene, title="Third")
    road.stash.enable()
    eventually(lambda: session_is_over(road), 20)
    enqueue(road, scene)
    road.drain()
    assert item.title == "Third"
    for file in [*road.plugin.data_dir.rglob("*"), road.stash.log_file]:
        if file.is_file() and not file.name.startswith("data.db"):
            held = file.read_text("utf-8", "replace")
            assert key not in held and str(road.plex.token) not in held, file


def session_is_over(road: RealRoad) -> bool:
    """Whether the worker's cookie is worth nothing any more; does not refresh it."""
    cookie = road.plugin.connection()["server_connection"]["SessionCookie"]["Value"]
    request = urllib.request.Request(f"{road.stash.url}/graphql", b'{"query":"{version{version}}"}')
    request.add_header("Cookie", f"session={cookie}")
    request.add_header("Content-Type", "application/json")
    try:
        urllib.request.urlopen(request, timeout=5).close()
    except urllib.error.HTTPError as refused:
        refused.close()
        return refused.code == 401
    return False


def test_jobs_that_wait_when_stash_is_killed_are_done_when_it_is_back(road: RealRoad) -> None:
    scene, item = road.add("Harbour Lights.mp4")
    slow = road.plex.faults.add("delay", method="PUT", seconds=2.0)
    road.stash.scene_update(scene, title="Before")
    eventually(lambda: slow.hits)
    road.stash.scene_update(scene, title="After")
    worker = road.worker()
    road.stash.kill()
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not is_running(worker))
    assert set(road.states()) != {schema.DONE}
    road.stash.start()
    road.stash.run_operation({"mode": "wake"})
    road.drain()
    assert item.title == "After"


def test_a_bulk_edit_waits_little_for_its_hooks(make_road: MakeRealRoad) -> None:
    road = make_road(paused=True)
    road.stash.enable(False)
    for n in range(30):
        road.stash.library.add_file(road.stash.files / f"Scene {n}.mp4")
    road.stash.scan()
    found = road.stash.graphql("{findScenes(filter:{per_page:-1}){scenes{id}}}")["findScenes"]
    ids = [int(scene["id"]) for scene in found["scenes"]]
    times: dict[bool, list[float]] = {True: [], False: []}
    for turn in range(10):
        hooked = turn % 2 == 1
        road.stash.enable(hooked)
        begun = time.perf_counter()
        road.stash.bulk_scene_update(ids, rating100=turn)
        times[hooked].append(time.perf_counter() - begun)
    cost = (statistics.median(times[True]) - statistics.median(times[False])) / len(ids)
    assert len(ids) == 30
    assert cost < 0.5, times


def test_the_rules_read_what_a_real_stash_has(road: RealRoad) -> None:
    create = 'mutation{tagCreate(input:{name:"Tall"}){id} studioCreate(input:{name:"House"}){id}}'
    made = road.stash.graphql(create)
    tag, studio = made["tagCreate"]["id"], made["studioCreate"]["id"]
    named = road.stash.graphql(
        'mutation($tag:ID!){performerCreate(input:{name:"Ruled",tag_ids:[$tag]}){id}}', tag=tag
    )
    scene, item = road.add("Ruled.mp4")
    road.stash.settings |= {
        "title_template": "[{studio} – ]{title}[ {resolution}]",
        "performer_tags": True,
        "labels": "rules",
        "only_with_url": True,
    }
    road.stash.scene_update(
        scene,
        title="Ruled",
        studio_id=studio,
        performer_ids=[named["performerCreate"]["id"]],
        urls=["https://example.test/1"],
    )
    road.drain()
    assert item.title.startswith("House – Ruled")
    assert item.tags["genre"] == ["Tall"]
    assert item.tags["label"] == ["Rules"]
