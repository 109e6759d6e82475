"""An edit plan as the parameters of Plex's PUT. Pure.

Plex: ``PUT /library/sections/<section>/all?type=<n>&id=<item>&<edits>``, everything in the query.
``F.value`` and ``F.locked`` are for a field, ``T[i].tag.tag`` for a tag to have. ``T[].tag.tag-``
holds names to remove, separated by commas; each name is therefore encoded twice. Without an id the
edit hits the whole library.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from urllib.parse import quote

from plex.edit_plan import EditPlan, TagEdit
from plex.exceptions import UnreadableItem
from plex.items import TYPE_NUMBERS
from validation.sanitizers import sanitize_for_plex

# Bytes of one request line. Reverse proxies commonly take 8 kB; their own address has to fit, too.
MAX_REQUEST_LINE = 8000

_NAME_LENGTH = 60  # characters

Parameters = Mapping[str, str]


def edit_path(section_id: int, parameters: Parameters) -> str:
    """The path and query of one edit; every reserved character is percent-encoded."""
    return f"/library/sections/{section_id}/all?{_query(parameters)}"


def line_length(section_id: int, parameters: Parameters) -> int:
    """The length in bytes of the request line that carries *parameters*."""
    return len(f"PUT {edit_path(section_id, parameters)} HTTP/1.1")


def edit_parameters(edits: EditPlan) -> tuple[dict[str, str], ...]:
    """The parameters of each PUT that *edits* needs, in the order in which they must be sent.

    As few as fit into MAX_REQUEST_LINE: fields first, then tags, then locks alone. Related
    parameters are never separated: a value and its lock, a title and its titleSort, the names of
    one tag field with their lock. Plex may replace or append, which is unknown; on a server that
    replaces, half of a list would delete the other half. So a list that is too long for one request
    is sent alone and whole, like a field that is too long. Only its removals, which mean the same
    in both modes, go before it in requests of their own. The lock comes last: a list of which only
    the removals arrived is still the agent's when the job is retried.

    Empty for an empty plan. Raises ValueError for a plan without an item, and ``UnreadableItem``
    for an item of a kind that cannot be edited.
    """
    if edits.rating_key <= 0 or edits.section_id <= 0:
        raise ValueError("an edit without an item's id would change the whole library")
    if edits.kind not in TYPE_NUMBERS:
        raise UnreadableItem(f"Plex shows item {edits.rating_key} as neither movie nor episode.")
    target = {"type": str(TYPE_NUMBERS[edits.kind]), "id": str(edits.rating_key)}

    room = MAX_REQUEST_LINE - line_length(edits.section_id, target)
    calls: list[dict[str, str]] = []
    used = 0
    for part in _parts(edits, room):
        size = _size(part)
        if calls and used + size <= room and calls[-1].keys().isdisjoint(part):
            calls[-1].update(part)
            used += size
        else:
            calls.append(part)
            used = size
    return tuple({**target, **call} for call in calls)


def as_sent(edits: EditPlan, cut: Parameters) -> EditPlan:
    """*edits* with the texts that had to be cut because Plex refused them.

    *cut* has the parameters as sent (``summary.value``); the ledger compares with the cut text.
    """
    if not cut:
        return edits
    texts = {name.removesuffix(".value"): text for name, text in cut.items()}
    unknown = texts.keys() - edits.values.keys()
    if unknown:
        raise ValueError(f"no planned value was cut: {', '.join(sorted(unknown))}")
    changes = (replace(line, after=texts.get(line.field, line.after)) for line in edits.changes)
    return replace(edits, values={**edits.values, **texts}, changes=tuple(changes))


def shortened(section_id: int, parameters: Parameters) -> dict[str, str]:
    """The one text among *parameters*, cut to fit the request line; {} if that is not it."""
    texts = [name for name in parameters if name.endswith(".value")]
    if len(texts) != 1 or line_length(section_id, parameters) <= MAX_REQUEST_LINE:
        return {}
    name = texts[0]

    def fits(text: str) -> bool:
        return line_length(section_id, {**parameters, name: text}) <= MAX_REQUEST_LINE

    return {name: cut_to_fit(parameters[name], fits, multiline=name == "summary.value")}


def cut_to_fit(text: str, fits: Callable[[str], bool], *, multiline: bool) -> str:
    """Return the longest beginning of *text* that *fits*, cut at a word ("" if none does)."""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if fits(text[:middle]):
            low = middle
        else:
            high = middle - 1
    return sanitize_for_plex(text, max_length=low, multiline=multiline)


def _query(parameters: Parameters) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in parameters.items())


def _quoted(text: str) -> str:
    return _quoted_name(text) if len(text) <= _NAME_LENGTH else _quoted_text(text)


@lru_cache(maxsize=4096)
def _quoted_name(text: str) -> str:
    """Names of parameters, performers and tags, which are the same for many items."""
    return quote(text, safe="")


@lru_cache(maxsize=8)
def _quoted_text(text: str) -> str:
    """The long texts of one edit: each is measured before it is sent."""
    return quote(text, safe="")


def _size(parameters: Parameters) -> int:
    """Bytes that *parameters* add to a request line, with the ``&`` before them."""
    return len(_query(parameters)) + 1


def _parts(edits: EditPlan, room: int) -> Iterator[dict[str, str]]:
    """Yield what must not be parted, in order."""
    values = dict(edits.values)
    title = [name for name in ("title", "titleSort") if name in values]
    if title:
        yield {k: v for name in title for k, v in _value(edits, name, values.pop(name)).items()}
    for name, value in values.items():
        yield _value(edits, name, value)
    for name, tags in edits.tags.items():
        yield from _tags(edits, name, tags, room)
    for name in edits.locks:
        if name not in edits.values and name not in edits.tags:
            yield _lock(edits, name)


def _value(edits: EditPlan, name: str, value: str) -> dict[str, str]:
    return {f"{name}.value": value, **_lock(edits, name)}


def _lock(edits: EditPlan, name: str) -> dict[str, str]:
    return {f"{name}.locked": "1" if edits.locks[name] else "0"} if name in edits.locks else {}


def _tags(edits: EditPlan, name: str, tags: TagEdit, room: int) -> Iterator[dict[str, str]]:
    whole = {f"{name}[{index}].tag.tag": tag for index, tag in enumerate(tags.wanted)}
    whole |= _lock(edits, name)
    together = whole | _removal(name, tags.removed)
    if _size(together) <= room:
        yield together
        return
    yield from _removals(name, tags.removed, room)
    yield whole


def _removals(name: str, tags: tuple[str, ...], room: int) -> Iterator[dict[str, str]]:
    """Yield the removal of *tags*, halved until each part fits."""
    removal = _removal(name, tags)
    if len(tags) > 1 and _size(removal) > room:
        middle = len(tags) // 2
        yield from _removals(name, tags[:middle], room)
        yield from _removals(name, tags[middle:], room)
    elif removal:
        yield removal


def _removal(name: str, tags: tuple[str, ...]) -> dict[str, str]:
    """The parameter that removes *tags*. Without names there is none: empty, it removes all."""
    if not tags:
        return {}
    return {f"{name}[].tag.tag-": ",".join(quote(tag, safe="") for tag in tags)}
