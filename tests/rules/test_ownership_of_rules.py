"""Whose a collection, a label or a content rating is, and what PlexSync leaves alone."""

from __future__ import annotations

from typing import Any

import pytest

from simulators.plex.server import PlexSimulator
from tests.rules.conftest import NewShelf
from tests.rules.shelf import Shelf, config_of

SCENE: dict[str, Any] = {
    "title": "Harbour Lights",
    "details": "Words.",
    "date": "2024-05-01",
    "studio": "After Dark",
    "performers": ("Ada", "Bo"),
    "tags": ("vr", "Sea"),
    "groups": ("Box",),
    "director": "Dee",
    "code": "LH-1",
    "rating100": 80,
}
OFF = config_of()
LABELS = config_of(labels="stash", label_tags="vr")
RATED = config_of(content_rating="XXX")


def test_a_label_of_a_user_stays_and_a_label_of_ours_that_a_user_removed_stays_out(
    shelf: NewShelf,
) -> None:
    item = shelf()
    item.sync(LABELS, **SCENE)
    assert item.names("label") == {"Stash", "Vr"}
    item.plex.user.add_tag(item.item, "label", "kids")
    item.plex.user.remove_tag(item.item, "label", "Vr")
    item.sync(LABELS, **SCENE)
    assert item.names("label") == {"Stash", "Kids"}
    item.sync(OFF, **SCENE)
    assert item.names("label") == {"Kids"}


def test_labels_that_plex_spells_in_its_own_way_are_not_sent_again(
    shelf: NewShelf, plex: PlexSimulator
) -> None:
    shelf(tags={"label": ["PRIVATE stuff"]})  # the server keeps the first spelling
    item = shelf()
    edits = item.sync(config_of(labels="private STUFF; zweite"), **SCENE)
    assert edits.tags["label"].wanted == ("private STUFF", "zweite")
    assert item.names("label") == {"PRIVATE stuff", "Zweite"}
    assert plex.library is item.plex.library


def test_a_tag_that_leaves_the_scene_leaves_label_and_collection_and_counts_as_a_loss(
    shelf: NewShelf,
) -> None:
    config = config_of(label_tags="vr", collect_tags="sea", labels="Stash")
    item = shelf()
    item.sync(config, **SCENE)
    assert item.names("collection") == {"After Dark", "Sea"}
    edits = item.sync(config, **{**SCENE, "tags": ()})
    assert edits.removals == 2
    assert item.names("label") == {"Stash"}
    assert item.names("collection") == {"After Dark"}


def test_a_label_of_one_item_is_no_business_of_another_setting(shelf: NewShelf) -> None:
    item = shelf()
    item.sync(config_of(labels="One; Two"), **SCENE)
    edits = item.sync(config_of(labels="Two; Three"), **SCENE)
    assert item.names("label") == {"Two", "Three"}
    assert edits.removals == 0


def test_episodes_have_labels_and_content_ratings_but_no_collections(shelf: NewShelf) -> None:
    made = shelf()
    plex = made.plex
    episode = plex.add_episode(plex.library.sections[2], "/shows/S01E01.mp4", show="Show")
    item = Shelf(plex, made.client, episode)
    config = config_of(
        labels="stash", content_rating="XXX", collect_performers=True, collect_tags="Sea"
    )
    item.sync(config, **SCENE)
    assert item.names("label") == {"Stash"}
    assert item.names("collection") == set()
    assert episode.fields["contentRating"] == "XXX"
    item.sync(OFF, **SCENE)
    assert item.names("label") == set()
    assert "contentRating" not in episode.fields
    assert not {"label", "contentRating"} & episode.locked


@pytest.mark.parametrize("value", ["R", "XXX"])
@pytest.mark.parametrize("locked", [False, True])
def test_a_content_rating_of_the_items_own_stays_equal_or_not(
    shelf: NewShelf, value: str, locked: bool
) -> None:
    item = shelf()
    item.plex.user.edit(item.item, {"contentRating": value}, lock=locked)
    for config in (RATED, config_of(content_rating="18+"), OFF, RATED, OFF):
        item.sync(config, **SCENE)
        assert item.item.fields["contentRating"] == value
        assert ("contentRating" in item.item.locked) is locked


def test_a_content_rating_of_ours_follows_the_setting_until_another_writes_it(
    shelf: NewShelf,
) -> None:
    item = shelf()
    item.sync(RATED, **SCENE)
    item.sync(config_of(content_rating="18+"), **SCENE)
    assert item.item.fields["contentRating"] == "18+"
    item.plex.user.edit(item.item, {"contentRating": "PG"})
    item.sync(RATED, **SCENE)
    assert item.item.fields["contentRating"] == "PG"
    item.sync(OFF, **SCENE)
    assert item.item.fields["contentRating"] == "PG"
    item.plex.user.edit(item.item, {"contentRating": ""})
    item.sync(RATED, **SCENE)
    assert item.item.fields["contentRating"] == "XXX"


