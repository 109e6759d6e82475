"""Paths of two servers: which text names the same file, and how one becomes the other.

Stash and Plex often see one disk under two names (``/data/x.mp4``, ``D:\\Media\\x.mp4``). A path
that begins with one ``/`` is POSIX: only ``/`` separates and case matters. Every other path may
use both separators; a drive letter or a share (``\\\\nas\\video``) makes it a Windows path, where
case does not matter. Unicode forms (NFC, NFD) never make a difference.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from validation.texts import one_line

_LONG_PATH = re.compile(r"[\\/]{2}\?[\\/](UNC[\\/])?", re.IGNORECASE)
_DRIVE = re.compile(r"([A-Za-z]:)([\\/]|$)")
_EITHER = re.compile(r"[\\/]+")


@dataclass(frozen=True, slots=True)
class _Parts:
    """A path taken apart: ``root`` is ``/``, ``C:``, ``//`` (a share) or ``""`` (relative).

    ``names`` are as written, ``exact`` in one Unicode form, ``folded`` without case too. Lower
    case, not case folding: NTFS distinguishes ß from ss.
    """

    root: str
    names: tuple[str, ...]
    exact: tuple[str, ...]
    folded: tuple[str, ...]

    @classmethod
    def of(cls, root: str, names: Iterable[str]) -> _Parts:
        """The parts with their comparable forms; empty names and ``.`` mean nothing."""
        kept = tuple(name for name in names if name not in ("", "."))
        exact = tuple(unicodedata.normalize("NFC", name) for name in kept)
        return cls(root, kept, exact, tuple(name.lower() for name in exact))

    @property
    def windows(self) -> bool:
        """Whether case means nothing in this path."""
        return self.root == "//" or self.root.endswith(":")

    @property
    def keys(self) -> tuple[str, ...]:
        """The names as their own server compares them."""
        return self.folded if self.windows else self.exact


@lru_cache(maxsize=4096)
def _split(path: str) -> _Parts:
    """Take a path apart. ``\\\\?\\`` only lifts a length limit and names no other file."""
    long_path = _LONG_PATH.match(path)
    if long_path:
        path = ("//" if long_path[1] else "") + path[long_path.end() :]
    drive = _DRIVE.match(path)
    if drive:
        root, rest = drive[1].upper(), path[len(drive[1]) :]
    elif re.match(r"[\\/]{2}[^\\/]", path):
        root, rest = "//", path
    elif path.startswith("/"):
        return _Parts.of("/", path.split("/"))
    else:
        root, rest = "/" if path.startswith("\\") else "", path
    return _Parts.of(root, _EITHER.split(rest))


@lru_cache(maxsize=4096)
def normalise(path: str) -> str:
    """The form in which two paths of one server are compared; equal means the same file."""
    return _joined(path, _split(path).keys)


def _joined(path: str, names: Iterable[str]) -> str:
    root = _split(path).root
    return (root + "/" if root.endswith(":") else root) + "/".join(names)


@lru_cache(maxsize=4096)
def spelled(path: str) -> str:
    """The path in its own spelling, whatever its separators: equal means the same text."""
    return _joined(path, _split(path).names)


@lru_cache(maxsize=4096)
def folded(path: str) -> str:
    """The path without case and Unicode form. Two files may share it; see ``spelled``."""
    return _joined(path, _split(path).folded)


def same_path(a: str, b: str) -> bool:
    """Whether two paths as one server sees them name the same file."""
    return a == b or normalise(a) == normalise(b)


def is_below(path: str, folder: str) -> bool:
    """Whether ``path`` lies below ``folder``, by whole names: ``/data2/x`` is not in ``/data``."""
    inner, outer = _split(path), _split(folder)
    return _rest_below(inner, outer) is not None


def _rest_below(path: _Parts, folder: _Parts) -> tuple[str, ...] | None:
    """The names of ``path`` below ``folder``, or None when it does not lie there."""
    size = len(folder.names)
    if path.root != folder.root or len(path.names) <= size:
        return None
    return path.names[size:] if path.keys[:size] == folder.keys else None


def depth_below(path: str, folder: str) -> int:
    """How many names of ``path`` lie below ``folder``; 0 when it does not lie there."""
    return len(_rest_below(_split(path), _split(folder)) or ())


def common_suffix(a: str, b: str) -> tuple[str, ...]:
    """The names two paths of two servers share at their end, file name last, as ``a`` has them.

    Case is ignored as soon as one of them is a Windows path.
    """
    left, right = _split(a), _split(b)
    fold = left.windows or right.windows
    count = 0
    pairs = zip(
        reversed(left.folded if fold else left.exact),
        reversed(right.folded if fold else right.exact),
        strict=False,
    )
    for mine, theirs in pairs:
        if mine != theirs:
            break
        count += 1
    return left.names[len(left.names) - count :]


def common_suffix_length(a: str, b: str) -> int:
    """How many names, file name included, two paths of two servers share at their end."""
    return len(common_suffix(a, b))


def split_names(path: str) -> tuple[str, ...]:
    """The names of a path, file name last, as they are written."""
    return _split(path).names


def separator_of(path: str) -> str:
    """The separator that the server of an absolute path uses."""
    return "\\" if _split(path).windows or path.startswith("\\") else "/"


def basename(path: str) -> str:
    """The file name as it is written, for either separator; ``""`` for a root."""
    names = _split(path).names
    return names[-1] if names else ""


def folder_of(path: str) -> str:
    """The folder that holds a file, as it is written, for either separator."""
    name = basename(path)
    return path[: len(path) - len(name)].rstrip("/\\") if name else path


@dataclass(frozen=True, slots=True)
class PathRule:
    """One folder as Stash (``stash``) and Plex (``plex``) name it, as written by a user."""

    stash: str
    plex: str

    def __str__(self) -> str:
        return f"{self.stash} => {self.plex}"

    def apply(self, path: str) -> str | None:
        """Plex's name for a path below the rule's folder, else None."""
        rest = _rest_below(_split(path), _split(self.stash))
        if rest is None:
            return None
        separator = "/" if "/" in self.plex else "\\"
        return separator.join((self.plex.rstrip("\\/"), *rest))


@dataclass(frozen=True, slots=True)
class PathRules:
    """The rules of the setting ``path_map``, the longest Stash folder first."""

    rules: tuple[PathRule, ...] = ()

    @classmethod
    def parse(cls, text: str) -> tuple[PathRules, tuple[str, ...]]:
        """Read ``stash => plex; stash => plex``; a bad rule is skipped and reported."""
        rules: list[PathRule] = []
        problems: list[str] = []
        for part in filter(None, (part.strip() for part in text.split(";"))):
            sides = [side.strip() for side in part.split("=>")]
            wrong = _what_is_wrong(sides)
            if wrong:
                problems.append(f"The path rule “{one_line(part, 100)}” is skipped: {wrong}")
            else:
                rules.append(PathRule(sides[0], sides[1]))
        unique = dict.fromkeys(rules)
        ordered = sorted(unique, key=lambda rule: -len(_split(rule.stash).names))
        return cls(tuple(ordered)), tuple(problems)

    def mapped(self, path: str) -> tuple[str, ...]:
        """Plex's names for a path of Stash by the rules; empty without a rule for it.

        Only the longest folder with a rule counts. One folder may have several rules, when Plex
        knows it by several names: then there are several answers.
        """
        found: list[str] = []
        depth = -1
        for rule in self.rules:
            name = rule.apply(path)
            size = len(_split(rule.stash).names)
            if name is not None and depth in (-1, size):
                found.append(name)
                depth = size
        return tuple(dict.fromkeys(found))

    def to_plex(self, path: str) -> tuple[str, ...]:
        """Plex's names for a path of Stash; without a rule for it, the path itself."""
        return self.mapped(path) or (path,)


