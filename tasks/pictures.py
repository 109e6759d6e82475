"""A preview of one scene with Plex's posters, as small data addresses without a token."""

from __future__ import annotations

import base64

from plex.client import PlexClient
from plex.images import image_kind
from plex.items import PlexItem
from tasks.tally import Seen

WIDTH, HEIGHT = 160, 240
MOST_PICTURES = 6


def pictured(plex: PlexClient, seen: Seen) -> dict[str, object]:
    """The preview for programs, with the posters of its items and candidates."""
    doc = seen.as_doc()
    items = [planned.item for planned in seen.items]
    items += [one.item for one in seen.match.candidates] if seen.match else []
    posters = {
        item.rating_key: poster(plex, item)
        for item in {one.rating_key: one for one in items[:MOST_PICTURES]}.values()
    }
    doc["poster"] = next(filter(None, posters.values()), "")
    for listed in ("items", "candidates"):
        doc[listed] = [
            {**one, "poster": posters.get(one["item"], "")}
            for one in doc[listed]  # type: ignore[attr-defined]
        ]
    return doc


def poster(plex: PlexClient, item: PlexItem) -> str:
    """The poster of an item as a data address, "" without a usable one."""
    path = item.pictures.get("poster", "")
    data = plex.picture(path, WIDTH, HEIGHT) if path else b""
    if not data:
        return ""
    return f"data:image/{image_kind(data)};base64,{base64.b64encode(data).decode('ascii')}"
