"""What a person saves goes before jobs that stand for many scenes, and those before the library."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pytest

from simulators.faults import Kind
from sync_queue.models import LIBRARY_PRIO, SyncJob, scene_job
from sync_queue.scenes import Outcome
from tasks.letters import revive_letters, revive_scenes
from tests.resident.bench import Bench
from validation.reasons import Reason
from worker import renames
from worker.sweep import sweep


def rename(bench: Bench, scenes: list[int]) -> None:
    """A performer of all scenes gets another name."""
    person = bench.stash.library.performers.named("Ada")
    for scene in scenes:
        bench.stash.library.touch(scene, performers=[person])
    job = SyncJob(0, "Performer.Update.Post", bench.clock(), f"performer:{person.id}")
    renames.expand(job, bench.stash_client(), bench.manager, bench.clock())


def sweep_all(bench: Bench, scenes: list[int]) -> None:
    """All scenes changed without a hook."""
    for scene in scenes:
        bench.stash.library.touch(scene, details="Auto-tagged.")
    list(sweep(bench.manager, bench.stash_client(), bench.clock(), first=True))


def retry_letters(bench: Bench, scenes: list[int]) -> None:
    """All scenes are dead letters, and a person runs Retry Failed."""
    bench.plex.faults.add(Kind.STATUS, method="PUT", status=400, times=len(scenes))
    for scene in scenes:
        bench.edit(scene, title=f"Refused {scene}")
    bench.run()
    assert revive_letters(bench.manager, bench.clock()) == len(scenes)


def retry_ambiguous(bench: Bench, scenes: list[int]) -> None:
    """All scenes need a person, and a person runs Retry Failed."""
    with bench.manager.transaction():
        for scene in scenes:
            bench.manager.scenes.set_outcome(Outcome(scene, Reason.AMBIGUOUS), files=())
    assert revive_scenes(bench.manager, bench.clock()) == len(scenes)


MANY: Mapping[str, Callable[[Bench, list[int]], None]] = {
    "rename": rename,
    "sweep": sweep_all,
    "retried dead letters": retry_letters,
    "retried scenes": retry_ambiguous,
}


def claim_all(bench: Bench) -> list[int]:
    """The scenes of all due jobs, in the order in which they are claimed."""
    claimed: list[int] = []
    while batch := bench.manager.jobs.claim(bench.clock(), 10):
        claimed += [leased.job.scene_id for leased in batch]
    return claimed


@pytest.mark.parametrize("kind", MANY)
def test_a_save_goes_before_many_scenes_and_they_go_before_the_library(
    bench: Bench, kind: str
) -> None:
    scenes = [bench.add(f"{n}.mp4")[0] for n in range(4)]
    library = scene_job(99, "Sync All", bench.clock())
    MANY[kind](bench, scenes)
    bench.manager.jobs.put(library, prio=LIBRARY_PRIO)
    bench.clock.now += 5.0
    bench.hook(98)
    bench.hook(scenes[2])  # one of the many is saved by a person: it goes with the saves
    claimed = claim_all(bench)
    assert set(claimed[:2]) == {98, scenes[2]}
    assert set(claimed[2:5]) == set(scenes) - {scenes[2]}
    assert claimed[5:] == [99]


def test_a_save_that_is_folded_into_a_rename_keeps_its_place(bench: Bench) -> None:
    bench.hook(1)
    (leased,) = bench.manager.jobs.claim(bench.clock(), 1)
    bench.manager.jobs.put_all([scene_job(1, "rename", 1.0), scene_job(2, "rename", 0.5)], prio=-1)
    bench.manager.jobs.put(scene_job(3, "rename", 0.1), prio=-1)
    bench.manager.jobs.retry(leased, 0.0)
    assert claim_all(bench) == [1, 2, 3]
