"""Items, their files, libraries and pictures as elements.

Items are abridged in lists, and whole when asked for by id.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from urllib.parse import quote

from simulators.plex.answers import Element, to_text
from simulators.plex.items import TAG_ELEMENTS, Item, Media, Part, Section, Shelf, TagLink, sha1
from simulators.plex.requests import Query

# How many of each kind a list shows, without id, role or picture; kinds not named: none.
_IN_LISTS = {"genre": 2, "country": 2, "director": 3, "writer": 2, "actor": 3, "collection": 2}
_NUMBERS = (
    "rating",
    "audienceRating",
    "userRating",
    "viewCount",
    "lastViewedAt",
    "lastRatedAt",
    "viewOffset",
    "year",
)


@dataclass(frozen=True, slots=True)
class Shape:
    """The extent to which an item is shown: ``full`` as at its own address, else as in a list."""

    full: bool = False
    guids: bool = False
    check_files: bool = False
    without_fields: frozenset[str] = frozenset()
    without_elements: frozenset[str] = frozenset()

    @staticmethod
    def of(query: Query, full: bool) -> Shape:
        """The shape a request asks for with include… and exclude… parameters."""
        return Shape(
            full=full,
            guids=full or query.flag("includeGuids"),
            check_files=query.flag("checkFiles"),
            without_fields=query.names("excludeFields"),
            without_elements=query.names("excludeElements"),
        )


def item_element(item: Item, shape: Shape) -> Element:
    """A movie or episode as ``Video``; a show, season or collection as ``Directory``."""
    attributes = _attributes(item, shape)
    for name in shape.without_fields:
        attributes.pop(name, None)
    name = "Video" if item.type in ("movie", "episode") else "Directory"
    return Element(name, attributes, _children(item, shape))


def _attributes(item: Item, shape: Shape) -> dict[str, str]:
    fields, section = item.fields, item.section
    key = item_key(item)
    shown = {"ratingKey": str(item.rating_key), "key": key}
    if item.parent:
        _add_parents(item, shown)
    shown["guid"] = item.guid
    _add(shown, fields, "studio")
    shown["type"] = item.type
    shown["title"] = item.title
    if section.other_videos and item.type == "movie":
        shown["subtype"] = "clip"
    if shape.full:
        shown["librarySectionTitle"] = section.title
        shown["librarySectionID"] = str(section.key)
        shown["librarySectionKey"] = f"/library/sections/{section.key}"
    if item.sort_title != item.title:
        shown["titleSort"] = item.sort_title
    _add(shown, fields, "originalTitle", "editionTitle", "contentRating")
    shown["summary"] = fields.get("summary", "")
    _add(shown, fields, "index", "parentIndex", *_NUMBERS, "tagline")
    _add_pictures(item, shown)
    if item.media:
        shown["duration"] = str(item.media[0].duration)
    _add(shown, fields, "originallyAvailableAt", "audienceRatingImage", "ratingImage")
    if item.children:
        leaves = item.descendants("episode")
        shown["leafCount"] = str(len(leaves))
        shown["viewedLeafCount"] = str(sum("viewCount" in leaf.fields for leaf in leaves))
        shown["childCount"] = str(len(item.children))
    shown["addedAt"] = str(item.added_at)
    if item.updated_at is not None:
        shown["updatedAt"] = str(item.updated_at)
    return shown


def item_key(item: Item) -> str:
    """The address of the item, or of its children."""
    children = "/children" if item.type in ("show", "season") else ""
    return f"/library/metadata/{item.rating_key}{children}"


def _add(shown: dict[str, str], fields: dict[str, str], *names: str) -> None:
    for name in names:
        value = fields.get(name)
        if value is not None:
            shown[name] = value


def _add_parents(item: Item, shown: dict[str, str]) -> None:
    parent = item.parent
    assert parent
    links = {"parent": parent}
    if parent.parent:
        links["grandparent"] = parent.parent
    for prefix, ancestor in links.items():
        shown[f"{prefix}RatingKey"] = str(ancestor.rating_key)
        shown[f"{prefix}Guid"] = ancestor.guid
        shown[f"{prefix}Key"] = f"/library/metadata/{ancestor.rating_key}"
        shown[f"{prefix}Title"] = ancestor.title
        for suffix, name in (("Thumb", "thumb"), ("Art", "art")):
            path = picture_path(ancestor, name)
            if path and (prefix, name) != ("parent", "art"):
                shown[prefix + suffix] = path
    if "index" in parent.fields:
        shown["parentIndex"] = parent.fields["index"]


def _add_pictures(item: Item, shown: dict[str, str]) -> None:
    for name in ("thumb", "art"):
        path = picture_path(item, name)
        if path:
            shown[name] = path


def picture_path(item: Item, name: str) -> str:
    """The address of the selected picture; it moves with edits."""
    shelf: Shelf = item.poster_shelf if name == "thumb" else item.art_shelf
    if not shelf.selected:
        return ""
    return f"/library/metadata/{item.rating_key}/{name}/{picture_stamp(item)}"


def picture_stamp(item: Item) -> int:
    """The end of a picture's address: updatedAt, or addedAt where there is none."""
    return item.added_at if item.updated_at is None else item.updated_at


