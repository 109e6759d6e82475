"""The page in a real Stash and a real browser, as a user meets it. See ``make test-page``."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from simulators.faults import Kind
from sync_queue.manager import QueueManager
from sync_queue.scenes import Outcome
from tests.installed_plugin import eventually
from tests.page.world import NARROW, PATIENCE, WIDE, World

pytestmark = [pytest.mark.page, pytest.mark.timeout(600)]

VIEWS = ("overview", "needs", "scenes", "preview", "settings", "help")
EVIL = "<img src=x onerror=document.title='taken'>"


@pytest.fixture
def world(installed: World) -> Iterator[World]:
    """The page's files make no error in the browser, whatever a test does."""
    installed.complaints.clear()
    yield installed
    installed.plex.faults.clear()
    assert installed.complaints == []


@pytest.fixture
def page(world: World) -> Iterator[Any]:
    """A logged-in tab; its browser session ends with the test."""
    tab = world.open(WIDE)
    yield tab
    tab.context.close()


def view(world: World, page: Any, name: str, **query: object) -> None:
    """Open a view of the page by its address."""
    more = "".join(f"&{key}={value}" for key, value in query.items())
    page.goto(f"{world.stash.url}/plugins/plexsync?view={name}{more}")
    page.locator("h2.plexsync-title").wait_for()
    page.locator(".plexsync .spinner-border").first.wait_for(state="detached")


def titled(world: World, scene: int, title: str, **fields: object) -> None:
    """Edit a scene in Stash."""
    world.stash.scene_update(scene, title=title, **fields)


def synced(world: World, name: str, title: str) -> tuple[int, Any]:
    """A scene that Plex has, after its first sync."""
    (item,) = world.put(name)
    scene = world.scan(name)
    titled(world, scene, title)
    eventually(lambda: item.title == title, timeout=60)
    world.drained()
    return scene, item


def two_alike(world: World, name: str, title: str) -> tuple[int, list[Any]]:
    """A scene that two items of Plex fit equally well."""
    items = world.put(name, f"a/{name}", f"b/{name}")
    scene = world.scan(name)
    titled(world, scene, title)
    world.drained()
    return scene, items


def test_the_overview_says_in_words_whether_it_works(world: World, page: Any) -> None:
    scene, item = synced(world, "Harbour Lights.mp4", "Harbour Lights")
    view(world, page, "overview")
    page.locator(".plexsync-headline", has_text="In step with Plex").wait_for()
    row = page.locator("tr", has_text="Harbour Lights")
    assert row.get_by_role("link", name="Harbour Lights").get_attribute("href") == (
        f"/scenes/{scene}"
    )
    plex_link = row.get_by_role("link", name="Plex").get_attribute("href")
    assert world.plex.machine_identifier in plex_link
    assert str(item.rating_key) in plex_link


def test_the_top_bar_and_the_tools_lead_to_the_page(world: World, page: Any) -> None:
    page.goto(f"{world.stash.url}/settings?tab=tools")
    page.locator("button:visible", has_text="PlexSync").first.click()
    page.locator("h2.plexsync-title", has_text="Overview").wait_for()
    page.goto(world.stash.url)
    page.locator(".plexsync-icon:visible").first.click()
    page.locator("h2.plexsync-title").wait_for()


def test_an_ambiguous_scene_is_decided_on_the_page(world: World, page: Any) -> None:
    _, items = two_alike(world, "Twin Piers.mp4", "The Right Pier")
    view(world, page, "needs", group="ambiguous")
    row = page.locator(".plexsync-row", has_text="The Right Pier")
    row.get_by_role("button", name="Choose item").click()
    row.locator(".plexsync-candidate").nth(1).wait_for()
    world.picture(page, "needs-wide")
    assert {item.title for item in items} == {"Twin Piers"}  # nothing is chosen by itself
    row.locator(".plexsync-candidate").nth(0).get_by_role("button").first.click()
    eventually(lambda: "The Right Pier" in {item.title for item in items}, timeout=30)
    row.locator(".alert-success").wait_for()


