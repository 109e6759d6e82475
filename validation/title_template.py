r"""The setting ``title_template``: parsed once, then rendered for each scene. Pure.

A template is text with values in braces. A block in square brackets vanishes when a value in it is
empty: ``[{studio}: ]{title}[ ({year})]``. Blocks may stand in blocks; one without a value of its
own vanishes with all that are in it. ``{performers:3}`` has at most three names. A backslash makes
``{ } [ ] \`` plain characters. A value is never read as a template.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from validation.file_names import stem
from validation.metadata import SyncMetadata
from validation.sanitizers import LINE_LIMIT, sanitize_for_plex

TITLE, PERFORMERS = "title", "performers"
NAMES = (
    *(TITLE, "studio", "parent_studio", PERFORMERS, "date", "year", "code", "filename"),
    "resolution",
)
# Characters of a template, and blocks around a place in it.
LONGEST, DEEPEST = 500, 8
_MOST_NAMES = 99

_TOKEN = re.compile(
    r"\\(?P<escaped>[\\{}\[\]])"
    r"|\{(?P<value>[^\\{}\[\]]*)\}"
    r"|(?P<bracket>[\[\]])"
    r"|(?P<text>[^\\{}\[\]]+)"
)
_VALUE = re.compile(r"\s*(?P<name>[^\s:]*)\s*(?::\s*(?P<most>\S*)\s*)?")

# Stash's names of the sizes of videos, by the shorter side in pixels.
_RESOLUTIONS = (
    *((6144, "HUGE"), (3840, "8K"), (3584, "7K"), (3000, "6K"), (2560, "5K"), (1920, "4K")),
    *((1440, "1440p"), (1080, "1080p"), (720, "720p"), (540, "540p"), (480, "480p")),
    *((360, "360p"), (240, "240p"), (144, "144p")),
)


@dataclass(frozen=True, slots=True)
class Value:
    """A value of the scene. ``most``: how many performers, 0 = all."""

    name: str
    most: int = 0


@dataclass(frozen=True, slots=True)
class Block:
    """What stands in square brackets."""

    parts: tuple[Part, ...]


Part = str | Value | Block


@dataclass(frozen=True, slots=True)
class Template:
    """A template without a mistake."""

    parts: tuple[Part, ...]

    @property
    def needs_title(self) -> bool:
        """Whether the title stands outside of all blocks: a scene has to have one."""
        return Value(TITLE) in self.parts


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a text is no template. ``place`` counts its characters from 0."""

    place: int
    expected: str

    def __str__(self) -> str:
        return f"At character {self.place + 1}, {self.expected}."


@dataclass(slots=True)
class _Open:
    """A block, or the template itself, that is still being read."""

    place: int
    parts: list[Part] = field(default_factory=list)

    @property
    def has_value(self) -> bool:
        return any(not isinstance(part, str) for part in self.parts)


@lru_cache(maxsize=32)
def parse_template(text: str) -> Template | Mistake:
    """Parse a template, or say where its first mistake is."""
    if len(text) > LONGEST:
        return Mistake(LONGEST, f"the template has to end: it may have {LONGEST} characters")
    stack, place = [_Open(0)], 0
    while place < len(text):
        token = _TOKEN.match(text, place)
        mistake = _stray(text, place) if token is None else _take(stack, token)
        if token is None or mistake is not None:
            return mistake or Mistake(place, "a template is expected")
        place = token.end()
    if len(stack) > 1:
        return Mistake(stack[-1].place, "a bracket opens that is never closed; ] is expected")
    if not stack[0].has_value:
        return Mistake(len(text), "a value is expected, such as {title}")
    return Template(tuple(stack[0].parts))


def render(template: Template, scene: SyncMetadata, title: str) -> str:
    """The title of *scene* on one clean line, "" when nothing is left of the template.

    *title* stands for ``{title}``. A line that is too long has fewer performers, then it is cut.
    """
    values = _values(scene, title)
    names = scene.performers[:LINE_LIMIT]
    line = _line(template, values, names)
    while len(line) > LINE_LIMIT and len(names) > 1:
        names = names[:-1]
        line = _line(template, values, names)
    return sanitize_for_plex(line, max_length=LINE_LIMIT)