def _children(item: Item, shape: Shape) -> list[Element | str]:
    without = shape.without_elements
    children: list[Element | str] = []
    if "Media" not in without:
        children += [media_text(media, shape) for media in item.media]
    if "Image" not in without:
        children += _images(item)
    if "UltraBlurColors" not in without and item.poster_shelf.selected:
        children.append(_colours(item))
    if shape.guids and "Guid" not in without:
        children += [Element("Guid", {"id": guid}) for guid in item.guids]
    for kind, tag in TAG_ELEMENTS.items():
        links = item.links.get(kind)
        if links and tag not in without:
            shown = links if shape.full else links[: _IN_LISTS.get(kind, 0)]
            children += [_tag(kind, tag, link, shape.full) for link in shown]
    if shape.full:
        children += [
            Element("Field", {"locked": "1", "name": name}) for name in sorted(item.locked)
        ]
        if item.type == "show":
            children += [
                Element("Location", {"path": place.path}) for place in item.section.locations
            ]
    return children


def _images(item: Item) -> list[Element]:
    paths = {"coverPoster": picture_path(item, "thumb"), "background": picture_path(item, "art")}
    if item.type == "episode" and item.parent and item.parent.parent:
        paths = {
            "coverPoster": picture_path(item.parent, "thumb"),
            "background": picture_path(item.parent.parent, "art"),
            "snapshot": picture_path(item, "thumb"),
        }
    return [
        Element("Image", {"alt": item.title, "type": kind, "url": path})
        for kind, path in paths.items()
        if path
    ]


def _colours(item: Item) -> Element:
    seed = sha1(item.guid)
    corners = ("topLeft", "topRight", "bottomRight", "bottomLeft")
    return Element(
        "UltraBlurColors", {name: seed[i * 6 : i * 6 + 6] for i, name in enumerate(corners)}
    )


def _tag(kind: str, element: str, link: TagLink, full: bool) -> Element:
    if not full:
        return Element(element, {"tag": link.tag.name})
    tag_id = str(link.tag.id)
    attributes = {"id": tag_id, "filter": f"{kind}={tag_id}", "tag": link.tag.name}
    for name, value in (("role", link.role), ("thumb", link.thumb)):
        if value:
            attributes[name] = value
    return Element(element, attributes)


@functools.lru_cache(maxsize=100_000)
def media_text(media: Media, shape: Shape) -> str:
    """A version of an item, already written: it never changes and is half of a list's text."""
    return to_text(_media(media, shape))