# A name of the setting, and what it leaves alone.
SKIPPED = {
    "title": {"title", "titleSort"},
    "sort_title": {"titleSort"},
    "details": {"summary"},
    "date": {"originallyAvailableAt", "year"},
    "studio": {"studio"},
    "performers": {"actor"},
    "tags": {"genre"},
    "rating100": {"userRating"},
    "director": {"director"},
    "code": {"tagline"},
    "collections": {"collection"},
    "labels": {"label"},
    "content_rating": {"contentRating"},
}
EVERYTHING: dict[str, object] = {
    **{"labels": "Stash", "content_rating": "XXX", "collect_performers": True},
    **{"sync_code": True, "sync_groups": True},
}
CHANGED: dict[str, Any] = {
    "title": "Other",
    "details": "Other words.",
    "date": "2020-01-02",
    "studio": "Other",
    "performers": ("Cy",),
    "tags": ("other",),
    "groups": ("Other",),
    "director": "Eve",
    "code": "X-2",
    "rating100": 20,
}


def shown(item: Shelf, names: set[str]) -> dict[str, object]:
    state = item.state()
    found: dict[str, object] = {name: state.values.get(name) for name in names}
    return found | {name: state.tags.get(name) for name in names} | {"locks": state.locked & names}


@pytest.mark.parametrize("name", SKIPPED)
def test_a_skipped_field_is_never_written_nor_locked(shelf: NewShelf, name: str) -> None:
    item = shelf(titleSort="Agent's sort", tags={"genre": ["Agent's"]}, tagline="Agent's")
    before, fields = shown(item, SKIPPED[name]), SKIPPED[name]
    edits = item.sync(config_of(**EVERYTHING, skip_fields=name), **SCENE)
    assert not fields & {*edits.values, *edits.tags, *edits.locks}
    assert shown(item, fields) == before
    others = set().union(*SKIPPED.values()) - fields - {"titleSort"}
    assert others <= {*edits.values, *edits.tags}


@pytest.mark.parametrize("name", SKIPPED)
def test_a_field_that_is_skipped_later_stays_as_it_is_until_it_is_not(
    shelf: NewShelf, name: str
) -> None:
    item = shelf(titleSort="Agent's sort")
    item.sync(config_of(**EVERYTHING), **SCENE)
    before, fields = shown(item, SKIPPED[name]), SKIPPED[name]
    for settings in ({}, EVERYTHING, {**EVERYTHING, "leave_unlocked": True}):
        item.sync(config_of(**settings, skip_fields=name), **CHANGED)
        assert shown(item, fields) == before
    item.sync(config_of(**EVERYTHING), **CHANGED)
    twin = shelf(titleSort="Agent's sort")
    twin.sync(config_of(**EVERYTHING), **SCENE)
    twin.sync(config_of(**EVERYTHING), **CHANGED)
    assert shown(item, fields) == shown(twin, fields)


def test_a_user_may_do_what_they_like_with_a_skipped_field(shelf: NewShelf) -> None:
    item = shelf()
    item.sync(config_of(**EVERYTHING), **SCENE)
    item.plex.user.edit(item.item, {"summary": "Mine"}, {"actor": ["Mine"]})
    skipping = config_of(**EVERYTHING, skip_fields="Summary; ACTORS")
    item.sync(skipping, **CHANGED)
    assert item.item.fields["summary"] == "Mine"
    assert item.names("actor") == {"Mine"}


@pytest.mark.parametrize(
    "setting", [{"skip_rating": True}, {"skip_fields": "rating"}, {"skip_fields": "userRating"}]
)
def test_skipped_ratings_and_skip_rating_stand_beside_each_other(
    shelf: NewShelf, setting: dict[str, object]
) -> None:
    item = shelf()
    edits = item.sync(config_of(**setting, skip_studio_collections=True), **SCENE)
    assert "userRating" not in {*edits.values, *edits.locks}
    assert item.names("collection") == set()


def test_tags_of_performers_come_after_the_scenes_own_and_count_for_the_limit(
    shelf: NewShelf,
) -> None:
    item = shelf()
    config = config_of(performer_tags=True, max_tags=3)
    item.sync(config, **{**SCENE, "performer_tags": ("sea", "Tall", "Short")})
    assert item.names("genre") == {"vr", "Sea", "Tall"}
    item.sync(config_of(max_tags=3), **{**SCENE, "performer_tags": ("Tall",)})
    assert item.names("genre") == {"vr", "Sea"}


def test_a_name_of_several_kinds_is_one_collection_unless_the_prefixes_differ(
    shelf: NewShelf,
) -> None:
    scene = {**SCENE, "studio": "Ada", "groups": ("ADA",)}
    item = shelf()
    item.sync(config_of(collect_performers=True, sync_groups=True), **scene)
    assert item.names("collection") == {"Ada", "Bo"}
    item.sync(
        config_of(collect_performers=True, sync_groups=True, collection_prefix="group=Group: ;"),
        **scene,
    )
    assert item.names("collection") == {"Ada", "Bo", "Group: ADA"}
    item.sync(OFF, **scene)
    assert item.names("collection") == {"Ada"}


def test_a_collection_that_a_user_left_stays_away_until_it_is_wished_for_again(
    shelf: NewShelf,
) -> None:
    item, on = shelf(), config_of(collect_performers=True)
    item.sync(on, **SCENE)
    item.plex.user.leave_collection(item.item, "Ada")
    item.sync(on, **SCENE)
    assert item.names("collection") == {"After Dark", "Bo"}
    item.sync(OFF, **SCENE)
    item.sync(on, **SCENE)
    assert item.names("collection") == {"After Dark", "Ada", "Bo"}
