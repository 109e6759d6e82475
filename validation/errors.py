"""The tree of errors. Every failure that crosses a room's border is one of these.

PlexSyncError
├── TransientError        try again later; nothing is wrong with the scene
│   ├── (plex) PlexTemporaryError, AnotherPlex
│   ├── (plex) PlexTvUnreachable
│   ├── (plex) PlexNotFound
│   └── (stash) StashUnavailable
├── SetupError            the user must change a setting, a token or a login; everything waits
│   ├── (plex) PlexSetupError, WrongToken
│   ├── (plex) PinExpired, SignInAgain
│   └── PublicAddress
├── PermanentError        this scene, as it is, will never be accepted
│   ├── (plex) PlexPermanentError
│   └── InvalidScene
└── QueueError            the database itself; waiting, or opening it again, may help
    ├── (queue) DatabaseBusy, DatabaseFull, DatabaseUnwritable
    └── (queue) DatabaseDamaged, DatabaseGone, DatabaseReplaced, DatabaseTooNew
"""

from __future__ import annotations


class PlexSyncError(Exception):
    """Base of all errors of PlexSync. ``str()`` is one sentence that a user can act on."""


class TransientError(PlexSyncError):
    """Trying again later may succeed without anybody changing anything.

    ``retry_after`` is the server's own wish in seconds, or ``None``. ``is_away``: the server itself
    could not be used. ``part`` is the part of the server that failed, "" where it is unknown.
    """

    is_away = True
    part: str = ""

    def __init__(self, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class SetupError(PlexSyncError):
    """A setting, token or login is missing or wrong. Everything waits until it changes."""


class PermanentError(PlexSyncError):
    """This scene will not be accepted as it is; trying again is of no use."""


class InvalidScene(PermanentError):
    """Stash's scene failed validation. The message names the fields."""


class QueueError(PlexSyncError):
    """The database cannot be used as it is: full, locked, damaged or written by newer code."""
