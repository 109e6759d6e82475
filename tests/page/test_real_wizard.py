"""The set-up from an empty installation to the first synced scene, in a real Stash and browser."""

from __future__ import annotations

import os
import re
import sqlite3
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from plex import plextv
from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from simulators.plextv import PlexTvSimulator
from tests.installed_plugin import eventually
from tests.page.conftest import NO_NOTES, install_from
from tests.page.world import NARROW, PATIENCE, PLEX_FOLDER, WIDE, World, package_source
from tests.real_stash import RealStash, make_clip

pytestmark = [pytest.mark.page, pytest.mark.timeout(300)]

FILMS = ("Harbour Lights", "The Old Pier", "Low Tide", "Night Ferry", "Salt", "Beacon")
MOST_ACTIONS = 40
SERVER_TOKEN = "canary-server-token-2"


@dataclass
class Setup:
    """A user at the set-up, whose actions are counted."""

    world: World
    tv: PlexTvSimulator
    page: Any
    actions: int = 0

    def open(self) -> None:
        """The page's first view, which leads to the set-up."""
        self.actions += 1
        self.page.goto(f"{self.world.stash.url}/plugins/plexsync")
        self.heading("Set-up")

    def tell(self, how: str) -> None:
        """Print the number of actions; it must stay small."""
        sys.stdout.write(f"\nset-up {how}: {self.actions} actions\n")
        assert self.actions < MOST_ACTIONS

    def heading(self, text: str) -> None:
        """Wait for a view."""
        self.page.locator("h2.plexsync-title", has_text=text).wait_for()

    def click(self, name: str | re.Pattern[str]) -> None:
        """Press a button."""
        self.actions += 1
        self.page.locator(".plexsync").get_by_role("button", name=name).first.click()

    def fill(self, label: str, text: str) -> None:
        """Type into a field."""
        self.actions += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def sees(self, text: str, patience: int = PATIENCE) -> None:
        """Wait for a text."""
        self.page.locator(".plexsync").get_by_text(text).first.wait_for(timeout=patience)

    def picture(self, name: str) -> None:
        """Keep what the user sees, on a wide and on a narrow screen."""
        self.world.picture(self.page, f"wizard-{name}-wide")
        self.page.set_viewport_size(NARROW)
        wide = self.page.evaluate("document.documentElement.scrollWidth")
        self.world.picture(self.page, f"wizard-{name}-narrow")
        self.page.set_viewport_size(WIDE)
        assert wide <= NARROW["width"], name


def film_world(browser: Any, folder: Path, pictures: Path) -> World:
    """Stash with six films, and Plex with the same ones under another path, and music."""
    clip = folder / "clip.mp4"
    make_clip(clip)
    (folder / "plugins").mkdir()
    plex = PlexSimulator(token=SERVER_TOKEN).start()
    section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
    songs = plex.add_section("Songs", locations=["/media/songs"])
    songs.type = "artist"
    stash = RealStash(folder / "stash", folder / "plugins", clip)
    return World(stash, plex, section, browser, pictures)


def give_titles(stash: RealStash) -> None:
    """Titles that Plex does not have. The plugin is not there yet, and the scenes are old: nothing
    is synced unless the user asks for it.
    """
    save = "mutation($input:SceneUpdateInput!){sceneUpdate(input:$input){id}}"
    found = stash.graphql("{findScenes{scenes{id}}}")["findScenes"]["scenes"]
    for scene in found:
        stash.graphql(save, input={"id": scene["id"], "title": f"Film {scene['id']}"})
    with closing(sqlite3.connect(stash.folder / "stash.sqlite", timeout=10)) as database:
        database.execute("UPDATE scenes SET updated_at = '2026-01-02T03:04:05Z'")
        database.commit()


@pytest.fixture
def setup(browser: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Setup]:
    """A fresh installation, through Stash's own dialog. Nothing of PlexSync is set."""
    pictures = Path(os.environ.get("PAGE_PICTURES") or tmp_path / "pictures")
    with PlexTvSimulator() as tv, package_source(tmp_path) as source:
        monkeypatch.setenv(plextv.VARIABLE, tv.url)
        world = film_world(browser, tmp_path, pictures)
        world.stash.start()
        world.stash.graphql(NO_NOTES)
        for name in FILMS:
            world.put(f"{name}.mp4")
        world.stash.scan()
        give_titles(world.stash)
        page = world.open(WIDE)
        page.context.route("https://app.plex.tv/**", lambda route: route.fulfill(body="Plex"))
        install_from(page, world, source)
        yield Setup(world, tv, page)
        page.context.close()
        world.close()
        assert world.complaints == []


def list_servers(setup: Setup) -> None:
    """The account's own server with an address that works and one that refuses, a shared one and a
    player."""
    world = setup.world
    addresses = [("http://127.0.0.1:9", True, False), (world.plex.url, True, False)]
    setup.tv.add_server("Harbour", world.plex.machine_identifier, addresses, token=SERVER_TOKEN)
    shared = [("http://127.0.0.1:9", False, False)]
    setup.tv.add_server("Lighthouse", "another", shared, token="t", owned=False)
    setup.tv.add_player("Telly")


def sign_in(setup: Setup) -> None:
    """Step 1; the user allows it at Plex."""
    setup.click(re.compile("^Sign in with Plex$"))
    setup.sees("Waiting for you to allow PlexSync")
    setup.tv.claim()
    setup.sees("Signed in as Ann.")


