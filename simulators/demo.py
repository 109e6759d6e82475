"""``make demo``: recorded edits in a simulated Stash travel to a simulated Plex.

The plugin is the checkout itself, started by the Stash simulator as Stash starts it; its worker,
its queue and both connections are the real ones. Ends with status 1 when Plex does not show what
Stash has.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simulators import resident
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from simulators.stash.records import Scene
from simulators.stash.runs import PluginRun
from simulators.stash.server import StashSimulator

CHECKOUT = Path(__file__).resolve().parents[1]
RECORDING = CHECKOUT / "tests" / "data" / "stash" / "hook_and_task_stdin.json"
STASH_FOLDER, PLEX_FOLDER = "/data/scenes", "/media/videos"
FILES = (
    "studio-a/2024-05-01 Café Noir, Take 1.mp4",
    "studio-a/Harbour Lights, Part 2.mp4",
    "studio-a/Harbour Lights.mp4",
    "studio-b/Harbour Lights.mp4",
)
SYNC_SECONDS = 40.0
BASELINE_RUNS = 15
COLUMN = 34

Edits = list[tuple[str, list[PluginRun]]]
Shown = Mapping[str, str]


def main() -> int:
    """Run the demo; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="plexsync-demo-") as folder:
        data_dir = Path(folder) / "data"
        environ = {**os.environ, "STASH_PLUGIN_DATA": str(data_dir)}
        with (
            PlexSimulator() as plex,
            StashSimulator(CHECKOUT, config_dir=folder, env=environ) as stash,
            workers_stopped(data_dir),
        ):
            return play(stash, plex)


def play(stash: StashSimulator, plex: PlexSimulator) -> int:
    """Edits, sync, comparison."""
    fill(stash, plex)
    print(f"Stash listens on {stash.url}, Plex on {plex.url}. The plugin is {CHECKOUT}.\n")
    before = {item.rating_key: shown(item) for item in plex.items()}
    edits = replay(stash)
    print("Saved in Stash, each through a PlexSync.py process of its own:")
    for name, runs in edits:
        print(f"  {name:44} {len(runs)} hook{'s' if len(runs) > 1 else ''}")
    begun = time.monotonic()
    left = drain(stash)
    print(f"\nThe worker was done {time.monotonic() - begun:.1f} s after the last edit.\n")
    differences = show_items(stash, plex, before)
    show_costs(stash, plex, [run for _, runs in edits for run in runs])
    if left:
        differences.append(f"{left} edits still wait in the queue")
    print("\n".join(f"DIFFERENT: {line}" for line in differences) or "Plex shows what Stash has.")
    return 1 if differences else 0


def fill(stash: StashSimulator, plex: PlexSimulator) -> None:
    """Both servers with the same files: Stash with empty scenes, Plex as its scanner left them."""
    library = stash.library
    parent = library.add_studio("Lantern House")
    library.add_studio("Lantern House: After Dark", parent=parent)
    for performer in ("Ada Quill", "Zoë Ångström"):
        library.add_performer(performer)
    for tag in ("Noir", "Outdoor", "Slow, burning", "Noir (dup)"):
        library.add_tag(tag)
    library.add_group("Harbour Trilogy")
    section = plex.add_section("Videos", locations=[PLEX_FOLDER], agent="none")
    for name in FILES:
        library.add_scene(files=[{"path": f"{STASH_FOLDER}/{name}"}])
        plex.add_movie(section, f"{PLEX_FOLDER}/{name}")
    stash.settings = {
        "plex_url": plex.url,
        "plex_token": plex.token,
        "path_map": f"{STASH_FOLDER} => {PLEX_FOLDER}",
    }


def replay(stash: StashSimulator) -> Edits:
    """Repeat the acts of the users whose hooks were recorded."""
    acts: dict[str, Callable[[int, Any, list[str]], list[PluginRun]]] = {
        "sceneUpdate": lambda number, given, fields: stash.scene_update(
            number, **{name: given[name] for name in fields if name != "id"}
        ),
        "scenesUpdate": lambda _, given, __: stash.scenes_update(map(without_nulls, given)),
        "bulkSceneUpdate": lambda _, given, __: stash.bulk_scene_update(**without_nulls(given)),
        "performerUpdate": lambda number, given, _: stash.rename_performer(number, given["name"]),
        "studioUpdate": lambda number, given, _: stash.rename_studio(number, given["name"]),
        "tagUpdate": lambda number, given, _: stash.rename_tag(number, given["name"]),
    }
    edits: Edits = []
    for step in json.loads(RECORDING.read_text("utf-8")):
        act = acts.get(step["step"].partition(":")[0])
        if act is not None:
            context = step["stdin"][0]["args"]["hookContext"]
            runs = act(context["id"], context["input"], context.get("inputFields", []))
            edits.append((step["step"], runs))
    return edits


