"""Preview: everything that a sync would do, and nothing of it done."""

from __future__ import annotations

import random
from typing import Any

import pytest

from simulators.plex.items import Item
from tests.tasks.conftest import Library

TITLES = ("Harbour", "Lights", "")
TAGS = ("Noir", "Outdoor", "Slow, burning")
PEOPLE = ("Ada Quill", "Zoë Ångström", "Bob, Jr.")


def shake(library: Library, rng: random.Random, pairs: list[tuple[int, Item]]) -> None:
    """Edits on both sides."""
    stash = library.stash.library
    for scene, item in pairs:
        stash.touch(
            scene,
            title=rng.choice(TITLES),
            details=rng.choice(("", "Docks.", "Night.")),
            date=rng.choice((None, "2024", "2024-05-01")),
            rating100=rng.choice((None, 20, 100)),
            tags=tuple(map(stash.tags.named, rng.sample(TAGS, rng.randrange(3)))),
            performers=tuple(map(stash.performers.named, rng.sample(PEOPLE, rng.randrange(3)))),
            studio=rng.choice((None, stash.studios.named("Lantern House"))),
        )
        if rng.random() < 0.5:
            fields = {"summary": rng.choice(("Mine.", "Docks."))}
            library.plex.edit(item, fields, {"genre": rng.sample(TAGS, 1)}, lock=rng.random() < 0.5)


def shows(item: Item, field: str) -> Any:
    """What Plex shows in a field, as a preview tells it."""
    if field in ("actor", "genre", "director", "collection"):
        return item.tags[field]
    if field == "title":
        return item.title
    value = item.fields.get(field, "")
    return f"{float(value):.1f}" if field == "userRating" and value else value


def plain(value: Any) -> Any:
    """Without the order of names: a server that appends keeps its own."""
    return sorted(value) if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("preserve", [False, True], ids=["stash wins", "edits in Plex stay"])
def test_its_plan_is_what_sync_all_then_writes(library: Library, seed: int, preserve: bool) -> None:
    rng = random.Random(seed)
    library.stash.settings = {
        **library.stash.settings,
        "preserve_plex_edits": preserve,
        "exclude_tags": "Outdoor" if seed % 2 else "",
    }
    pairs = library.fill(12)
    items = {item.rating_key: item for _, item in pairs}
    library.add_scene("Absent.mp4")
    shake(library, rng, pairs)
    for _round in range(2):  # without memory, and with it
        preview = library.run("preview")
        library.clock.skip()
        library.plex.requests.clear()
        synced = library.run("sync_all")
        planned = {
            told["item"]: told["changes"]
            for scene in preview.output["samples"]  # type: ignore[attr-defined]
            for told in scene["items"]
            if told["changes"]
        }
        assert sorted(library.edits()) == sorted(planned)
        for key, changes in planned.items():
            for change in changes:
                field = change["field"]
                if field != "year":  # the simulator's date sets it, too
                    assert plain(shows(items[key], field)) == plain(change["after"])
        assert preview.output["reasons"] == {
            reason: count
            for reason, count in synced.output["outcomes"].items()  # type: ignore[attr-defined]
            if reason != "synced"
        }
        library.clock.skip()
        shake(library, rng, pairs)


def test_it_writes_nothing_to_plex_nor_to_the_database(library: Library) -> None:
    pairs = library.fill(30, details="Docks.")
    library.run("sync_all")
    for scene, _ in pairs[:10]:
        library.stash.library.touch(scene, details="Other.")
    before = library.database.read_bytes()
    shown = library.plex.snapshot()
    library.plex.requests.clear()
    result = library.run("preview")
    assert result.output["would_write"] == 10
    assert result.output["fields"] == {"summary": 10}
    assert library.database.read_bytes() == before
    assert library.plex.requests.writes() == []
    assert library.plex.requests.count("GET") == len(library.plex.requests)
    assert library.plex.snapshot() == shown


def test_it_needs_no_database(library: Library) -> None:
    library.fill(3, details="Docks.")
    assert library.run("preview").output["would_write"] == 3
    assert not library.database.exists()


def test_it_asks_for_fifty_items_at_once(library: Library) -> None:
    library.fill(120)
    library.run("preview")
    assert len(library.plex.requests) <= 8


def test_two_scenes_that_claim_one_item_are_reported_as_they_would_end(library: Library) -> None:
    library.add("Harbour.mp4")
    library.add_scene("Harbour.mp4", details="The same file once more.")
    preview = library.run("preview")
    assert preview.output["reasons"] == {"item_taken": 1}
    assert library.run("sync_all").output["outcomes"] == {"synced": 1, "item_taken": 1}


def test_one_scene_with_evidence_and_plan(library: Library) -> None:
    scene, item = library.add("Harbour Lights.mp4", details="Docks.")
    library.run("sync_all")
    library.stash.library.touch(scene, details="Night.")
    result = library.run("preview", scene=str(scene))
    items: Any = result.output["items"]
    (told,) = items
    assert told["item"] == item.rating_key
    assert told["changes"] == [
        {"field": "summary", "before": "Docks.", "after": "Night.", "why": "changed in Stash"}
    ]
    assert any("same full path" in line for line in result.lines)
    assert item.fields["summary"] == "Docks."


def test_one_scene_that_cannot_be_synced_says_why(library: Library) -> None:
    scene = library.add_scene("Absent.mp4")
    result = library.run("preview", scene=scene)
    assert result.output["reason"] == "not_in_plex"
    assert library.run("preview", scene=scene + 1).output["reason"] == "scene_gone"


@pytest.mark.parametrize("mode", ["sync_all", "sync_changed", "process_queue", "sync"])
def test_a_dry_run_of_any_mode_writes_nothing(library: Library, mode: str) -> None:
    scene, item = library.add("Harbour Lights.mp4", details="Docks.")
    library.run("sync_all")
    library.stash.library.touch(scene, details="Night.")
    before = library.database.read_bytes()
    library.run(mode, dry_run=True, **({"scene": scene} if mode == "sync" else {}))
    assert item.fields["summary"] == "Docks."
    assert library.database.read_bytes() == before


def test_samples_and_sums_fit_on_the_log_page(library: Library) -> None:
    library.fill(40, details="Docks.", tags=["Noir"], studio="Lantern House")
    library.add_scene("Absent.mp4")
    result = library.run("preview")
    assert len(result.lines) <= 15
    assert "41 scenes" in result.lines[0]
    assert "Nothing was changed" in result.lines[0]
    assert any("summary 40" in line for line in result.lines)
    assert any("“” → “Docks.” (first sync)" in line for line in result.lines)
    assert len(result.report) >= 41
