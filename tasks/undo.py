"""Mode ``undo``: Plex's values and pictures from before our first write. Previews by default."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from plex.undo import UndoneField
from sync_queue import aside, datadir, launch, lock
from sync_queue.report import read_report
from sync_queue.shared import held
from sync_queue.snapshot import Snapshot
from sync_queue.state import LibraryRun
from tasks import exit_codes
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import Desk, ready_servers
from tasks.given import OFF, ON
from validation.errors import PlexSyncError, SetupError, TransientError
from validation.reasons import Exit
from validation.records import Value
from validation.texts import one_line
from validation.words import Wrong, count
from worker.deaths import take_back_leases
from worker.observed import note_settings
from worker.servers import Servers
from worker.undo import ItemUndo, Scope, UndoRun, UndoWriter

TITLE = "Undo"
# The last preview or run of many items, beside the database, for the page.
MARKER = "undo.json"
ROWS_A_PAGE = 100
MOST_ROWS = 5_000
MOST_LINES, MOST_LOGGED = 12, 500
# Letters and names of a value in a row.
LONGEST_TEXT, MOST_NAMES = 500, 60

ONE_OF = "undo needs one of: scene, since (epoch seconds), all."
PAUSED = "Pause is on: PlexSync writes nothing to Plex until you switch it off."

log = logging.getLogger("plexsync.tasks")


def previews(request: TaskRequest) -> bool:
    """Whether an undo is only shown. Raises ``SetupError`` for a word that is neither yes nor
    no."""
    given = str(request.arguments.get("preview", "")).strip().lower()
    if given not in {"", *ON, *OFF}:
        raise SetupError("preview must be true (show only) or false (undo).")
    return given not in OFF or request.flag("dry_run") or request.number("page") is not None


def scope_of(request: TaskRequest, now: float) -> Scope:
    """What is to be undone. Raises ``SetupError`` unless exactly one thing was named."""
    scene, since = request.number("scene"), request.moment("since")
    if [scene is not None, since is not None, request.flag("all")].count(True) != 1:
        raise SetupError(ONE_OF)
    if since is not None and since > now:
        raise SetupError("since is in the future: give a past time in epoch seconds.")
    return Scope(scene or 0, since or 0.0)


def preview(request: TaskRequest, progress: Progress) -> TaskResult:
    """Show what would go back, or a page of what was shown or undone last."""
    page = request.number("page")
    if page is not None:
        return stored_page(request, page)
    now = time.time()
    scope = scope_of(request, now)
    with Snapshot(request.resolve(), request.connection) as memory:
        run = UndoRun(memory, ready_servers(request, memory), scope, time.time)
        report = Report(scope, *run.count(), preview=True, at=now)
        report.take(run.preview(), progress)
    return finished(request, report)


def undo(desk: Desk) -> TaskResult:
    """Undo, and leave the scenes alone afterwards."""
    scope = scope_of(desk.request, desk.begun)
    servers = ready_servers(desk.request, desk.manager)
    if not scope.scene:
        pause(desk, servers)
    with worker_aside(desk):
        forget_library_run(desk)
        run = UndoWriter(desk.manager, servers, scope, time.time)
        report = Report(scope, *run.count(), preview=False, at=desk.begun)
        report.take(run.run(), desk.progress)
    return finished(desk.request, report)


def forget_library_run(desk: Desk) -> None:
    """A *Sync All Scenes* that was interrupted begins anew: it takes up what is undone now."""
    with desk.manager.transaction():
        desk.manager.state.clear(LibraryRun)


def pause(desk: Desk, servers: Servers) -> None:
    """Switch *Pause* on, as the page's settings do. Raises ``PlexSyncError``: nothing is undone
    without it, since the next rename would write all of it again."""
    try:
        stash = servers.stash()
        stash.configure({"paused": True})
        raw = stash.read_settings()[0]
    except PlexSyncError as error:
        raise NotPaused(f"Nothing was undone, because Pause could not be set: {error}") from error
    if raw.get("paused") is not True:
        raise NotPaused("Nothing was undone, because Stash did not keep the setting Pause.")
    note_settings(desk.manager, servers.judged(raw))
    log.info("%s", PAUSED)


class NotPaused(TransientError):
    """Pause could not be set."""


@contextmanager
def worker_aside(desk: Desk) -> Iterator[None]:
    """Hold the worker's lock; a worker that held it finishes its job first, and comes back
    afterwards. Raises ``SetupError`` when it does not step aside."""
    request, data_dir = desk.request, desk.manager.data_dir
    was_alive = lock.worker_alive(data_dir)
    descriptor = aside.acquire(data_dir)
    if descriptor is None:
        raise TransientError("The worker did not step aside within a minute: run this again.")
    try:
        with held(descriptor):
            take_back_leases(desk.manager, time.time())
            while desk.manager.take_in_spool():
                pass
            yield
    finally:
        if (was_alive or read_report(data_dir, time.time()).left) and request.lets_worker_in:
            launch.ensure_worker(request.plugin_dir, data_dir, asked=True)


@dataclass
class Report:
    """What was found so far: rows for the page, totals, and the error that ended it."""

    scope: Scope
    items: int
    others: int
    preview: bool
    at: float
    done: int = 0
    back: int = 0
    stays: int = 0
    rows: list[dict[str, object]] = field(default_factory=list)
    total: int = 0
    problem: PlexSyncError | None = None

    def take(self, found: Iterable[ItemUndo], progress: Progress) -> None:
        """Add up items as they come. An error ends it, and is part of the report."""
        progress(0.0)
        try:
            for one in found:
                self.done += not one.is_left
                self.add(one)
                progress(self.done / max(1, self.items))
        except (TransientError, SetupError) as error:
            self.problem = error

    def add(self, one: ItemUndo) -> None:
        """Add the rows of one item."""
        head = {
            "scene": one.entry.scene_id,
            "title": one_line(one.title, LONGEST_TEXT),
            "item": one.entry.rating_key,
        }
        if one.why:
            self.stays += not one.is_left
            self.keep({**head, "field": "", "before": "", "after": "", "back": False,
                       "why": one_line(one.why, LONGEST_TEXT)})  # fmt: skip
        for each in one.fields:
            self.back += each.goes_back
            self.stays += bool(each.stays)
            self.keep({**head, **row_of(each)})

    def keep(self, row: dict[str, object]) -> None:
        """Keep a row, while there is room."""
        self.total += 1
        if len(self.rows) < MOST_ROWS:
            self.rows.append(row)

    @property
    def left(self) -> int:
        """The items that were not looked at, or at which Plex failed."""
        return max(0, self.items - self.done)

    def sentences(self) -> Iterator[str]:
        """The result in words."""
        verb = ("would go back", "would stay") if self.preview else ("went back", "stay")
        yield (
            f"{TITLE}: {count(self.done, 'item', 'items')} looked at,"
            f" {count(self.back, 'field', 'fields')} {verb[0]}, {self.stays} {verb[1]} as listed."
        )
        if self.problem is not None:
            left = count(self.left, "item", "items")
            yield Wrong(f"{self.problem} {left} left: run it again, it continues.")
        if not self.items:
            yield "PlexSync has written nothing there."
        if self.others:
            yield f"{count(self.others, 'item', 'items')} of another Plex server are not touched."
        if not self.preview and not self.scope.scene:
            yield PAUSED

    def as_doc(self) -> dict[str, Any]:
        """For programs."""
        scope: dict[str, object] = {"scene": self.scope.scene}
        if not self.scope.scene:
            scope = {"since": self.scope.since} if self.scope.since else {"all": True}
        return {
            "preview": self.preview,
            **scope,
            "at": self.at,
            "items": self.items,
            "back": self.back,
            "stays": self.stays,
            "other_servers": self.others,
            "items_left": self.left,
            "sentences": [str(said) for said in self.sentences()],
            "rows": self.rows,
            "total": self.total,
        }


def row_of(one: UndoneField) -> dict[str, object]:
    """One field for programs."""
    return {
        "field": one.field,
        "before": shown(one.before),
        "after": shown(one.after),
        "lock": one.lock,
        "back": one.goes_back,
        "why": str(one.stays),
    }


def shown(value: Value) -> object:
    """A value, cut to a bounded length."""
    if isinstance(value, str):
        return value if len(value) <= LONGEST_TEXT else value[:LONGEST_TEXT] + "…"
    names = [name[:LONGEST_TEXT] for name in value[:MOST_NAMES]]
    return names + (["…"] if len(value) > MOST_NAMES else [])


def finished(request: TaskRequest, report: Report) -> TaskResult:
    """The result; that of many items is kept for the page."""
    doc = report.as_doc()
    if not report.scope.scene:
        note(request.resolve(), doc)
    said = list(report.sentences())
    rows = [line_of(row) for row in report.rows[:MOST_LOGGED]]
    more = report.total - MOST_LINES
    brief = rows[:MOST_LINES] + ([f"And {more} more."] if more > 0 else [])
    code = Exit.SOME if report.stays else Exit.DONE
    if report.problem is not None:
        code = exit_codes.of_error(report.problem)
    return TaskResult(
        title="" if report.preview else TITLE,
        done=report.done,
        left=report.left,
        problems=report.stays + bool(report.problem),
        lines=(*said, *brief),
        report=(*said, *rows),
        exit_code=code,
        output=page_of(doc, 0),
    )


def line_of(row: Mapping[str, Any]) -> str:
    """One row in words."""
    head = f"Scene {row['scene']}, item {row['item']} “{row['title']}”"
    if not row["field"]:
        return f"{head}: {row['why']}"
    changes = f"{row['before'] or 'nothing'} → {row['after'] or 'nothing'}"
    same = row["before"] == row["after"]
    lock = {True: "locked", False: "unlocked", None: ""}[row["lock"]]
    parts = ["" if same else changes, lock, row["why"]]
    return f"{head}, {row['field']}: {', '.join(filter(None, parts))}"


def page_of(doc: Mapping[str, Any], page: int) -> dict[str, Any]:
    """One page of the rows, with all totals."""
    rows = doc["rows"]
    start = page * ROWS_A_PAGE
    return {
        **doc,
        "rows": rows[start : start + ROWS_A_PAGE],
        "page": page,
        "pages": max(1, -(-len(rows) // ROWS_A_PAGE)),
        "not_shown": doc["total"] - len(rows),
    }


def note(data_dir: str, doc: Mapping[str, Any]) -> None:
    """Keep a result, as far as the directory can be written."""
    try:
        text = json.dumps({**doc, "version": 1}).encode()
        datadir.write_private(os.path.join(data_dir, MARKER), text)
    except OSError as error:
        log.warning("The result could not be kept for the page: %s.", error.strerror)


def stored_page(request: TaskRequest, page: int) -> TaskResult:
    """A page of the last result. Raises ``SetupError`` when there is none."""
    try:
        with open(os.path.join(request.locate(), MARKER), encoding="utf-8") as file:
            doc = json.load(file)
    except (FileNotFoundError, ValueError):
        doc = None
    if not isinstance(doc, dict) or doc.pop("version", 0) != 1:
        raise SetupError(f"There is no result of an undo yet. {ONE_OF}")
    return TaskResult(output=page_of(doc, page))
