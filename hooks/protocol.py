"""Stash's side of the conversation: standard input, replies, log lines. Standard library only.

``import json`` costs a hook as much as everything else together, so SQLite's own JSON functions
read standard input, which may carry a cover image of several megabytes. Replies are constants.
"""

from __future__ import annotations

import os

from sync_queue.light_sqlite import sqlite3

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs a hook more than everything else
    from typing import Any

OK = b'{"output": "ok"}'

# Stash's log encoding: SOH, level letter, STX before each line.
DEBUG, INFO, WARNING, ERROR = "d", "i", "w", "e"
# Stash gives up on lines of 64 KiB and closes the pipe.
LONGEST_LINE = 4000
# As in validation.numbers, whose import would cost a hook more than this line.
LARGEST_ID = 10**18 - 1

# Two walks over the whole document, whatever it carries; everything else reads the small extract.
READ_EVENT = """
WITH sent AS MATERIALIZED (
    SELECT
        json_type(:doc, '$.args.hookContext') AS hook,
        json_extract(
            :doc,
            '$.args.hookContext.type', '$.args.hookContext.id', '$.args.hookContext.inputFields',
            '$.args.mode', '$.server_connection', '$.settings'
        ) AS part
)
SELECT
    hook IS NOT NULL AND hook <> 'null',
    json_type(part, '$[3]') <> 'null',
    json_extract(part, '$[0]'),
    CASE json_type(part, '$[1]') WHEN 'integer' THEN json_extract(part, '$[1]') END,
    CASE json_type(part, '$[2]') WHEN 'array' THEN (
        SELECT group_concat(value, char(31)) FROM json_each(part, '$[2]')) END,
    json_extract(part, '$[4].Dir'),
    CASE json_type(part, '$[3]') WHEN 'text' THEN json_extract(part, '$[3]') END,
    json_object(
        'server_connection', json_extract(part, '$[4]'), 'settings', json_extract(part, '$[5]'))
FROM sent
"""

FIELD_SEPARATOR = "\x1f"

# The operations that need no library: a page asks for most of them again and again.
LOOKS = frozenset(
    {"status", "scenes", "letter", "log", "wake", "sign_in", "sign_in_state", "sign_out"}
)


class Event:
    """Stash's message on standard input, as far as a hook needs it.

    ``raw`` is the whole object, for a task. ``id`` is the hook's, 0 when Stash sent none that can
    be one.
    ``fields`` are the names of ``inputFields``, ``None`` when Stash sent none (a scan).
    ``mode`` is a task's or an operation's, "" for a hook. ``connection`` is a JSON object with
    Stash's address and session (and, from a newer Stash, the settings). It is stored and never
    shown.
    """

    __slots__ = (
        "connection",
        "fields",
        "id",
        "is_hook",
        "is_task",
        "mode",
        "raw",
        "stash_dir",
        "type",
    )

    def __init__(self, raw: bytes, row: tuple[Any, ...]) -> None:
        """``row`` is what ``READ_EVENT`` found in ``raw``, in its order."""
        is_hook, is_task, kind, number, fields, stash_dir, mode, connection = row
        self.raw = raw
        self.is_hook = bool(is_hook)
        self.is_task = bool(is_task)
        self.type = kind if isinstance(kind, str) else ""
        self.id = number if isinstance(number, int) and 0 < number <= LARGEST_ID else 0
        self.fields = None if fields is None else tuple(fields.split(FIELD_SEPARATOR))
        self.stash_dir = stash_dir if isinstance(stash_dir, str) else ""
        self.mode = mode if isinstance(mode, str) else ""
        self.connection: str = connection


class UnreadableInput(ValueError):
    """Standard input was not one JSON object."""


def read_stdin() -> bytes:
    """All of standard input; one read, since ``+=`` in a loop is quadratic."""
    try:
        with open(0, "rb", 0, closefd=False) as stdin:
            return stdin.readall()
    except OSError as error:
        raise UnreadableInput("standard input is closed") from error


def parse_event(raw: bytes) -> Event:
    """Read Stash's JSON object. Raises ``UnreadableInput`` for anything else."""
    doc = raw.decode("utf-8", "replace")
    if not doc.lstrip().startswith("{"):
        raise UnreadableInput("not a JSON object")
    reader = sqlite3.connect(":memory:")
    # An escaped lone surrogate comes out of SQLite as bytes that are no UTF-8.
    reader.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        row = reader.execute(READ_EVENT, {"doc": doc}).fetchone()
    except (sqlite3.Error, OverflowError) as error:
        raise UnreadableInput("not JSON, or too big or too deep") from error
    finally:
        reader.close()
    return Event(raw, row)


def reply(text: bytes) -> None:
    """Write the one JSON object that Stash reads; a Stash that has gone away is no error."""
    write_all(1, text)


def refuse(sentence: str) -> None:
    """Reply with an error, which Stash logs; the save itself is not disturbed."""
    line = "".join(sign if sign >= " " else " " for sign in sentence)  # a path may hold a newline
    escaped = line.replace("\\", "\\\\").replace('"', '\\"').encode("utf-8", "replace")
    reply(b'{"output": null, "error": "%s"}' % escaped)


def log(level: str, *lines: str) -> None:
    """Write lines to Stash's log."""
    write_all(2, encode_log(level, lines))


def encode_log(level: str, lines: tuple[str, ...]) -> bytes:
    """Lines in Stash's log encoding. A foreign text with line breaks stays one line."""
    return b"".join(
        f"\x01{level}\x02{' '.join(line[:LONGEST_LINE].split())}\n".encode("utf-8", "replace")
        for line in lines
    )


def write_all(descriptor: int, content: bytes) -> None:
    """Write to a pipe that the reader may have closed."""
    try:
        while content:
            content = content[os.write(descriptor, content) :]
    except OSError:
        return
