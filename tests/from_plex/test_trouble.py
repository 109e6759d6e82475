"""A fault is told where users look, holds up no edit, and loses no view."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from plex.client import PlexClient
from simulators.plex.items import PlayRow
from simulators.plex.server import PlexSimulator
from sync_queue import rescue
from sync_queue.manager import QueueManager
from sync_queue.plays import Look
from tasks import status
from tasks.given import Given
from tests.border.twisted import Twister, proxy
from tests.database import stock
from tests.from_plex.house import (
    DAY,
    HISTORY,
    LOOK,
    MINUTE,
    asked,
    home,
    looks,
    plays,
    said,
    synced,
)
from tests.resident.bench import PLEX_FOLDER, Bench, MakeBench
from worker.plex_history import read_begun, read_ratings


@pytest.fixture
def bench(make_bench: MakeBench) -> Bench:
    return home(make_bench, plays_from_plex=True, ratings_from_plex=True)


FAULTS: dict[str, Callable[[Bench], object]] = {
    "not the owner's token": lambda bench: bench.plex.faults.add(
        "status", path=HISTORY, status=401, times=None
    ),
    "a server without history": lambda bench: bench.plex.faults.add(
        "status", path=HISTORY, status=404, times=None
    ),
    "a failing history": lambda bench: bench.plex.faults.add(
        "status", path=HISTORY, status=500, times=None
    ),
    "garbage": lambda bench: bench.plex.faults.add("garbage", path=HISTORY, times=None),
    "half a page": lambda bench: bench.plex.faults.add("truncated", path=HISTORY, times=None),
    "a refusing stash": lambda bench: bench.stash.faults.add(
        status=422, body="sceneAddPlay", times=None
    ),
    "a stash that reports an error": lambda bench: bench.stash.faults.add(
        error="no", body="play_history", times=None
    ),
    "a stash that cannot be reached": lambda bench: bench.stash.faults.add(
        "close_before", body="play_history", times=None
    ),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_blocks_no_edit_and_loses_no_view(bench: Bench, fault: str) -> None:
    scene, item = synced(bench)
    view = bench.plex.user.watch(item)
    FAULTS[fault](bench)
    looks(bench, 2)
    bench.edit(scene, title="Goes on")
    bench.run()
    assert item.title == "Goes on"
    assert (plays(bench, scene), bench.letters(), bench.hold().reason) == ([], [], "")
    bench.plex.faults.clear()
    bench.stash.faults.clear()
    bench.clock.now += DAY
    looks(bench, 2)
    assert plays(bench, scene) == [view.viewed_at]
    assert not said(bench).problem


@pytest.mark.parametrize("times", [1, 2, 5])
def test_a_play_whose_answer_is_lost_is_added_once(bench: Bench, times: int) -> None:
    scene, item = synced(bench)
    view = bench.plex.user.watch(item)
    lost = bench.stash.faults.add("close_after", body="sceneAddPlay", times=times)
    looks(bench, 3)
    assert lost.hits == 1
    assert plays(bench, scene) == [view.viewed_at]
    bench.new_worker()
    looks(bench, 3)
    assert plays(bench, scene) == [view.viewed_at]


def test_a_token_of_another_account_is_told_in_status(bench: Bench) -> None:
    synced(bench)
    bench.plex.faults.add("status", path=HISTORY, status=401, times=None)
    looks(bench, 1)
    assert said(bench).problem
    answer = status.look(Given(), bench.manager.data_dir, bench.clock())
    assert any("shows its history to the server's owner only" in line for line in answer.lines)
    found = answer.output["from_plex"]
    assert isinstance(found, dict)
    assert found["problem"] is True


def test_an_expired_session_waits_for_the_next_one(make_bench: MakeBench) -> None:
    bench = make_bench(plays_from_plex=True)
    scene, item = synced(bench)
    view = bench.plex.user.watch(item)
    bench.clock.now += DAY
    looks(bench, 2)
    assert plays(bench, scene) == []
    assert "session has expired" in said(bench).sentence
    bench.tell()
    looks(bench, 2)
    assert plays(bench, scene) == [view.viewed_at]


def test_a_write_that_stash_carried_out_and_called_failed_is_not_repeated(bench: Bench) -> None:
    scene, item = synced(bench)
    other, its = synced(bench, "Other.mp4")
    view, theirs = bench.plex.user.watch(item), bench.plex.user.watch(its)
    bench.stash.faults.add(error="broken", body=f'"id": "{scene}", "times"', times=None)
    looks(bench, 2)
    assert (plays(bench, scene), plays(bench, other)) == ([view.viewed_at], [theirs.viewed_at])
    assert "1 play of 1 scene" in said(bench).sentence
    bench.stash.faults.clear()
    bench.clock.now += DAY
    looks(bench, 2)
    assert (plays(bench, scene), plays(bench, other)) == ([view.viewed_at], [theirs.viewed_at])


@pytest.mark.parametrize(
    "shown",
    [
        {"historyKey": "/status/sessions/history/x"},
        {"historyKey": "/status/sessions/history/" + "9" * 30},
        {"viewedAt": "soon"},
        {"viewedAt": "-5"},
        {"viewedAt": "9" * 30},
        {"ratingKey": "x"},
        {"accountID": "nobody"},
    ],
    ids=str,
)
def test_a_row_that_cannot_be_read_is_skipped_with_a_line(
    bench: Bench, shown: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    scene, item = synced(bench)
    bench.clock.now += MINUTE
    bench.plex.library.history_as[1] = shown
    bench.plex.user.watch(item)
    bench.clock.now += MINUTE
    view = bench.plex.user.watch(item)
    looks(bench, 2)
    assert plays(bench, scene) == [view.viewed_at]
    assert "1 view is skipped" in caplog.text
    bench.plex.requests.clear()
    bench.pass_time(6 * LOOK)
    assert 5 <= asked(bench) <= 6


def test_rows_of_music_and_of_deleted_items_are_no_views(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    scene, item = synced(bench)
    rows = bench.plex.library.history
    rows += [PlayRow(n, item.guid, "A song", "track", item.added_at + n) for n in range(1, 9)]
    rows.append(PlayRow(9, "gone://1", "Gone", "movie", item.added_at + 9))
    bench.plex.library.last_view = 9
    looks(bench, 3)
    assert plays(bench, scene) == []
    assert "skipped" not in caplog.text


def test_a_history_that_was_made_anew_counts_from_one_again(bench: Bench) -> None:
    scene, item = synced(bench)
    first = bench.plex.user.watch(item)
    looks(bench, 2)
    bench.plex.library.history.clear()
    bench.plex.library.last_view = 0
    again = bench.plex.user.watch(item)
    assert again.number == first.number
    looks(bench, 2)
    assert plays(bench, scene) == [first.viewed_at, again.viewed_at]


def test_two_servers_have_views_of_their_own(bench: Bench) -> None:
    scene, item = synced(bench)
    first = bench.plex.user.watch(item)
    looks(bench, 2)
    with PlexSimulator(clock=bench.clock) as other:
        section = other.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        its = other.add_movie(section, f"{PLEX_FOLDER}/Harbour Lights.mp4")
        bench.stash.settings |= {"plex_url": other.url, "plex_token": other.token}
        bench.edit(scene, title="On both")
        bench.pass_time(MINUTE)
        view = other.user.watch(its)
        assert view.number == first.number
        bench.pass_time(LOOK)
        assert plays(bench, scene) == [first.viewed_at]  # that server's plays are shown first
        looks(bench, 2)
        assert plays(bench, scene) == [first.viewed_at, view.viewed_at]


def test_an_edit_is_not_kept_waiting_by_a_long_history(bench: Bench) -> None:
    scene, item = synced(bench)
    for n in range(1500):
        bench.plex.user.watch(item, item.added_at + n)
    bench.clock.now += LOOK
    bench.worker.loop.step()
    before = asked(bench)
    bench.edit(scene, title="At once")
    bench.worker.loop.step()
    assert item.title == "At once"
    assert asked(bench) == before


def test_a_database_of_version_1_gets_the_tables(tmp_path: Path) -> None:
    stock.make_version_1(tmp_path)
    with rescue.open_queue(str(tmp_path)) as manager:
        manager.plays.put_views("server", [(1, 2, 3)])
        manager.plays.put_stars("server", [(3, "8.0", 1)])
        manager.plays.put_begun("server", {3: 4})
        assert manager.plays.look("server") == Look()
        assert manager.plays.views_wait("server")


def test_a_tasks_worker_takes_nothing_over(bench: Bench) -> None:
    _scene, item = synced(bench)
    bench.plex.user.watch(item)
    before = asked(bench)
    bench.clock.now += DAY
    worker = bench.new_worker(when_idle=True)
    for _ in range(20):
        try:
            worker.loop.step()
        except Exception as end:  # noqa: BLE001
            assert str(end) == "idle"
            break
    assert asked(bench) == before
    assert isinstance(bench.manager, QueueManager)


@pytest.mark.parametrize("read", [read_begun, read_ratings])
def test_pages_without_rows_end_a_listing_that_announces_some(bench: Bench, read: Any) -> None:
    twister = Twister()
    twister.field, twister.value = ("MediaContainer", "totalSize"), "5"
    with proxy(lambda: bench.plex.url, twister) as server:
        plex = PlexClient(server.url, str(bench.plex.token))
        pages = read(bench.manager, plex, plex.sections())
        assert len(list(islice(pages, 10))) == 1
        plex.close()
    assert twister.hits == 1
