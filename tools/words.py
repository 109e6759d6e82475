"""``make check``: finds words in the documents and in sentences for users that have a better one.

All three lists grow: ``BETTER`` by words, ``DOCUMENTS`` and ``ROOMS`` by texts that were rewritten.
Never shipped.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BETTER: Mapping[str, str] = {
    "a look": "a check",
    "anew": "again",
    "anybody": "any process, any user",
    "asked for again": "retried",
    "at once": "immediately, in one batch",
    "fate": "disposition",
    "for want of": "without",
    "goes on": "continues",
    "hole": "gap, vulnerability",
    "holes": "gaps, vulnerabilities",
    "is told": "is reported",
    "mend": "repair, fix",
    "mended": "repaired, fixed",
    "mends": "repairs, fixes",
    "nobody": "no user, no other process",
    "people": "users",
    "person": "user",
    "road": "path",
    "somebody": "a user, another process",
    "told": "reported, sent",
    "trouble": "error",
    "wherein": "in which",
    "whoever": "a user who",
}
DOCUMENTS = (
    *("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "PlexSync.yml"),
    "docs/*.md",
)
ROOMS = (
    *("PlexSync.py", "process_queue.py", "hooks/*.py", "tasks/*.py", "worker/*.py"),
    *("sync_queue/*.py", "stash/*.py", "plex/*.py", "validation/*.py"),
)
_WORDS = re.compile(rf"\b({'|'.join(map(re.escape, sorted(BETTER, reverse=True)))})\b", re.I)
_CODE = re.compile(r"^ *```.*?^ *```$|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def findings() -> Iterator[str]:
    """Return one line for each word that has a better one."""
    for pattern in DOCUMENTS:
        for file in sorted(ROOT.glob(pattern)):
            text = _CODE.sub(lambda code: re.sub(r"[^\n]", " ", code[0]), read(file))
            for number, line in enumerate(text.splitlines(), 1):
                yield from words_in(line, f"{name_of(file)}:{number}")
    for pattern in ROOMS:
        for file in sorted(ROOT.glob(pattern)):
            for number, sentence in sentences(read(file)):
                yield from words_in(sentence, f"{name_of(file)}:{number}")


def words_in(text: str, place: str) -> Iterator[str]:
    """Return a line for each such word of one text."""
    for found in _WORDS.findall(text):
        yield f"{place}: “{found}”; better: {BETTER[found.lower()]}"


def sentences(source: str) -> Iterator[tuple[int, str]]:
    """Return the strings of a module that contain a blank, with their lines, without docstrings."""
    tree = ast.parse(source)
    docstrings = {
        id(node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str() as text) if " " in text and id(node) not in docstrings:
                yield node.lineno, text


def read(file: Path) -> str:
    return file.read_text(encoding="utf-8")


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def main() -> None:
    """Print the findings. The exit status is 1 if there are any."""
    lines = list(findings())
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.exit(bool(lines))


if __name__ == "__main__":
    main()
