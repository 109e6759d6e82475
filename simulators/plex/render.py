"""Items as elements: abridged in lists, whole when asked for by id."""

from __future__ import annotations

from simulators.plex.items import TAG_ELEMENTS, Item, Shelf, TagLink, sha1
from simulators.plex.render_media import media_text
from simulators.plex.shape import Shape
from simulators.plex.xml import Element

# A collection's preferences: the value where nobody has set one, and what can be set.
COLLECTION_PREFERENCES = {
    "collectionMode": ("-1", "-1:Library default|0:Hide collection|1:Hide items|2:Show both"),
    "collectionSort": ("0", "0:Release date|1:Alphabetical|2:Custom"),
    "collectionFilterBasedOnUser": ("0", "0:Admin|1:User"),
}
# How many of each kind a list shows, without id, role or picture; kinds not named: none.
_IN_LISTS = {"genre": 2, "country": 2, "director": 3, "writer": 2, "actor": 3, "collection": 2}
_NUMBERS = (
    "rating",
    "audienceRating",
    "userRating",
    "viewCount",
    "lastViewedAt",
    "lastRatedAt",
    "year",
)


def item_element(item: Item, shape: Shape) -> Element:
    """A movie or episode as ``Video``; a show, season or collection as ``Directory``."""
    attributes = _attributes(item, shape)
    for name in shape.without_fields:
        attributes.pop(name, None)
    name = "Video" if item.type in ("movie", "episode", "clip") else "Directory"
    return Element(name, attributes, _children(item, shape))


def _attributes(item: Item, shape: Shape) -> dict[str, str]:
    fields, section = item.fields, item.section
    key = item_key(item)
    shown = {"ratingKey": str(item.rating_key), "key": key}
    if item.parent and item.type != "clip":
        _add_parents(item, shown)
    shown["guid"] = item.guid
    _add(shown, fields, "studio")
    shown["type"] = item.type
    shown["title"] = item.title
    if section.other_videos and item.type == "movie":
        shown["subtype"] = "clip"
    _add(shown, fields, "subtype", "extraType")
    if shape.full or item.type == "collection":
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
    if item.type == "collection":
        _add_collection(item, shown)
    shown["addedAt"] = str(item.added_at)
    if item.updated_at is not None:
        shown["updatedAt"] = str(item.updated_at)
    return shown


def item_key(item: Item) -> str:
    """Where a client finds the item, or what is in it."""
    if item.type == "collection":
        return f"/library/collections/{item.rating_key}/children"
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


def _add_collection(item: Item, shown: dict[str, str]) -> None:
    shown["subtype"] = item.section.type
    shown["childCount"] = shown["ratingCount"] = str(len(item.members))
    if item.smart_uri:
        shown["smart"] = "1"
        shown["content"] = item.smart_uri
    years = [year for member in item.members.values() if (year := member.fields.get("year"))]
    if years:
        shown |= {"minYear": min(years), "maxYear": max(years)}
    if "thumb" not in shown:
        shown["thumb"] = f"/library/collections/{item.rating_key}/composite/{picture_stamp(item)}"
    _add(shown, item.fields, *COLLECTION_PREFERENCES)


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
        if item.extras:
            extras = [item_element(extra, Shape()) for extra in item.extras]
            children.append(Element("Extras", {"size": str(len(extras))}, extras))
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
    for name, value in (("tagKey", link.tag_key), ("role", link.role), ("thumb", link.thumb)):
        if value:
            attributes[name] = value
    return Element(element, attributes)


def preferences_element(item: Item) -> Element:
    """What can be set for a collection, asked for with ``includePreferences=1``."""
    settings = []
    for name, (default, values) in COLLECTION_PREFERENCES.items():
        attributes = {"id": name, "label": name, "summary": "", "type": "int", "default": default}
        attributes |= {"value": item.fields.get(name, default), "enumValues": values}
        settings.append(Element("Setting", attributes))
    return Element("Preferences", {}, settings)
