"""The rules as the page's operations show them, and as the whole program obeys them."""

from __future__ import annotations

from typing import Any

import pytest

from sync_queue.models import SyncJob
from sync_queue.shared import shared_queue
from tests.tasks.conftest import Library
from validation.errors import SetupError
from validation.field_names import FIELDS

TEMPLATE = "[{studio} – ]{title}[ ({year})]"
EVERYTHING: dict[str, Any] = {
    **{"title_template": TEMPLATE, "collect_performers": True, "collect_parent_studios": True},
    **{"collect_tags": "Series", "collection_prefix": "studio=Studio: ", "label_tags": "vr"},
    **{"labels": "Stash", "performer_tags": True, "content_rating": "XXX"},
}


def test_three_titles_cost_one_request_to_stash_and_none_to_plex(library: Library) -> None:
    for number in range(5):
        library.add_scene(f"Film {number}.mp4", studio="After Dark", date="2024-05-01")
    library.stash.library.touch(3, title="“Quay” & [more]")
    library.stash.library.touch(4, title="")
    library.plex.requests.clear()
    library.stash.requests.clear()
    result = library.run("preview", titles="true", settings={"title_template": TEMPLATE})
    rows: Any = result.output["titles"]
    assert rows == [
        {"scene": 5, "title": "Film 4", "after": "After Dark – Film 4 (2024)"},
        {"scene": 4, "title": "Film 3", "after": ""},
        {"scene": 3, "title": "“Quay” & [more]", "after": "After Dark – “Quay” & [more] (2024)"},
    ]
    assert result.output["problem"] == ""
    assert len(library.plex.requests) == 0
    asked = [one for one in library.stash.requests if "findScenes" in one.fields]
    assert len(asked) == 1


def test_a_wrong_template_is_told_with_its_place_beside_the_plain_titles(
    library: Library,
) -> None:
    library.add_scene("Film.mp4", studio="After Dark")
    result = library.run("preview", titles=True, settings={"title_template": "{title} {x"})
    assert result.output["problem"] == (
        "At character 9, a brace opens that is never closed; } is expected."
    )
    assert result.output["titles"] == [{"scene": 1, "title": "Film", "after": "Film"}]
    with pytest.raises(SetupError, match="settings must be a JSON object"):
        library.run("preview", titles=True, settings="{title}")


def test_a_wrong_template_shows_in_status_until_it_is_mended(library: Library) -> None:
    scene, item = library.add("Quay.mp4", title="Quay")
    library.stash.settings["title_template"] = "{title} {x"
    library.run("sync", scene=scene)
    assert item.title == "Quay"
    wrong: Any = library.run("status").output["wrong_settings"]
    (sentence,) = wrong
    assert "At character 9, a brace opens that is never closed" in sentence
    library.stash.settings["title_template"] = "{title}!"
    library.run("sync", scene=scene)
    assert item.title == "Quay!"
    assert library.run("status").output["wrong_settings"] == []


def test_a_preview_of_one_scene_tries_settings_that_are_not_stored(library: Library) -> None:
    scene, item = library.add("Quay.mp4", studio="After Dark", tags=["vr", "Sea"])
    result = library.run("preview", scene=scene, settings=EVERYTHING)
    items: Any = result.output["items"]
    (one,) = items
    after = {change["field"]: change["after"] for change in one["changes"]}
    assert after["title"] == "After Dark – Quay"
    assert after["label"] == ["vr", "Stash"]
    assert after["genre"] == ["Sea"]
    assert after["contentRating"] == "XXX"
    assert after["collection"] == ["Studio: After Dark"]
    assert item.title == "Quay"


