"""The queue against a plain dictionary: any sequence of puts, claims, settlements, reopenings,
crashes and clock jumps leaves both with the same jobs.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from sync_queue import producer, schema
from sync_queue.job_counts import LONGEST_DELAY, QueueStats
from sync_queue.jobs import DEADLY
from sync_queue.manager import QueueManager
from sync_queue.models import ClaimedJob, SyncJob

SCENES = st.integers(1, 4)
# Thousands of commits need no real disk: power cuts are not among the rules.
IN_MEMORY = "/dev/shm" if os.path.isdir("/dev/shm") else None
DELAYS = st.sampled_from([0.0, 0.0, 5.0, 600.0, LONGEST_DELAY, 10 * LONGEST_DELAY])


@dataclass(frozen=True)
class Job:
    """What the dictionary knows of one job; ``age`` orders jobs by when they were first stored."""

    age: int
    scene: int
    enqueued_at: float
    due: float = 0.0
    prio: int = 0
    attempts: int = 0
    interrupted: int = 0


@dataclass
class Model:
    """Waiting jobs by scene, leased jobs by queue id, and how many were settled."""

    waiting: dict[int, Job] = field(default_factory=dict)
    leased: dict[int, Job] = field(default_factory=dict)
    done: int = 0
    failed: int = 0
    stored: int = 0

    def put(self, scene: int, now: float, due: float, prio: int) -> None:
        self.stored += 1
        job = self.waiting.get(scene)
        if job is None:
            self.waiting[scene] = Job(self.stored, scene, now, due, prio)
            return
        self.waiting[scene] = replace(
            job,
            due=min(job.due, due),
            prio=max(job.prio, prio),
            attempts=job.attempts if due > 0 else 0,
        )

    def due(self, now: float) -> list[Job]:
        found = [j for j in self.waiting.values() if j.due <= now or j.due > now + LONGEST_DELAY]
        return sorted(found, key=lambda job: (-job.prio, job.due, job.age))

    def give_back(self, queue_id: int, changed: Job) -> None:
        del self.leased[queue_id]
        newer = self.waiting.get(changed.scene)
        if newer is None:
            self.waiting[changed.scene] = changed
            return
        self.done += 1
        self.waiting[changed.scene] = replace(
            newer,
            interrupted=max(newer.interrupted, changed.interrupted),
            prio=max(newer.prio, changed.prio),
        )

    def worker_died(self) -> list[int]:
        """The scenes at which the second worker died."""
        has_begun = any(job.interrupted for job in self.leased.values())
        killers = []
        for queue_id, job in sorted(self.leased.items()):
            count = job.interrupted if has_begun else 1
            if count < DEADLY:
                self.give_back(queue_id, replace(job, interrupted=count, due=0.0))
                continue
            del self.leased[queue_id]
            killers.append(job.scene)
            self.failed += 1
            newer = self.waiting.get(job.scene)
            if newer is not None:
                self.waiting[job.scene] = replace(newer, interrupted=max(1, newer.interrupted))
        return killers

    def claim(self, now: float, limit: int) -> list[Job]:
        """What a claim leases: innocent jobs of the highest due priority, else one suspect."""
        due = self.due(now)
        due = [job for job in due if job.prio == due[0].prio]
        innocent = [job for job in due if not job.interrupted]
        if innocent:
            return innocent[:limit]
        due.sort(key=lambda job: (job.interrupted, job.due, job.age))
        return [replace(job, interrupted=job.interrupted + 1) for job in due[:1]]

    def stats(self, now: float) -> QueueStats:
        due = len(self.due(now))
        waiting = len(self.waiting)
        return QueueStats(due, waiting - due, len(self.leased), self.done, self.failed)


class QueueMachine(RuleBasedStateMachine):
    """Plays one data directory's life."""

    @initialize()
    def open(self) -> None:
        self.directory = tempfile.mkdtemp(dir=IN_MEMORY)
        self.manager = QueueManager(self.directory)
        self.model = Model()
        self.now = 1_800_000_000.0
        self.held: dict[int, ClaimedJob] = {}
        self.stale: list[ClaimedJob] = []

    def teardown(self) -> None:
        if hasattr(self, "manager"):
            self.manager.jobs.close()
            shutil.rmtree(self.directory)

    def job(self, scene: int) -> SyncJob:
        return SyncJob(scene, "Scene.Update.Post", self.now, f"scene:{scene}")

    def forget_leases(self) -> None:
        self.stale.extend(self.held.values())
        self.held.clear()

    @rule(scene=SCENES, delay=DELAYS, prio=st.integers(-2, 1))
    def put(self, scene: int, delay: float, prio: int) -> None:
        due = self.now + delay if delay else 0.0
        self.manager.jobs.put(self.job(scene), due=due, prio=prio)
        self.model.put(scene, self.now, due, prio)

    @rule(scene=SCENES)
    def hook(self, scene: int) -> None:
        """What a hook's process does, with its own connection and SQL."""
        record = {
            "key": f"scene:{scene}",
            "scene_id": scene,
            "update_type": "Scene.Update.Post",
            "connection": "{}",
            "now": self.now,
        }
        assert producer.put(self.manager.jobs.file, record, say=print)
        producer.LEFT_OPEN.pop().close()
        self.model.put(scene, self.now, 0.0, 0)

    @rule(limit=st.integers(1, 5))
    def claim(self, limit: int) -> None:
        expected = self.model.claim(self.now, limit)
        claimed = self.manager.jobs.claim(self.now, limit)
        assert [leased.job.scene_id for leased in claimed] == [job.scene for job in expected]
        for leased, job in zip(claimed, expected, strict=True):
            assert leased.queue_id not in self.model.leased
            assert leased.attempts == job.attempts
            assert leased.job.enqueued_at == job.enqueued_at
            del self.model.waiting[job.scene]
            self.model.leased[leased.queue_id] = job
            self.held[leased.queue_id] = leased

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def begin(self, data: st.DataObject) -> None:
        leased = self.held[data.draw(st.sampled_from(sorted(self.held)))]
        self.manager.jobs.begin(leased)
        job = self.model.leased[leased.queue_id]
        changed = replace(job, interrupted=max(1, job.interrupted))
        self.model.leased[leased.queue_id] = changed

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def ack(self, data: st.DataObject) -> None:
        leased = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
        assert self.manager.complete(leased)
        del self.model.leased[leased.queue_id]
        self.model.done += 1
        self.stale.append(leased)

    @precondition(lambda self: self.held)
    @rule(data=st.data())
    def bury(self, data: st.DataObject) -> None:
        leased = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
        assert self.manager.jobs.bury(leased)
        del self.model.leased[leased.queue_id]
        self.model.failed += 1
        self.stale.append(leased)

    @precondition(lambda self: self.held)
    @rule(data=st.data(), delay=DELAYS, charge=st.booleans())
    def retry(self, data: st.DataObject, delay: float, charge: bool) -> None:
        leased = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
        due = self.now + delay
        assert self.manager.jobs.retry(leased, due, charge=charge)
        job = self.model.leased[leased.queue_id]
        changed = replace(job, due=due, attempts=job.attempts + charge, interrupted=0)
        self.model.give_back(leased.queue_id, changed)
        self.stale.append(leased)

    @precondition(lambda self: self.stale)
    @rule(data=st.data())
    def settle_what_is_settled(self, data: st.DataObject) -> None:
        """A settlement that comes too late (or twice) changes nothing."""
        leased = data.draw(st.sampled_from(self.stale))
        if leased.queue_id not in self.model.leased:
            assert not self.manager.complete(leased)
            assert not self.manager.jobs.retry(leased, self.now)

    @rule()
    def stop_in_good_order(self) -> None:
        self.manager.jobs.release_all()
        for queue_id, job in sorted(self.model.leased.items()):
            deaths = max(0, job.interrupted - 1)
            self.model.give_back(queue_id, replace(job, due=0.0, interrupted=deaths))
        self.forget_leases()

    @rule()
    def reopen(self) -> None:
        """Another process opens the same file: leases stay."""
        self.manager.jobs.close()
        self.manager = QueueManager(self.directory)

    @rule(scene=SCENES, limit=st.integers(1, 3))
    def crash(self, scene: int, limit: int) -> None:
        """The worker dies in the middle of a transaction; the next one takes its leases back."""
        self.manager.connection.execute("BEGIN IMMEDIATE")
        self.manager.jobs.put(self.job(scene))
        for leased in self.manager.jobs.claim(self.now, limit):
            self.manager.complete(leased)
        self.manager.connection.close()
        self.manager = QueueManager(self.directory)
        killers = self.manager.jobs.take_back()
        assert [killer.job.scene_id for killer in killers] == self.model.worker_died()
        self.forget_leases()

    @rule(seconds=st.sampled_from([1.0, 300.0, 3600.0, 86400.0, -3600.0, -1e9]))
    def time_passes(self, seconds: float) -> None:
        self.now += seconds
        if self.now < 0:
            self.now = 1_800_000_000.0

    @rule(keep=st.integers(0, 3))
    def trim(self, keep: int) -> None:
        settled = self.model.done + self.model.failed
        assert self.manager.jobs.trim(keep) == max(0, settled - keep)
        stats = self.manager.jobs.stats(self.now)
        assert stats.completed + stats.failed == min(settled, keep)
        self.model.done, self.model.failed = stats.completed, stats.failed

    @invariant()
    def both_have_the_same_jobs(self) -> None:
        if not hasattr(self, "manager"):
            return
        assert self.manager.jobs.stats(self.now) == self.model.stats(self.now)
        rows = self.manager.connection.execute(
            "SELECT data, timestamp, due, prio, attempts, interrupted"
            f" FROM {schema.JOBS} WHERE {schema.WAITS}"
        ).fetchall()
        stored = {json.loads(data)["scene_id"]: tuple(rest) for data, *rest in rows}
        assert stored == {
            scene: (job.enqueued_at, job.due, job.prio, job.attempts, job.interrupted)
            for scene, job in self.model.waiting.items()
        }


ANY_TIME = settings(suppress_health_check=[HealthCheck.too_slow])

TestQueue = QueueMachine.TestCase
TestQueue.settings = settings(ANY_TIME, max_examples=25, stateful_step_count=30)


@pytest.mark.soak
def test_many_more_lives_of_a_queue() -> None:
    run_state_machine_as_test(
        QueueMachine, settings=settings(ANY_TIME, max_examples=500, stateful_step_count=50)
    )
