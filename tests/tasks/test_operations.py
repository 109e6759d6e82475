"""The operations of the page: exact answers, and a sentence for every wrong argument."""

from __future__ import annotations

import base64
import json
import os
import stat
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simulators.plex.items import Item
from sync_queue.dlq import DeadLetter
from sync_queue.manager import QueueManager
from sync_queue.models import scene_job
from tasks.given import LONGEST_TEXT
from tests.tasks.conftest import Library
from validation.errors import SetupError
from validation.settings import GROUPS, SETTINGS

JPEG = b"\xff\xd8\xff\xe0" + bytes(200)


def output_of(library: Library, mode: str, **arguments: object) -> Any:
    """The answer of an operation, as JSON that nobody has typed."""
    return library.run(mode, **arguments).output


def ambiguous(library: Library) -> tuple[int, list[Item]]:
    """A scene that two items fit equally well."""
    items = [library.add_item(f"{folder}/Harbour Lights.mp4") for folder in ("a", "b")]
    return library.add_scene("Harbour Lights.mp4", details="Docks."), items


def test_scenes_are_listed_with_title_path_outcome_and_reason(library: Library) -> None:
    synced, item = library.add("Harbour.mp4", title="Häfen & <b>Docks</b>")
    missing = library.add_scene("Nowhere.mp4", title="Nowhere")
    library.run("sync_all")
    answer = output_of(library, "scenes")
    rows = answer["rows"]
    assert [row["scene"] for row in rows] == [synced, missing]
    assert (answer["total"], answer["next"]) == (2, None)
    assert rows[0]["title"] == "Häfen & <b>Docks</b>"
    assert rows[0]["path"] == "/data/scenes/Harbour.mp4"
    assert (rows[0]["outcome"], rows[0]["item"]) == ("synced", item.rating_key)
    assert rows[1]["outcome"] == "not_in_plex"
    assert rows[1]["detail"]
    assert "Check the path rules" in rows[1]["todo"]


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({"search": "HARBOUR"}, [1]),
        ({"search": "scenes/h"}, [1]),
        ({"search": "ÉTÉ"}, [2]),
        ({"search": "%"}, []),
        ({"search": "' OR 1=1"}, []),
        ({"outcome": "not_in_plex"}, [2]),
        ({"outcome": "synced", "search": "été"}, []),
        ({"after": "1"}, [2]),
        ({"limit": 1}, [1]),
        ({"scene": 2}, [2]),
        ({"scene": "3"}, []),
    ],
)
def test_scenes_are_filtered_and_searched(
    library: Library, asked: dict[str, object], found: list[int]
) -> None:
    library.add("Harbour.mp4")
    library.add_scene("Two.mp4", title="L'été")
    library.run("sync_all")
    rows = output_of(library, "scenes", **asked)["rows"]
    assert [row["scene"] for row in rows] == found


def test_pages_of_scenes_join_without_a_gap(library: Library) -> None:
    library.fill(7)
    library.run("sync_all")
    seen: list[int] = []
    after: object = 0
    while after is not None:
        page: Any = library.run("scenes", limit=3, after=after).output
        assert page["total"] == 7
        seen += [row["scene"] for row in page["rows"]]
        after = page["next"]
    assert seen == list(range(1, 8))


