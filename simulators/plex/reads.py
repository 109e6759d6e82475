"""What a client can read, apart from lists of items."""

from __future__ import annotations

from simulators.plex.answers import Answer, Refused
from simulators.plex.calls import IDENTIFIER, TAG_VERSION, Call, container
from simulators.plex.images import shelf_of
from simulators.plex.items import TAG_ELEMENTS, Item
from simulators.plex.listing import find, listing, search, wanted_type
from simulators.plex.query import Query
from simulators.plex.render import item_element, preferences_element
from simulators.plex.render_others import picture_elements, section_element
from simulators.plex.shape import Shape
from simulators.plex.xml import Element

_UNPAGED = 100  # members of a collection that Plex lists at once
VERSION = "1.43.1.10611-1e34174b1"


def root(call: Call) -> Answer:
    """GET / : who this server is and what it can do."""
    library = call.library
    attributes = {
        "allowSync": "1",
        "apiVersion": "1.2.0",
        "friendlyName": call.server.friendly_name,
        "machineIdentifier": call.server.machine_identifier,
        "multiuser": "1",
        "myPlex": "1",
        "myPlexSubscription": "1" if library.plex_pass else "0",
        "platform": "Linux",
        "platformVersion": "6.17.0",
        "updatedAt": str(library.now()),
        "version": VERSION,
    }
    names = ("activities", "clients", "identity", "library", "status")
    return container([_directory(name) for name in names], attributes)


def identity(call: Call) -> Answer:
    """GET /identity, the one thing that needs no token."""
    attributes = {
        "apiVersion": "1.2.0",
        "claimed": "1",
        "machineIdentifier": call.server.machine_identifier,
        "version": VERSION,
    }
    return container([], attributes)


def library_root(_call: Call) -> Answer:
    """GET /library"""
    attributes = {
        "allowSync": "0",
        "art": "/:/resources/library-art.png",
        "content": "",
        "identifier": IDENTIFIER,
        **TAG_VERSION,
        "title1": "Plex Library",
        "title2": "",
    }
    return container([_directory("sections"), _directory("all")], attributes)


def _directory(name: str) -> Element:
    return Element("Directory", {"key": name, "title": name})


def sections(call: Call) -> Answer:
    """GET /library/sections"""
    found = [section_element(section) for section in call.library.sections.values()]
    return container(found, {"allowSync": "0", "title1": "Plex Library"})


def section_root(call: Call) -> Answer:
    """GET /library/sections/{id}: the lists that can be had of it."""
    section = call.section()
    names = {"all": f"All {section.title}", "collection": "By Collection", "genre": "By Genre"}
    lists = [Element("Directory", {"key": key, "title": title}) for key, title in names.items()]
    for directory in lists[1:]:
        directory.attributes["secondary"] = "1"
    attributes = {
        "allowSync": "0",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "content": "secondary",
        "identifier": IDENTIFIER,
        "librarySectionID": str(section.key),
        **TAG_VERSION,
        "thumb": f"/:/resources/{section.type}.png",
        "title1": section.title,
        "viewGroup": "secondary",
    }
    return container(lists, attributes)


def metadata(call: Call) -> Answer:
    """GET /library/metadata/{ids}: whole items, several at once; those that exist."""
    items = call.items()
    if call.library.reads_refresh and not call.query.flag("skipRefresh"):
        for item in items:
            call.library.refresh(item)
    shape = Shape.of(call.query, full=True)
    section = items[0].section
    attributes = {
        "allowSync": "1",
        "identifier": IDENTIFIER,
        "librarySectionID": str(section.key),
        "librarySectionTitle": section.title,
        "librarySectionUUID": section.uuid,
        **TAG_VERSION,
    }
    found = [item_element(item, shape) for item in items]
    if call.query.flag("includePreferences") and items[0].type == "collection":
        found[0].children = [*found[0].children, preferences_element(items[0])]
    return container(found, attributes)


