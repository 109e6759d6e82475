"""A run that takes away too much stops until a person asks for it twice."""

from __future__ import annotations

from plex.edit_plan import EditPlan, unsafe
from sync_queue.ledger import Ledger
from validation.errors import PermanentError
from validation.reasons import Reason


class TooManyRemovals(PermanentError):
    """A run's plans take away too much to go on without a person."""

    reason = Reason.TOO_MANY_REMOVALS


class RemovalGuard:
    """Counts the items of a run, and those that lose something."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.begin()

    def begin(self) -> None:
        """A new run begins: everything is counted anew."""
        self.items = self.removing = 0

    def admit(self, scene_id: int, edits: EditPlan) -> None:
        """Let one item's plan pass, or raise ``TooManyRemovals``.

        A scene that was stopped for this before passes: a person has put its job back.
        """
        self.items += 1
        if not edits.removals:
            return
        before = self.ledger.outcome(scene_id)
        if before is not None and before.outcome == Reason.TOO_MANY_REMOVALS:
            return
        if unsafe(self.items, self.removing + 1):
            raise TooManyRemovals(
                "This run would clear or remove values on very many items. If that is what you"
                " want, run Sync All Scenes or Retry Failed."
            )
        self.removing += 1
