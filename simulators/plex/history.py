"""The play history: a row per view, numbered in the order in which Plex heard of them.

Plex keeps the item's guid and finds its present key by it: a row names the item that has the guid
now, and none when no item has. Marking as played adds no row since Plex 1.40, and marking as not
played removes none.
"""

from __future__ import annotations

from collections.abc import Iterable

from simulators.plex.answers import Answer, Element, Refused
from simulators.plex.calls import Call, container
from simulators.plex.items import Item, PlayRow

_ORDER = "viewedAt:desc"


def listing(call: Call) -> Answer:
    """GET /status/sessions/history/all"""
    if call.query.get("sort") != _ORDER:
        raise Refused(501, f"only the order {_ORDER} is simulated")
    account = call.query.get("accountID")
    rows = [row for row in call.library.history if account in ("", str(row.account))]
    rows.sort(key=lambda row: (row.viewed_at, row.number), reverse=True)
    start, size = call.page() or (0, None)
    page = rows[start : None if size is None else start + size]
    keys = _keys(call.library.items.values())
    attributes = {"totalSize": str(len(rows)), "offset": str(start)}
    found = [_element(row, keys.get(row.guid)) for row in page]
    for row, element in zip(page, found, strict=True):
        element.attributes.update(call.library.history_as.get(row.number, {}))
    return container(found, attributes)


def _keys(items: Iterable[Item]) -> dict[str, Item]:
    return {item.guid: item for item in items}


def _element(row: PlayRow, item: Item | None) -> Element:
    shown = {"historyKey": f"/status/sessions/history/{row.number}"}
    if item is not None:
        key = str(item.rating_key)
        shown |= {"key": f"/library/metadata/{key}", "ratingKey": key}
        shown["librarySectionID"] = str(item.section.key)
    shown |= {"title": row.title, "type": row.type, "viewedAt": str(row.viewed_at)}
    shown |= {"accountID": str(row.account), "deviceID": "7"}
    return Element("Track" if row.type == "track" else "Video", shown)
