"""A run: from the first due job until nothing is due."""

from __future__ import annotations

from dataclasses import dataclass, field

from plex.edit_plan import EditPlan, unsafe
from sync_queue.scenes import Scenes
from validation.errors import PermanentError
from validation.reasons import Reason


class TooManyRemovals(PermanentError):
    """A run's plans take away too much to go on without the user."""

    reason = Reason.TOO_MANY_REMOVALS


@dataclass(slots=True)
class Run:
    """The tally of one run so far.

    ``items`` were admitted, ``removing`` of them lose something. ``claimed`` has the owners by
    item that no ledger knows: those of a preview.
    """

    items: int = 0
    removing: int = 0
    claimed: dict[int, int] = field(default_factory=dict)

    def admit(self, scenes: Scenes, scene_id: int, edits: EditPlan) -> None:
        """Let one item's plan pass, or raise ``TooManyRemovals``.

        A scene that was stopped for this before passes: the user has put its job back.
        """
        self.items += 1
        if not edits.removals:
            return
        before = scenes.outcome(scene_id)
        if before is not None and before.outcome == Reason.TOO_MANY_REMOVALS:
            return
        if unsafe(self.items, self.removing + 1):
            raise TooManyRemovals(
                "This run would clear or remove values on very many items. If that is what you"
                " want, run Sync All Scenes or Retry Failed."
            )
        self.removing += 1
