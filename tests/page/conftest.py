"""One Stash and one browser for all tests of the page: they start once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from simulators.plex.server import PlexSimulator
from tests.installed_plugin import eventually
from tests.page.world import FLAGS, PLEX_FOLDER, WIDE, World, chromium, package_source
from tests.real_server import PLUGIN
from tests.real_stash import RealStash, make_clip

NO_NOTES = 'mutation{configureUISetting(key:"lastNoteSeen",value:99991231)}'


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """The system's Chromium."""
    driver = pytest.importorskip("playwright.sync_api")
    with driver.sync_playwright() as player:
        started = player.chromium.launch(executable_path=chromium(), args=list(FLAGS))
        yield started
        started.close()


@pytest.fixture(scope="session")
def bare_world(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Stash without the plugin, Plex, and where the pictures of the page go."""
    folder = tmp_path_factory.mktemp("world")
    clip = folder / "clip.mp4"
    make_clip(clip)
    plugins = folder / "plugins"
    plugins.mkdir()
    plex = PlexSimulator().start()
    section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
    stash = RealStash(folder / "stash", plugins, clip)
    pictures = Path(os.environ.get("PAGE_PICTURES") or folder / "pictures")
    made = World(stash, plex, section, browser, pictures)
    stash.start()
    stash.graphql(NO_NOTES)
    yield made
    made.close()


@pytest.fixture(scope="session")
def installed(bare_world: World, tmp_path_factory: pytest.TempPathFactory) -> World:
    """The plugin, installed as a user does it: through Stash's own dialog."""
    world = bare_world
    with package_source(tmp_path_factory.mktemp("source")) as source:
        page = world.open(WIDE)
        install_from(page, world, source)
        page.context.close()
    world.stash.settings = {
        "plex_url": world.plex.url,
        "plex_token": world.plex.token,
        "path_map": f"{world.stash.files} => {PLEX_FOLDER}",
        "unknown_key": "stays",
    }
    return world


def install_from(page: Any, world: World, source: str) -> None:
    """Settings > Plugins > Available Plugins > Add Source, then install."""
    page.goto(f"{world.stash.url}/settings?tab=plugins")
    page.get_by_role("button", name="Add Source").locator("visible=true").click()
    dialog = page.locator(".modal.show")
    dialog.locator("input[name=name], input").nth(0).fill("PlexSync")
    dialog.locator("input[name=url], input").nth(1).fill(source)
    dialog.get_by_role("button", name="Confirm").click()
    dialog.wait_for(state="hidden")
    row = page.locator("tr", has_text="PlexSync").locator("visible=true").first
    row.click()
    page.locator("tr", has_text="Keeps a Plex server").wait_for()
    page.locator("tr", has_text="Keeps a Plex server").locator("input[type=checkbox]").check()
    page.get_by_role("button", name="Install", exact=True).locator("visible=true").click()
    eventually((world.stash.plugins / PLUGIN / "PlexSync.yml").is_file, timeout=30)
    eventually(lambda: "PlexSync" in loaded(world), timeout=30)


def loaded(world: World) -> list[str]:
    """The plugins that Stash has loaded."""
    return [one["id"] for one in world.stash.graphql("{plugins{id}}")["plugins"] or []]