def children(call: Call) -> Answer:
    """GET /library/metadata/{id}/children: seasons of a show, episodes of a season, members."""
    item = call.item()
    if item.type == "collection":
        return listing(call, search(call, members(call, item)), _below(item), most=_UNPAGED)
    return listing(call, search(call, item.children), _below(item))


def leaves(call: Call) -> Answer:
    """GET /library/metadata/{id}/allLeaves: the episodes of a show."""
    item = call.item()
    return listing(call, search(call, item.descendants("episode")), _below(item))


def _below(item: Item) -> dict[str, str]:
    return {
        "allowSync": "1",
        "identifier": IDENTIFIER,
        "key": str(item.rating_key),
        "librarySectionID": str(item.section.key),
        "librarySectionTitle": item.section.title,
        "librarySectionUUID": item.section.uuid,
        **TAG_VERSION,
        "parentTitle": item.title,
        "title1": item.section.title,
        "title2": item.title,
    }


def members(call: Call, collection: Item) -> list[Item]:
    """A collection's items: in their order, or what a smart one's query finds now."""
    if not collection.smart_uri:
        return list(collection.members.values())
    raw = collection.smart_uri.partition("?")[2]
    smart = Call(call.server, "GET", "", raw, Query.parse(raw), {}, b"", ())
    kind = wanted_type(smart, collection.section.type)
    return find(smart, collection.section, kind)


def pictures(call: Call) -> Answer:
    """GET /library/metadata/{id}/posters and …/arts"""
    item = call.item()
    found = picture_elements(item, shelf_of(item, call.groups[1]))
    return container(found, {"identifier": IDENTIFIER, **TAG_VERSION})


def picture_bytes(call: Call) -> Answer:
    """GET …/thumb/{stamp}, …/art/{stamp} and …/file?url=: an uploaded picture itself."""
    item, what = call.item(), call.groups[1]
    kind = "arts" if what == "art" or "/arts/" in call.query.get("url") else "posters"
    shelf = shelf_of(item, kind)
    picture = shelf.pictures.get(call.query.get("url") or shelf.selected)
    if picture is None:
        raise Refused(404, "no such picture")
    return Answer(body=picture.data, content_type="image/jpeg")


def choices(call: Call) -> Answer:
    """GET /library/sections/{id}/{genre, actor, year …}: the values that items have."""
    section, name = call.section(), call.groups[1]
    kind = wanted_type(call, section.type)
    found: dict[str, str] = {}
    for item in call.server.catalogue.ordered(section, kind):
        if name in TAG_ELEMENTS:
            found.update({str(link.tag.id): link.tag.name for link in item.links.get(name, ())})
        elif name == "decade" and "year" in item.fields:
            decade = int(item.fields["year"]) // 10 * 10
            found[str(decade)] = f"{decade}s"
        elif name in item.fields:
            found[item.fields[name]] = item.fields[name]
    directories = []
    for key, title in sorted(found.items(), key=lambda pair: pair[1].casefold()):
        fast = f"/library/sections/{section.key}/all?{name}={key}"
        directories.append(Element("Directory", {"fastKey": fast, "key": key, "title": title}))
    attributes = {
        "allowSync": "0",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "content": "secondary",
        "identifier": IDENTIFIER,
        **TAG_VERSION,
        "title1": section.title,
        "title2": f"By {name.title()}",
        "viewGroup": "secondary",
    }
    return container(directories, attributes)


def timeline(call: Call) -> Answer:
    """GET /library/sections/{id}/timeline: how many items wait for their metadata."""
    section = call.section()
    attributes = {
        "allowSync": "0",
        "art": f"/:/resources/{section.type}-fanart.jpg",
        "content": "secondary",
        "identifier": IDENTIFIER,
        "latestEntryTime": str(section.scanned_at),
        **TAG_VERSION,
        "thumb": f"/:/resources/{section.type}.png",
        "title1": section.title,
        "updateQueueSize": str(section.running_scans),
        "viewGroup": "secondary",
    }
    return container([Element("LibraryTimeline", attributes)], attributes)


def activities(call: Call) -> Answer:
    """GET /activities"""
    return container(call.server.scanner.activities())