def without_nulls(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a form sent; its hook shows every other field as null."""
    return {name: value for name, value in given.items() if value is not None}


def drain(stash: StashSimulator) -> int:
    """Wait until the queue is empty, as its own status says; returns the number of jobs left."""
    deadline = time.monotonic() + SYNC_SECONDS
    while True:
        stash.run_task("Process Queue")
        status = stash.run_operation({"mode": "status"})
        if status.error:
            raise SystemExit(f"The plugin could not tell its status: {status.error}")
        left: int = status.output["left"]
        if not left or time.monotonic() > deadline:
            return left


def wanted(scene: Scene) -> Shown:
    """The values that Plex has to show. Empty fields and a partial date leave Plex's own.

    A server that appends tags keeps the cast in the order in which it came: it is not compared.
    """
    return {
        name: value
        for name, value in {
            "title": scene.title,
            "summary": scene.details,
            "date": scene.date or "" if len(scene.date or "") == len("YYYY-MM-DD") else "",
            "studio": scene.studio.name if scene.studio else "",
            "actors": "; ".join(sorted(performer.name for performer in scene.performers)),
            "genres": "; ".join(sorted(tag.name for tag in scene.tags)),
        }.items()
        if value
    }


def shown(item: Item) -> Shown:
    """The values that Plex shows of an item."""
    fields, tags = item.fields, item.tags
    return {
        "title": item.title,
        "summary": fields.get("summary", ""),
        "date": fields.get("originallyAvailableAt", ""),
        "studio": fields.get("studio", ""),
        "actors": "; ".join(sorted(tags["actor"])),
        "genres": "; ".join(sorted(tags["genre"])),
        "rating": fields.get("userRating", ""),
        "poster": "from Stash" if item.selected_poster else "",
        "in": "; ".join(tags["collection"]),
    }


def show_items(
    stash: StashSimulator, plex: PlexSimulator, before: Mapping[int, Shown]
) -> list[str]:
    """Print the changes of each item of Plex; returns its differences from Stash."""
    differences = []
    scenes = {scene.files[0].path: scene for scene in stash.library.scenes.values()}
    for item in plex.items():
        old, new = before[item.rating_key], shown(item)
        path = item.files[0]
        changed = [name for name in new if old[name] != new[name]]
        print(f"{path}\n  {'':8} {'before':{COLUMN}} after" if changed else f"{path}\n  unchanged")
        for name in changed:
            print(f"  {name:8} {shorten(old[name]):{COLUMN}} {shorten(new[name])}")
        print()
        for name, value in wanted(scenes[path.replace(PLEX_FOLDER, STASH_FOLDER, 1)]).items():
            if new[name] != value:
                differences.append(f"{path}: {name} is {new[name]!r}, in Stash {value!r}")
    return differences


def shorten(text: str) -> str:
    """One line that fits the table."""
    return textwrap.shorten(text, COLUMN, placeholder=" …") or "–"


def show_costs(stash: StashSimulator, plex: PlexSimulator, hooks: list[PluginRun]) -> None:
    """Print requests and times."""
    reads, writes = plex.requests.count("GET"), len(plex.requests.writes())
    print(f"Requests to Plex: {reads} reads, {writes} writes, for {len(plex.items())} items.")
    print(f"Requests to Stash: {stash.requests.total}.")
    median = statistics.median(run.seconds for run in hooks)
    baseline = statistics.median(bare_python() for _ in range(BASELINE_RUNS))
    print(
        f"A save waited {1000 * median:.0f} ms for its hook (median of {len(hooks)});"
        f" python3 -c pass takes {1000 * baseline:.0f} ms: {median / baseline:.1f} times that.\n"
    )


def bare_python() -> float:
    """Seconds that an interpreter takes to do nothing."""
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "pass"], check=True)
    return time.perf_counter() - begun


@contextmanager
def workers_stopped(data_dir: Path) -> Iterator[None]:
    """Leave no worker of the plugin behind."""
    try:
        yield
    finally:
        resident.stop_workers(data_dir)


if __name__ == "__main__":
    sys.exit(main())
