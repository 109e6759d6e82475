"""The two servers as a task reaches them."""

from __future__ import annotations

import time

from tasks.context import TaskRequest
from validation.errors import SetupError
from worker.memory import Memory
from worker.session import Session


def session_for(request: TaskRequest, memory: Memory) -> Session:
    """A session with Stash's settings read. Raises ``StashUnavailable``."""
    session = Session(memory, request.environ, time.time, time.sleep)
    session.read_settings()
    return session


def ready_session(request: TaskRequest, memory: Memory) -> Session:
    """Like ``session_for``, for what is of no use without Plex. Raises ``SetupError``."""
    session = session_for(request, memory)
    if session.setup_problem:
        raise SetupError(session.setup_problem)
    return session
