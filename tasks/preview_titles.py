"""Operation ``preview`` with ``titles``: what a title's template makes of three scenes.

One request to Stash and none to Plex: a page asks while the template is typed.
"""

from __future__ import annotations

import time

from plex.fields import wanted_title
from sync_queue.snapshot import Snapshot
from tasks.context import TaskRequest, TaskResult
from validation.errors import InvalidScene
from validation.metadata import parse_scene
from validation.title_template import Mistake, file_title, parse_template
from worker.servers import Servers

SCENES = 3


def run(request: TaskRequest) -> TaskResult:
    """The titles of the scenes that were added last, with the settings that were given.

    ``after`` is "" where the item's own title would stay. A wrong template is the ``problem``, and
    the titles are the plain ones.
    """
    with Snapshot(request.resolve(), request.connection) as memory:
        servers = Servers(memory, request.environ, time.time, time.sleep, request.instead())
        read = servers.stash().read_newest(SCENES)
        config = servers.take_settings(read.settings, read.plugin_enabled).config
    rows = []
    for scene_id, raw in read.scenes.items():
        try:
            scene = parse_scene(raw)
        except InvalidScene:
            continue
        title = scene.title or file_title(scene)
        after = wanted_title(scene, config, title_is_ours=False)
        rows.append({"scene": scene_id, "title": title, "after": after})
    parsed = parse_template(config.title_template) if config.title_template else None
    problem = str(parsed) if isinstance(parsed, Mistake) else ""
    said = [f"Scene {row['scene']}: {row['after'] or row['title']}" for row in rows]
    return TaskResult(
        done=len(rows),
        lines=tuple(filter(None, (problem, *said))),
        output={"titles": rows, "problem": problem},
    )