def resolution_name(width: int, height: int) -> str:
    """Stash's name of a video's size, such as ``1080p`` or ``4K``; "" = unknown, or smaller."""
    shorter = min(width, height)
    return next((name for least, name in _RESOLUTIONS if shorter >= least), "")


def file_title(scene: SyncMetadata) -> str:
    """The primary file's name without its extension; "" for a scene without files."""
    name = stem(scene.files[0].path) if scene.files else ""
    return sanitize_for_plex(name, max_length=LINE_LIMIT)


def _take(stack: list[_Open], token: re.Match[str]) -> Mistake | None:
    """Add one token to the innermost block."""
    if token["value"] is not None:
        part = _value(token["value"], token.start())
        if isinstance(part, Mistake):
            return part
        stack[-1].parts.append(part)
    elif token["bracket"] == "[":
        if len(stack) > DEEPEST:
            return Mistake(token.start(), f"at most {DEEPEST} brackets may stand in each other")
        stack.append(_Open(token.start()))
    elif token["bracket"]:
        return _close(stack, token.start())
    else:
        stack[-1].parts.append(token["escaped"] or token["text"])
    return None


def _close(stack: list[_Open], place: int) -> Mistake | None:
    if len(stack) == 1:
        return Mistake(place, "a ] stands without its [; write \\] for the character")
    block = stack.pop()
    if not block.has_value:
        return Mistake(
            block.place, "a value is expected in the brackets; write \\[ for the character"
        )
    stack[-1].parts.append(Block(tuple(block.parts)))
    return None


def _value(body: str, place: int) -> Value | Mistake:
    """The value between two braces; *place* is that of the first one."""
    found = _VALUE.fullmatch(body)
    name = found["name"].lower() if found else ""
    if found is None or name not in NAMES:
        shown = sanitize_for_plex(body, max_length=30)
        return Mistake(place, f"{{{shown}}} is no value; there are {', '.join(NAMES)}")
    most = found["most"]
    if most is None:
        return Value(name)
    if name != PERFORMERS:
        return Mistake(place, f"only {{{PERFORMERS}}} takes a number")
    if not (most.isascii() and most.isdigit() and 1 <= int(most[:3]) <= _MOST_NAMES >= len(most)):
        return Mistake(place, f"a number from 1 to {_MOST_NAMES} is expected after the colon")
    return Value(name, int(most))


def _stray(text: str, place: int) -> Mistake:
    """Why no token begins at *place*."""
    if text[place] == "}":
        return Mistake(place, "a } stands without its {; write \\} for the character")
    if text[place] == "{":
        return Mistake(place, "a brace opens that is never closed; } is expected")
    return Mistake(place, "one of \\ { } [ ] is expected after the backslash")


def _values(scene: SyncMetadata, title: str) -> Mapping[str, str]:
    """The values of one line each; the performers are counted where they stand."""
    file = scene.files[0] if scene.files else None
    return {
        TITLE: title,
        "studio": scene.studio,
        "parent_studio": next(iter(scene.studio_ancestors), ""),
        "date": scene.date,
        "year": scene.date[:4],
        "code": scene.code,
        "filename": file_title(scene),
        "resolution": resolution_name(file.width, file.height) if file else "",
    }


def _line(template: Template, values: Mapping[str, str], names: tuple[str, ...]) -> str:
    return sanitize_for_plex("".join(_text(part, values, names) for part in template.parts))


def _text(part: Part, values: Mapping[str, str], names: tuple[str, ...]) -> str:
    if isinstance(part, str):
        return part
    if isinstance(part, Value):
        return (
            values[part.name] if part.name != PERFORMERS else ", ".join(names[: part.most or None])
        )
    texts = [(inner, _text(inner, values, names)) for inner in part.parts]
    own = [text for inner, text in texts if isinstance(inner, Value)]
    blocks = [text for inner, text in texts if isinstance(inner, Block)]
    stays = all(own) if own else any(blocks)
    return "".join(text for _, text in texts) if stays else ""
