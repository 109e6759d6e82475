"""Path globs of the setting ``exclude_paths``: ``*`` and ``?`` over whole paths of Stash."""

from __future__ import annotations

import fnmatch
import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_ROOTED = re.compile(r"[*?/]|[a-z]:")


@dataclass(frozen=True, slots=True)
class PathGlobs:
    """Globs that were parsed from one text; ``problems`` are sentences about those left out.

    A glob matches the whole path or a folder above it, so ``/data/new`` takes in everything below
    it. ``*`` crosses folders. Brackets are plain letters, because folders are often named with
    them. Separators, case and Unicode form do not count: matching too much only leaves a scene
    alone, and no user separates two folders by case to sync one of them.
    """

    patterns: tuple[re.Pattern[str], ...] = ()
    problems: tuple[str, ...] = ()

    def match(self, path: str) -> bool:
        """Does any glob match *path*?"""
        form = _form(path)
        return any(pattern.match(form) for pattern in self.patterns)


@lru_cache(maxsize=8)
def parse_globs(text: str) -> PathGlobs:
    """Parse globs separated by ``;``. One that no absolute path can match is left out."""
    patterns: list[re.Pattern[str]] = []
    problems: list[str] = []
    for glob in filter(None, map(str.strip, text.split(";"))):
        form = _form(glob)
        if not _ROOTED.match(form):
            instead = f"*/{glob}"
            problems.append(
                f"{glob!r} matches no path, as paths begin at the root; write {instead!r}."
            )
            continue
        literal = form.rstrip("/").replace("[", "[[]")
        patterns += [re.compile(fnmatch.translate(each)) for each in (literal, literal + "/*")]
    return PathGlobs(tuple(patterns), tuple(problems))


def _form(path: str) -> str:
    """Return *path* without the differences that do not count."""
    return unicodedata.normalize("NFC", path.replace("\\", "/")).casefold()
