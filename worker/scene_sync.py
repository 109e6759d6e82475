"""One scene's road: look, write, remember. The look itself is in ``worker.look``."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from plex.edit_plan import intend, remember
from plex.ownership import BELIEVED
from sync_queue.manager import QueueManager
from sync_queue.models import SYNC_ALL, ClaimedJob, SyncJob
from sync_queue.scenes import SYNCED
from validation.config import fingerprint
from validation.metadata import SyncMetadata
from validation.reasons import Reason
from validation.records import LedgerEntry
from worker.covers import cover_problem, sync_covers
from worker.look import Look, Looker, PlannedItem
from worker.pace import Pace
from worker.path_study import PathStudy
from worker.removals import RemovalGuard, TooManyRemovals
from worker.scan_request import SCAN_AGAIN_SECONDS, folder_to_scan
from worker.session import Session

log = logging.getLogger("plexsync.scene")


@dataclass(frozen=True, slots=True)
class SyncResult:
    """What became of one job.

    ``outcome`` is ``synced``, a reason code, or "" for a job that is no scene's; ``detail`` the
    story for a person as JSON values; ``writes`` how many items were written; ``asked_plex``
    whether Plex served it.
    """

    outcome: str
    scene: SyncMetadata | None = None
    detail: Mapping[str, object] = field(default_factory=dict)
    writes: int = 0
    asked_plex: bool = False


class SceneSync:
    """Brings one scene at a time to Plex. Not thread-safe: the sync thread owns it."""

    def __init__(self, manager: QueueManager, session: Session, clock: Callable[[], float]) -> None:
        self.manager = manager
        self.session = session
        self.clock = clock
        self.looker = Looker(manager, session, clock)
        self.scanned_at: dict[str, float] = {}
        self.removals = RemovalGuard(manager.ledger)
        self.paths = PathStudy(manager)
        self.pace = Pace(time.monotonic)
        self.server = ""
        self.of_library: frozenset[int] = frozenset()
        self.writing = False
        self.evidence: dict[str, object] = {}

    def begin_run(self) -> None:
        """A new run begins: removals are counted anew, and what the last one taught is kept."""
        self.removals.begin()
        self.paths.conclude(self.server, self.session.config.path_rules)

    def begin_job(self) -> None:
        """A new job begins: nothing is known of it yet."""
        self.writing = False
        self.evidence = {}

    def expect(self, scenes: Mapping[int, Mapping[str, Any]], jobs: Iterable[ClaimedJob]) -> None:
        """These jobs come next, for ``scenes`` as Stash has them now."""
        library = [job.job for job in jobs if job.job.update_type == SYNC_ALL]
        self.of_library = frozenset(job.scene_id for job in library)
        asked = max((job.enqueued_at for job in library), default=float("-inf"))
        self.looker.expect(scenes, newer_than=asked)

    def sync(self, raw: Mapping[str, Any] | None) -> SyncResult:
        """Sync one scene as Stash has it now; ``raw`` is ``None`` for a deleted one.

        Raises the errors of ``validation.errors``; what was written is in the ledger by then,
        ``writing`` says whether it was on its way to writing, and ``evidence`` what was found out.
        """
        if raw is None:
            return SyncResult(Reason.SCENE_GONE)
        look = self.looker.look(raw)
        scene, reason = look.scene, look.reason
        if look.match is not None:
            self.evidence = look.match.as_evidence()
            self.server = self.session.plex().server
        in_library = scene.scene_id in self.of_library
        self.paths.note(look, self.session.config.path_rules, of_library=in_library)
        for note in scene.notes:
            log.info("Scene %d: %s", scene.scene_id, note)
        if look.is_unchanged:
            if look.noted:
                with self.manager.transaction():
                    self.manager.store_entries(look.noted)
            return self.standing(scene)
        if reason is Reason.NOT_IN_PLEX:
            self.ask_for_scan(scene)
        if reason is not None:
            detail = {**self.evidence, "settings": fingerprint(self.session.config)}
            return SyncResult(reason, scene, detail, asked_plex=look.match is not None)
        return self.write_all(look)

    def ask_for_scan(self, scene: SyncMetadata) -> None:
        """Ask Plex to look at the scene's folder, where the settings wish it."""
        if not self.session.config.ask_plex_to_scan:
            return
        sections = self.looker.sources().sections()
        found = folder_to_scan(scene, sections, self.session.config.path_rules)
        if found is None:
            return
        section, folder = found
        now = self.clock()
        if 0 <= now - self.scanned_at.get(folder, float("-inf")) < SCAN_AGAIN_SECONDS:
            return
        self.scanned_at[folder] = now
        self.session.plex().scan_folder(section, folder)

    def standing(self, scene: SyncMetadata) -> SyncResult:
        """A scene for which there is nothing to do stays what it was."""
        before = self.manager.ledger.outcome(scene.scene_id)
        if before is not None and before.outcome == Reason.PLEX_KEPT_OTHER_VALUE:
            return SyncResult(before.outcome, scene, before.detail)
        return SyncResult(SYNCED, scene)

    def write_all(self, look: Look) -> SyncResult:
        """Write every item that shows the scene."""
        writes = 0
        trouble: TooManyRemovals | None = None
        refused: list[str] = []
        image: Reason | None = None
        self.writing = True
        for planned in look.items:
            try:
                entry = self.write_item(look.scene, planned)
            except TooManyRemovals as error:
                trouble = error
            else:
                writes += bool(planned.edits)
                refused += kept_by_plex(entry)
                image = image or cover_problem(planned.item, entry, self.session.config)
        if trouble is not None:
            detail: dict[str, object] = {"sentence": str(trouble)}
            return SyncResult(trouble.reason, look.scene, detail, writes, asked_plex=True)
        if image is not None:
            return SyncResult(image, look.scene, {}, writes, asked_plex=True)
        if refused:
            detail = {"fields": refused}
            reason = Reason.PLEX_KEPT_OTHER_VALUE
            return SyncResult(reason, look.scene, detail, writes, asked_plex=True)
        return SyncResult(SYNCED, look.scene, {"writes": writes}, writes, asked_plex=True)

    def write_item(self, scene: SyncMetadata, planned: PlannedItem) -> LedgerEntry:
        """Write and remember one item; returns what is remembered."""
        config, plex = self.session.config, self.session.plex()
        item, entry, edits = planned.item, planned.entry, planned.edits
        ledger = self.manager.ledger
        self.evidence["item"] = item.rating_key
        self.evidence["fields"] = [change.field for change in edits.changes]
        self.removals.admit(scene.scene_id, edits)
        self.looker.ahead.forget(item.rating_key)
        if edits:
            entry = intend(entry, edits, item=item, scene_id=scene.scene_id, server=plex.server)
            with self.manager.transaction():
                ledger.put(entry)
            log.debug("Scene %d, item %d: %s", scene.scene_id, item.rating_key, edits.changes)
            with self.pace.timing():
                edits = plex.write(edits)
        entry = remember(entry, edits, item=item, scene_id=scene.scene_id, server=plex.server)
        self.keep(entry)
        return sync_covers(scene, item, entry, config, self.session.stash(), plex, self.keep)

    def keep(self, entry: LedgerEntry) -> None:
        """Store one entry."""
        with self.manager.transaction():
            self.manager.ledger.put(entry)

    def record(self, job: SyncJob, result: SyncResult) -> None:
        """Keep a scene's outcome, within the caller's transaction."""
        if result.outcome == Reason.SCENE_GONE:
            self.manager.ledger.forget_scene(job.scene_id)
        elif result.scene is not None:
            self.manager.ledger.set_outcome(
                result.scene.scene_id,
                result.outcome,
                result.detail,
                scene_updated_at=result.scene.updated_at,
                files=[file.path for file in result.scene.files],
                now=self.clock(),
                related=result.scene.related,
            )


def kept_by_plex(entry: LedgerEntry) -> list[str]:
    """The fields for which Plex insists on another value than Stash's."""
    return [name for name, memory in entry.fields.items() if memory.doubts >= BELIEVED]
