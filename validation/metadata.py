"""A scene as Stash sends it, validated and cleaned: the only thing that may be written to Plex."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated
from urllib.parse import parse_qs, urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    InstanceOf,
    ValidationError,
)
from pydantic.dataclasses import dataclass

from validation import numbers
from validation.errors import InvalidScene
from validation.sanitizers import LINE_LIMIT, SUMMARY_LIMIT, sanitize_for_plex, sanitize_names
from validation.texts import one_line

# The fields a scene is parsed from, for a GraphQL selection on Scene. One unknown field fails the
# whole query, so only fields that exist since Stash v0.27 are named. GraphQL has no recursion:
# parent studios are asked for four levels up.
SCENE_FRAGMENT = """
id title code details director date rating100 organized updated_at urls
files { path size duration width height }
studio { id name parent_studio { id name parent_studio { id name parent_studio { id name
  parent_studio { id name } } } } }
performers { id name }
tags { id name }
groups { group { id name } }
stash_ids { stash_id }
paths { screenshot }
"""

# Beside the fragment where a setting needs it: sixty performers may have fifty tags each.
PERFORMER_TAGS = "performers { tags { id name } }"

# Go's zero time, which stands for "no date" in old Stash databases.
_NO_DATE = "0001-01-01"
_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?(?:[T ].*)?")
# How the addresses begin that older syncs left in scenes.
_MADE_UP = "plex/"
_WORST_NAMED = 5  # a refusal names at most this many fields

_RECORD = ConfigDict(frozen=True, strict=True, extra="forbid", hide_input_in_errors=True)


def clean_date(text: str) -> str:
    """Return the part of *text* that is a calendar date: ``YYYY-MM-DD``, ``YYYY-MM``, ``YYYY``.

    ``2023-02-30`` is ``2023-02`` and ``2023-13-01`` is ``2023``: an impossible part is dropped, and
    nothing is invented. A time of day is dropped. Text without a year is ``""``.
    """
    match = _DATE.fullmatch(text.strip())
    if match is None or match[0].startswith(_NO_DATE):
        return ""
    numbers = [int(group) for group in match.groups() if group is not None]
    while numbers:
        try:
            dt.date(*[*numbers, 1, 1][:3])
        except ValueError:
            numbers.pop()
        else:
            return f"{numbers[0]:04}" + "".join(f"-{number:02}" for number in numbers[1:])
    return ""


def updated_time(text: str) -> float:
    """Convert Stash's RFC 3339 time, with any offset, to seconds since the epoch.

    Raises InvalidScene when *text* is no such time; a time without an offset is none, because it
    would mean another moment on every machine.
    """
    try:
        moment = dt.datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise InvalidScene(f"Stash sent the time {text[:40]!r} without its offset.")
        return moment.timestamp()
    except (ValueError, OverflowError) as error:  # the first and the last day, with an offset
        raise InvalidScene(f"Stash sent {text[:40]!r} where a time belongs.") from error


def _clean_line(text: str) -> str:
    return sanitize_for_plex(text, max_length=LINE_LIMIT)


def _clean_summary(text: str) -> str:
    return sanitize_for_plex(text, max_length=SUMMARY_LIMIT, multiline=True)


def _clamp_rating(rating: int | None) -> int | None:
    return None if rating is None else max(0, min(100, rating))


# Cleaning comes before pydantic's own check, which refuses text with a lone surrogate in it.
_Line = Annotated[str, BeforeValidator(_clean_line)]
_Summary = Annotated[str, BeforeValidator(_clean_summary)]
_Names = Annotated[tuple[str, ...], BeforeValidator(sanitize_names)]


@dataclass(frozen=True, slots=True, config=ConfigDict(hide_input_in_errors=True))
class SceneFile:
    """One file of a scene: its path on Stash, ``size`` in bytes and ``duration`` in seconds.

    The path is identity and stays as Stash wrote it. ``width`` and ``height`` are in pixels.
    0 = unknown.
    """

    path: Annotated[str, Field(min_length=1)]
    size: Annotated[int, BeforeValidator(numbers.amount)] = 0
    duration: Annotated[float, BeforeValidator(numbers.seconds)] = 0.0
    width: Annotated[int, BeforeValidator(numbers.amount)] = 0
    height: Annotated[int, BeforeValidator(numbers.amount)] = 0


class SyncMetadata(BaseModel):
    """The values that Plex should show for one scene. Everything in it is valid and clean.

    ``""``, ``()`` and ``None`` mean that Stash has no value. ``date`` is ``YYYY``, ``YYYY-MM`` or
    ``YYYY-MM-DD``; ``rating100`` is 0 to 100 (Stash stores any number; it is clamped). ``files``
    has the primary file first. ``updated_at`` is Stash's own text (:func:`updated_time` compares).
    ``cover`` is the cover's path on Stash with its version ``?t=``. ``studio_ancestors`` are the
    studio's parents, nearest first. ``performer_tags`` are the tags of its performers, where they
    were asked for. ``related`` are the things that the scene shows or is filtered by, as
    ``performer:3``, ``studio:7``, ``tag:2``, ``group:1``. ``has_url``: it has an address of its
    own, and not only one that another sync made up. ``notes`` name the values that were corrected.
    """

    model_config = _RECORD

    scene_id: Annotated[int, Field(gt=0, le=numbers.LARGEST)]
    title: _Line = ""
    details: _Summary = ""
    date: Annotated[str, BeforeValidator(clean_date)] = ""
    studio: _Line = ""
    studio_ancestors: _Names = ()
    performers: _Names = ()
    tags: _Names = ()
    performer_tags: _Names = ()
    groups: _Names = ()
    director: _Line = ""
    code: _Line = ""
    rating100: Annotated[int | None, AfterValidator(_clamp_rating)] = None
    organized: bool = False
    has_stash_id: bool = False
    has_url: bool = False
    files: tuple[SceneFile, ...] = ()
    updated_at: str = ""
    cover: str = ""
    related: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


_Id = Annotated[int, Field(ge=0, le=numbers.LARGEST)]


class _Named(BaseModel):
    id: _Id
    name: InstanceOf[str]


class _Studio(_Named):
    parent_studio: _Studio | None = None


class _Performer(_Named):
    tags: tuple[_Named, ...] = ()


class _StashId(BaseModel):
    stash_id: InstanceOf[str]


class _SceneGroup(BaseModel):
    group: _Named


class _Paths(BaseModel):
    screenshot: str | None


class _StashScene(BaseModel):
    """Stash's answer for SCENE_FRAGMENT. A missing field is an error and never an empty value,
    which would clear what Plex has; only ``groups`` is missing on servers older than v0.27, the
    tags of performers where they were not asked for, and what filters alone look at."""

    model_config = ConfigDict(hide_input_in_errors=True)

    id: _Id
    title: InstanceOf[str] | None
    code: InstanceOf[str] | None
    details: InstanceOf[str] | None
    director: InstanceOf[str] | None
    date: InstanceOf[str] | None
    rating100: int | None
    organized: bool
    updated_at: str
    files: tuple[SceneFile, ...]
    studio: _Studio | None
    performers: tuple[_Performer, ...]
    tags: tuple[_Named, ...]
    groups: tuple[_SceneGroup, ...] = ()
    urls: tuple[InstanceOf[str], ...] = ()
    stash_ids: tuple[_StashId, ...] = ()
    paths: _Paths


def parse_scene(raw: Mapping[str, object]) -> SyncMetadata:
    """Parse one scene of a GraphQL answer with the fields of SCENE_FRAGMENT; others are ignored.

    Raises InvalidScene with a sentence that names the fields at fault.
    """
    try:
        scene = _StashScene.model_validate(dict(raw))
        studios = [studio.name for studio in _studios(scene.studio)]
        return SyncMetadata(
            scene_id=scene.id,
            title=scene.title or "",
            details=scene.details or "",
            date=scene.date or "",
            studio=studios[0] if studios else "",
            studio_ancestors=tuple(studios[1:]),
            performers=tuple(performer.name for performer in scene.performers),
            tags=tuple(tag.name for tag in scene.tags),
            performer_tags=tuple(tag.name for one in scene.performers for tag in one.tags),
            groups=tuple(entry.group.name for entry in scene.groups),
            director=scene.director or "",
            code=scene.code or "",
            rating100=scene.rating100,
            organized=scene.organized,
            has_stash_id=any(one.stash_id.strip() for one in scene.stash_ids),
            has_url=any(map(_is_address, scene.urls)),
            files=scene.files,
            updated_at=scene.updated_at,
            cover=_cover(scene.id, scene.paths.screenshot),
            related=tuple(_related(scene)),
            notes=tuple(_notes(scene)),
        )
    except ValidationError as error:
        raise InvalidScene(_refusal(raw.get("id"), error)) from error


def _studios(studio: _Studio | None) -> Iterator[_Studio]:
    """Yield *studio* and its parents, nearest first."""
    while studio is not None:
        yield studio
        studio = studio.parent_studio


def _is_address(url: str) -> bool:
    """Is *url* one that a user or a scraper gave? Older syncs made up ``plex/...``."""
    return bool(url.strip()) and not url.strip().lower().startswith(_MADE_UP)


def _related(scene: _StashScene) -> Iterator[str]:
    """Yield what, renamed or deleted, changes *scene*; a studio stands for its parents too."""
    kinds: tuple[tuple[str, Iterable[_Named]], ...] = (
        ("performer", scene.performers),
        ("studio", _studios(scene.studio)),
        ("tag", (*scene.tags, *(tag for one in scene.performers for tag in one.tags))),
        ("group", (entry.group for entry in scene.groups)),
    )
    for kind, things in kinds:
        yield from dict.fromkeys(f"{kind}:{thing.id}" for thing in things)


def _cover(scene_id: int, url: str | None) -> str:
    """Build the cover's path on Stash, keeping only its version from the *url* Stash gave.

    Stash builds that URL from its outside address, which may carry the path prefix of a reverse
    proxy; the worker asks Stash itself.
    """
    if not url:
        return ""
    version = parse_qs(urlsplit(url).query).get("t", [""])[0]
    return f"/scene/{scene_id}/screenshot" + (f"?t={version}" if version.isalnum() else "")


def _notes(scene: _StashScene) -> Iterator[str]:
    """Yield a sentence for each corrected value that a user may want to correct in Stash."""
    date = (scene.date or "").strip()
    kept = clean_date(date)
    if kept != date[:10] and not date.startswith(_NO_DATE):
        used = f"only {kept} is used" if kept else "it is left out"
        yield f"The date {date[:40]!r} is no calendar date; {used}."
    if scene.rating100 != _clamp_rating(scene.rating100):
        limit = _clamp_rating(scene.rating100)
        yield f"The rating {scene.rating100} is not between 0 and 100; {limit} is used."
    if len((scene.details or "").strip()) > SUMMARY_LIMIT:
        yield f"The details are longer than {SUMMARY_LIMIT} characters; Plex gets their beginning."


def _refusal(scene_id: object, error: ValidationError) -> str:
    """Name in one sentence the fields that cannot be used, without showing their values."""
    faults = [
        f"{'.'.join(map(str, fault['loc']))}: {fault['msg']}"
        for fault in error.errors(include_input=False, include_url=False)
    ]
    more = f" and {len(faults) - _WORST_NAMED} more" if len(faults) > _WORST_NAMED else ""
    return (
        f"Scene {one_line(str(scene_id), 20)} has data that cannot be synced"
        f" ({'; '.join(faults[:_WORST_NAMED])}{more}); correct it in Stash and save it."
    )
