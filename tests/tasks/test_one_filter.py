"""One filter: a hook, a task and a preview pick the same scenes."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sync_queue.models import scene_job
from sync_queue.shared import shared_queue
from tests.tasks.conftest import Library

SCENES = st.fixed_dictionaries(
    {
        "title": st.sampled_from(["", "Harbour"]),
        "organized": st.booleans(),
        "tags": st.lists(st.sampled_from(["Noir", "Outdoor", "Private"]), unique=True, max_size=2),
        "studio": st.sampled_from([None, "Lantern", "Other"]),
        "folder": st.sampled_from(["a", "private"]),
        "in_plex": st.booleans(),
    }
)
SETTINGS = st.fixed_dictionaries(
    {
        "only_organized": st.booleans(),
        "include_tags": st.sampled_from(["", "Noir", "noir; outdoor"]),
        "exclude_tags": st.sampled_from(["", "private"]),
        "include_studios": st.sampled_from(["", "Lantern"]),
        "exclude_studios": st.sampled_from(["", "Other"]),
        "exclude_paths": st.sampled_from(["", "/data/scenes/private/**"]),
    }
)


# Each example is three whole runs: few for the same examples each time, many where new are sought.
EXAMPLES = 4 if settings().derandomize else 25


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(scenes=st.lists(SCENES, min_size=1, max_size=5), chosen=SETTINGS)
def test_hook_task_and_preview_pick_the_same_scenes(
    library: Library, scenes: list[Mapping[str, Any]], chosen: Mapping[str, Any]
) -> None:
    library.stash.library.scenes.clear()
    library.stash.settings = {"path_map": "/data/scenes => /media/videos", "skip_posters": True}
    library.stash.settings.update(chosen)
    ids = []
    for number, scene in enumerate(scenes):
        options = dict(scene)
        name = f"{options.pop('folder')}/File {number}.mp4"
        if options.pop("in_plex"):
            library.add_item(name)
        ids.append(library.add_scene(name, **options))
    with tempfile.TemporaryDirectory() as folder:
        by_hook, by_task, by_preview = (
            replace(library, data_dir=Path(folder, side)) for side in ("hook", "task", "preview")
        )
        with shared_queue(by_hook.request("process_queue").resolve()) as manager:
            manager.jobs.put_all([scene_job(scene, "Scene.Update.Post", 1.0) for scene in ids])
        by_hook.run("process_queue")
        by_task.run("sync_all")
        previewed = by_preview.run("preview").output["reasons"]
        picked = by_task.outcomes()
        assert by_hook.outcomes() == picked
    reasons = [reason for reason in picked.values() if reason != "synced"]
    assert previewed == {reason: reasons.count(reason) for reason in reasons}
    assert picked.keys() == set(ids)
    for item in library.plex.items(library.section):
        library.plex.library.remove(item)
