"""Settings that cannot work: one sentence where people look, everything waits, and it heals."""

from __future__ import annotations

import pytest

from simulators.faults import Kind
from sync_queue import schema
from sync_queue.report import read_report
from tasks.advice import problem_lines
from tests.resident.bench import Bench, MakeBench
from worker.permission import WAITING_SETTINGS_SECONDS

MINUTE = 60.0

# What is wrong -> what the sentence has to name.
WRONG: dict[str, tuple[dict[str, object], str]] = {
    "no address": ({"plex_url": ""}, "plex_url"),
    "nonsense for an address": ({"plex_url": "plex, in the cellar"}, "plex_url"),
    "no token": ({"plex_token": ""}, "plex_token"),
    "wrong token": ({"plex_token": "not-the-token-of-this-plex"}, "plex_token"),
    "unknown library": ({"plex_library": "Holidays"}, "plex_library"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_setting_is_said_once_and_holds_everything_until_it_is_corrected(
    bench: Bench, wrong: str
) -> None:
    scenes = [bench.add(f"{n}.mp4") for n in range(3)]
    changes, named = WRONG[wrong]
    right = dict(bench.stash.settings)
    bench.stash.settings.update(changes)
    for scene, _ in scenes:
        bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    assert bench.states() == [schema.READY] * 3
    assert bench.plex.requests.writes() == []
    assert bench.hold().reason == "setup"
    assert named in bench.hold().sentence
    # The next save says it in Stash's own log, and the one after that does not.
    bench.said.clear()
    bench.hook(scenes[0][0])
    bench.hook(scenes[1][0])
    (said,) = bench.said
    assert named in said
    assert "3 edits wait" in said
    assert not bench.letters()

    bench.stash.settings = right
    passed = bench.pass_time(
        10 * MINUTE, until=lambda: {item.title for _, item in scenes} == {"New"}
    )
    assert passed <= WAITING_SETTINGS_SECONDS
    bench.run()
    assert not bench.hold().reason
    assert not bench.notice()
    assert bench.stats.left == 0


def test_a_refused_token_is_asked_again_after_1_5_15_and_then_every_60_minutes(
    bench: Bench,
) -> None:
    scene, item = bench.add()
    bench.plex.faults.add(Kind.STATUS, status=401, path="^(?!/identity)", times=None)
    bench.edit(scene, title="New")
    begun = bench.clock.now
    bench.pass_time(200 * MINUTE)
    asked = sorted({round((request.at - begun) / MINUTE) for request in bench.plex.requests})
    assert asked == [0, 1, 6, 21, 81, 141]
    bench.plex.faults.clear()  # repaired in Plex, not in the settings
    bench.pass_time(60 * MINUTE)
    assert item.title == "New"


def test_a_task_that_finds_a_worker_waiting_makes_it_look_at_its_settings_at_once(
    bench: Bench,
) -> None:
    right = dict(bench.stash.settings)
    bench.stash.settings["plex_token"] = "not-the-token-of-this-plex"
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    assert bench.hold().reason
    bench.stash.settings = right
    bench.clock.now += 1.0
    bench.tell()  # the same address and session as before
    bench.run()
    assert item.title == "New"
    assert not bench.hold().reason


def test_a_corrected_setting_is_noticed_within_ten_seconds(bench: Bench) -> None:
    right = dict(bench.stash.settings)
    bench.stash.set_api_key("a key outlives the session")
    bench.stash.settings["plex_url"] = ""
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.pass_time(3 * MINUTE)
    bench.stash.settings = right
    bench.pass_time(10.0)
    assert item.title == "New"
    assert not bench.notice()


def test_a_task_that_changes_nothing_makes_it_look_once(bench: Bench) -> None:
    bench.stash.settings["plex_url"] = ""
    bench.edit(bench.add()[0], title="New")
    bench.run()
    for _ in range(5):
        bench.clock.now += 1.0
        bench.tell()
        bench.stash.requests.clear()
        for _ in range(3):
            bench.worker.loop.step()
        assert bench.stash.requests.total == 1


def test_the_token_is_never_shown(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", logger="plexsync")
    scene, _ = bench.add()
    bench.stash.settings["plex_token"] = "canary-token-4711"
    bench.edit(scene, title="New")
    bench.pass_time(10 * MINUTE)
    bench.hook(scene)
    assert bench.said
    assert "canary-token-4711" not in caplog.text + str(bench.said) + str(bench.hold())


NONSENSE = {
    "max_retries": "many",
    "dlq_retention_days": "x",
    "path_map": "/data/scenes => /media/videos; nonsense",
    "exclude_paths": "/data/private/**; [",
}


@pytest.mark.parametrize("name", NONSENSE)
def test_nonsense_in_an_optional_setting_is_said_where_people_look_and_its_default_is_used(
    bench: Bench, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    right = dict(bench.stash.settings)
    scene, item = bench.add()
    bench.stash.settings[name] = NONSENSE[name]
    bench.edit(scene, title="New")
    bench.pass_time(MINUTE)
    bench.said.clear()
    for title in ("Newer", "Newest"):
        bench.edit(scene, title=title)
        bench.pass_time(MINUTE)
    assert item.title == "Newest"
    assert bench.worker.servers.settings.config.max_retries == 5
    assert sum(name in line.getMessage() for line in caplog.records) == 1
    (said,) = bench.said  # Stash's own log, at most once an hour
    assert name in said
    (line,) = problem_lines(read_report(str(bench.data_dir), bench.clock()).states)
    assert name in line
    # Corrected: all of it goes.
    bench.stash.settings = right
    bench.edit(scene, title="Last")
    bench.pass_time(MINUTE)
    assert not bench.notice()
    assert not problem_lines(read_report(str(bench.data_dir), bench.clock()).states)


def test_wrong_settings_are_reported_after_the_cause_of_a_hold(bench: Bench) -> None:
    right = bench.stash.settings["plex_url"]
    scene, _ = bench.add()
    bench.stash.settings.update(plex_url="", max_retries="many")
    bench.edit(scene, title="New")
    bench.pass_time(MINUTE)
    assert "plex_url" in bench.notice()
    bench.stash.settings["plex_url"] = right
    bench.pass_time(2 * MINUTE)
    assert "max_retries" in bench.notice()
    bench.new_worker()
    bench.stash.settings["max_retries"] = 3
    bench.edit(scene, title="Newer")
    bench.pass_time(MINUTE)
    assert not bench.notice()


def test_waiting_for_a_setting_is_not_idleness(make_bench: MakeBench) -> None:
    bench = make_bench(plex_url="")
    bench.edit(bench.add()[0], title="New")
    bench.run()
    before = bench.worker.idle_seconds()
    bench.pass_time(5 * MINUTE)
    assert bench.worker.idle_seconds() < before + 0.5
