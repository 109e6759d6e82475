"""The road with a real Stash on it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from simulators.plex.server import PlexSimulator, TagMode
from tests.e2e.conftest import PLEX_FOLDER, AnyRoad
from tests.installed_plugin import InstalledPlugin
from tests.real_stash import RealStash, make_clip

RealRoad = AnyRoad[RealStash]
MakeRealRoad = Callable[..., RealRoad]


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One video that all files are copies of."""
    target = tmp_path_factory.mktemp("clip") / "clip.mp4"
    make_clip(target)
    return target


@pytest.fixture
def make_road(shipped: Path, tmp_path: Path, clip: Path) -> Iterator[MakeRealRoad]:
    """``make_road(tag_mode="replace", **settings)``: as the simulated one, with a real Stash."""
    roads: list[RealRoad] = []

    def make(tag_mode: TagMode = "replace", **settings: object) -> RealRoad:
        directory = tmp_path / "plugins" / "PlexSync"
        shutil.copytree(shipped, directory)
        plex = PlexSimulator(tag_mode=tag_mode).start()
        stash = RealStash(tmp_path / "stash", directory.parent, clip)
        section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
        plugin = InstalledPlugin(directory, tmp_path)
        roads.append(RealRoad(stash, plex, plugin, section, str(stash.files)))
        stash.start()
        stash.settings = {
            "plex_url": plex.url,
            "plex_token": plex.token,
            "path_map": f"{stash.files} => {PLEX_FOLDER}",
            "skip_posters": True,
            **settings,
        }
        return roads[-1]

    yield make
    for road in roads:
        road.stash.close()
        road.stop_worker()
        road.plex.stop()


@pytest.fixture
def road(make_road: MakeRealRoad) -> Iterator[RealRoad]:
    """A road with the usual settings, where the plugin has nothing to complain of."""
    road = make_road()
    yield road
    assert road.stash.complaints() == []
