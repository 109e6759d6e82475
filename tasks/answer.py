"""The answer of an operation that only looks. Standard library only, and little of it."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class Answer:
    """``output`` goes to programs, ``lines`` to users (top first). ``exit_code`` is the command
    line's exit status. ``terminal`` are lines that no log may have.
    """

    __slots__ = ("exit_code", "left", "lines", "output", "problems", "terminal")

    def __init__(
        self,
        output: Mapping[str, object],
        lines: Sequence[str] = (),
        *,
        left: int = 0,
        problems: int = 0,
        exit_code: int = 0,
        terminal: Sequence[str] = (),
    ) -> None:
        self.output = output
        self.lines = lines
        self.left = left
        self.problems = problems
        self.exit_code = exit_code
        self.terminal = terminal

    def counts(self) -> dict[str, object]:
        """The part of the reply that every mode has."""
        return {"done": 0, "left": self.left, "problems": self.problems}
