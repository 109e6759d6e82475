"""What was written is read back in batches; what Plex keeps to itself is said, not fought over."""

from __future__ import annotations

import re

import pytest

from simulators.faults import Kind
from simulators.stash.pictures import png
from sync_queue import schema
from tests.resident.bench import Bench, MakeBench

MINUTE = 60.0


def reads_back(bench: Bench) -> list[int]:
    """How many items each request read, in order."""
    return [
        len(request.path.rpartition("/")[2].split(","))
        for request in bench.plex.requests.matching("GET", r"/library/metadata/[\d,]+$")
    ]


@pytest.mark.parametrize("count", [50, 120])
def test_reading_back_costs_one_request_for_fifty_scenes(bench: Bench, count: int) -> None:
    scenes = [bench.add(f"{n}.mp4")[0] for n in range(count)]
    for scene in scenes:
        bench.edit(scene, details="New.")
    bench.run()
    written = bench.clock.now
    bench.plex.requests.clear()
    bench.pass_time(2 * MINUTE)
    rest = [request for request in bench.plex.requests if request.path.startswith("/library/m")]
    assert len(rest) <= 0.02 * count
    assert all(request.at >= written + 30 for request in rest)
    assert bench.unread() == 0


def test_a_scene_saved_again_with_the_same_cover_costs_one_read(make_bench: MakeBench) -> None:
    bench = make_bench(skip_posters=False)
    scene, item = bench.add(cover=png(4, 4, (200, 0, 0)))
    bench.edit(scene, title="New")
    bench.pass_time(2 * MINUTE)
    assert len(item.posters) == 1
    bench.plex.requests.clear()
    bench.clock.now += 2.0  # Stash's times, of which the cover's version is one, are whole seconds
    bench.edit(scene, organized=True)
    bench.run()
    assert [request.path for request in bench.plex.requests] == [
        f"/library/metadata/{item.rating_key}"
    ]
    bench.clock.now += 2.0
    bench.edit(scene, cover=png(4, 4, (0, 0, 200)))
    bench.run()
    assert len(item.posters) == 2


def test_plexs_own_form_of_a_value_is_no_persons_edit(bench: Bench) -> None:
    bench.plex.library.stored_form = lambda _name, text: re.sub(r"\s+", " ", text).strip()
    bench.stash.settings["preserve_plex_edits"] = True
    scene, item = bench.add()
    bench.edit(scene, details="One\n\nTwo")
    bench.pass_time(2 * MINUTE)
    bench.edit(scene, details="Three\n\nFour")
    bench.pass_time(2 * MINUTE)
    assert item.fields["summary"] == "Three Four"


def test_a_value_that_plex_ignores_is_sent_once_more_and_then_listed(bench: Bench) -> None:
    bench.plex.library.ignored_edits = {"summary"}
    scene, item = bench.add()
    bench.edit(scene, details="Never shown.")
    bench.pass_time(5 * MINUTE)
    writes = bench.plex.requests.writes()
    assert sum("summary.value" in request.query for request in writes) == 2
    assert bench.outcome(scene) == "plex_kept_other_value"
    kept = bench.manager.scenes.outcome(scene)
    assert kept is not None
    assert kept.detail["fields"] == ["summary"]
    assert "summary" not in item.fields
    bench.plex.requests.clear()
    bench.pass_time(60 * MINUTE)
    bench.edit(scene)  # saved without a change: nothing is sent again
    bench.pass_time(2 * MINUTE)
    assert bench.plex.requests.writes() == []


def test_a_star_rating_that_an_edit_cannot_set_is_set_the_way_a_client_does(bench: Bench) -> None:
    bench.plex.library.ignored_edits = {"userRating"}
    scene, item = bench.add()
    bench.edit(scene, rating100=85)
    bench.pass_time(2 * MINUTE)
    assert float(item.fields["userRating"]) == 8.5
    assert bench.plex.requests.count(None, "^/:/rate$") == 1
    assert bench.outcome(scene) == "synced"


def test_an_item_that_is_gone_when_it_is_read_back_is_looked_for_again(bench: Bench) -> None:
    scene, item = bench.add()
    bench.edit(scene, title="New")
    bench.run()
    bench.plex.library.remove(item)
    bench.pass_time(2 * MINUTE)
    assert bench.outcome(scene) == "not_in_plex"
    assert bench.manager.ledger.entry(bench.server, item.rating_key) is None
    assert not bench.letters()


def test_reading_back_waits_out_an_outage(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.edit(scene, title="New")
    bench.run()
    bench.plex.faults.add(Kind.MAINTENANCE, times=None)
    bench.pass_time(10 * MINUTE)
    assert bench.states() == [schema.DONE]
    bench.plex.faults.clear()
    bench.pass_time(2 * MINUTE)
    assert bench.unread() == 0


def test_a_new_worker_reads_back_what_the_last_one_wrote(bench: Bench) -> None:
    scene, _ = bench.add()
    bench.edit(scene, title="New")
    bench.run()
    bench.new_worker()
    other, _ = bench.add("Other.mp4")
    bench.edit(other, title="New")
    bench.pass_time(2 * MINUTE)
    assert bench.unread() == 0


def test_sixty_items_that_cannot_be_read_hold_up_no_other(bench: Bench) -> None:
    scenes = [bench.add(f"{n}.mp4") for n in range(70)]
    for scene, _ in scenes:
        bench.edit(scene, details="New.")
    bench.worker.loop.step()
    for _, item in scenes[:60]:
        item.rating_key = 10**30
    bench.pass_time(5 * MINUTE)
    assert bench.unread() == 0
    assert not bench.letters()
    for _, item in scenes[60:]:
        entry = bench.manager.ledger.entry(bench.server, item.rating_key)
        assert entry is not None
        assert not entry.unread
