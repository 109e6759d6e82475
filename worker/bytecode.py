"""Bytecode of our rooms, written whole or not at all. Standard library only.

Our processes let Python write none (``PlexSync.py``): it takes half a file for a whole one where
the disk was full, and containers often forbid it to write. It reads what is there all the same.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from importlib import util
from importlib.machinery import SourceFileLoader

HOOK_ROOMS = ("hooks", "sync_queue")
OTHER_ROOMS = ("validation", "worker", "tasks", "plex", "stash")
MAGIC, HEADER_BYTES = util.MAGIC_NUMBER, 16
# The errors that ``marshal`` raises for half a file.
BROKEN = (EOFError, ValueError, TypeError)


def compile_rooms(plugin_dir: str, rooms: tuple[str, ...]) -> None:
    """Write what is missing or damaged of ``__pycache__`` for the modules of ``rooms``. A file
    that cannot be written is left out: Python then compiles that module each time.
    """
    for room in rooms:
        folder = os.path.join(plugin_dir, room)
        with contextlib.suppress(OSError):
            for name in sorted(os.listdir(folder)):
                if name.endswith(".py"):
                    compile_module(os.path.join(folder, name))


def compile_module(source: str) -> None:
    """Write the bytecode of one file, unless a whole one is there."""
    target = place_of(source)
    try:
        found = os.stat(source)
        header = header_of(int(found.st_mtime), found.st_size)
        if is_whole(target, header):
            return
        with open(source, "rb") as file:
            text = file.read()
        code = SourceFileLoader("<compiled>", source).source_to_code(text, source)
    except (OSError, SyntaxError, ValueError):
        return
    with contextlib.suppress(OSError):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        write_whole(target, header + marshal.dumps(code), (found.st_mode | 0o200) & 0o666)


def place_of(source: str) -> str:
    """The path at which Python looks for a file's bytecode. This process looks elsewhere once it
    has met half a file (``PlexSync.py``).
    """
    target = util.cache_from_source(source)
    if sys.pycache_prefix != os.devnull:
        return target
    return os.path.join(os.path.dirname(source), "__pycache__", os.path.basename(target))


def header_of(modified: int, size: int) -> bytes:
    """How Python marks bytecode that belongs to a source of this time and size."""
    mark = (modified & 0xFFFFFFFF).to_bytes(4, "little") + (size & 0xFFFFFFFF).to_bytes(4, "little")
    return MAGIC + bytes(4) + mark


def is_whole(target: str, header: bytes) -> bool:
    """Whether bytecode is there that Python can use."""
    try:
        with open(target, "rb") as file:
            content = file.read()
        if content[:HEADER_BYTES] == header:
            marshal.loads(content[HEADER_BYTES:])  # noqa: S302 (as Python itself is about to do)
            return True
    except (OSError, *BROKEN):
        return False
    return False


def write_whole(target: str, content: bytes, mode: int) -> None:
    """Put a whole file in place, or leave the one that is there. Raises ``OSError``."""
    temporary = f"{target}.{os.getpid()}"

    def opener(path: str, flags: int) -> int:
        return os.open(path, flags, mode)

    try:
        with open(temporary, "wb", buffering=0, opener=opener) as file:
            while content:
                content = content[file.write(content) :]
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except OSError:
        with contextlib.suppress(OSError):
            os.remove(temporary)
        raise
