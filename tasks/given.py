"""The arguments of a task or operation, each checked when it is asked for. Standard library only,
and little of it.
"""

from __future__ import annotations

from validation import numbers
from validation.errors import SetupError
from validation.texts import one_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

# The lowest and the highest value of each number. Item 0 takes a choice back.
RANGES: Mapping[str, tuple[int, int]] = {
    "scene": (1, numbers.LARGEST),
    "item": (0, numbers.LARGEST),
    "job": (1, numbers.LARGEST),
    "after": (0, numbers.LARGEST),
    "page": (0, 100_000),
    "since": (0, numbers.LARGEST),
    "limit": (1, 200),
    "lines": (1, 500),
}
LONGEST_TEXT = 500
ON = frozenset({"1", "true", "yes", "on"})
OFF = frozenset({"0", "false", "no", "off"})


class Given:
    """``arguments`` are Stash's ``args`` without ``mode``: defaults arrive as strings."""

    __slots__ = ()
    if TYPE_CHECKING:
        mode: str
        arguments: Mapping[str, Any]

    def number(self, name: str) -> int | None:
        """A whole number among the arguments, which may arrive as text; ``None`` without one.

        Raises ``SetupError`` for anything else, and for a number that nothing can have.
        """
        given = self.arguments.get(name)
        if given is None or given == "":
            return None
        low, high = RANGES[name]
        number = numbers.whole(given.strip() if isinstance(given, str) else given, low, high)
        if number is None:
            shown = f", not {one_line(given, 40)!r}" if isinstance(given, str) else ""
            bound = "of at most 18 digits" if high == numbers.LARGEST else f"at most {high}"
            raise SetupError(f"{name} must be a whole number from {low}, {bound}{shown}.")
        return number

    def check_numbers(self) -> None:
        """Raise ``SetupError`` for a number that cannot be, before anything is stored."""
        for name in RANGES:
            self.number(name)

    def needed(self, name: str) -> int:
        """Like ``number``, for an argument that this mode cannot do without."""
        found = self.number(name)
        if found is None:
            raise SetupError(f"{self.mode} needs the number {name}.")
        return found

    def numbers(self, name: str, most: int) -> list[int]:
        """A list of scene numbers among the arguments, without doubles; [] without one. Raises
        ``SetupError`` for anything else, and for more than *most*.
        """
        given = self.arguments.get(name)
        if given is None or given == "":
            return []
        if not isinstance(given, list) or len(given) > most:
            raise SetupError(f"{name} must be a list of at most {most} numbers.")
        found = [numbers.whole(one, 1) for one in given]
        if None in found:
            raise SetupError(f"{name} must be a list of whole numbers from 1.")
        return list(dict.fromkeys(one for one in found if one is not None))

    def text(self, name: str, most: int = LONGEST_TEXT) -> str:
        """A text of at most *most* characters among the arguments, "" without one. Raises
        ``SetupError`` for anything else."""
        given = self.arguments.get(name)
        if given is None:
            return ""
        if not isinstance(given, str) or len(given) > most:
            raise SetupError(f"{name} must be text of at most {most} characters.")
        return given.strip()

    def instead(self) -> Mapping[str, Any]:
        """The settings to be tried in place of the stored ones. Raises ``SetupError``."""
        given = self.arguments.get("settings") or {}
        if not isinstance(given, dict):
            raise SetupError("settings must be a JSON object of settings and their values.")
        return given

    def flag(self, name: str) -> bool:
        """Whether an argument is given and on."""
        return str(self.arguments.get(name, "")).strip().lower() in ON
