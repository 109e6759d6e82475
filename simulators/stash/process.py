"""Runs one plugin process as Stash does, and reads its output.

Stash writes one JSON object to stdin and closes it, reads stdout to its end (so that a child
which inherits stdout keeps it waiting), then waits. A cancel is SIGKILL to the direct child
alone; no process group or session is made. stderr is read line by line until the process is
reaped; then, or after a line of 64 KiB, its pipe is closed.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

LONGEST_LINE = 64 * 1024
_PIPE_HOLDS = 32 * 1024
_READ_SIZE = 64 * 1024

OnLine = Callable[[str], None]


class Cancel:
    """A one-way switch; ``on_cancel`` actions run once, immediately if it is already thrown."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._thrown = False
        self._actions: list[Callable[[], None]] = []

    @property
    def thrown(self) -> bool:
        return self._thrown

    def on_cancel(self, action: Callable[[], None]) -> None:
        with self._lock:
            if not self._thrown:
                self._actions.append(action)
                return
        action()

    def throw(self) -> None:
        with self._lock:
            actions, self._actions, self._thrown = self._actions, [], True
        for action in actions:
            action()


@dataclass(frozen=True, slots=True)
class Finished:
    """An ended process; ``seconds`` from start to end. Negative exit code: a signal."""

    stdout: str
    exit_code: int
    cancelled: bool
    seconds: float


class PluginProcess:
    """One running plugin process. Raises OSError when it cannot be started."""

    def __init__(
        self,
        command: Sequence[str],
        stdin: bytes,
        *,
        env: Mapping[str, str],
        cwd: str,
        on_line: OnLine,
    ) -> None:
        self.started = time.monotonic()
        self._stderr, self._stderr_end = os.pipe()
        try:
            self.popen = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._stderr_end,
                env=dict(env),
                cwd=cwd,
            )
        except OSError:
            os.close(self._stderr)
            os.close(self._stderr_end)
            raise
        self._end_mark = b"\0end of %d\n" % self.popen.pid
        self._logs = _start(lambda: self._read_stderr(on_line))
        self._stdout = b""
        self._ended = 0.0
        self._over = threading.Event()
        self._feed(stdin)
        _start(self._collect)

    def wait(self, cancel: Cancel) -> Finished:
        """Wait for the end, or kill at the cancel and wait no longer."""
        cancel.on_cancel(self._kill)
        self._over.wait()
        code = self.popen.wait()
        seconds = (self._ended or time.monotonic()) - self.started
        text = self._stdout.decode("utf-8", "replace")
        return Finished(text, code, cancel.thrown, seconds)

    def _kill(self) -> None:
        self.popen.kill()
        self._over.set()

    def _feed(self, stdin: bytes) -> None:
        if len(stdin) <= _PIPE_HOLDS:
            self._write_stdin(stdin)
        else:
            _start(lambda: self._write_stdin(stdin))

    def _write_stdin(self, stdin: bytes) -> None:
        pipe = self.popen.stdin
        assert pipe is not None
        with contextlib.suppress(OSError):
            pipe.write(stdin)
        with contextlib.suppress(OSError):
            pipe.close()

    def _collect(self) -> None:
        pipe = self.popen.stdout
        assert pipe is not None
        with pipe:
            self._stdout = pipe.read()
        self.popen.wait()
        self._ended = time.monotonic()
        # Written after all that the process wrote itself, the mark ends the reading of stderr
        # even while a grandchild still holds the pipe; that one then gets EPIPE, as under Stash.
        with contextlib.suppress(OSError):
            os.write(self._stderr_end, b"\n" + self._end_mark)
        os.close(self._stderr_end)
        self._logs.join()
        self._over.set()

    def _read_stderr(self, on_line: OnLine) -> None:
        pending = b""
        try:
            while chunk := os.read(self._stderr, _READ_SIZE):
                *lines, pending = (pending + chunk).split(b"\n")
                for line in lines:
                    if len(line) >= LONGEST_LINE or line + b"\n" == self._end_mark:
                        return
                    if line:
                        on_line(line.removesuffix(b"\r").decode("utf-8", "replace"))
                if len(pending) >= LONGEST_LINE:
                    return
        finally:
            os.close(self._stderr)


def _start(action: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=action, daemon=True)
    thread.start()
    return thread