def test_an_ignored_scene_leaves_the_list(world: World, page: Any) -> None:
    scene, _ = two_alike(world, "Twin Wharves.mp4", "Wharf")
    view(world, page, "needs", group="ambiguous")
    row = page.locator(".plexsync-row", has_text="Wharf")
    row.get_by_role("button", name="Ignore").click()
    outcome = f"SELECT outcome FROM scenes WHERE scene_id = {scene}"
    eventually(lambda: world.query(outcome) == [("filtered",)], timeout=30)
    view(world, page, "needs", group="ambiguous")
    assert page.locator(".plexsync-row", has_text="Wharf").count() == 0


def test_a_dead_letter_is_read_and_retried(world: World, page: Any) -> None:
    scene, item = synced(world, "Refused.mp4", "Refused")
    world.plex.faults.add(Kind.STATUS, method="PUT", status=400, times=None)
    titled(world, scene, "Refused again")
    eventually(lambda: world.query("SELECT 1 FROM dead_letters"), timeout=60)
    world.plex.faults.clear()
    view(world, page, "needs", group="letters")
    letter = page.locator(".plexsync-row, li.card", has_text="refused").first
    letter.get_by_role("button", name="Details").click()
    letter.get_by_text("PlexPermanentError").first.wait_for()
    world.picture(page, "letters-wide")
    page.get_by_role("button", name="Retry dead letter").first.click()
    eventually(lambda: item.title == "Refused again", timeout=30)


def test_scenes_are_filtered_and_searched(world: World, page: Any) -> None:
    synced(world, "Lighthouse.mp4", "Lighthouse")
    world.stash.library.add_file(world.stash.files / "Nowhere.mp4")
    missing = world.scan("Nowhere.mp4")
    titled(world, missing, "Nowhere")
    world.drained()
    view(world, page, "scenes")
    page.get_by_label("Filter by outcome").select_option("not_in_plex")
    page.locator("tr", has_text="Nowhere").wait_for()
    assert page.locator("tr", has_text="Lighthouse").count() == 0
    page.get_by_label("Filter by outcome").select_option("")
    page.get_by_label("Search title or path").fill("LIGHTHOUSE")
    page.get_by_label("Search title or path").press("Enter")
    page.locator("tr", has_text="Lighthouse").wait_for()
    eventually(lambda: page.locator("tr", has_text="Nowhere").count() == 0)
    world.picture(page, "scenes-wide")


def test_a_title_is_text_and_never_html(world: World, page: Any) -> None:
    synced(world, "Evil.mp4", EVIL)
    for name in ("overview", "scenes"):
        view(world, page, name)
        page.get_by_text(EVIL).first.wait_for()
        assert page.locator(".plexsync img[src=x]").count() == 0
        assert page.title() != "taken"


def test_a_changed_setting_is_stored_and_no_other_key_is_touched(world: World, page: Any) -> None:
    before = world.stash.settings
    view(world, page, "settings")
    world.picture(page, "settings-wide")
    page.get_by_label("Maximum genres").fill("7")
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert world.stash.settings == {**before, "max_tags": 7}
    assert world.stash.settings["unknown_key"] == "stays"


def test_a_template_shows_the_titles_of_three_scenes_while_it_is_typed(
    world: World, page: Any
) -> None:
    synced(world, "Typed.mp4", "Typed")
    view(world, page, "settings")
    field = page.get_by_label("Title template")
    field.fill("{title} ⇢ {filename}")
    titles = page.get_by_label("Titles of three scenes")
    titles.get_by_text("Typed ⇢ Typed").wait_for()
    assert titles.locator("li").count() <= 3
    field.fill("{title} {fil")
    page.get_by_text("At character 9, a brace opens that is never closed").wait_for()
    world.picture(page, "settings-template")


def test_fields_are_skipped_by_switches(world: World, page: Any) -> None:
    before = world.stash.settings
    view(world, page, "settings")
    for name in ("Sort title", "Summary (details)"):
        page.locator("label", has_text=name).click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert world.stash.settings == {**before, "skip_fields": "sort_title; details"}
    view(world, page, "overview")
    view(world, page, "settings")
    page.locator("label", has_text="Summary (details)").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_text("Saved.").wait_for()
    assert world.stash.settings["skip_fields"] == "sort_title"


def test_the_files_that_each_path_rule_finds_are_counted(world: World, page: Any) -> None:
    synced(world, "Counted.mp4", "Counted")
    view(world, page, "settings")
    page.get_by_role("button", name="Count files").click()
    page.get_by_role("status").get_by_text("are found in Plex by their path").wait_for()
    page.locator("li", has_text="/media/videos").get_by_text("found").first.wait_for()


