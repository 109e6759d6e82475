"""The run of an undo: items of the ledger go back to the state before our first write.

Each step may be repeated: a scene is left alone before its item is written, the decision compares
the item with the ledger, and an entry is forgotten last. A kill at any moment only makes the next
run look again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from plex.client import READ_MANY_LIMIT
from plex.edit_plan import confirm
from plex.exceptions import PlexNotFound, PlexTemporaryError
from plex.fields import STARS
from plex.identity import holds
from plex.items import PlexItem
from plex.questions import LOCKS, ImageSlot
from plex.recollection import believed
from plex.undo import (
    Stays,
    UndoneField,
    UndoPlan,
    asked_slots,
    not_taken,
    plan_undo,
    remaining,
    uncertain,
)
from sync_queue.manager import QueueManager
from sync_queue.scenes import Outcome, Undone
from validation.errors import InvalidScene, PermanentError, PlexSyncError
from validation.metadata import parse_scene
from validation.reasons import Reason
from validation.records import LedgerEntry
from worker.batch import ReadAhead, SamePlex
from worker.servers import Servers, Store
from worker.skipped import LEFT_ALONE
from worker.verify import read_back

GONE = "Plex does not have the item any more."
# So many items in a row may each be one that Plex fails at; more are an outage.
MOST_FAILURES = 3
UNDER_MAINTENANCE = 503
ANOTHER = "Another file or item is under this number now; it is not touched."

log = logging.getLogger("plexsync.undo")


@dataclass(frozen=True, slots=True)
class Scope:
    """The items of one scene (0 = of any), of those that were first written since then."""

    scene: int = 0
    since: float = 0.0

    @property
    def undone(self) -> Undone:
        """How its scenes are left alone afterwards."""
        return Undone.ALONE if self.scene else Undone.TOGETHER


@dataclass(frozen=True, slots=True)
class ItemUndo:
    """One item: its fields that go back or stay, or why it is not touched.

    ``entry`` is our memory of it, confirmed; ``plan`` is ``None`` for an item that stays as it is.
    ``is_left``: another run may put it back.
    """

    entry: LedgerEntry
    title: str
    fields: tuple[UndoneField, ...] = ()
    why: str = ""
    plan: UndoPlan | None = None
    is_left: bool = False

    @property
    def kept(self) -> LedgerEntry | None:
        """The entry afterwards; ``None`` = forgotten."""
        if self.plan is None:
            return self.entry
        return self.plan.kept


class UndoRun:
    """Looks at the items of a scope. Not thread-safe. Raises the errors of ``validation.errors``.

    ``clock`` returns epoch seconds.
    """

    def __init__(
        self, store: Store, servers: Servers, scope: Scope, clock: Callable[[], float]
    ) -> None:
        self.store = store
        self.servers = servers
        self.scope = scope
        self.clock = clock
        self.plex = servers.plex(servers.settings.config)
        self._ahead = ReadAhead(self.plex, clock, lambda: ())

    def count(self) -> tuple[int, int]:
        """The number of items, and of those that belong to another Plex."""
        ledger, scope = self.store.ledger, self.scope
        if scope.scene:
            return len(ledger.items_of_scene(self.plex.server, scope.scene)), 0
        return ledger.count_since(self.plex.server, scope.since)

    def pages(self) -> Iterator[Sequence[LedgerEntry]]:
        """The entries, as many as are read in one request."""
        ledger, server, scope = self.store.ledger, self.plex.server, self.scope
        if scope.scene:
            entries = ledger.entries_of_scene(server, scope.scene)
            for start in range(0, len(entries), READ_MANY_LIMIT):
                yield entries[start : start + READ_MANY_LIMIT]
            return
        after = 0
        while page := ledger.written_since(server, scope.since, after=after, limit=READ_MANY_LIMIT):
            yield page
            after = page[-1].rating_key

    def preview(self) -> Iterator[ItemUndo]:
        """What would go back; nothing is written."""
        for page in self.pages():
            self._expect(page)
            yield from map(self._look, page)

    def _expect(self, page: Sequence[LedgerEntry]) -> None:
        keys = [entry.rating_key for entry in page]
        self._ahead = ReadAhead(self.plex, self.clock, lambda: keys)

    def _look(self, entry: LedgerEntry) -> ItemUndo:
        """Read and decide one item. Its own faults are listed; others raise."""
        title = self.store.scenes.title(entry.scene_id)
        try:
            items = self._ahead.read((entry.rating_key,))
            if not items:
                return ItemUndo(entry, title, why=GONE)
            current = believed(entry, items[0], holds_scene=False, by_values=True)
            if current is None and self._holds_scene(entry, items[0]):
                current = believed(entry, items[0], holds_scene=True, by_values=True)
            if current is None:
                return ItemUndo(entry, title or items[0].title, why=ANOTHER)
            doubtful = uncertain(entry, current, items[0])
            current = confirm(current, items[0])[0]
            shelves = {
                slot: self.plex.pictures.shelf(entry.rating_key, slot)
                for slot in asked_slots(current)
            }
        except (PermanentError, PlexNotFound) as error:
            return ItemUndo(entry, title, why=str(error))
        plan = plan_undo(current, items[0], shelves)
        fields = (*plan.fields, *doubtful)
        return ItemUndo(current, title or items[0].title, fields, plan=plan)

    def _holds_scene(self, entry: LedgerEntry, item: PlexItem) -> bool:
        """Whether the item, whose file has another name than we remember, holds a file of its
        scene now."""
        if not entry.scene_id or entry.added_at != item.added_at:
            return False
        raw = self.servers.read_scenes((entry.scene_id,)).scenes.get(entry.scene_id)
        try:
            files = parse_scene(raw).files if raw is not None else ()
        except InvalidScene:
            return False
        rules = self.servers.settings.config.path_rules
        return any(holds(item, path) for file in files for path in rules.to_plex(file.path))


class UndoWriter(UndoRun):
    """Carries the undo out. The process holds the worker's lock."""

    def __init__(
        self, manager: QueueManager, servers: Servers, scope: Scope, clock: Callable[[], float]
    ) -> None:
        super().__init__(manager, servers, scope, clock)
        self.manager = manager
        self._same_plex = SamePlex(self.plex)
        self._failures = 0
        self._failure: PlexTemporaryError | None = None

    def run(self) -> Iterator[ItemUndo]:
        """What has gone back, item by item. A page is yielded as far as it came, also when an
        error ends the run."""
        for page in self.pages():
            self._expect(page)
            done: list[ItemUndo] = []
            try:
                for entry in page:
                    done.append(self._try(entry))
                done = self._read_back(done)
            except PlexSyncError:
                yield from done
                raise
            with self.manager.transaction():
                for one in done:
                    self._forget(one)
            yield from done
        if self._failure is not None:
            raise self._failure

    def _try(self, entry: LedgerEntry) -> ItemUndo:
        """Undo one item. If Plex answers, and fails at this item, the others are undone first."""
        try:
            one = self._undo(entry)
        except PlexTemporaryError as error:
            self._failures += 1
            if error.status in (0, UNDER_MAINTENANCE) or self._failures > MOST_FAILURES:
                raise
            self._failure = error
            title = self.store.scenes.title(entry.scene_id)
            return ItemUndo(entry, title, why=str(error), is_left=True)
        self._failures = 0
        return one

    def _undo(self, entry: LedgerEntry) -> ItemUndo:
        """Undo one item; its entry stays until it was read back."""
        found = self._look(entry)
        self._leave_alone(entry.scene_id)
        if not found.plan:
            return found
        self._same_plex.confirm()
        self._ahead.forget(entry.rating_key)
        log.debug("Item %d goes back: %s", entry.rating_key, found.fields)
        refused = self._select(entry.rating_key, found.plan)
        locks = {LOCKS[slot] for slot in refused}
        edits = found.plan.edits
        edits = replace(
            edits, locks={name: lock for name, lock in edits.locks.items() if name not in locks}
        )
        try:
            sent = self.plex.write(edits)
        except (PermanentError, PlexNotFound) as error:
            return replace(found, fields=(), why=str(error), plan=None)
        cut = {name for name, text in edits.values.items() if sent.values[name] != text}
        return _still_ours(found, {*refused, *cut})

    def _select(self, rating_key: int, plan: UndoPlan) -> set[ImageSlot]:
        """Select the pictures from before; returns the slots where Plex refuses it."""
        refused: set[ImageSlot] = set()
        for slot, key in plan.pictures.items():
            try:
                self.plex.pictures.select(rating_key, slot, key)
            except (PermanentError, PlexNotFound) as error:
                log.info("Item %d keeps its %s: %s", rating_key, slot, error)
                refused.add(slot)
        return refused

    def _leave_alone(self, scene_id: int) -> None:
        """Nothing writes the scene back from now on, until it is taken up again."""
        if not scene_id:
            return
        scenes, how = self.manager.scenes, self.scope.undone
        before = scenes.outcome(scene_id)
        with self.manager.transaction():
            scenes.leave_alone(scene_id, how)
            outcome = Outcome(
                scene_id,
                Reason.FILTERED,
                {"sentence": LEFT_ALONE[how]},
                before.scene_updated_at if before else "",
                self.clock(),
            )
            scenes.set_outcome(outcome, files=())

    def _read_back(self, done: list[ItemUndo]) -> list[ItemUndo]:
        """The items as Plex shows them afterwards. A single one is believed: two requests are all
        that an item may cost."""
        written = [one.entry.rating_key for one in done if one.plan]
        if len(written) < 2:
            return done
        items, _unreadable = read_back(self.plex, written)
        return [
            _still_ours(one, self._not_taken(one, one.plan, items[one.entry.rating_key]))
            if one.plan and one.entry.rating_key in items
            else one
            for one in done
        ]

    def _not_taken(self, one: ItemUndo, plan: UndoPlan, item: PlexItem) -> set[str]:
        """The fields that Plex did not put back. A server that ignores the star rating in an edit
        is asked the way a Plex client asks."""
        names = not_taken(one.entry, plan, item)
        stars = plan.edits.values.get(STARS)
        if STARS in names and stars is not None:
            self.plex.rate(item.rating_key, float(stars) if stars else None)
            names.discard(STARS)
        return names

    def _forget(self, one: ItemUndo) -> None:
        kept = one.kept
        if kept is None:
            self.manager.ledger.forget_item(one.entry.server, one.entry.rating_key)
        elif one.plan is not None:
            self.manager.ledger.put(kept)


def _still_ours(one: ItemUndo, names: set[str]) -> ItemUndo:
    """The item, of which some fields were not put back."""
    if not names or one.plan is None:
        return one
    fields = tuple(
        replace(field, after=field.before, lock=None, stays=Stays.NOT_TAKEN)
        if field.field in names
        else field
        for field in one.fields
    )
    before = {*one.plan.kept.fields, *one.plan.kept.images} if one.plan.kept else set()
    kept = remaining(one.entry, names | before)
    return replace(one, fields=fields, plan=replace(one.plan, kept=kept))