def test_the_rules_go_the_whole_way_from_stash_to_plex_and_back_out(library: Library) -> None:
    stash = library.stash.library
    parent = stash.add_studio("Lantern House")
    stash.add_studio("After Dark", parent=parent)
    stash.add_performer("Ada", tags=["Tall", "vr"])
    scene, item = library.add(
        "Quay.mp4", studio="After Dark", performers=["Ada"], tags=["Series", "Sea"]
    )
    library.stash.settings |= EVERYTHING
    library.run("sync_all")
    assert item.title == "After Dark – Quay"
    assert item.tags["genre"] == ["Sea", "Tall"]
    assert set(item.tags["label"]) == {"Vr", "Stash"}
    collections = {"Studio: After Dark", "Lantern House", "Ada", "Series"}
    assert set(item.tags["collection"]) == collections
    assert set(library.section.collections) == {name.casefold() for name in collections}
    assert item.fields["contentRating"] == "XXX"
    library.plex.requests.clear()
    library.clock.skip()
    library.run("sync_all")
    assert not library.plex.requests.writes()
    for name in EVERYTHING:
        library.stash.settings.pop(name)
    library.run("sync_all")
    assert item.title == "Quay"
    assert sorted(item.tags["genre"]) == ["Sea", "Series"]
    assert item.tags["label"] == []
    assert item.tags["collection"] == ["After Dark"]
    assert "contentRating" not in item.fields
    assert library.outcomes() == {scene: "synced"}


def test_a_rule_switched_off_for_a_whole_library_is_no_mass_removal(library: Library) -> None:
    made = library.fill(60, studio="After Dark", performers=["Ada"], tags=["vr", "Sea"])
    library.stash.settings |= EVERYTHING | {"labels": "One; Two"}
    library.run("sync_all")
    library.stash.settings |= {
        **{"labels": "Two", "label_tags": "", "collect_performers": False},
        **{"collection_prefix": "", "content_rating": "", "max_tags": 1},
    }
    library.run("sync_all")
    assert set(library.outcomes().values()) == {"synced"}
    for _scene, item in made:
        assert item.tags["label"] == ["Two"]
        assert item.tags["collection"] == ["After Dark"]


@pytest.mark.parametrize("off", [False, None, "the key is gone"])
def test_tags_of_performers_switched_off_for_a_whole_library_are_no_mass_removal(
    library: Library, off: object
) -> None:
    library.stash.library.add_performer("Ada", tags=["Tall", "Short"])
    made = library.fill(60, performers=["Ada"], tags=["Sea"])
    library.stash.settings["performer_tags"] = True
    library.run("sync_all")
    assert made[0][1].tags["genre"] == ["Sea", "Short", "Tall"]
    library.stash.settings["performer_tags"] = off
    if isinstance(off, str):
        del library.stash.settings["performer_tags"]
    library.run("sync_all")
    assert set(library.outcomes().values()) == {"synced"}
    assert {tuple(item.tags["genre"]) for _, item in made} == {("Sea",)}


def test_tags_of_performers_are_not_asked_for_by_those_who_never_wanted_them(
    library: Library,
) -> None:
    library.stash.library.add_performer("Ada", tags=["Tall"])
    library.add("Quay.mp4", performers=["Ada"])
    library.run("sync_all")
    assert library.query("SELECT related FROM scenes") == [(" performer:1 ",)]
    library.stash.settings["performer_tags"] = True
    library.run("sync_all")
    assert library.query("SELECT related FROM scenes") == [(" performer:1 tag:1 ",)]


def test_a_changed_tag_of_a_performer_reaches_the_scenes_where_it_counts(
    library: Library,
) -> None:
    performer = library.stash.library.add_performer("Ada", tags=["Tall"])
    _scene, item = library.add("Quay.mp4", performers=["Ada"])
    library.stash.settings["performer_tags"] = True
    library.run("sync_all")
    assert item.tags["genre"] == ["Tall"]
    tag = library.stash.library.performers[performer].tags[0]
    library.stash.library.tags.rename(tag, "Very tall")
    library.run("sync_all")
    assert item.tags["genre"] == ["Very tall"]


