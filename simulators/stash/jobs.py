"""Stash's job queue: strictly one job at a time, first come first served."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from simulators.stash.process import Cancel
from simulators.stash.records import Clock
from simulators.stash.runs import PluginRun

GRAVEYARD = 10

Work = Callable[["Job"], str | None]
"""Does the job and returns an error text, or None."""


@dataclass(slots=True, eq=False)
class Job:
    """One job as GraphQL shows it; ``progress`` is 0..1."""

    id: int
    description: str
    addTime: str
    work: Work
    status: str = "READY"
    progress: float | None = 0.0
    startTime: str | None = None
    endTime: str | None = None
    error: str | None = None
    subTasks: None = None
    cancel: Cancel = field(default_factory=Cancel)
    runs: list[PluginRun] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def report(self, progress: float) -> None:
        self.progress = min(max(progress, 0.0), 1.0)


class JobQueue:
    """Waiting and running jobs, and the last ten finished ones."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._queue: list[Job] = []
        self._graveyard: deque[Job] = deque(maxlen=GRAVEYARD)
        self._last_id = 0
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to work on jobs; waiting ones of a former life are gone, as after a restart."""
        self._thread = threading.Thread(target=self._dispatch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Forget the queue. A running task is neither stopped nor awaited: it is an orphan."""
        with self._changed:
            self._thread = None
            self._queue.clear()
            self._graveyard.clear()
            self._changed.notify_all()

    def add(self, description: str, work: Work) -> Job:
        with self._changed:
            self._last_id += 1
            job = Job(self._last_id, description, self._clock.precise_text(), work)
            self._queue.append(job)
            self._changed.notify_all()
            return job

    def queued(self) -> list[Job]:
        with self._changed:
            return list(self._queue)

    def find(self, job_id: int) -> Job | None:
        with self._changed:
            known = [*self._queue, *self._graveyard]
            return next((job for job in known if job.id == job_id), None)

    def cancel(self, job_id: int) -> None:
        """A waiting job is removed, a running one killed; an unknown id has no effect."""
        with self._changed:
            job = next((job for job in self._queue if job.id == job_id), None)
            if job is None:
                return
            if job.status == "READY":
                job.status = "CANCELLED"
                self._bury(job)
            else:
                job.status = "STOPPING"
        job.cancel.throw()

    def _dispatch(self) -> None:
        me = threading.current_thread()
        while job := self._next(me):
            error = job.work(job)
            with self._changed:
                job.error = error
                if job.status == "STOPPING":
                    job.status = "CANCELLED"
                else:
                    job.status = "FAILED" if error else "FINISHED"
                job.endTime = self._clock.precise_text()
                self._bury(job)

    def _next(self, me: threading.Thread) -> Job | None:
        with self._changed:
            self._changed.wait_for(lambda: self._thread is not me or self._queue)
            if self._thread is not me:
                return None
            job = self._queue[0]
            job.status, job.startTime = "RUNNING", self._clock.precise_text()
            return job

    def _bury(self, job: Job) -> None:
        if job in self._queue:
            self._queue.remove(job)
            self._graveyard.append(job)
        job.over.set()
