"""The database's errors: one table from SQLite's error codes to our errors.

Nothing here reads a message. ``Connection`` translates every error of a connection where it
happens, so that no room above has to know SQLite.
"""

from __future__ import annotations

import errno
import json
import os

from sync_queue.light_sqlite import sqlite3
from validation.errors import QueueError

TYPE_CHECKING = False
if TYPE_CHECKING:  # Status reads this module and must be quick
    from collections.abc import Iterable
    from types import TracebackType
    from typing import Any, Self


class DatabaseDamaged(QueueError):
    """The file is not a sound database (any more): it is set aside and its copy restored."""


class DatabaseFull(QueueError):
    """The disk, or this user's share of it, is full."""


class DatabaseUnwritable(QueueError):
    """The file or its directory cannot be opened, read or written."""


class DatabaseBusy(QueueError):
    """Another program keeps the database locked."""


class DatabaseTooNew(QueueError):
    """Newer code has written the database. Nothing is touched."""


class DatabaseReplaced(QueueError):
    """A file of the queue was removed or replaced while it was in use: this process ends.

    ``file`` is its name, "" where it is unknown.
    """

    file: str = ""


class DatabaseOutdated(QueueError):
    """The database has not the tables of this code yet: the holder of the worker's lock makes
    them.
    """


def needs_opening(error: QueueError) -> bool:
    """Whether waiting is of no use: the database has to be opened again, or not at all."""
    return isinstance(error, DatabaseDamaged | DatabaseTooNew | DatabaseReplaced)


_Kind = type[QueueError]

_DAMAGED = (
    "The queue's database is damaged ({code}). It is set aside and its daily copy is restored;"
    " check the disk for errors."
)
_FULL = (
    "The disk that holds the queue's database is full ({code}). Make some space: edits wait"
    " meanwhile and nothing is lost."
)
_UNWRITABLE = (
    "The queue's database cannot be read and written ({code}). Give Stash's user write access to"
    " its directory, or check the disk: edits wait meanwhile."
)
_BUSY = (
    "Another program keeps the queue's database locked ({code}). Close it (a backup, a database"
    " browser, a second Stash): edits wait meanwhile."
)
_REPLACED = (
    "The queue's file {code} was removed or replaced while it was in use. This worker ends; the"
    " next one opens the file that is there then. To restore a copy, disable the plugin first."
)
_TOO_NEW = (
    "The database was written by a newer PlexSync (schema {found}, this one knows {known}). Update"
    " the plugin, or move the data directory away. Nothing was changed."
)

# By extended code first, then by the primary one. A code that is missing here is a mistake of ours
# in SQL or its use (SQLITE_ERROR, SQLITE_CONSTRAINT, SQLITE_MISUSE, ...) and is raised unchanged.
_BY_CODE: dict[int, tuple[_Kind, str]] = {
    sqlite3.SQLITE_READONLY_DBMOVED: (DatabaseReplaced, _REPLACED),
    sqlite3.SQLITE_CORRUPT: (DatabaseDamaged, _DAMAGED),
    sqlite3.SQLITE_NOTADB: (DatabaseDamaged, _DAMAGED),
    sqlite3.SQLITE_FORMAT: (DatabaseDamaged, _DAMAGED),
    sqlite3.SQLITE_TOOBIG: (DatabaseDamaged, _DAMAGED),  # a length that is none: we store little
    sqlite3.SQLITE_FULL: (DatabaseFull, _FULL),
    sqlite3.SQLITE_READONLY: (DatabaseUnwritable, _UNWRITABLE),
    sqlite3.SQLITE_CANTOPEN: (DatabaseUnwritable, _UNWRITABLE),
    sqlite3.SQLITE_PERM: (DatabaseUnwritable, _UNWRITABLE),
    sqlite3.SQLITE_AUTH: (DatabaseUnwritable, _UNWRITABLE),
    sqlite3.SQLITE_IOERR: (DatabaseUnwritable, _UNWRITABLE),
    sqlite3.SQLITE_NOLFS: (DatabaseUnwritable, _UNWRITABLE),
    sqlite3.SQLITE_BUSY: (DatabaseBusy, _BUSY),
    sqlite3.SQLITE_LOCKED: (DatabaseBusy, _BUSY),
    sqlite3.SQLITE_PROTOCOL: (DatabaseBusy, _BUSY),
}