@pytest.mark.parametrize(
    ("setting", "values", "sentence"),
    [
        ({"only_with_stash_id": True}, {}, "The scene has no Stash ID."),
        ({"only_with_url": True}, {}, "The scene has no URL."),
        ({"only_with_url": True}, {"urls": ["plex/12"]}, "The scene has no URL."),
        ({"only_organized": True}, {}, "The scene is not marked as organized."),
        ({"exclude_tags": "sea"}, {"tags": ["Sea"]}, "The scene has an excluded tag."),
        ({"exclude_paths": "/data"}, {}, "All files of the scene lie in excluded paths."),
    ],
)
def test_a_filtered_scene_says_why(
    library: Library, setting: dict[str, Any], values: dict[str, Any], sentence: str
) -> None:
    scene, item = library.add("Quay.mp4", **values)
    other, _ = library.add(
        "Pier.mp4",
        **{"stash_ids": [("https://stashdb.org/graphql", "a-1")], "organized": True},
        **{"urls": ["https://example.test/1"]},
    )
    library.stash.settings |= setting
    assert library.run("preview", scene=scene).output["sentence"] == sentence
    library.run("sync_all")
    assert library.outcomes()[scene] == "filtered"
    rows: Any = library.run("scenes", scene=scene).output["rows"]
    assert [row["detail"] for row in rows] == [sentence]
    assert not item.locked
    if "exclude_paths" not in setting:
        assert library.outcomes()[other] == "synced"


def test_the_page_gets_the_fields_as_choices_under_their_first_names(library: Library) -> None:
    library.stash.settings |= {"skip_fields": "Summary;COVER", "title_template": "{x}"}
    docs: Any = library.run("settings").output["settings"]
    by_key = {doc["key"]: doc for doc in docs}
    assert by_key["skip_fields"]["value"] == "details; poster; background"
    assert by_key["skip_fields"]["choices"] == list(FIELDS)
    assert by_key["skip_fields"]["type"] == "fields"
    assert by_key["title_template"]["type"] == "template"
    assert by_key["title_template"]["value"] == "{x}"
    assert by_key["title_template"]["problem"].startswith("At character 1, {x} is no value")
    library.stash.settings["skip_fields"] = "summary; nonsense"
    docs = library.run("settings").output["settings"]
    (skipped,) = [doc for doc in docs if doc["key"] == "skip_fields"]
    assert skipped["value"] == "summary; nonsense"
    assert skipped["problem"].startswith("'nonsense' is no field; there are title, ")


@pytest.mark.parametrize("prefix", ["studio=Studio: ", "studio=Studio: ;performer= ", "tag=a\\;b "])
def test_the_blanks_of_a_prefix_survive_being_saved(library: Library, prefix: str) -> None:
    result = library.run("save_settings", values={"collection_prefix": prefix})
    assert result.output["problems"] == {}
    assert library.stash.settings["collection_prefix"] == prefix


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("title_template", "{title"),
        ("collection_prefix", "studios=A"),
        ("skip_fields", "everything"),
    ],
)
def test_a_wrong_rule_is_not_saved(library: Library, name: str, value: str) -> None:
    before = dict(library.stash.settings)
    result = library.run("save_settings", values={name: value})
    assert list(result.output["problems"]) == [name]  # type: ignore[call-overload]
    assert library.stash.settings == before


@pytest.mark.parametrize("is_on", [True, False])
def test_new_tags_of_a_performer_wake_the_scenes_only_where_they_count(
    library: Library, is_on: bool
) -> None:
    stash = library.stash.library
    performer = stash.add_performer("Ada")
    scene, item = library.add("Quay.mp4", performers=["Ada"])
    library.stash.settings["performer_tags"] = is_on
    library.run("sync_all")
    stash.performers[performer].tags = (stash.tags.named("Tall"),)
    library.plex.requests.clear()
    with shared_queue(library.request("process_queue").resolve()) as manager:
        manager.jobs.put(SyncJob(0, "Performer.Update.Post", 1.0, f"performer_tags:{performer}"))
    library.run("process_queue")
    assert item.tags["genre"] == (["Tall"] if is_on else [])
    assert bool(len(library.plex.requests.writes())) is is_on
    assert library.outcomes() == {scene: "synced"}