@pytest.mark.parametrize(
    ("mode", "arguments", "words"),
    [
        ("scenes", {"outcome": "lost"}, "There is no outcome 'lost'"),
        ("scenes", {"limit": 201}, "limit must be a whole number from 1, at most 200"),
        ("scenes", {"after": -1}, "after must be a whole number"),
        ("scenes", {"after": 2**63}, "after must be a whole number"),
        ("scenes", {"search": ["x"]}, "search must be text"),
        ("scenes", {"search": "x" * (LONGEST_TEXT + 1)}, "search must be text"),
        ("letter", {}, "letter needs the number job"),
        ("letter", {"job": 99}, "There is no dead letter 99"),
        ("log", {"lines": 501}, "lines must be a whole number from 1, at most 500"),
        ("ignore", {"scenes": [1, "x"]}, "scenes must be a list of whole numbers"),
        ("ignore", {"scenes": list(range(1, 202))}, "scenes must be a list of at most 200"),
        ("ignore", {"scenes": "7"}, "scenes must be a list"),
        ("save_settings", {}, "save_settings needs values"),
        ("save_settings", {"values": "["}, "save_settings needs values"),
        ("preview", {"page": 0}, "There is no preview yet"),
        ("preview", {"scene": 1, "settings": [1]}, "settings must be a JSON object"),
    ],
)
def test_a_wrong_argument_gets_one_sentence(
    library: Library, mode: str, arguments: dict[str, object], words: str
) -> None:
    with pytest.raises(SetupError, match=words):
        library.run(mode, **arguments)


def test_candidates_of_an_ambiguous_scene_show_file_library_and_evidence(
    library: Library,
) -> None:
    scene, items = ambiguous(library)
    library.run("sync", scene=scene)
    (row,) = output_of(library, "scenes", outcome="ambiguous")["rows"]
    assert {one["item"] for one in row["candidates"]} == {item.rating_key for item in items}
    for one in row["candidates"]:
        assert one["library"] == "Videos"
        assert one["file"].endswith("Harbour Lights.mp4")
        assert one["confidence"] in ("low", "high")
        assert one["evidence"]


def test_a_scene_s_preview_shows_posters_without_an_address(library: Library) -> None:
    scene, items = ambiguous(library)
    library.plex.user.upload_poster(items[0], JPEG)
    output: Any = preview_for_a_page(library, scene)
    assert output["reason"] == "ambiguous"
    assert output["sentence"]
    assert (library.plex.token or "") not in json.dumps(output)
    assert library.plex.url not in json.dumps(output)
    assert {one["library"] for one in output["candidates"]} == {"Videos"}
    posters = {one["item"]: one["poster"] for one in output["candidates"]}
    kind, _, data = posters[items[0].rating_key].partition(",")
    assert (kind, base64.b64decode(data)) == ("data:image/jpeg;base64", JPEG)
    assert posters[items[1].rating_key] == ""
    assert output["poster"] == posters[items[0].rating_key]


def test_a_picture_that_plex_cannot_send_leaves_the_preview_whole(library: Library) -> None:
    scene, items = ambiguous(library)
    library.plex.user.upload_poster(items[0], b"\xff\xd8\xff" + bytes(400_000))
    output: Any = preview_for_a_page(library, scene)
    assert [one["poster"] for one in output["candidates"]] == ["", ""]


def preview_for_a_page(library: Library, scene: int) -> object:
    """The answer that Stash gets, which a shell's has no pictures in."""
    request = replace(library.request("preview", scene=scene), stash_dir="/root/.stash")
    return library.run_request(request).output


def test_a_preview_tries_settings_that_are_not_stored(library: Library) -> None:
    scene, _ = library.add("Harbour.mp4", title="Harbour", rating100=80)
    before: Any = library.run("preview", scene=scene).output
    assert "userRating" in {change["field"] for change in before["items"][0]["changes"]}
    after: Any = library.run("preview", scene=scene, settings={"skip_rating": True}).output
    assert "userRating" not in {change["field"] for change in after["items"][0]["changes"]}
    assert "skip_rating" not in library.stash.settings


def test_the_last_preview_is_kept_by_pages(library: Library) -> None:
    library.fill(3, details="Docks.")
    library.add_scene("Missing.mp4")
    library.run("preview")
    page: Any = library.run("preview", page="0").output
    assert (page["scenes"], page["pages"], page["reasons"]) == (4, 1, {"not_in_plex": 1})
    assert len(page["samples"]) == 4
    assert page["at"] <= time.time()
    empty: Any = library.run("preview", page=1).output
    assert empty["samples"] == []


