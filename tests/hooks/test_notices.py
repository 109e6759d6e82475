"""A standing problem is said in Stash's log, by the next hook, at most once an hour."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from sync_queue import schema
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from sync_queue.notices import Cause
from tests.installed_plugin import InstalledPlugin

SENTENCE = "Plex refuses the token: enter a new one. {waiting} edits wait."


def set_notice(plugin: InstalledPlugin, sentence: str, cause: Cause = Cause.WRONG_SETTINGS) -> None:
    with QueueManager(str(plugin.data_dir)) as manager, manager.transaction():
        manager.notices.set(cause, sentence)


def clear(plugin: InstalledPlugin, cause: Cause) -> None:
    with QueueManager(str(plugin.data_dir)) as manager, manager.transaction():
        manager.notices.clear(cause)


def shift_clock(plugin: InstalledPlugin, seconds: float) -> None:
    """Make the notice look as if it had been said ``seconds`` earlier."""
    with QueueManager(str(plugin.data_dir)) as manager:
        manager.connection.execute("UPDATE notice SET said_at = said_at - ?", (seconds,))


def said(plugin: InstalledPlugin, scene: int) -> list[str]:
    answer = plugin.send(plugin.hook_stdin(scene))
    assert answer.stdout == b'{"output": "ok"}'
    assert all(level == "w" for level, _ in answer.said)
    return [line for _, line in answer.said]


def test_a_notice_is_said_once_with_the_number_of_waiting_edits(ready: InstalledPlugin) -> None:
    with QueueManager(str(ready.data_dir)) as manager:
        manager.jobs.put_all([scene_job(n, "Scene.Update.Post", 1.0) for n in range(1, 42)])
    set_notice(ready, SENTENCE)
    assert said(ready, 7) == ["Plex refuses the token: enter a new one. 41 edits wait."]
    assert said(ready, 8) == []


@pytest.mark.parametrize(
    ("seconds", "again"), [(60, False), (3500, False), (3700, True), (-7200, True)]
)
def test_it_is_said_again_after_an_hour_or_when_the_clock_jumps_back(
    ready: InstalledPlugin, seconds: float, again: bool
) -> None:
    set_notice(ready, SENTENCE)
    assert len(said(ready, 1)) == 1
    shift_clock(ready, seconds)
    assert len(said(ready, 2)) == int(again)


def test_the_same_sentence_set_again_is_not_said_again(ready: InstalledPlugin) -> None:
    set_notice(ready, SENTENCE)
    assert len(said(ready, 1)) == 1
    set_notice(ready, SENTENCE)
    assert said(ready, 2) == []


def test_another_sentence_waits_for_the_hour_and_an_ended_problem_is_silent(
    ready: InstalledPlugin,
) -> None:
    set_notice(ready, SENTENCE)
    assert len(said(ready, 1)) == 1
    set_notice(ready, "Another problem.")
    assert said(ready, 2) == []
    shift_clock(ready, 3700)
    assert said(ready, 3) == ["Another problem."]
    clear(ready, Cause.WRONG_SETTINGS)
    shift_clock(ready, 3700)
    assert said(ready, 4) == []


def test_each_cause_is_set_and_cleared_by_itself_and_the_heaviest_is_said(
    ready: InstalledPlugin,
) -> None:
    for cause in Cause:
        set_notice(ready, f"{cause.name}.", cause)
    heard = []
    for scene, cause in enumerate(sorted(Cause, key=lambda cause: -cause.value), 1):
        heard += said(ready, scene)
        shift_clock(ready, 3700)
        clear(ready, cause)
    assert heard == ["RESTORED.", "HOLD.", "OUTAGE.", "WRONG_SETTINGS.", "DEAD_LETTERS."]
    assert said(ready, 9) == []


def test_two_causes_are_not_said_within_one_hour(ready: InstalledPlugin) -> None:
    set_notice(ready, "First.", Cause.DEAD_LETTERS)
    assert said(ready, 1) == ["First."]
    set_notice(ready, "Second.", Cause.HOLD)
    assert said(ready, 2) == []
    shift_clock(ready, 3700)
    assert said(ready, 3) == ["Second."]


def test_of_many_hooks_at_once_one_says_it(ready: InstalledPlugin) -> None:
    set_notice(ready, SENTENCE)
    with ThreadPoolExecutor(8) as pool:
        lines = list(pool.map(lambda n: said(ready, n), range(1, 9)))
    assert sum(map(len, lines)) == 1


def test_a_hook_that_cannot_store_in_the_database_says_no_notice(ready: InstalledPlugin) -> None:
    set_notice(ready, SENTENCE)
    with QueueManager(str(ready.data_dir)) as manager:
        manager.connection.execute(f"DROP TABLE {schema.JOBS}")
    (line,) = said(ready, 1)
    assert "waits in a file" in line


def test_a_notice_of_several_lines_stays_one_line_of_the_log(ready: InstalledPlugin) -> None:
    set_notice(ready, "First.\nSecond. \x01e\x02 Third.")
    assert len(said(ready, 1)) == 1
