"""The reason codes: one table for logs, reports, exit codes, dead letters and documents."""

from __future__ import annotations

from enum import IntEnum, StrEnum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Final


class Reason(StrEnum):
    """Why a scene was not synced. Each scene that was not synced has exactly one."""

    NOTHING_TO_SYNC = "nothing_to_sync"
    FILTERED = "filtered"
    NO_FILE = "no_file"
    NOT_IN_PLEX = "not_in_plex"
    AMBIGUOUS = "ambiguous"
    ITEM_TAKEN = "item_taken"
    INVALID = "invalid"
    REFUSED_BY_PLEX = "refused_by_plex"
    IMAGE_UNUSABLE = "image_unusable"
    IMAGE_TOO_BIG = "image_too_big"
    TOO_MANY_REMOVALS = "too_many_removals"
    PLEX_KEPT_OTHER_VALUE = "plex_kept_other_value"
    WAITING_FOR_PLEX = "waiting_for_plex"
    WAITING_FOR_STASH = "waiting_for_stash"
    PAUSED = "paused"
    SETUP = "setup"
    SCENE_GONE = "scene_gone"

    @property
    def about(self) -> About:
        """The row of this reason."""
        return TABLE[self]


class Exit(IntEnum):
    """The exit status of a command, by what is left to do."""

    DONE = 0
    SOME = 1  # scenes need the user, or are dead letters
    USAGE = 2  # wrong usage or settings
    AWAY = 3  # Plex or Stash is unreachable and edits wait
    INTERRUPTED = 130


class About:
    """The meaning of a reason, and the treatment of a scene that has it.

    A plain class, because Status reads the table and must be quick.

    Attributes:
        meaning: a sentence for the user.
        todo: a sentence with the next step of the user.
        exit: the exit status that such scenes lead to.
        needs_user: the outcome stays until the user decides something.
        is_retried: *Retry Failed* takes such scenes.
        waits: the scene's job stays in the queue.
    """

    __slots__ = ("exit", "is_retried", "meaning", "needs_user", "todo", "waits")

    def __init__(
        self,
        meaning: str,
        todo: str,
        exit: Exit = Exit.DONE,
        *,
        needs_user: bool = False,
        is_retried: bool = False,
        waits: bool = False,
    ) -> None:
        self.meaning = meaning
        self.todo = todo
        self.exit = exit
        self.needs_user = needs_user
        self.is_retried = is_retried
        self.waits = waits


def _decision(meaning: str, todo: str, *, is_retried: bool = True) -> About:
    """A reason that only a decision of the user ends."""
    return About(meaning, todo, Exit.SOME, needs_user=True, is_retried=is_retried)


def _wait(meaning: str, todo: str, code: Exit) -> About:
    """A reason that ends by itself, or by a setting."""
    return About(meaning, todo, code, waits=True)


TABLE: Final[Mapping[Reason, About]] = {
    Reason.NOTHING_TO_SYNC: About(
        "The scene has nothing but a file.",
        "Give it a title in Stash.",
    ),
    Reason.FILTERED: About(
        "The settings exclude the scene (tags, studios, paths, IDs, organized), or you ignored or"
        " undid it.",
        "Change the setting, or take back the decision about the scene.",
    ),
    Reason.NO_FILE: About(
        "The scene has no file in Stash.",
        "Scan the file in Stash.",
    ),
    Reason.NOT_IN_PLEX: About(
        "No file of the scene is in Plex's libraries.",
        "Check the path rules, or let Plex scan. The scene syncs by itself once Plex has the file.",
    ),
    Reason.AMBIGUOUS: _decision(
        "Several Plex items match the scene, or the best match is uncertain.",
        "Choose one with `pin`, or `ignore` the scene.",
    ),
    Reason.ITEM_TAKEN: _decision(
        "The Plex item already belongs to another scene.",
        "Choose one of the two scenes with `pin`.",
    ),
    Reason.INVALID: About(
        "The scene has data that Plex cannot store.",
        "Correct the fields that the dead letter names, and save the scene.",
        Exit.SOME,
    ),
    Reason.REFUSED_BY_PLEX: About(
        "Plex refused the edit.",
        "Read the dead letter, then run Retry Failed.",
        Exit.SOME,
    ),
    Reason.IMAGE_UNUSABLE: _decision(
        "Plex cannot take the cover: it is damaged, or of a type such as AVIF or HEIC.",
        "Save the cover in Stash as JPEG or PNG, or install Pillow, which converts other types.",
    ),
    Reason.IMAGE_TOO_BIG: _decision(
        "The cover is larger than the 10 MB that Plex accepts.",
        "Save a smaller cover in Stash, or install Pillow, which scales it.",
    ),
    Reason.TOO_MANY_REMOVALS: _decision(
        "The run stopped before it removed values from too many items.",
        "To allow the removals, run Sync All Scenes or Retry Failed.",
    ),
    Reason.PLEX_KEPT_OTHER_VALUE: _decision(
        "Plex shows another value than PlexSync sent.",
        "Check the item in Plex: another tool may write to it.",
        is_retried=False,  # Plex would insist again
    ),
    Reason.WAITING_FOR_PLEX: _wait(
        "Plex does not answer.",
        "Check that Plex runs and that this machine reaches its address.",
        Exit.AWAY,
    ),
    Reason.WAITING_FOR_STASH: _wait(
        "Stash does not answer, or its session has expired.",
        "Save a scene in Stash, or run one of its tasks.",
        Exit.AWAY,
    ),
    Reason.PAUSED: _wait(
        "The setting Pause is on.",
        "Switch the setting Pause off.",
        Exit.USAGE,
    ),
    Reason.SETUP: _wait(
        "A setting, token or login is missing or wrong.",
        "Correct it under Settings > Plugins > PlexSync, or sign in with Plex again; then run Check"
        " Set-up.",
        Exit.USAGE,
    ),
    Reason.SCENE_GONE: About(
        "The scene is no longer in Stash.",
        "Nothing. Plex stays as it is.",
    ),
}

NEEDS_USER: Final = frozenset(reason for reason, about in TABLE.items() if about.needs_user)
RETRIED: Final = frozenset(reason for reason, about in TABLE.items() if about.is_retried)