def test_a_dead_letter_can_be_read_whole(library: Library) -> None:
    scene, item = library.add("Harbour.mp4", title="Harbour", details="Docks.")
    with QueueManager(str(library.data_dir)) as manager:
        manager.jobs.put(scene_job(scene, "Scene.Update.Post", 5.0))
        (leased,) = manager.jobs.claim(time.time(), 1)
        letter = DeadLetter(
            leased.job,
            "refused_by_plex",
            "PlexPermanentError",
            "Plex refused the edit.",
            "Traceback",
            5,
            {"item": item.rating_key, "fields": ["summary"]},
            9.0,
        )
        number = manager.bury(leased, letter, "", title="Harbour", path="/data/Harbour.mp4")
    found: Any = library.run("letter", job=str(number)).output
    assert (found["job"], found["scene"], found["key"]) == (number, scene, f"scene:{scene}")
    assert (found["reason"], found["attempts"], found["item"]) == (
        "refused_by_plex",
        5,
        item.rating_key,
    )
    assert (found["fields"], found["trace"]) == (["summary"], ["Traceback"])
    (line,) = output_of(library, "status")["letters"]
    assert (line["job"], line["title"]) == (number, "Harbour")
    assert found["meaning"] == "Plex refused the edit."
    assert found["update_type"] == "Scene.Update.Post"
    (row,) = output_of(library, "scenes", search="harbour")["rows"]
    assert (row["outcome"], row["title"]) == ("refused_by_plex", "Harbour")


def test_every_setting_is_in_one_group() -> None:
    names = [name for names in GROUPS.values() for name in names]
    assert sorted(names) == sorted(one.name for one in SETTINGS)


def test_settings_show_values_defaults_and_problems_but_no_secret(library: Library) -> None:
    library.stash.settings |= {"plex_token": "s3cret-token", "max_retries": 99}
    answer = library.run("settings")
    docs: dict[str, Any] = {one["key"]: one for one in output_of(library, "settings")["settings"]}
    assert answer.output["groups"] == list(GROUPS)
    assert docs["plex_token"]["value"] == "set"
    assert docs["stash_api_key"]["value"] == "not set"
    assert "s3cret" not in json.dumps(answer.output)
    assert (docs["max_retries"]["value"], docs["max_retries"]["default"]) == (99, 5)
    assert "1 to 20" in docs["max_retries"]["problem"]
    assert docs["path_map"]["type"] == "rules"
    assert docs["paused"]["type"] == "switch"


def test_saving_settings_touches_no_other_key(library: Library) -> None:
    stored = {**library.stash.settings, "plexToken": "of another plugin", "max_tags": "7"}
    library.stash.settings = dict(stored)
    answer = library.run(
        "save_settings", values={"skip_rating": "true", "max_retries": 7, "plex_library": ""}
    )
    assert answer.output == {
        "saved": ["max_retries", "plex_library", "skip_rating"],
        "problems": {},
    }
    expected = {**stored, "skip_rating": True, "max_retries": 7, "plex_library": ""}
    assert library.stash.settings == expected


@pytest.mark.parametrize(
    ("values", "wrong"),
    [
        ({"max_retries": 50, "skip_rating": True}, "max_retries"),
        ({"plex_url": "ftp://x"}, "plex_url"),
        ({"no_such_setting": 1}, "no_such_setting"),
        ({"path_map": "nonsense"}, "path_map"),
        ({"paused": "perhaps"}, "paused"),
        ({"max_tags": -1}, "max_tags"),
        ({"plex_token": "with blank"}, "plex_token"),
    ],
)
def test_a_wrong_value_is_named_and_nothing_is_stored(
    library: Library, values: dict[str, object], wrong: str
) -> None:
    before = dict(library.stash.settings)
    answer = output_of(library, "save_settings", values=values)
    assert answer["saved"] == []
    assert list(answer["problems"]) == [wrong]
    assert library.stash.settings == before


