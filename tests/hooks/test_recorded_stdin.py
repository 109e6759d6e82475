"""Every standard input that a real Stash wrote, fed to the real process."""

from __future__ import annotations

from typing import Any

import pytest

from tests.installed_plugin import InstalledPlugin, recorded_stdin

NOTHING: tuple[str, ...] = ()
# The keys that each recorded step stores, in order.
EXPECTED = {
    "scan: new files": tuple(f"scene:{n}" for n in range(1, 7)),
    "create studio, child studio, 2 performers, 4 tags, group": NOTHING,
    "sceneUpdate: edit form, many fields": ("scene:1",),
    "sceneUpdate: title set to null": ("scene:2",),
    "sceneUpdate: only organized": ("scene:2",),
    "sceneUpdate: id only (no change)": NOTHING,
    "sceneUpdate: only play counters": NOTHING,
    "sceneUpdate: cover image (data URL)": ("scene:3",),
    "scenesUpdate: list of two": ("scene:3", "scene:4"),
    "bulkSceneUpdate: add tag, rate": ("scene:1", "scene:2", "scene:3"),
    "performerUpdate: rename": ("performer:1",),
    "studioUpdate: rename": ("studio:1",),
    "tagUpdate: rename": ("tag:2",),
    "tagsMerge": ("tag:1",),
    "groupUpdate: rename": ("group:1",),
    "scan: file renamed on disk": ("scene:6",),
    "scan: file touched (mtime)": ("scene:3",),
    "scan: identical file added (second file of a scene)": ("scene:2",),
    "sceneCreate: without a file": ("scene:7",),
}


def hooks_by_step() -> dict[str, list[dict[str, Any]]]:
    steps: dict[str, list[dict[str, Any]]] = {}
    for step, stdin in recorded_stdin():
        if "hookContext" in stdin["args"]:
            steps.setdefault(step, []).append(stdin)
    return steps


def test_every_recorded_step_has_an_expectation() -> None:
    assert hooks_by_step().keys() == EXPECTED.keys()


@pytest.mark.parametrize("flags", [("-S",), ("-I",), ()], ids=["-S", "-I", "plain"])
def test_a_recorded_hook_stores_its_event_and_replies(
    ready: InstalledPlugin, flags: tuple[str, ...]
) -> None:
    expected: set[str] = set()
    for step, stdins in hooks_by_step().items():
        for stdin in stdins:
            answer = ready.send(stdin, flags=flags)
            assert (answer.status, answer.stdout) == (0, b'{"output": "ok"}'), step
            assert all(level == "d" for level, _ in answer.log), step
        expected |= set(EXPECTED[step])
    rows = ready.rows()
    assert {row["key"] for row in rows} == expected
    assert {row["status"] for row in rows} == {0}
    assert sum(len(keys) for keys in EXPECTED.values()) > len(rows)  # events coalesced


def test_a_recorded_task_gets_one_json_object_as_reply(ready: InstalledPlugin) -> None:
    tasks = [stdin for _, stdin in recorded_stdin() if "hookContext" not in stdin["args"]]
    assert [task["args"]["mode"] for task in tasks] == ["process_queue", "sync_all", "status"]
    status = tasks[-1]
    runs = [*((task, ("-S",)) for task in tasks), (status, ("-I",))]
    processes = [(ready.start(flags=flags), stdin) for stdin, flags in runs]
    for process, stdin in processes:
        answer = InstalledPlugin.finish(process, stdin)
        assert answer.status == 0
        assert "output" in answer.reply
        assert answer.log is not None  # each line is in Stash's encoding
    assert ready.rows() == []


def test_a_job_holds_what_the_worker_needs_and_no_metadata(ready: InstalledPlugin) -> None:
    step = "sceneUpdate: edit form, many fields"
    (stdin,) = hooks_by_step()[step]
    ready.send(stdin)
    (row,) = ready.rows()
    assert row["data"] == {
        "scene_id": 1,
        "update_type": "Scene.Update.Post",
        "job_key": "scene:1",
    }
    assert stdin["args"]["hookContext"]["inputFields"]


def test_the_worker_learns_the_newest_connection_from_each_hook(ready: InstalledPlugin) -> None:
    stdin = ready.hook_stdin(1)
    stdin["server_connection"]["SessionCookie"]["Value"] = "older"
    ready.send(stdin)
    stdin["server_connection"]["SessionCookie"]["Value"] = "newest"
    stdin["settings"] = {"plex_url": "http://plex:32400"}
    ready.send(stdin)
    doc = ready.connection()
    assert doc["server_connection"] == stdin["server_connection"]
    assert doc["settings"] == {"plex_url": "http://plex:32400"}