def _media(media: Media, shape: Shape) -> Element:
    height = media.height
    attributes = {
        "id": str(media.id),
        "duration": str(media.duration),
        "bitrate": str(media.bitrate),
        "width": str(media.width),
        "height": str(media.height),
        "aspectRatio": "1.78",
        "audioChannels": "2",
        "audioCodec": "aac",
        "videoCodec": "h264",
        "videoResolution": "4k" if height >= 2160 else str(height) if height >= 480 else "sd",
        "container": media.parts[0].container,
        "videoFrameRate": "24p",
        "audioProfile": "lc",
        "videoProfile": "high",
        "hasVoiceActivity": "0",
    }
    if media.target:
        attributes |= {"proxyType": "42", "target": media.target, "title": media.target}
    if "Part" in shape.without_elements:
        return Element("Media", attributes)
    return Element("Media", attributes, [_part(part, media, shape) for part in media.parts])


def _part(part: Part, media: Media, shape: Shape) -> Element:
    attributes = {"accessible": "1", "exists": "1"} if shape.check_files else {}
    attributes |= {
        "id": str(part.id),
        "key": f"/library/parts/{part.id}/{part.stamp}/file.{part.container}",
        "duration": str(part.duration),
        "file": part.file,
        "size": str(part.size),
        "audioProfile": "lc",
        "container": part.container,
        "videoProfile": "high",
    }
    if "file" in shape.without_fields:
        del attributes["file"]
    return Element("Part", attributes, _streams(part, media) if shape.full else [])


def _streams(part: Part, media: Media) -> list[Element]:
    common = {"default": "1", "bitrate": str(media.bitrate)}
    size = {"width": str(media.width), "height": str(media.height), "frameRate": "24.000"}
    name = f"{media.height}p (H.264)"
    titles = {"displayTitle": name, "extendedDisplayTitle": name}
    video = {"id": str(part.id * 2), "streamType": "1", **common, "codec": "h264", "index": "0"}
    audio = {"id": str(part.id * 2 + 1), "streamType": "2", "selected": "1", **common}
    audio |= {"codec": "aac", "index": "1", "channels": "2", "samplingRate": "44100"}
    audio |= {"displayTitle": "Unknown (AAC Stereo)"}
    return [Element("Stream", video | size | titles), Element("Stream", audio)]


def section_element(section: Section) -> Element:
    """A library in ``/library/sections``."""
    number = section.key
    thumb = "video" if section.other_videos else section.type
    attributes = {
        "allowSync": "1",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "composite": f"/library/sections/{number}/composite/{section.scanned_at}",
        "filters": "1",
        "refreshing": "1" if section.running_scans else "0",
        "thumb": f"/:/resources/{thumb}.png",
        "key": str(number),
        "type": section.type,
        "title": section.title,
        "agent": section.agent,
        "scanner": section.scanner,
        "language": section.language,
        "uuid": section.uuid,
        "updatedAt": str(section.scanned_at),
        "createdAt": str(section.created_at),
        "scannedAt": str(section.scanned_at),
        "content": "1",
        "directory": "1",
        "contentChangedAt": str(section.content_changed_at),
        "hidden": "0",
    }
    places = [
        Element("Location", {"id": str(place.id), "path": place.path})
        for place in section.locations
    ]
    return Element("Directory", attributes, places)


def picture_elements(item: Item, shelf: Shelf) -> list[Element]:
    """The posters (or backgrounds) of an item."""
    found = []
    for picture in shelf.pictures.values():
        path = picture.key
        if not path.startswith("http"):
            path = f"/library/metadata/{item.rating_key}/file?url={quote(picture.key, safe='')}"
        selected = "1" if picture.key == shelf.selected else "0"
        attributes = {"key": path, "ratingKey": picture.key, "selected": selected, "thumb": path}
        if picture.provider:
            attributes["provider"] = picture.provider
        found.append(Element("Photo", attributes))
    return found
