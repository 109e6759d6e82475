"""The three pictures of the documents, with invented titles: ``make pictures``."""

from __future__ import annotations

import time
from typing import Any

import pytest
from PIL import Image

from sync_queue.manager import QueueManager
from sync_queue.scenes import Outcome
from tests.page.test_real_page import page, synced, view, world
from tests.page.test_real_wizard import Setup, list_servers, setup, sign_in
from tests.page.world import World

__all__ = ["page", "setup", "world"]

pytestmark = [pytest.mark.page, pytest.mark.timeout(300)]

TITLES = ("Harbour Lights", "The Quiet Lock", "Nine Bridges", "A Night at the Docks")
OLDER = ("Old Pier", "Blue Weir", "Long Lock", "White Ferry", "Tide Mill", "Fog", "Far Shore")
COUNTS = {"synced": 1198, "not_in_plex": 41, "filtered": 22, "ambiguous": 3}
FIRST = 200_000


def keep(world: World, page: Any, name: str) -> None:
    """A picture of few colours: it ships with the documents."""
    target = world.pictures / name
    target.parent.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=target)
    Image.open(target).convert("RGB").quantize(64).save(target, optimize=True)


def test_the_overview_has_a_picture(world: World, page: Any) -> None:
    for title in TITLES:
        synced(world, f"{title}.mp4", title)
    with QueueManager(str(world.plugin.data_dir)) as manager, manager.transaction():
        numbers = iter(range(FIRST, FIRST + sum(COUNTS.values())))
        for outcome, number in COUNTS.items():
            for scene in (next(numbers) for _ in range(number)):
                earlier, title = time.time() - 600 * (1 + scene - FIRST), OLDER[scene % len(OLDER)]
                detail = {"items": [scene]} if outcome == "synced" else {}
                seen = Outcome(scene, outcome, detail, "", earlier, title)
                manager.scenes.set_outcome(seen, files=())
    view(world, page, "overview")
    page.get_by_text("Harbour Lights").first.wait_for()
    keep(world, page, "page.png")
    with QueueManager(str(world.plugin.data_dir)) as manager, manager.transaction():
        manager.connection.execute("DELETE FROM scenes WHERE scene_id >= ?", (FIRST,))


def test_the_settings_have_a_picture(world: World, page: Any) -> None:
    before = world.stash.settings
    shown = {"plex_url": "http://192.168.1.10:32400", "path_map": "/data => /media/videos"}
    world.stash.settings = {**before, **shown}
    view(world, page, "settings")
    page.get_by_label("Plex address").wait_for()
    keep(world, page, "page-settings.png")
    world.stash.settings = before


def test_the_set_up_has_a_picture(setup: Setup) -> None:
    list_servers(setup)
    setup.open()
    sign_in(setup)
    setup.click("Next")
    setup.sees("Only its owner")
    keep(setup.world, setup.page, "page-setup.png")
