"""Every field of one Plex item, with what the rule decides for it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from plex.fields import FOLLOWS, SORT_TITLE, STARS, value_in_plex, wanted_fields
from plex.items import PlexItem
from plex.memory import usable
from plex.ownership import (
    PERSONS,
    Action,
    Decision,
    ListDecision,
    decide,
    decide_list,
)
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.records import FieldMemory, LedgerEntry


@dataclass(frozen=True, slots=True)
class TextCase:
    """A scalar field's case and its decision."""

    wanted: str
    now: str
    locked: bool
    memory: FieldMemory | None
    decision: Decision


@dataclass(frozen=True, slots=True)
class NamesCase:
    """A tag field's case and its decision."""

    wanted: tuple[str, ...]
    now: tuple[str, ...]
    locked: bool
    memory: FieldMemory | None
    decision: ListDecision


def acts(decision: Decision | ListDecision) -> bool:
    """Is anything sent?"""
    return decision.action in (Action.WRITE, Action.CLEAR)


def require_full(item: PlexItem) -> None:
    """Raise ValueError for an item from a list, whose tags and locks are cut."""
    if not item.full:
        raise ValueError("an abridged item was given where a full one is needed")


def decide_fields(
    scene: SyncMetadata, item: PlexItem, entry: LedgerEntry | None, config: PlexSyncConfig
) -> tuple[dict[str, TextCase], dict[str, NamesCase]]:
    """Decide every field of *item* that the settings let us write.

    Returns the scalar fields and the tag fields by name. Raises ValueError for an abridged item
    and for another item's entry.
    """
    require_full(item)
    if entry is not None and entry.rating_key != item.rating_key:
        raise ValueError("the ledger's entry belongs to another item")
    known = entry.fields if entry is not None else {}
    wanted = wanted_fields(
        scene, item.kind, config, title_is_ours=usable(known.get("title")) is not None
    )
    texts: dict[str, TextCase] = {}
    for name, value in wanted.values.items():
        texts[name] = _text_case(name, value, item, known, texts, config)
        sorted_by_itself = SORT_TITLE in item.values or SORT_TITLE in known
        if name == "title" and acts(texts[name].decision) and sorted_by_itself:
            texts[SORT_TITLE] = _text_case(SORT_TITLE, value, item, known, texts, config)
    lists = {}
    for name, names in wanted.tags.items():
        now, locked = item.tags.get(name, ()), name in item.locked
        decision = decide_list(
            names,
            now,
            locked,
            usable(known.get(name)),
            preserve=config.preserve_plex_edits,
            rule=wanted.rules[name],
        )
        lists[name] = NamesCase(names, now, locked, known.get(name), decision)
    return texts, lists


def _text_case(
    name: str,
    value: str,
    item: PlexItem,
    known: Mapping[str, FieldMemory],
    done: Mapping[str, TextCase],
    config: PlexSyncConfig,
) -> TextCase:
    now, locked = value_in_plex(item, name), name in item.locked
    decision = decide(
        value,
        now,
        locked,
        usable(known.get(name)),
        preserve=config.preserve_plex_edits,
        stars=name == STARS,
    )
    leader = done.get(FOLLOWS.get(name, ""))
    if leader is not None and leader.decision.why in PERSONS:
        decision = Decision(Action.KEEP, now, leader.decision.why)
    return TextCase(value, now, locked, known.get(name), decision)