def _what_is_wrong(sides: Sequence[str]) -> str:
    if len(sides) != 2:
        return "write one folder of Stash, then =>, then one folder of Plex."
    for owner, side in zip(("Stash", "Plex"), sides, strict=True):
        if not side:
            return f"the folder of {owner} is missing."
        if not _split(side).root:
            return f"the folder of {owner} has to begin with /, a drive letter or \\\\server."
    return ""


# Two pairs may agree by the accident of one copied folder; three do not.
_PAIRS_TO_AGREE = 3
# How many shared folders a proposal may name to distinguish two mounts.
_FOLDERS_TO_TELL_APART = 3


def propose_rules(pairs: Iterable[tuple[str, str]]) -> tuple[PathRule, ...]:
    """Learn rules from pairs of (Stash's path, Plex's path) of one file.

    The pairs have to be unambiguous already: name, size and duration equal, and unique. Each pair
    votes for the two folders before the names both paths share. A rule needs three votes, and no
    vote for another Plex folder. Where two Plex folders claim one Stash folder (two mounts), one
    shared folder more is named on both sides. Nothing is proposed for paths that are equal.
    """
    open_pairs = [pair for pair in dict.fromkeys(pairs) if not same_path(*pair)]
    learned: list[PathRule] = []
    for extra in range(_FOLDERS_TO_TELL_APART + 1):
        votes: dict[str, dict[str, list[tuple[str, str]]]] = {}
        for mine, theirs in open_pairs:
            rule = rule_behind(mine, theirs, extra)
            claims = votes.setdefault(normalise(rule.stash), {})
            claims.setdefault(normalise(rule.plex), []).append((mine, theirs))
        open_pairs = []
        for claims in votes.values():
            agreeing = [pair for group in claims.values() for pair in group]
            if len(claims) > 1:
                open_pairs += agreeing
            elif len(agreeing) >= _PAIRS_TO_AGREE:
                learned.append(rule_behind(*agreeing[0], extra))
    return tuple(learned)


def rule_behind(mine: str, theirs: str, extra: int = 0) -> PathRule:
    """The folders of two paths before the names they share, naming ``extra`` shared folders."""
    drop = max(1, common_suffix_length(mine, theirs) - extra)
    return PathRule(_folder(mine, drop), _folder(theirs, drop))


def _folder(path: str, drop: int) -> str:
    """``path`` without its last ``drop`` names, in its own style."""
    parts = _split(path)
    separator = separator_of(path)
    root = separator * 2 if parts.root == "//" else parts.root.rstrip("/") + separator
    return root + separator.join(parts.names[: len(parts.names) - drop])
