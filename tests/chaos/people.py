"""What people do in Stash and Plex while everything goes wrong."""

from __future__ import annotations

import random
import threading
import time

from simulators.plex.items import Item
from simulators.stash.runs import PluginRun
from tests.chaos.model import Model
from tests.chaos.report import Report
from tests.e2e.conftest import Road

# A sweep does not see an edit in the same second as the one before: Stash's times are whole
# seconds. So what no hook tells happens to scenes that have been left alone for a while.
QUIET_SECONDS = 2.0


class People:
    """They edit the scenes of ``model``, which remembers what Plex has to show."""

    def __init__(self, road: Road, model: Model, rng: random.Random, report: Report) -> None:
        self.road = road
        self.model = model
        self.rng = rng
        self.report = report
        self.edited_at: dict[int, float] = {}

    def some_scene(self) -> int:
        return self.rng.choice(list(self.model.items))

    def quiet_scene(self) -> int | None:
        """A scene that was synced at some time and was not edited just now."""
        before = time.monotonic() - QUIET_SECONDS
        quiet = [scene for scene, at in self.edited_at.items() if at < before]
        return self.rng.choice(quiet) if quiet else None

    def save(self, scene: int) -> list[PluginRun]:
        self.model.values[scene] = values = self.model.new_values()
        runs = self.road.stash.scene_update(scene, **self.model.as_input(scene, values))
        self.edited_at[scene] = time.monotonic()
        return runs

    def edit(self) -> None:
        self.save(self.some_scene())

    def edit_with_killed_hook(self) -> None:
        """The browser's tab closes while Stash waits for the hook."""
        scene = self.quiet_scene()
        if scene is None:
            return self.edit()
        kill = self.road.stash.stash.plugins.kill_running
        killer = threading.Timer(self.rng.uniform(0.0, 0.08), kill)
        killer.start()
        runs = self.save(scene)
        killer.join()
        self.report.happened["hooks killed"] += sum(run.exit_code == -9 for run in runs)
        return None

    def edit_without_hook(self) -> None:
        """Auto-tag and merges tell nobody: the sweep finds it."""
        scene = self.quiet_scene()
        if scene is None:
            return
        self.model.values[scene] = values = self.model.new_values()
        self.road.stash.library.touch(scene, **self.model.as_records(scene, values))
        self.edited_at[scene] = time.monotonic()

    def bulk_edit(self) -> None:
        """One form for several scenes; one hook for each, in sequence."""
        rng = self.rng
        scenes = rng.sample(sorted(self.model.items), 4)
        for scene in scenes:
            self.model.values[scene] = self.model.new_values()
        self.road.stash.scenes_update(
            {"id": scene, **self.model.as_input(scene, self.model.values[scene])}
            for scene in scenes
        )
        self.edited_at.update(dict.fromkeys(scenes, time.monotonic()))

    def rename_a_person(self) -> None:
        number = self.rng.randrange(len(self.model.people))
        name = f"{self.model.people[number].split(' née ')[0]} née {self.model.takes}"
        self.model.people[number] = name
        self.road.stash.rename_performer(self.model.people_ids[number], name)

    def adds_a_tag_in_plex(self, scene: int) -> None:
        """In Plex, before anything is synced: later it could meet a write half way."""
        item: Item = self.model.items[scene]
        self.model.persons_tags[scene] = {f"A person's {scene}"}
        self.road.plex.edit(item, tags={"genre": [f"A person's {scene}"]})