_NO_SPACE = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})


def translate_database_exception(error: Exception) -> Exception:
    """Return the ``QueueError`` for an error of SQLite or of the file system, or *error* itself
    when it is a mistake of ours.
    """
    if isinstance(error, OSError):
        code = errno.errorcode.get(error.errno or 0, type(error).__name__)
        if error.errno in _NO_SPACE:
            return DatabaseFull(_FULL.format(code=code))
        return DatabaseUnwritable(_UNWRITABLE.format(code=code))
    if not isinstance(error, sqlite3.Error):
        return error
    try:
        extended, name = error.sqlite_errorcode, error.sqlite_errorname
    except AttributeError:  # raised by Python: text that is no UTF-8, or a mistake in our calls
        if isinstance(error, sqlite3.OperationalError):
            return DatabaseDamaged(_DAMAGED.format(code="text that is not UTF-8"))
        return error
    found = _BY_CODE.get(extended) or _BY_CODE.get(extended & 0xFF)
    if found is None:
        return error
    kind, sentence = found
    return kind(sentence.format(code=name))


def damaged(what: str) -> DatabaseDamaged:
    """The error for a stored value that no code of ours can have written."""
    return DatabaseDamaged(_DAMAGED.format(code=what))


def replaced(path: str) -> DatabaseReplaced:
    """The error for a file that is not the one that was opened."""
    error = DatabaseReplaced(_REPLACED.format(code=os.path.basename(path)))
    error.file = os.path.basename(path)
    return error


def too_new(found: int, known: int) -> DatabaseTooNew:
    """The error for a database of a newer version than ``known``."""
    return DatabaseTooNew(_TOO_NEW.format(found=found, known=known))


def read_object(text: str, what: str) -> dict[str, Any]:
    """A stored JSON object. Raises ``DatabaseDamaged`` for anything else, naming *what* it was."""
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError) as error:
        raise damaged(what) from error
    if not isinstance(found, dict):
        raise damaged(what)
    return found


class _Translated:
    """``with TRANSLATED:`` raises our errors in place of SQLite's and the file system's."""

    __slots__ = ()

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, (sqlite3.Error, OSError)):
            translated = translate_database_exception(error)
            if translated is not error:
                raise translated from error


TRANSLATED = _Translated()


class Cursor(sqlite3.Cursor):
    """A cursor that raises our errors, also while its rows are fetched."""

    def execute(self, sql: str, parameters: Any = (), /) -> Self:
        """See ``sqlite3.Cursor.execute``."""
        try:  # costs a statement nothing, unlike ``with``
            return super().execute(sql, parameters)
        except (sqlite3.Error, OSError) as error:
            with TRANSLATED:
                raise error

    def executemany(self, sql: str, seq_of_parameters: Iterable[Any], /) -> Self:
        """See ``sqlite3.Cursor.executemany``."""
        with TRANSLATED:
            return super().executemany(sql, seq_of_parameters)

    def fetchone(self) -> Any:
        """See ``sqlite3.Cursor.fetchone``."""
        with TRANSLATED:
            return super().fetchone()

    def fetchmany(self, size: int | None = None) -> list[Any]:
        """See ``sqlite3.Cursor.fetchmany``."""
        with TRANSLATED:
            return super().fetchmany(self.arraysize if size is None else size)

    def fetchall(self) -> list[Any]:
        """See ``sqlite3.Cursor.fetchall``."""
        with TRANSLATED:
            return super().fetchall()

    def __next__(self) -> Any:
        try:  # costs a row nothing, unlike ``with``
            return super().__next__()
        except sqlite3.Error as error:
            with TRANSLATED:
                raise error


class Connection(sqlite3.Connection):
    """A connection whose every statement raises our errors."""

    def cursor(self, factory: Any = Cursor) -> Any:
        """See ``sqlite3.Connection.cursor``."""
        return super().cursor(factory)

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        """See ``sqlite3.Connection.execute``."""
        return self.cursor().execute(sql, parameters)

    def executemany(self, sql: str, parameters: Iterable[Any], /) -> Any:
        """See ``sqlite3.Connection.executemany``."""
        return self.cursor().executemany(sql, parameters)