def test_a_wrong_setting_is_told_beside_its_field(world: World, page: Any) -> None:
    before = world.stash.settings
    view(world, page, "settings")
    page.get_by_label("Plex address").fill("ftp://nowhere")
    page.get_by_role("button", name="Save").click()
    page.locator(".plexsync-problem", has_text="http").wait_for()
    assert world.stash.settings == before


def test_a_secret_is_never_in_the_page(world: World, page: Any) -> None:
    view(world, page, "settings")
    assert (world.plex.token or "?") not in page.content()
    view(world, page, "help")
    page.get_by_text("Version").first.wait_for()
    assert (world.plex.token or "?") not in page.content()
    world.picture(page, "help-wide")


def test_a_preview_of_one_scene_is_applied(world: World, page: Any) -> None:
    scene, item = synced(world, "Quay.mp4", "Quay")
    world.plex.user.edit(item, {"title": "Changed in Plex"})
    view(world, page, "preview", scene=scene)
    page.get_by_text("Changed in Plex").first.wait_for()
    world.picture(page, "preview-wide")
    page.get_by_role("button", name="Apply").click()
    eventually(lambda: item.title == "Quay", timeout=30)


def test_a_preview_of_the_library_counts_the_reasons(world: World, page: Any) -> None:
    view(world, page, "preview")
    page.get_by_role("button", name="Run preview").click()
    page.get_by_text("Left out", exact=False).first.wait_for(timeout=3 * PATIENCE)
    world.picture(page, "preview-all-wide")


def test_pause_and_resume(world: World, page: Any) -> None:
    scene, item = synced(world, "Paused.mp4", "Before the pause")
    view(world, page, "overview")
    page.get_by_role("button", name="Pause").click()
    eventually(lambda: world.stash.settings.get("paused") is True)
    titled(world, scene, "After the pause")
    page.get_by_text("Paused").first.wait_for()
    page.get_by_role("button", name="Resume").click()
    eventually(lambda: item.title == "After the pause", timeout=60)


def test_an_outage_of_plex_shows_on_the_open_page_and_ends(world: World, page: Any) -> None:
    scene, item = synced(world, "Storm.mp4", "Storm")
    view(world, page, "overview")
    world.plex.faults.add(Kind.STATUS, status=503, times=None)
    for number in range(6):
        titled(world, scene, f"Storm {number}")
    page.get_by_text("Plex does not answer", exact=False).or_(
        page.get_by_text("Plex has not answered", exact=False)
    ).first.wait_for(timeout=3 * PATIENCE)
    world.picture(page, "outage-wide")
    world.plex.faults.clear()
    eventually(lambda: item.title == "Storm 5", timeout=120)
    page.locator(".plexsync-headline", has_text="In step").wait_for(timeout=3 * PATIENCE)


def test_a_task_is_stopped_on_the_page(world: World, page: Any) -> None:
    synced(world, "Slow.mp4", "Slow")
    world.plex.faults.add(Kind.DELAY, seconds=20, times=None)
    view(world, page, "overview")
    page.get_by_role("button", name="Sync all").click()
    page.get_by_role("button", name="Stop Sync All Scenes").click()
    page.get_by_text("was stopped").wait_for(timeout=3 * PATIENCE)
    world.plex.faults.clear()


def test_a_scene_has_a_tab_plex(world: World, page: Any) -> None:
    scene, item = synced(world, "Tab.mp4", "Tab")
    page.goto(f"{world.stash.url}/scenes/{scene}")
    page.get_by_role("tab", name="Plex").click()
    page.get_by_text("In step").first.wait_for()
    world.plex.user.edit(item, {"title": "Drift"})
    page.locator(".plexsync").get_by_role("button", name="Sync now").click()
    eventually(lambda: item.title == "Tab", timeout=30)
    world.picture(page, "scene-wide")


