"""Small facts that outlive a process: frozen records, each a versioned JSON object by name.

A document of another version, or one that cannot be read, counts as the record's defaults.
"""

from __future__ import annotations

import json
import math
import sqlite3
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from typing import Any, ClassVar, TypeVar

from sync_queue.facts import VERSION, outage_sentence, read_document

CREATE = ("CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, doc TEXT NOT NULL)",)
# An interrupted Sync All is not resumed after so long: too much may have changed.
RESUME_SECONDS = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Record:
    """Base of all records. Every field has a default; all times are epoch seconds, 0 = never."""

    NAME: ClassVar[str] = ""


class BreakerState(StrEnum):
    """The states of the circuit breaker, by the work that they allow."""

    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True)
class Breaker(Record):
    """The circuit breaker.

    Attributes:
        failures: how many in a row while closed.
        probes: how many were made while open.
        pause: seconds from the last failure to ``probe_at``.
        batch: how many jobs may be claimed together (0 = no limit).
    """

    NAME: ClassVar[str] = "breaker"
    state: BreakerState = BreakerState.CLOSED
    failures: int = 0
    probes: int = 0
    opened_at: float = 0.0
    probe_at: float = 0.0
    pause: float = 0.0
    batch: int = 0

    @property
    def sentence(self) -> str:
        """Why edits wait, for Status and the log; "" while the breaker is closed."""
        if self.state is BreakerState.CLOSED:
            return ""
        return outage_sentence(self.opened_at, self.probe_at)


@dataclass(frozen=True, slots=True)
class HoldNote(Record):
    """Why everything waits: a reason code ("" = it does not) and a sentence for the user."""

    NAME: ClassVar[str] = "hold"
    reason: str = ""
    sentence: str = ""
    since: float = 0.0


@dataclass(frozen=True, slots=True)
class LastError(Record):
    """The last failed try: the job's key and a sentence."""

    NAME: ClassVar[str] = "last_error"
    job: str = ""
    sentence: str = ""
    at: float = 0.0


@dataclass(frozen=True, slots=True)
class WrongSettings(Record):
    """A sentence for each setting whose default is used because its value is wrong."""

    NAME: ClassVar[str] = "wrong_settings"
    problems: tuple[str, ...] = field(default=(), metadata={"of": str})


@dataclass(frozen=True, slots=True)
class SweepNote(Record):
    """When the last sweep began, and the time of the installation (``baseline``)."""

    NAME: ClassVar[str] = "sweep"
    at: float = 0.0
    baseline: float = 0.0


@dataclass(frozen=True, slots=True)
class WokenNote(Record):
    """Up to which row of a server's file index the parked scenes were looked for."""

    NAME: ClassVar[str] = "woken"
    server: str = ""
    last_id: int = 0


@dataclass(frozen=True, slots=True)
class LibraryRun(Record):
    """How far a Sync All has come.

    Attributes:
        asked: when the user last asked for it; Plex is listed once since then.
        settings: the fingerprint of the settings that it began with.
        cursor: the highest scene that was put into the queue.
        planned: how many scenes were.
        listed: whether all were.
    """

    NAME: ClassVar[str] = "sync_all"
    started: float = 0.0
    asked: float = 0.0
    settings: str = ""
    cursor: int = 0
    planned: int = 0
    listed: bool = False

    def can_resume(self, now: float, settings: str, *, due: int) -> bool:
        """Whether a run that begins now resumes this one. ``due``: its jobs still waiting."""
        if self.settings != settings or not 0 <= now - self.started < RESUME_SECONDS:
            return False
        return due > 0 or not self.listed


@dataclass(frozen=True, slots=True)
class RunNote(Record):
    """How a task ended."""

    task: str = ""
    at: float = 0.0
    done: int = 0
    left: int = 0
    problems: int = 0


@dataclass(frozen=True, slots=True)
class LastRuns(Record):
    """The last run of each task, the newest first."""

    NAME: ClassVar[str] = "runs"
    runs: tuple[RunNote, ...] = field(default=(), metadata={"of": RunNote})


@dataclass(frozen=True, slots=True)
class Restored(Record):
    """The database was damaged or lost: its copy was restored, or it started empty.

    Attributes:
        at: when that was.
        copied_at: when the restored copy was made, 0 for an empty start.
        sentence: for the user.
    """

    NAME: ClassVar[str] = "restored"
    at: float = 0.0
    copied_at: float = 0.0
    sentence: str = ""


@dataclass(frozen=True, slots=True)
class FromPlexNote(Record):
    """The last look at Plex's views and star ratings.

    Attributes:
        at: when it began.
        sentence: its result for the user, "" for none.
        problem: whether the sentence is about an obstacle.
        passing: whether it is only true until the next look.
    """

    NAME: ClassVar[str] = "from_plex"
    at: float = 0.0
    sentence: str = ""
    problem: bool = False
    passing: bool = False


@dataclass(frozen=True, slots=True)
class PerformerTagsNote(Record):
    """Whether the tags of performers ever counted: genres may come from them."""

    NAME: ClassVar[str] = "performer_tags"
    counted: bool = False


R = TypeVar("R", bound=Record)


class StateStore:
    """The table of the records. Nothing here commits: the caller owns the transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.connection = connection

    def load(self, kind: type[R]) -> R:
        """The stored record of a kind; its defaults without one."""
        row = self.connection.execute(
            "SELECT doc FROM state WHERE name = ?", (kind.NAME,)
        ).fetchone()
        return read_record(kind, row[0]) if row else kind()

    def save(self, record: Record) -> None:
        """Store a record in place of the older one of its kind."""
        self.note(record.NAME, asdict(record))

    def note(self, name: str, doc: Mapping[str, object]) -> None:
        """Store a document that Status alone reads."""
        self.connection.execute(
            "INSERT INTO state (name, doc) VALUES (?, ?)"
            " ON CONFLICT (name) DO UPDATE SET doc = excluded.doc",
            (name, json.dumps({**doc, "version": VERSION})),
        )

    def clear(self, kind: type[Record]) -> None:
        """Delete the stored record of a kind."""
        self.connection.execute("DELETE FROM state WHERE name = ?", (kind.NAME,))


def read_record(kind: type[R], text: object) -> R:
    """A stored document as a record."""
    doc = read_document(text)
    try:
        return make_record(kind, doc)
    except ValueError:
        return kind()


def make_record(kind: type[R], doc: dict[str, Any]) -> R:
    """A JSON object as a record. Raises ``ValueError`` for a value of a wrong type."""
    values = {
        each.name: convert(doc[each.name], each.default, each.metadata.get("of"))
        for each in fields(kind)
        if each.name in doc
    }
    return kind(**values)


def convert(value: object, default: object, part: Any) -> object:
    """A JSON value as what the default is. Raises ``ValueError``."""
    if isinstance(default, tuple) and isinstance(value, list):
        return tuple(convert_part(each, part) for each in value)
    if isinstance(default, StrEnum) and isinstance(value, str):
        return type(default)(value)
    if isinstance(default, float) and type(value) in (int, float):
        number = float(value)  # type: ignore[arg-type]  # one of the two
        if math.isfinite(number):
            return number
    elif type(value) is type(default):
        return value
    raise ValueError(f"{value!r} is not a {type(default).__name__}")


def convert_part(value: object, part: Any) -> object:
    """One value of a list: a record or a plain value. Raises ``ValueError``."""
    if isinstance(value, dict) and issubclass(part, Record):
        return make_record(part, value)
    if type(value) is not part:
        raise ValueError(f"{value!r} is not a {part.__name__}")
    return value
