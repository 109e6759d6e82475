"""Where the product keeps its files. Standard library only, cheap enough for the hook."""

from __future__ import annotations

import errno
import os
import sys
import time

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs a hook more than everything else
    from collections.abc import Callable, Mapping
    from types import TracebackType
    from typing import TypeVar

    Found = TypeVar("Found")

QUEUE_DIR = "queue"
DATABASE = "data.db"
SPOOL_DIR = "spool"
SPOOLED = ".json"
IDENTITY = "stash.json"
LOG_FILE = "plexsync.log"
# The ending of a file that its writer has not finished; after a kill it stays so.
UNFINISHED = ".tmp"
# How long Windows may refuse to read a file that is being replaced, and to rename or delete one
# that another process, or a virus scanner, has open.
BUSY_READ_SECONDS = 2.0
BUSY_RENAME_SECONDS = 5.0

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
REFUSED = frozenset({errno.EACCES, errno.EPERM})
NO_DIRECTORY = frozenset({errno.ENOTDIR, errno.EEXIST})
NO_LOCKS = frozenset({errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS})
ELSEWHERE = (
    "set STASH_PLUGIN_DATA to a directory on a local disk for which Stash's user has permissions"
)


class Unusable(OSError):
    """The data directory cannot be used. ``str()`` is one sentence with the next step."""

    def __str__(self) -> str:
        return str(self.strerror)


class Using:
    """``with Using(directory):`` raises ``Unusable`` in place of every other ``OSError``."""

    __slots__ = ("directory",)

    def __init__(self, directory: str) -> None:
        self.directory = directory

    def __enter__(self) -> None:
        return None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if isinstance(error, OSError) and not isinstance(error, Unusable):
            raise Unusable(error.errno, sentence_of(error, self.directory)) from error


def sentence_of(error: OSError, directory: str) -> str:
    """The problem of a data directory, and the next step."""
    if isinstance(error, Unusable):
        return str(error)
    number = error.errno
    if number in FULL:
        return f"The disk of the data directory {directory} is full. Free some space."
    if number == errno.EROFS:
        return (
            f"The data directory {directory} is on a read-only file system."
            f" Mount it writable, or {ELSEWHERE}."
        )
    if number in REFUSED:
        return (
            f"The data directory {directory} cannot be written{owners(directory)}."
            f" Correct its owner or mode, or {ELSEWHERE}."
        )
    if number in NO_LOCKS:
        return f"The file system of {directory} cannot lock files: {ELSEWHERE}."
    if number in NO_DIRECTORY:
        return (
            f"The data directory {directory} cannot be made, because a file is in its way."
            f" Move that file, or {ELSEWHERE}."
        )
    why = error.strerror or type(error).__name__
    return f"The data directory {directory} cannot be used ({why}). Check its disk."


def owners(directory: str) -> str:
    """The directory's owner and our own user, where they differ; "" if that is unknown."""
    if sys.platform == "win32":
        return ""
    while not os.path.exists(directory) and os.path.dirname(directory) != directory:
        directory = os.path.dirname(directory)
    try:
        owner = os.stat(directory).st_uid
    except OSError:
        return ""
    ours = os.geteuid()
    return "" if owner == ours else f": user {owner} owns {directory}, PlexSync runs as user {ours}"


def patiently(
    act: Callable[[], Found], seconds: float = BUSY_READ_SECONDS, system: str | None = None
) -> Found:
    """The result of ``act``. Windows refuses to replace, rename or delete a file that another
    process reads, and to read one that is being replaced: there it is tried again for a moment.
    """
    if (system or os.name) != "nt":
        return act()
    deadline = time.monotonic() + seconds
    while True:
        try:
            return act()
        except PermissionError:
            if time.monotonic() >= deadline:
                raise
            time.sleep(0.01)


def resolve(plugin_dir: str, stash_dir: str, environ: Mapping[str, str]) -> str:
    """The absolute data directory for the Stash whose configuration lives in ``stash_dir``.

    ``$STASH_PLUGIN_DATA`` itself, else ``<plugin dir>/data``; where that cannot be written,
    ``<stash_dir>/plexsync``. A data directory belongs to the first Stash that used it: another
    ``stash_dir`` gets its own subdirectory, so that two servers never share a queue. Raises
    ``Unusable`` when nothing can be written anywhere. An empty ``stash_dir`` (a shell) takes the
    directory as it is.
    """
    base = choose(plugin_dir, stash_dir, environ)
    with Using(base):
        make_private(os.path.join(base, QUEUE_DIR))
        if not stash_dir:
            return base
        base = owned_directory(base, stash_dir)
        if remembered(base) is None:
            make_private(os.path.join(base, QUEUE_DIR))
            write_private(os.path.join(base, IDENTITY), identity_text(stash_dir))
    return base


