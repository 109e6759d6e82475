"""Where the product keeps its files. Standard library only, cheap enough for the hook."""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:  # typing costs a hook more than everything else
    from collections.abc import Mapping

QUEUE_DIR = "queue"
DATABASE = "data.db"
SPOOL_DIR = "spool"
IDENTITY = "stash.json"
# The ending of a file that its writer has not finished; after a kill it stays so.
UNFINISHED = ".tmp"


def resolve(plugin_dir: str, stash_dir: str, environ: Mapping[str, str]) -> str:
    """The absolute data directory for the Stash whose configuration lives in ``stash_dir``.

    ``$STASH_PLUGIN_DATA`` itself, else ``<plugin dir>/data``; where that cannot be written,
    ``<stash_dir>/plexsync``. A data directory belongs to the first Stash that used it: another
    ``stash_dir`` gets its own subdirectory, so that two servers never share a queue. Raises
    ``OSError`` when nothing can be written anywhere. An empty ``stash_dir`` (a shell) takes the
    directory as it is.
    """
    base = choose(plugin_dir, stash_dir, environ)
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
    return owned_directory(base, stash_dir) if stash_dir else base


def owned_directory(base: str, stash_dir: str) -> str:
    """``base`` if it belongs to this Stash or to none, else this Stash's subdirectory of it."""
    while remembered(base) not in (None, identity_text(stash_dir)):
        base = subdirectory(base, stash_dir)
    return base


def subdirectory(base: str, stash_dir: str) -> str:
    """A directory name that any file system takes and that a user recognises."""
    path = os.path.normpath(stash_dir)
    slug = "".join(c if c.isascii() and c.isalnum() else "-" for c in path)
    return os.path.join(base, "stash" + slug[-80:])


def database_path(data_dir: str) -> str:
    """The one database file of a data directory."""
    return os.path.join(data_dir, QUEUE_DIR, DATABASE)


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
        with open(os.path.join(base, IDENTITY), "rb") as file:
            return file.read() or None
    except FileNotFoundError:
        return None


def write_private(path: str, content: bytes) -> None:
    """Write a whole file durably, readable by the owner only (0600), or not at all."""
    temporary = f"{path}.{os.getpid()}{UNFINISHED}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with open(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        os.replace(temporary, path)
    except OSError:
        os.remove(temporary)
        raise
    sync_directory(os.path.dirname(path))


def sync_directory(directory: str) -> None:
    """Make a rename durable. Windows cannot open a directory, and does not need it."""
    if os.name == "nt":
        return
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