def test_the_sync_of_a_scene_is_undone_on_its_tab(world: World, page: Any) -> None:
    scene, item = synced(world, "Mole.mp4", "The Mole")
    page.goto(f"{world.stash.url}/scenes/{scene}")
    page.get_by_role("tab", name="Plex").click()
    tab = page.locator(".plexsync")
    tab.get_by_role("button", name="Undo").click()
    tab.locator("tr", has_text="The Mole").first.wait_for()
    world.picture(page, "undo-scene-preview-wide")
    assert item.title == "The Mole"  # it was only shown
    tab.get_by_role("button", name="Undo").last.click()
    tab.get_by_text("Put back what Plex had before PlexSync?").wait_for()
    assert item.title == "The Mole"
    tab.locator("button.btn-danger").last.click()
    tab.get_by_text("PlexSync leaves this scene alone").wait_for()
    tab.get_by_text("Excluded").wait_for()  # the facts above are read again
    assert tab.get_by_text("In step").count() == 0
    world.picture(page, "undo-scene-done-wide")
    assert item.title == "Mole"
    page.set_viewport_size(NARROW)
    world.picture(page, "undo-scene-done-narrow")


def test_everything_is_undone_on_the_page_with_a_preview_first(world: World, page: Any) -> None:
    before = world.stash.settings
    _, item = synced(world, "Breakwater.mp4", "The Breakwater")
    view(world, page, "help")
    page.get_by_role("button", name="Preview undo").click()
    page.get_by_text("What an undo would put back").first.wait_for(timeout=3 * PATIENCE)
    world.picture(page, "undo-all-preview-wide")
    assert item.title == "The Breakwater"
    assert not world.stash.settings.get("paused")
    page.get_by_role("button", name="Undo everything").click()
    page.get_by_text("Switch Pause on").wait_for()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("What was put back").first.wait_for(timeout=3 * PATIENCE)
    world.picture(page, "undo-all-done-wide")
    assert item.title == "Breakwater"
    assert world.stash.settings["paused"] is True
    page.set_viewport_size(NARROW)
    world.picture(page, "undo-all-done-narrow")
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    world.stash.settings = before


def test_stash_s_own_block_begins_with_the_address_and_links_to_the_page(
    world: World, page: Any
) -> None:
    page.goto(f"{world.stash.url}/settings?tab=plugins")
    block = page.locator(".setting-group", has_text="PlexSync").locator("visible=true").first
    block.wait_for()
    names = block.locator("h3:visible").all_inner_texts()
    named = [name for name in names if name.strip()]
    assert (
        named.index("Plex address") < named.index("Pause") < named.index("Write uncertain matches")
    )
    page.get_by_role("link", name="Open the PlexSync page").locator("visible=true").click()
    page.locator("h2.plexsync-title", has_text="Settings").wait_for()


def test_five_thousand_scenes_are_listed_by_pages(world: World, page: Any) -> None:
    with QueueManager(str(world.plugin.data_dir)) as manager, manager.transaction():
        for scene in range(100_000, 105_000):
            outcome = Outcome(scene, "no_file", {}, "", time.time() - 90_000, f"Many {scene}", "/x")
            manager.scenes.set_outcome(outcome, files=())
    view(world, page, "scenes", outcome="no_file")
    page.locator("tr", has_text="Many 100000").wait_for()
    page.get_by_role("button", name="Next").first.click()
    page.locator("tr", has_text="Many 100200").wait_for()
    assert page.locator("tbody tr").count() <= 200
    with QueueManager(str(world.plugin.data_dir)) as manager, manager.transaction():
        manager.connection.execute("DELETE FROM scenes WHERE scene_id >= 100000")


@pytest.mark.parametrize("name", VIEWS)
def test_each_view_fits_a_phone(world: World, name: str) -> None:
    page = world.open(NARROW)
    view(world, page, name)
    world.picture(page, f"{name}-narrow")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide <= NARROW["width"]
    page.context.close()


def test_a_session_that_ended_is_said_in_place(world: World, page: Any) -> None:
    view(world, page, "overview")
    page.context.clear_cookies()
    page.get_by_text("session has ended").first.wait_for(timeout=2 * PATIENCE)


def test_the_page_goes_on_after_a_restart_of_stash(world: World, page: Any) -> None:
    view(world, page, "overview")
    world.stash.stop()
    page.get_by_text("Stash does not answer").first.wait_for(timeout=2 * PATIENCE)
    world.stash.start()
    page.get_by_text("Stash does not answer").first.wait_for(state="detached", timeout=2 * PATIENCE)
