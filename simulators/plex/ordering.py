"""Sorting: ``titleSort,year:desc`` and the order of a listing that asks for none."""

from __future__ import annotations

import random

from simulators.plex.items import Item
from simulators.plex.values import DATES, NUMBERS, date_of, number_of, text_of


def arrange(items: list[Item], sort: str) -> list[Item]:
    """Sort by ``titleSort,year:desc`` and the like; an unknown name leaves the order alone."""
    for piece in reversed(sort.split(",")):
        name, _, how = piece.partition(":")
        scope, _, bare = name.rpartition(".")
        features = how.split(":")
        if bare == "random":
            items = random.sample(items, len(items))
            continue
        nulls_last = "nullsLast" in features
        descending = "desc" in features
        keyed = [(_sort_key(item, scope, bare), item) for item in items]
        absent = [item for key, item in keyed if key is None]
        present = [(key, item) for key, item in keyed if key is not None]
        present.sort(key=lambda pair: pair[0], reverse=descending)
        ordered = [item for _, item in present]
        items = ordered + absent if nulls_last or descending else absent + ordered
    return items


def _sort_key(item: Item, scope: str, name: str) -> tuple[float, str] | None:
    subject = item.above(scope) if scope else item
    if subject is None:
        return None
    if name in DATES:
        number = date_of(subject, name)
    elif name in NUMBERS:
        number = number_of(subject, name)
    elif name == "id":
        number = float(subject.rating_key)
    else:
        return (0.0, text_of(name)(subject))
    return None if number is None else (number, "")


def default_order(kind: str) -> str:
    """How Plex sorts a listing that asks for nothing."""
    return {
        "season": "show.titleSort,index",
        "episode": "show.titleSort,season.index,index",
    }.get(kind, "titleSort")
