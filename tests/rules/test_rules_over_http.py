"""Each rule on, off and on again, for each owner of what Plex had, in both tag modes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.rules.conftest import NewShelf
from tests.rules.shelf import Shelf, State, config_of
from validation.sanitizers import LINE_LIMIT

LONG = "Long " * 60
SCENES: dict[str, dict[str, Any]] = {
    "plain": {
        "title": "Harbour Lights",
        "date": "2024-05-01",
        "studio": "After Dark",
        "studio_ancestors": ("Lantern House", "Holding"),
        "performers": ("Ada", "Bo"),
        "tags": ("Noir", "Sea", "vr"),
        "performer_tags": ("Sailor", "noir"),
        "groups": ("Box",),
        "code": "LH-1",
    },
    "odd": {
        "title": "“Harbour”, the 'Lights' & more; [x] {y} 🎬",
        "studio": "Rock & Roll, Inc.",
        "studio_ancestors": ("A, B", "“Quoted”"),
        "performers": ("Bob, Jr.", "Zoë", "🎬 & Co", "O'Neill"),
        "tags": ("Noir", "a,b", "vr", "50% + more"),
        "performer_tags": ("“Tall”, dark", "vr"),
        "groups": ("Box, the",),
    },
    "long": {
        "title": LONG,
        "studio": "S" * 300,
        "studio_ancestors": ("P" * 300,),
        "performers": ("Q" * 300, "R" * 300),
        "tags": ("Noir", "T" * 300, "vr"),
        "performer_tags": ("U" * 300,),
        "groups": ("V" * 300,),
    },
    "many": {
        "title": "Everybody",
        "studio": "After Dark",
        "studio_ancestors": ("Lantern House",),
        "performers": tuple(f"Performer {number}" for number in range(60)),
        "tags": ("Noir", "vr", *(f"Tag {number}" for number in range(60))),
        "performer_tags": tuple(f"Trait {number}" for number in range(60)),
    },
    "missing": {"title": "Alone", "details": "A scene with nothing else."},
}


@dataclass(frozen=True)
class Rule:
    """Settings, and what they make of a scene: names by field, and values."""

    settings: dict[str, object]
    names: dict[str, Callable[[dict[str, Any]], set[str]]] = field(default_factory=dict)
    values: dict[str, Callable[[dict[str, Any]], str]] = field(default_factory=dict)


def cut(names: Any) -> set[str]:
    return {name[:LINE_LIMIT].strip() for name in names}


def prefixed(prefix: str, names: Any) -> set[str]:
    return cut(prefix + name for name in names)


def studio(scene: dict[str, Any]) -> set[str]:
    return {scene["studio"]} if scene.get("studio") else set()


def tags(scene: dict[str, Any], *but: str) -> set[str]:
    return cut(name for name in scene.get("tags", ()) if name not in but)


RULES: dict[str, Rule] = {
    "collect_performers": Rule(
        {"collect_performers": True},
        {"collection": lambda s: cut(s.get("performers", ())) | cut(studio(s))},
    ),
    "collect_parent_studios": Rule(
        {"collect_parent_studios": True},
        {"collection": lambda s: cut({*s.get("studio_ancestors", ()), *studio(s)})},
    ),
    "collect_tags": Rule(
        {"collect_tags": "noir; A,B"},
        {
            "collection": lambda s: tags(s) & {"Noir", "a,b"} | cut(studio(s)),
            "genre": lambda s: tags(s, "Noir", "a,b"),
        },
    ),
    "groups": Rule(
        {"sync_groups": True, "skip_studio_collections": True},
        {"collection": lambda s: cut(s.get("groups", ()))},
    ),
    "collection_prefix": Rule(
        {
            "collection_prefix": "studio=Studio: ; performer=★ ;group=Box\\; ;tag=#;parent_studio=",
            **{"collect_performers": True, "sync_groups": True, "collect_tags": "Noir"},
            "collect_parent_studios": True,
        },
        {
            "collection": lambda s: (
                prefixed("Studio: ", studio(s))
                | prefixed("★ ", s.get("performers", ()))
                | prefixed("Box; ", s.get("groups", ()))
                | prefixed("#", tags(s) & {"Noir"})
                | cut(s.get("studio_ancestors", ()))
            )
        },
    ),
    "label_tags": Rule(
        {"label_tags": "VR;a,b"},
        {
            "label": lambda s: {"Vr", "A,b"} & {name.capitalize() for name in tags(s)},
            "genre": lambda s: tags(s, "vr", "a,b"),
        },
    ),
    "labels": Rule(
        {"labels": "stash; über uns; “A”, B; stash; STASH", "label_tags": "Noir"},
        {
            "label": lambda s: {"Stash", "Über uns", "“A”, B"} | tags(s) & {"Noir"},
            "genre": lambda s: tags(s, "Noir"),
        },
    ),
    "performer_tags": Rule(
        {"performer_tags": True, "label_tags": "sailor"},
        {
            "genre": lambda s: (
                tags(s) | cut(set(s.get("performer_tags", ())) - {"Sailor", "noir", "vr"})
            ),
            "label": lambda s: {"Sailor"} & {*s.get("performer_tags", ())},
        },
    ),
    "content_rating": Rule(
        {"content_rating": "XXX, “18+” 🎬"}, {}, {"contentRating": lambda _: "XXX, “18+” 🎬"}
    ),
    "title_template": Rule(
        {"title_template": "[{studio} – ]{title}[ ({year})]"},
        {},
        {
            "title": lambda s: " ".join(
                f"{s['studio'] + ' – ' if studio(s) else ''}{s['title']}"
                f"{' (2024)' if s.get('date') else ''}".split()
            )[:LINE_LIMIT].strip()
        },
    ),
}
# What an item has before the first sync, and who gave it: the same names, others, and values.
SAME = {"collection": ["Ada", "After Dark"], "label": ["Stash"], "genre": ["Noir"]}
OTHER = {"collection": ["Mine"], "label": ["Mine"], "genre": ["Mine"]}
BOTH = {kind: [*SAME[kind], *OTHER[kind]] for kind in SAME}
OWNERS = ("nobody", "agent", "user", "user of the same")


def owned_by(shelf: NewShelf, owner: str) -> Shelf:
    if owner == "agent":
        return shelf(tags=BOTH, contentRating="R", titleSort="Agent's sort")
    made = shelf()
    if owner.startswith("user"):
        given = SAME if owner == "user of the same" else OTHER
        made.plex.user.edit(made.item, {"contentRating": "PG", "titleSort": "Mine"}, given)
    return made


def check(shown: Shelf, rule: Rule, scene: dict[str, Any], owner: str) -> None:
    own = {"nobody": {}, "agent": BOTH, "user": OTHER, "user of the same": SAME}[owner]
    for kind, expected in rule.names.items():
        replaced = kind == "genre" and owner == "agent" and expected(scene)
        stay = set() if replaced else set(own.get(kind, ()))
        names = {name.casefold() for name in shown.names(kind)}
        assert names == {name.casefold() for name in expected(scene) | stay}, kind
    state = shown.state()
    for name, value in rule.values.items():
        if name == "contentRating" and owner != "nobody":
            assert state.values[name] == {"agent": "R"}.get(owner, "PG")
        else:
            assert state.values[name] == value(scene)


@pytest.mark.parametrize(
    "values",
    [
        pytest.param(name, marks=[] if name in ("odd", "missing") else [pytest.mark.slow])
        for name in SCENES
    ],
)
@pytest.mark.parametrize("owner", OWNERS)
@pytest.mark.parametrize("name", RULES)
def test_a_rule_goes_on_off_and_on_again_without_debris(
    shelf: NewShelf, name: str, owner: str, values: str
) -> None:
    rule, scene = RULES[name], SCENES[values]
    off, on = config_of(), config_of(**rule.settings)
    item, twin = owned_by(shelf, owner), owned_by(shelf, owner)
    item.sync(off, **scene)
    states: list[State] = [item.state()]
    for config in (on, off, on, off):
        edits = item.sync(config, **scene)
        if (name, values) != ("collection_prefix", "long"):  # cut names do not show their ends
            assert edits.removals == 0, "no loss that a user has to allow"
        states.append(item.state())
        if config is on:
            check(item, rule, scene, owner)
    assert states[0] == states[2] == states[4]
    assert states[1] == states[3]
    for config, state in ((on, states[1]), (off, states[0])):
        twin.sync(config, **scene)
        assert (twin.state().values, twin.state().tags) == (state.values, state.tags)
        # What was in Plex already is locked only beside other edits.
        assert twin.state().locked <= state.locked


@pytest.mark.parametrize("name", RULES)
def test_a_rule_costs_no_request_more(shelf: NewShelf, name: str) -> None:
    rule, scene = RULES[name], SCENES["plain"]
    item = shelf()
    before = len(item.plex.requests)
    item.sync(config_of(**rule.settings), **scene)
    assert len(item.plex.requests) - before <= 2
    everything = {key: value for one in RULES.values() for key, value in one.settings.items()}
    whole = shelf()
    whole.sync(config_of(**everything), **scene)
    assert [request.method for request in whole.plex.requests].count("PUT") == 1
