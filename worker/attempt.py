"""One job's attempt: assess the scene, write, remember."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from plex.candidates import paths_digest
from plex.edit_plan import intend, remember
from plex.ownership import BELIEVED
from sync_queue.manager import QueueManager
from sync_queue.models import MANY_PRIO, ClaimedJob, scene_job
from sync_queue.scenes import SYNCED, WAITS_FOR_A_FILE, Outcome
from sync_queue.state import WokenNote
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from validation.records import LedgerEntry
from worker.assess import Assessment, PlannedItem, assess
from worker.batch import Batch
from worker.covers import cover_problem, sync_covers
from worker.run import Run, TooManyRemovals
from worker.scan_request import ScanRequests

# The ``update_type`` of scenes whose items may have changed hands.
RELEASED = "item released"

log = logging.getLogger("plexsync.scene")


@dataclass(slots=True)
class Attempt:
    """One try of one job; its story survives an error."""

    job: ClaimedJob
    scene: SyncMetadata | None = None
    assessment: Assessment | None = None
    planned: PlannedItem | None = None

    def story(self) -> dict[str, object]:
        """The findings, as JSON values."""
        found: dict[str, object] = dict(self.assessment.detail) if self.assessment else {}
        if self.planned is not None:
            found["item"] = self.planned.item.rating_key
            found["fields"] = [change.field for change in self.planned.edits.changes]
        return found

    @property
    def written(self) -> tuple[str, ...]:
        """The fields of all items that were written, by Plex's names."""
        found = self.assessment.items if self.assessment and self.planned else ()
        names = (change.field for one in found for change in one.edits.changes)
        return tuple(dict.fromkeys(names))

    @property
    def scene_updated_at(self) -> str:
        """Stash's ``updated_at`` of the scene as it was read, "" when it was not."""
        return self.scene.updated_at if self.scene else ""

    @property
    def title_and_path(self) -> tuple[str, str]:
        """The scene's title and its first file, "" where it was not read."""
        if self.scene is None:
            return "", ""
        files = self.scene.files
        return self.scene.title or "", files[0].path if files else ""


@dataclass(frozen=True, slots=True)
class Result:
    """How an attempt ended well.

    ``outcome`` is ``synced``, a reason code, or "" for a job that is no scene's. ``detail`` is the
    story as JSON values. ``writes`` is the number of items written. ``asked_plex``: Plex served it.
    """

    outcome: str
    detail: Mapping[str, object] = field(default_factory=dict)
    writes: int = 0
    asked_plex: bool = False