def choose(plugin_dir: str, stash_dir: str, environ: Mapping[str, str]) -> str:
    """The data directory before it is known whose it is; creates nothing."""
    wished = environ.get("STASH_PLUGIN_DATA", "")
    base = os.path.abspath(wished or os.path.join(plugin_dir, "data"))
    if stash_dir and not wished and not can_write(base):
        base = os.path.join(os.path.abspath(stash_dir), "plexsync")
    return base


def locate(plugin_dir: str, stash_dir: str, environ: Mapping[str, str]) -> str:
    """Like ``resolve`` for a reader: finds the directory and creates nothing."""
    base = choose(plugin_dir, stash_dir, environ)
    with Using(base):
        return owned_directory(base, stash_dir) if stash_dir else base


def owned_directory(base: str, stash_dir: str) -> str:
    """``base`` if it belongs to this Stash or to none, else this Stash's subdirectory of it."""
    while not is_free_for(remembered(base), identity_text(stash_dir)):
        base = subdirectory(base, stash_dir)
    return base


def is_free_for(found: bytes | None, identity: bytes) -> bool:
    """Whether a directory is no other Stash's. Windows' names are the same in either case."""
    if found is None or found == identity:
        return True
    texts = (found.decode("utf-8", "replace"), identity.decode("utf-8", "replace"))
    return os.name == "nt" and texts[0].lower() == texts[1].lower()


def subdirectory(base: str, stash_dir: str) -> str:
    """A directory name that any file system takes and that a user recognises."""
    path = os.path.normpath(stash_dir)
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in path)
    return os.path.join(base, "stash" + slug[-80:])


def database_path(data_dir: str) -> str:
    """The one database file of a data directory."""
    return os.path.join(data_dir, QUEUE_DIR, DATABASE)


def log_problem(data_dir: str) -> str:
    """Why the worker's log cannot be written, in a sentence; "" when it can."""
    path = os.path.join(data_dir, LOG_FILE)
    if not os.path.lexists(path) or (os.path.isfile(path) and os.access(path, os.W_OK)):
        return ""
    return f"The worker's log {path} cannot be written. Edits are synced without it."


def spooled(data_dir: str) -> list[str]:
    """The paths of the events that hooks left in files, oldest first."""
    directory = os.path.join(data_dir, SPOOL_DIR)
    try:
        names = os.listdir(directory)
    except FileNotFoundError:
        return []
    return [os.path.join(directory, name) for name in sorted(names) if name.endswith(SPOOLED)]


def can_write(directory: str) -> bool:
    """Whether ``directory``, or the nearest of its parents that exists, can be written."""
    while not os.path.isdir(directory):
        parent = os.path.dirname(directory)
        if parent == directory:
            return False
        directory = parent
    return os.access(directory, os.W_OK)


def make_private(directory: str) -> None:
    """Create ``directory`` and its missing parents, readable by the owner only (0700)."""
    if os.path.isdir(directory):
        return
    make_private(os.path.dirname(directory))
    try:
        os.mkdir(directory, 0o700)
    except FileExistsError:
        if not os.path.isdir(directory):
            raise


def identity_text(stash_dir: str) -> bytes:
    """The content of the file that names a data directory's Stash: versioned JSON."""
    path = os.path.normpath(stash_dir).replace("\\", "\\\\").replace('"', '\\"')
    return b'{"version": 1, "stash_dir": "%s"}' % path.encode("utf-8", "surrogateescape")


def remembered(base: str) -> bytes | None:
    """The identity written in ``base``, or ``None`` when it belongs to none yet."""
    try:
        return patiently(lambda: content_of(os.path.join(base, IDENTITY))) or None
    except FileNotFoundError:
        return None


def content_of(path: str) -> bytes:
    """The bytes of a file."""
    with open(path, "rb") as file:
        return file.read()


def write_private(path: str, content: bytes) -> None:
    """Write a whole file durably, readable by the owner only (0600), or not at all."""
    temporary = f"{path}.{os.getpid()}{UNFINISHED}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        replace(temporary, path)
    except OSError:
        remove(temporary)
        raise
    sync_directory(os.path.dirname(path))


def replace(source: str, target: str) -> None:
    """Put a file or folder in another's place, patiently."""
    patiently(lambda: os.replace(source, target), BUSY_RENAME_SECONDS)


def remove(path: str) -> None:
    """Delete a file, patiently."""
    patiently(lambda: os.remove(path), BUSY_RENAME_SECONDS)


def sync_directory(directory: str) -> None:
    """Make a rename durable. Windows cannot open a directory, and does not need it."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
