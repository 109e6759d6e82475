"""Lists of items: filtered, sorted, limited, paged, and abridged."""

from __future__ import annotations

from collections.abc import Iterable

from simulators.plex import filters, ordering
from simulators.plex.answers import Answer, Refused
from simulators.plex.calls import IDENTIFIER, TAG_VERSION, Call, container
from simulators.plex.items import TYPE_NAMES, Item, Section
from simulators.plex.meta import meta_element
from simulators.plex.render import item_element
from simulators.plex.shape import Shape


def find(call: Call, section: Section, kind: str) -> list[Item]:
    """The items of one type that the query selects, in the order it asks for."""
    catalogue = call.server.catalogue
    test = _test(call)
    if test is None:
        return _sorted(call, catalogue.ordered(section, kind))
    pool = catalogue.pool(section, kind, call.query, call.library.like_wildcards)
    found = ordering.arrange([item for item in pool if test(item)], ordering.default_order(kind))
    return _sorted(call, found)


def search(call: Call, items: list[Item]) -> list[Item]:
    """What the query selects of the items, which keep their order if it asks for none."""
    test = _test(call)
    return _sorted(call, items if test is None else [item for item in items if test(item)])


def _test(call: Call) -> filters.Test | None:
    library = call.library
    return filters.expression(call.query, filters.Context(library.clock(), library.like_wildcards))


def _sorted(call: Call, items: list[Item]) -> list[Item]:
    sort, limit = call.query.get("sort"), call.query.get("limit")
    if sort:
        items = ordering.arrange(items, sort)
    return items[: int(limit)] if limit.isdigit() else items


def wanted_type(call: Call, default: str) -> str:
    """The type a query asks for. Plex: a ``file`` filter without a type ends in a 500."""
    number = call.query.get("type")
    if not number:
        if any(parameter.name == "file" for parameter in call.query):
            raise Refused(500, "file= needs type=")
        return default
    if not number.isdigit():
        raise Refused(400, "type is a number")
    return TYPE_NAMES.get(int(number), "")


def list_section(call: Call) -> Answer:
    """GET /library/sections/{id}/all"""
    section = call.section()
    kind = wanted_type(call, section.type)
    found = find(call, section, kind)
    return listing(call, found, section_attributes(section, kind), section)


def list_collections(call: Call) -> Answer:
    """GET /library/sections/{id}/collections"""
    section = call.section()
    found = find(call, section, "collection")
    return listing(call, found, section_attributes(section, "collection"), section)


def list_everything(call: Call) -> Answer:
    """GET /library/all: the query over every section."""
    pool: list[Item] = []
    for section in call.library.sections.values():
        pool += find(call, section, wanted_type(call, section.type))
    return listing(call, pool, {"allowSync": "1", "identifier": IDENTIFIER})


def section_attributes(section: Section, kind: str) -> dict[str, str]:
    thumb = "video" if section.other_videos else section.type
    view = {"collection": "mixed", "season": "season", "episode": "episode"}.get(kind, section.type)
    what = section.title if section.other_videos else f"{section.type.title()}s"
    return {
        "allowSync": "1",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "identifier": IDENTIFIER,
        "librarySectionID": str(section.key),
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        **TAG_VERSION,
        "thumb": f"/:/resources/{thumb}.png",
        "title1": section.title,
        "title2": f"All {what}",
        "viewGroup": view,
        "viewMode": "65592",
    }


def listing(
    call: Call,
    items: Iterable[Item],
    attributes: dict[str, str],
    section: Section | None = None,
    most: int | None = None,
) -> Answer:
    """A page of items, or all of them; only a page says offset and total.

    Where there are more than ``most`` a client that asks for no page gets the first one.
    """
    found = list(items)
    page, headers = call.page(), {}
    if page is None and most is not None and len(found) > most:
        page = 0, most
    if page is not None:
        start, size = page
        total = len(found)
        found = found[start : None if size is None else start + size]
        attributes = {"totalSize": str(total), "offset": str(start)} | attributes
        headers = {"X-Plex-Container-Start": str(start), "X-Plex-Container-Total-Size": str(total)}
    shape = Shape.of(call.query, full=False)
    children = [item_element(item, shape) for item in found]
    if section and call.query.flag("includeMeta"):
        children.insert(0, meta_element(section))
    answer = container(children, attributes, len(found))
    answer.headers = headers
    return answer
