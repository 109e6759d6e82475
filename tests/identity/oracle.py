"""What Plex has to show after a Sync All, from the documents alone: no code of the product.

The oracle watches what users and Plex do to an item (``Past``: one for each incarnation, since
the simulated Plex makes another ``Item`` then), and which values Stash had for it. Where the
documents leave two answers open, such as who wins when both sides changed a text under *Keep
edits*, either is right.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from simulators.plex.items import Item, Part
from simulators.stash.records import Scene

TEXTS = {"title": "title", "summary": "details", "tagline": "code"}
TAGS = {"genre": "tags", "actor": "performers"}


@dataclass
class Edit:
    """A user's edit of a text, with what Stash and the settings were then."""

    value: str
    scene: int
    stash: str
    undisturbed: bool  # under Keep edits from then on, and nothing took its lock away


@dataclass
class Past:
    """What happened to one incarnation of an item, apart from what PlexSync wrote."""

    edits: dict[str, list[Edit]] = field(default_factory=dict)
    added: dict[str, set[str]] = field(default_factory=dict)
    removed: dict[str, set[str]] = field(default_factory=dict)
    rating: str = ""
    poster: str = ""
    locks: set[str] = field(default_factory=set)
    texts_of_stash: dict[str, set[str]] = field(default_factory=dict)
    names_of_stash: dict[str, set[str]] = field(default_factory=dict)
    ratings_of_stash: set[str] = field(default_factory=set)

    def add(self, kind: str, name: str) -> None:
        """A user adds a tag or joins a collection."""
        self.added.setdefault(kind, set()).add(name)
        self.removed.setdefault(kind, set()).discard(name)
        self.locks.add(kind)

    def remove(self, kind: str, name: str) -> None:
        """A user takes a tag out or leaves a collection."""
        self.removed.setdefault(kind, set()).add(name)
        self.added.setdefault(kind, set()).discard(name)
        self.locks.add(kind)

    def touched(self, kind: str) -> bool:
        """Whether a user ever changed this kind of tag here."""
        return kind in self.added or kind in self.removed


def wanted_text(scene: Scene, name: str, settings: Mapping[str, object]) -> str:
    """Stash's value for a text of Plex, "" where a setting leaves it out."""
    if name == "tagline" and not settings.get("sync_code"):
        return ""
    if name == "title" and settings.get("title_template") and scene.title and scene.studio:
        return f"{scene.studio.name} – {scene.title}"
    return str(getattr(scene, TEXTS[name]))


def wanted_tags(scene: Scene, kind: str, settings: Mapping[str, object]) -> list[str]:
    """The names of Stash for a tag field of Plex."""
    names = [record.name for record in getattr(scene, TAGS[kind])]
    rules = ("collect_tags", "label_tags") if kind == "genre" else ()
    moved = set().union(*(_tag_of(scene, rule, settings) for rule in rules))
    return [name for name in names if name not in moved]


def _tag_of(scene: Scene, rule: str, settings: Mapping[str, object]) -> set[str]:
    """The scene's tag that a setting takes for something else than a genre."""
    chosen = str(settings.get(rule) or "").casefold()
    return {tag.name for tag in scene.tags if tag.name.casefold() == chosen}


def wanted_labels(scene: Scene, settings: Mapping[str, object]) -> set[str]:
    """The labels that the scene gives its items, as Plex spells them."""
    return {"Kept"} & {str(settings.get("labels", "")).title()} | _tag_of(
        scene, "label_tags", settings
    )


def wanted_collections(scene: Scene, settings: Mapping[str, object]) -> set[str]:
    """The collections that the scene puts its items into."""
    names = set()
    if scene.studio and not settings.get("skip_studio_collections"):
        names.add(scene.studio.name)
    if settings.get("sync_groups"):
        names |= {link.group.name for link in scene.groups}
    if settings.get("collect_performers"):
        names |= {performer.name for performer in scene.performers}
    return names | _tag_of(scene, "collect_tags", settings)


def stars(scene: Scene) -> str:
    """Stash's rating as Plex writes it."""
    return "" if scene.rating100 is None else f"{scene.rating100 / 10:.1f}"


def parts_in_order(item: Item) -> list[Part]:
    """The first version first, which has the lowest id; optimised ones are last."""
    media = sorted(item.media, key=lambda one: (bool(one.target), one.id))
    return [part for one in media for part in one.parts]


