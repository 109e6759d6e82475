"""Stash's image routes, with their traps: placeholders with status 200, ``default=true``."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

from simulators.stash.library import Library
from simulators.stash.pictures import SCENE_PLACEHOLDER, content_type, png
from simulators.stash.records import Entity
from simulators.stash.reply import Reply

_ROUTE = re.compile(
    r"/(?:(scene)/(\d+)/screenshot|(performer|studio|tag)/(\d+)/image"
    r"|(group)/(\d+)/(frontimage|backimage))"
)
_SILHOUETTE = png(20, 30, (90, 90, 90))
_ICON = SCENE_PLACEHOLDER.replace(b"1280 720", b"512 512")
_NOT_FOUND = Reply(404, b"Not Found\n", {"Content-Type": "text/plain; charset=utf-8"})


def image_reply(
    library: Library, path: str, query: Mapping[str, str], known_etag: str
) -> Reply | None:
    """The answer to an image's path, None if the path is none."""
    if not (route := _ROUTE.fullmatch(path)):
        return None
    kind = route[1] or route[3] or route[5]
    data = _image(library, kind, int(route[2] or route[4] or route[6]), route[7] == "backimage")
    if data is None:
        return _NOT_FOUND
    if query.get("default") == "true" and kind != "scene":
        data = b""
    return _serve(data or _placeholder(kind), "t" in query, known_etag)


def _image(library: Library, kind: str, record_id: int, back: bool) -> bytes | None:
    """The bytes, b"" for a record without an image, None for no such record."""
    if kind == "scene":
        scene = library.scenes.get(record_id)
        return None if scene is None else scene.cover or b""
    if kind == "group":
        group = library.groups.get(record_id)
        return None if group is None else (group.back_image if back else group.image) or b""
    tables: dict[str, Mapping[int, Entity]] = {
        "performer": library.performers,
        "studio": library.studios,
        "tag": library.tags,
    }
    record = tables[kind].get(record_id)
    return None if record is None else record.image or b""


def _placeholder(kind: str) -> bytes:
    if kind == "scene":
        return SCENE_PLACEHOLDER
    return _SILHOUETTE if kind == "performer" else _ICON


def _serve(data: bytes, versioned: bool, known_etag: str) -> Reply:
    etag = f'"{hashlib.md5(data, usedforsecurity=False).hexdigest()}"'
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, max-age=31536000, immutable" if versioned else "no-cache",
        "Content-Type": content_type(data),
        "Etag": etag,
    }
    if known_etag == etag:
        return Reply(304, b"", headers)
    return Reply(200, data, headers)