def test_an_older_problem_keeps_no_other_setting_from_being_saved(library: Library) -> None:
    library.stash.settings |= {"max_retries": 99}
    answer = library.run("save_settings", values={"skip_rating": True})
    assert answer.output["saved"] == ["skip_rating"]
    assert library.stash.settings["max_retries"] == 99


def test_an_emptied_secret_is_removed(library: Library) -> None:
    library.stash.settings |= {"stash_api_key": "key"}
    library.run("save_settings", values={"stash_api_key": ""})
    assert library.stash.settings["stash_api_key"] == ""


def test_several_scenes_are_ignored_together(library: Library) -> None:
    scenes = [scene for scene, _ in library.fill(3)]
    answer = library.run("ignore", scenes=[*scenes, str(scenes[0])])
    assert answer.output == {"ignored": 3}
    library.run("process_queue")
    assert set(library.outcomes().values()) == {"filtered"}


def test_the_libraries_of_plex_are_listed_with_folders_and_sizes(library: Library) -> None:
    library.fill(3)
    library.run("sync_all")
    (one,) = output_of(library, "libraries")["libraries"]
    assert (one["title"], one["type"], one["items"], one["chosen"]) == ("Videos", "movie", 3, True)
    assert one["locations"] == ["/media/videos"]


def test_status_shows_server_libraries_settings_and_activity(library: Library) -> None:
    scene, item = library.add("Harbour.mp4", title="Harbour")
    fresh: Any = library.run("status").output
    assert (fresh["settings"], fresh["server"], fresh["activity"]) == ("unknown", {}, [])
    assert len(fresh["setup"]) == 1
    library.run("sync", scene=scene)
    found: Any = library.run("status").output
    assert found["setup"] == []
    assert found["server"]["machine"] == library.plex.machine_identifier
    assert found["server"]["address"] == library.plex.url
    assert found["server"]["version"]
    assert [(one["title"], one["chosen"]) for one in found["libraries"]] == [("Videos", True)]
    assert found["settings"]["plex_token"] == "set"
    assert found["settings"]["skip_posters"] is True
    (row,) = found["activity"]
    assert (row["scene"], row["title"], row["outcome"]) == (scene, "Harbour", "synced")
    assert row["item"] == item.rating_key
    assert found["last_sync"] == row["when"]
    assert found["rate"] > 0
    assert (library.plex.token or "") not in json.dumps(found)


def test_status_says_what_the_set_up_lacks(library: Library) -> None:
    library.environ.pop("PLEX_TOKEN")
    scene, _ = library.add("Harbour.mp4")
    library.run("sync", scene=scene)
    (sentence,) = output_of(library, "status")["setup"]
    assert "Plex token" in sentence


def test_the_support_file_names_nothing_unless_asked(library: Library) -> None:
    scene, _ = library.add("Secret Harbour.mp4", title="Secret Harbour")
    library.stash.settings |= {"exclude_paths": "/data/hidden", "include_tags": "SecretTag"}
    library.run("sync", scene=scene)
    answer = library.run("support")
    path = str(answer.output["path"])
    text = Path(path).read_text("utf-8")
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600 or os.name == "nt"
    for name in ("Secret", "/data", "/media", library.plex.url, library.plex.token or ""):
        assert name not in text
    assert json.loads(text)["outcomes"]
    named = library.run("support", with_names=True)
    text = Path(str(named.output["path"])).read_text("utf-8")
    assert "Secret Harbour" in text
    assert (library.plex.token or "") not in text


def test_the_end_of_the_log_is_cleaned(library: Library) -> None:
    library.request("log").resolve()
    (library.data_dir / "plexsync.log").write_bytes(b"one\n\x1b[31mtwo\x07\nthree\n")
    assert library.run("log", lines=2).output == {"lines": [" [31mtwo", "three"]}
