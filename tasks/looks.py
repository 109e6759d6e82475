"""The operations that need no library: Status, scenes, one dead letter, the log, the sign-in and
the wake-up call.

Standard library only, and little of it: a page asks every two seconds, and each time costs a
process. So nothing here imports a library, ``dataclasses`` or ``logging``.
"""

from __future__ import annotations

import json
import os
import sys
import time

from hooks import protocol
from sync_queue import datadir, launch, lock, producer
from sync_queue.report import read_report
from tasks import exit_codes, listings, status
from tasks.answer import Answer
from tasks.given import Given
from tasks.stderr import wait_until_read
from validation.errors import PlexSyncError
from validation.texts import one_line, one_lines
from validation.words import Wrong

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Mapping
    from typing import Any

    Look = Callable[[Given, str, float], Answer]


def begin_sign_in(given: Given, data_dir: str, now: float) -> Answer:
    """Ask plex.tv for a PIN."""
    from tasks import sign_in

    return sign_in.begin(given, data_dir, now)


def sign_in_state(given: Given, data_dir: str, now: float) -> Answer:
    """Whether the user has allowed it."""
    from tasks import sign_in

    return sign_in.state(given, data_dir, now)


def sign_out(given: Given, data_dir: str, now: float) -> Answer:
    """Forget the sign-in."""
    from tasks import sign_in

    return sign_in.sign_out(given, data_dir, now)


LOOKS: Mapping[str, Look] = {
    "status": status.look,
    "scenes": listings.scenes,
    "letter": listings.letter,
    "log": listings.log_tail,
    "sign_in": begin_sign_in,
    "sign_in_state": sign_in_state,
    "sign_out": sign_out,
}


class Asked(Given):
    """What Stash asked for."""

    __slots__ = ("arguments", "mode")

    def __init__(self, mode: str, arguments: Mapping[str, Any]) -> None:
        self.mode = mode
        self.arguments = arguments


def run_look(event: protocol.Event, plugin_dir: str) -> None:
    """Answer an operation of Stash that only looks. The caller may end the process immediately."""
    lock.fill_standard_streams()
    try:
        given = (json.loads(event.raw).get("args")) or {}
        asked = Asked(event.mode, given if isinstance(given, dict) else {})
        data_dir = datadir.locate(plugin_dir, event.stash_dir, os.environ)
        answer = answer_to(asked, data_dir, plugin_dir, event.connection)
    except (PlexSyncError, OSError, ValueError, RecursionError) as error:
        protocol.log(protocol.ERROR, str(error))
        reply({"output": None, "error": str(error)})
        wait_until_read()
        return
    quiet = asked.flag("quiet")
    for line in () if quiet else reversed(answer.lines):  # Stash shows the newest line on top
        protocol.log(protocol.WARNING if isinstance(line, Wrong) else protocol.INFO, line)
    reply({"output": {"mode": event.mode, **answer.counts(), **answer.output}})
    if not quiet:
        wait_until_read()


def answer_to(
    asked: Asked,
    data_dir: str,
    plugin_dir: str,
    connection: str = "",
    *,
    lets_worker_in: bool = True,
) -> Answer:
    """The answer, once the numbers are known to be well. See ``wake`` for the other arguments."""
    asked.check_numbers()
    if asked.mode == "wake":
        return wake(connection, plugin_dir, data_dir, lets_worker_in=lets_worker_in)
    return LOOKS[asked.mode](asked, data_dir, time.time())


def at_shell(asked: Namespace, plugin_dir: str, data_dir: str) -> int:
    """Answer the same at a shell; returns the exit status."""
    given = Asked(asked.mode, vars(asked))
    try:
        answer = answer_to(given, data_dir, plugin_dir, lets_worker_in=not asked.config)
    except (PlexSyncError, OSError) as error:
        if asked.json:
            reply({"mode": asked.mode, "error": str(error)})
        else:
            sys.stderr.write(f"{one_line(str(error))}\n")
        return exit_codes.of_error(error)
    if asked.json:
        reply({"mode": asked.mode, **answer.counts(), **answer.output, "lines": answer.lines})
        return answer.exit_code
    for line in (*answer.lines, *answer.terminal):
        text = f"{one_line(line)}\n"
        sys.stdout.buffer.write(text.encode(sys.stdout.encoding, "backslashreplace"))
    return answer.exit_code


def wake(connection: str, plugin_dir: str, data_dir: str, *, lets_worker_in: bool) -> Answer:
    """A page of Stash was opened: start a worker when something waits and none runs, or when one is
    to look at Plex's views. Silent otherwise. *connection* is Stash's address and session (JSON
    text), "" from a shell. *lets_worker_in*: a worker would know the settings, since they are in no
    file of the shell's.
    """
    report = read_report(data_dir, time.time())
    started = False
    looks_at_plex = report.tables.states.number("from_plex", "at") > 0
    if (report.left or looks_at_plex) and not report.worker_alive and lets_worker_in:
        if connection:
            producer.tell(data_dir, connection, time.time())
        started = launch.ensure_worker(plugin_dir, data_dir)
    return Answer({"started": started}, left=report.left)


def reply(answer: Mapping[str, object]) -> None:
    """The one JSON object on standard output."""
    protocol.reply(json.dumps(one_lines(answer)).encode())
