"""The findings of Check Set-up, and their report."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum

from tasks.exit_codes import of_error
from validation.errors import PlexSyncError
from validation.reasons import Exit


class Level(IntEnum):
    """How bad a finding is; the worst come first."""

    FINE = 0
    WORTH_A_LOOK = 1
    WRONG = 2


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check: ``what`` is the finding, ``todo`` the user's next step.

    ``exit_code`` is what the command line exits with for it.
    """

    level: Level
    what: str
    todo: str = ""
    exit_code: Exit = Exit.DONE

    def __str__(self) -> str:
        mark = {Level.FINE: "ok", Level.WORTH_A_LOOK: "check", Level.WRONG: "WRONG"}[self.level]
        return f"{mark}: {self.what} {self.todo}".rstrip()


def fine(what: str) -> Finding:
    """It is as it should be."""
    return Finding(Level.FINE, what)


def look(what: str, todo: str) -> Finding:
    """It works, or may work; the user should know."""
    return Finding(Level.WORTH_A_LOOK, what, todo)


def wrong(what: str, todo: str) -> Finding:
    """Nothing can be synced like this."""
    return Finding(Level.WRONG, what, todo, Exit.USAGE)


def failed(error: PlexSyncError, todo: str, *, at: str = "") -> Finding:
    """A check ended with ``error``; ``at`` is the address that was asked ("" = none is known)."""
    said = str(error)
    where = f" The address is {at}." if at and at not in said else ""
    return Finding(Level.WRONG, said + where, todo, of_error(error))


def worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """In the order in which a user should read them."""
    return sorted(findings, key=lambda finding: -finding.level)