class SceneSync:
    """Brings one scene at a time to Plex. Not thread-safe: the sync thread owns it."""

    def __init__(self, manager: QueueManager, clock: Callable[[], float]) -> None:
        self.manager = manager
        self.clock = clock
        self.scans = ScanRequests()

    def sync(self, run: Run, batch: Batch, attempt: Attempt) -> Result:
        """Sync the scene of a job. Raises the errors of ``validation.errors``; finished
        writes are in the ledger by then.
        """
        scene_id = attempt.job.job.scene_id
        if scene_id not in batch.parsed:
            return Result(Reason.SCENE_GONE)
        attempt.scene = scene = batch.scene(scene_id)
        attempt.assessment = found = assess(self.manager, batch, scene, run.claimed)
        for note in scene.notes:
            log.info("Scene %d: %s", scene.scene_id, note)
        if found.reason is Reason.NOT_IN_PLEX:
            self.scans.ask(batch, scene, self.clock())
        if found.reason is not None:
            return Result(found.reason, found.detail, asked_plex=found.match is not None)
        return self._write_all(run, batch, attempt, found)

    def record(self, batch: Batch, attempt: Attempt, result: Result) -> None:
        """Keep what became of the scene, within the caller's transaction. Scenes that waited for
        its items are woken."""
        scene_id = attempt.job.job.scene_id
        scenes, ledger = self.manager.scenes, self.manager.ledger
        if result.outcome == Reason.SCENE_GONE:
            ledger.release_scene(scene_id)
            scenes.forget_scene(scene_id)
            self._wake(scenes.kept_out(scene_id))
            return
        if attempt.scene is None or attempt.assessment is None:
            return
        moved = self._hand_over(batch.plex.server, attempt.assessment)
        if moved or attempt.job.job.update_type != RELEASED:  # else two might wake each other
            kept = [one.item.rating_key for one in attempt.assessment.items]
            self._wake(scenes.kept_out(scene_id, but_from=kept))
        if result.asked_plex and result.outcome in WAITS_FOR_A_FILE:
            self._park_at(batch.plex.server)
        now, updated_at = self.clock(), attempt.scene.updated_at
        scenes.set_outcome(
            Outcome(
                scene_id,
                result.outcome,
                result.detail,
                updated_at,
                now,
                *attempt.title_and_path,
                written=attempt.written,
            ),
            files=list(_files_in_plex(attempt.scene, batch.config)),
            related=" ".join(attempt.scene.related),
        )

    def _park_at(self, server: str) -> None:
        """A scene waits for a file in this Plex. If another takes the address, all are woken."""
        if self.manager.state.load(WokenNote).server not in ("", server):
            self.manager.state.save(WokenNote(server))

    def _hand_over(self, server: str, found: Assessment) -> bool:
        """Let others have the items that are not the scene's any more; returns whether there were
        any. A scene that Plex was not asked for keeps its own."""
        if found.match is None:
            return False
        scene_id, scenes = found.scene.scene_id, self.manager.scenes
        # A user may have chosen again, or ignored the scene, while it was written.
        still_chosen = found.chosen == scenes.pin_of_scene(server, scene_id)
        if found.pin is not None and found.pin != found.chosen and still_chosen:
            scenes.pin(found.pin)
        kept = [one.item.rating_key for one in found.items]
        return bool(self.manager.ledger.release_items(server, scene_id, keep=kept))

    def _wake(self, scene_ids: Iterable[int]) -> None:
        """Sync scenes again whose items may have changed hands, but for those that wait anyway."""
        jobs = [scene_job(scene_id, RELEASED, self.clock()) for scene_id in scene_ids]
        if not jobs:
            return
        waiting = self.manager.jobs.waiting([job.job_key for job in jobs])
        jobs = [job for job in jobs if job.job_key not in waiting]
        self.manager.jobs.put_all(jobs, prio=MANY_PRIO)

    def _write_all(self, run: Run, batch: Batch, attempt: Attempt, found: Assessment) -> Result:
        """Write every item that shows the scene."""
        writes = 0
        error: TooManyRemovals | None = None
        refused: list[str] = []
        bad_cover: Reason | None = None
        for planned in found.items:
            attempt.planned = planned
            try:
                run.admit(self.manager.scenes, found.scene.scene_id, planned.edits)
                entry = self._write(batch, found.scene, planned)
            except TooManyRemovals as caught:
                error = caught
            else:
                writes += bool(planned.edits)
                refused += kept_by_plex(entry)
                bad_cover = bad_cover or cover_problem(planned.item, entry, batch.config)
        items = [one.item.rating_key for one in found.items]
        if error is not None:
            return Result(error.reason, {"sentence": str(error)}, writes, asked_plex=True)
        if refused:
            reason = Reason.PLEX_KEPT_OTHER_VALUE
            return Result(reason, {"fields": refused}, writes, asked_plex=True)
        if bad_cover is not None:
            return Result(bad_cover, {"items": items}, writes, asked_plex=True)
        return Result(SYNCED, {"writes": writes, "items": items}, writes, asked_plex=True)

    def _write(self, batch: Batch, scene: SyncMetadata, planned: PlannedItem) -> LedgerEntry:
        """Write and remember one item; returns what is remembered."""
        item, entry, edits = planned.item, planned.entry, planned.edits
        sent = edits
        batch.ahead.forget(item.rating_key)
        if edits or planned.slots:
            batch.same_plex.confirm()
        if edits:
            entry = intend(
                entry,
                edits,
                item=item,
                scene_id=scene.scene_id,
                server=batch.plex.server,
                now=self.clock(),
            )
            self._keep(entry)
            log.debug("Scene %d, item %d: %s", scene.scene_id, item.rating_key, edits.changes)
            sent = batch.plex.write(edits)
        scene_file, file = planned.pair
        entry = remember(
            entry,
            sent,
            item=item,
            scene_id=scene.scene_id,
            server=batch.plex.server,
            scene_file=scene_file,
            file=file,
        )
        entry = replace(entry, searched=paths_digest(scene.files))
        return sync_covers(
            scene, item, entry, batch.config, batch.stash, batch.plex, keep=self._keep
        )

    def _keep(self, entry: LedgerEntry) -> None:
        """Store an entry. The scene that loses the item to this one is synced again."""
        ledger = self.manager.ledger
        if entry.images and not entry.first_written:
            entry = replace(entry, first_written=self.clock())
        with self.manager.transaction():
            before = ledger.owner(entry.server, entry.rating_key)
            ledger.put(entry)
            if before not in (0, entry.scene_id):
                self._wake([before])


def kept_by_plex(entry: LedgerEntry) -> list[str]:
    """The fields for which Plex insists on another value than Stash's."""
    return [name for name, memory in entry.fields.items() if memory.doubts >= BELIEVED]


def _files_in_plex(scene: SyncMetadata, config: PlexSyncConfig) -> Iterator[tuple[str, int]]:
    """The paths by which Plex may know the scene's files, with their sizes."""
    for file in scene.files:
        for path in config.path_rules.to_plex(file.path):
            yield path, file.size