def from_libraries_to_the_first_scene(setup: Setup, name: str) -> None:
    """Steps 3 to 6, the same for both ways of signing in."""
    world = setup.world
    setup.sees("Songs")
    assert setup.page.get_by_label(re.compile("Songs")).is_disabled()
    setup.picture(f"{name}-3-libraries")
    setup.click("Save and continue")
    setup.sees(f"=> {PLEX_FOLDER}")
    setup.picture(f"{name}-4-proposal")
    assert world.stash.settings.get("path_map", "") == ""
    setup.click("Add this rule")
    setup.sees("All paths match")
    setup.picture(f"{name}-4-counted")
    setup.click("Save and continue")
    setup.sees("Star ratings")
    setup.actions += 1
    setup.page.locator("label", has_text="Studio collections").click()
    setup.picture(f"{name}-5-choices")
    setup.click("Save and continue")
    setup.click("Find a scene that matches")
    setup.page.get_by_role("button", name="Apply", exact=True).wait_for(timeout=2 * PATIENCE)
    setup.picture(f"{name}-6-preview")
    setup.click(re.compile("^Apply$"))
    setup.page.locator(".plexsync .alert-success").last.wait_for()
    setup.picture(f"{name}-6-synced")


def rule_of(setup: Setup) -> str:
    return f"{setup.world.stash.files} => {PLEX_FOLDER}"


def is_one_synced(setup: Setup) -> bool:
    return setup.world.query("SELECT count(*) FROM scenes WHERE outcome = 'synced'") == [(1,)]


def test_an_empty_installation_is_set_up_with_a_typed_address_and_token(setup: Setup) -> None:
    world = setup.world
    setup.open()
    setup.sees("Step 1: Sign in with Plex")
    setup.picture("typed-1-empty")
    setup.actions += 1
    setup.page.get_by_text("Or type address and token").click()
    setup.fill("Plex address", world.plex.url)
    setup.fill("Plex token", "wrong")
    setup.click("Save and test")
    setup.sees("Stored, but the test failed")
    setup.picture("typed-1-wrong")
    setup.fill("Plex token", SERVER_TOKEN)
    setup.click("Save and test")
    setup.sees("Plex answers, and accepts the token. It has 2 libraries.")
    setup.picture("typed-1-works")
    setup.click("Next")
    setup.click("Next")
    from_libraries_to_the_first_scene(setup, "typed")
    eventually(lambda: is_one_synced(setup), timeout=30)
    stored = world.stash.settings
    assert stored["path_map"] == rule_of(setup)
    assert (stored["plex_library"], stored["skip_studio_collections"]) == ("", True)
    assert SERVER_TOKEN not in setup.page.content()
    setup.tell("with address and token")


def test_an_empty_installation_is_set_up_by_signing_in(setup: Setup) -> None:
    list_servers(setup)
    setup.open()
    setup.click(re.compile("^Sign in with Plex$"))
    setup.sees("Waiting for you to allow PlexSync")
    link = setup.page.get_by_role("link", name="Open the page of Plex")
    assert link.get_attribute("rel") == "noopener noreferrer"
    setup.picture("signed-1-waiting")
    setup.actions += 1  # the user allows it at Plex
    setup.tv.claim()
    setup.sees("Signed in as Ann.", 6_000)
    setup.picture("signed-1-claimed")
    setup.click("Next")
    setup.sees("answers in")
    setup.sees("Only its owner")
    setup.picture("signed-2-servers")
    setup.click("Use this address")
    setup.sees("is used from now on")
    setup.picture("signed-2-used")
    setup.click("Next")
    from_libraries_to_the_first_scene(setup, "signed")
    eventually(lambda: is_one_synced(setup), timeout=30)
    stored = setup.world.stash.settings
    assert stored["path_map"] == rule_of(setup)
    assert "plex_token" not in stored
    assert SERVER_TOKEN not in setup.page.content()
    setup.tell("by signing in")


def test_each_obstacle_of_a_sign_in_has_a_sentence_and_a_way_on(setup: Setup) -> None:
    setup.open()
    setup.tv.faults.add(Kind.STATUS, status=503, times=None)
    setup.click(re.compile("^Sign in with Plex$"))
    setup.page.locator(".plexsync .alert-danger").first.wait_for()
    setup.picture("obstacle-unreachable")
    setup.tv.faults.clear()
    setup.click(re.compile("^Sign in with Plex$"))
    setup.sees("Waiting for you to allow PlexSync")
    setup.tv.state.pins.clear()
    setup.page.locator(".plexsync .alert-warning", has_text="expired").wait_for()
    setup.picture("obstacle-expired")
    sign_in(setup)
    setup.click("Next")
    setup.sees("This Plex account has no server")
    setup.picture("obstacle-no-server")
    setup.tv.add_server("Lighthouse", "another", [], token="t", owned=False)
    setup.click("Test again")
    setup.sees("Only servers of other users are shared")
    setup.picture("obstacle-shared")
    setup.click(re.compile("^Step 1"))
    setup.click("Sign out")
    setup.click("Sign out")
    setup.page.get_by_role("link", name="Open the list of devices at Plex").wait_for()
    setup.picture("obstacle-signed-out")


def test_the_set_up_can_be_left_and_opened_again(setup: Setup) -> None:
    setup.open()
    setup.page.get_by_role("link", name="Overview").click()
    setup.heading("Overview")
    setup.page.get_by_role("link", name="Open the set-up").click()
    setup.heading("Set-up")
    for view in ("Settings", "Help"):
        setup.page.get_by_role("link", name=view, exact=True).first.click()
        setup.heading(view)
        setup.page.get_by_role("link", name="Run the set-up again").click()
        setup.heading("Set-up")
    setup.page.reload()
    setup.heading("Set-up")