def note_stash(past: Past, scene: Scene) -> None:
    """Remember which values Stash may have written into this item."""
    for name, of_stash in TEXTS.items():
        past.texts_of_stash.setdefault(name, set()).add(str(getattr(scene, of_stash)))
    everything: dict[str, object] = {
        **{"sync_groups": True, "collect_performers": True, "collect_tags": "noir"},
        **{"label_tags": "sea", "labels": "kept", "title_template": "on"},
    }
    past.texts_of_stash["title"].add(wanted_text(scene, "title", everything))
    for kind in TAGS:
        past.names_of_stash.setdefault(kind, set()).update(wanted_tags(scene, kind, {}))
    past.names_of_stash.setdefault("label", set()).update(wanted_labels(scene, everything))
    collections = past.names_of_stash.setdefault("collection", set())
    collections |= wanted_collections(scene, everything)
    past.ratings_of_stash.add(stars(scene))


def complaints(
    item: Item, scene: Scene, past: Past, settings: Mapping[str, object], poster: str
) -> Iterator[str]:
    """What is wrong with an item that shows a scene. ``poster``: the SHA-1 of Stash's cover."""
    keep = bool(settings.get("preserve_plex_edits"))
    for name in TEXTS:
        yield from _text(item, scene, past, settings, name)
    for kind in TAGS:
        wanted = set(wanted_tags(scene, kind, settings))
        yield from _names(item, past, kind, wanted, keep=keep)
    memberships = {
        "collection": wanted_collections(scene, settings),
        "label": wanted_labels(scene, settings),
    }
    for kind, wanted in memberships.items():
        wanted -= past.removed.get(kind, set())
        yield from _names(item, past, kind, wanted, keep=keep)
    rating = item.fields.get("contentRating", "")
    if rating != settings.get("content_rating", ""):
        yield f"the content rating is {rating!r}, the setting {settings.get('content_rating')!r}"
    yield from _rating(item, scene, past, settings)
    if not settings.get("skip_posters"):
        allowed = {poster, past.poster} if past.poster and keep else {poster}
        if poster and item.selected_poster not in allowed:
            yield f"poster is {item.selected_poster}, not {sorted(allowed)}"
    users = past.locks | {"thumb"} | ({"userRating"} if past.rating else set())
    if settings.get("leave_unlocked") and item.locked - users:
        yield f"locks of ours are left: {sorted(item.locked - users)}"


def _text(
    item: Item, scene: Scene, past: Past, settings: Mapping[str, object], name: str
) -> Iterator[str]:
    shown, wanted = item.fields.get(name, ""), wanted_text(scene, name, settings)
    edits = past.edits.get(name, [])
    users = {edit.value for edit in edits}
    agents = item.agent_copy.fields.get(name, "")
    keep = bool(settings.get("preserve_plex_edits"))
    if not wanted:
        ours = past.texts_of_stash.get(name, set()) - users - {agents, ""}
        if shown in ours:
            yield f"{name} is still {shown!r}, which Stash does not say any more"
        elif shown not in users | {agents, ""}:
            yield f"{name} is {shown!r}, which nobody wrote"
        never = past.texts_of_stash.get(name, set()) <= {""}
        if never and edits and shown != edits[-1].value:
            yield f"{name} is {shown!r}, a user's {edits[-1].value!r} is gone"
        return
    if keep and edits:
        last = edits[-1]
        same = last.undisturbed and (last.scene, last.stash) == (scene.id, wanted)
        if same and shown != last.value:
            yield f"{name} is {shown!r}, a user's {last.value!r} is gone"
        elif shown not in users | {wanted}:
            yield f"{name} is {shown!r}, neither Stash's {wanted!r} nor a user's"
    elif shown != wanted:
        yield f"{name} is {shown!r}, Stash says {wanted!r}"


def _names(item: Item, past: Past, kind: str, wanted: set[str], *, keep: bool) -> Iterator[str]:
    shown = set(item.tags[kind])
    added, ours = past.added.get(kind, set()), past.names_of_stash.get(kind, set())
    missing = wanted - shown
    if missing and not (keep and past.touched(kind)):
        yield f"{kind} has {sorted(shown)}, Stash's {sorted(missing)} are missing"
    lost = added - ours - shown
    if lost:
        yield f"{kind} has {sorted(shown)}, a user's {sorted(lost)} are gone"
    left = shown - wanted - added
    if left:
        yield f"{kind} has {sorted(shown)}, of which {sorted(left)} should have gone"


def _rating(item: Item, scene: Scene, past: Past, settings: Mapping[str, object]) -> Iterator[str]:
    shown = item.fields.get("userRating", "")
    if past.rating:
        if shown != past.rating:
            yield f"the star rating is {shown!r}, a user's {past.rating!r} is gone"
    elif not settings.get("skip_rating"):
        if shown != stars(scene):
            yield f"the star rating is {shown!r}, Stash says {stars(scene)!r}"
    elif shown not in past.ratings_of_stash | {""}:
        yield f"the star rating is {shown!r}, which nobody gave"
