"""What a section can be filtered and sorted by, as ``includeMeta=1`` tells it."""

from __future__ import annotations

from simulators.plex.items import TYPES, Section
from simulators.plex.xml import Element

_TAGS = ("genre", "collection", "director", "writer", "producer", "actor", "country", "label")
_FIELDS = {
    "title": "string",
    "studio": "string",
    "userRating": "integer",
    "rating": "integer",
    "audienceRating": "integer",
    "contentRating": "tag",
    "year": "integer",
    "decade": "integer",
    "originallyAvailableAt": "date",
    "duration": "integer",
    "unmatched": "boolean",
    "duplicate": "boolean",
    **dict.fromkeys(_TAGS, "tag"),
    "addedAt": "date",
    "viewCount": "integer",
    "lastViewedAt": "date",
    "unwatched": "boolean",
    "resolution": "resolution",
    "hdr": "boolean",
    "inProgress": "boolean",
    "trash": "boolean",
    "editionTitle": "string",
}
_FILTER_TYPES = {"tag": "string", "resolution": "string", "date": "date"}
_SORTS = (
    "titleSort",
    "year",
    "originallyAvailableAt",
    "rating",
    "audienceRating",
    "userRating",
    "contentRating",
    "duration",
    "viewCount",
    "addedAt",
    "lastViewedAt",
    "mediaHeight",
    "mediaBitrate",
    "random",
)
_OPERATORS = {
    "tag": ("=", "!="),
    "integer": ("=", "!=", ">>=", "<<="),
    "string": ("=", "!=", "==", "!==", "<=", ">="),
    "boolean": ("=", "!="),
    "date": ("<<=", ">>="),
    "resolution": ("=",),
}
_DATE_WORDS = {"<<=": "is before", ">>=": "is after"}
_WORDS = {"=": "is", "!=": "is not", ">>=": "is greater than", "<<=": "is less than"}
_TEXT_WORDS = {
    "=": "contains",
    "!=": "does not contain",
    "==": "is",
    "!==": "is not",
    "<=": "begins with",
    ">=": "ends with",
}


def meta_element(section: Section) -> Element:
    """``Meta`` with a ``Type`` for each kind of item and a ``FieldType`` for each kind of field."""
    kinds = ["movie"] if section.type == "movie" else ["show", "season", "episode"]
    types = [_type(section, kind, first=kind == kinds[0]) for kind in [*kinds, "collection"]]
    return Element("Meta", {}, types + [_field_type(name) for name in _OPERATORS])


def _type(section: Section, kind: str, first: bool) -> Element:
    prefix = "" if section.type == "movie" or kind == "collection" else f"{kind}."
    path = f"/library/sections/{section.key}"
    attributes = {"key": f"{path}/all?type={TYPES[kind]}", "type": kind, "title": kind.title()}
    attributes["active"] = "1" if first else "0"
    children = [_filter(path, name, TYPES[kind]) for name in _FIELDS if name != "title"]
    children += [_sort(name, name == "titleSort") for name in _SORTS]
    children += [
        Element("Field", {"key": prefix + name, "title": name, "type": type_name})
        for name, type_name in _FIELDS.items()
    ]
    return Element("Type", attributes, children)


def _filter(path: str, name: str, number: int) -> Element:
    type_name = _FIELDS[name]
    attributes = {
        "filter": name,
        "filterType": _FILTER_TYPES.get(type_name, type_name),
        "key": f"{path}/{name}?type={number}",
        "title": name,
        "type": "filter",
    }
    return Element("Filter", attributes)


def _sort(name: str, default: bool) -> Element:
    attributes = {"default": "asc"} if default else {}
    attributes |= {
        "defaultDirection": "asc" if default else "desc",
        "descKey": f"{name}:desc",
        "key": name,
        "title": name,
    }
    return Element("Sort", attributes)


def _field_type(name: str) -> Element:
    words = {"string": _TEXT_WORDS, "date": _DATE_WORDS}.get(name, _WORDS)
    operators = [
        Element("Operator", {"key": operator, "title": words[operator]})
        for operator in _OPERATORS[name]
    ]
    return Element("FieldType", {"type": name}, operators)
