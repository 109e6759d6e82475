"""The simulator does what was recorded from a real Stash, step by step, and says the same."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from simulators.stash.runs import PluginRun
from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin

DATA = Path(__file__).parents[1] / "data" / "stash"
STEPS = json.loads((DATA / "hook_and_task_stdin.json").read_text("utf-8"))
QUESTIONS = json.loads((DATA / "graphql.json").read_text("utf-8"))
# The others are recorded and not simulated: no test of the product needs them.
NOT_PLAYED = ("scan:", "create studio", "sceneCreate", "sceneAddPlay", "metadataAutoTag")
STEPS_PLAYED = [one["step"] for one in STEPS if not one["step"].startswith(NOT_PLAYED)]
NOT_ASKED = ("findScenes of a studio with children",)
ANSWERS = {entry["name"]: entry["response"] for entry in QUESTIONS}
SILENT = "import sys; sys.stdin.read()"


def recorded_args(step: str) -> list[dict[str, Any]]:
    return [given["args"] for entry in STEPS if entry["step"] == step for given in entry["stdin"]]


def image_of(step: str, number: int, key: str) -> str:
    image: str = recorded_args(step)[number]["hookContext"]["input"][key]
    return image


class Story:
    """Plays the recorded steps; `runs` holds the plugin runs of each."""

    def __init__(self, sim: StashSimulator) -> None:
        self.sim = sim
        self.runs: dict[str, list[PluginRun]] = {}

    def play(self) -> None:
        self.fill()
        self.edit_scenes()
        self.edit_many_scenes()
        self.rename_things()
        self.run_tasks()

    def fill(self) -> None:
        """The library as it was before the first recorded edit."""
        library = self.sim.library
        recorded = [ANSWERS[f"findScene {n}"]["data"]["findScene"]["files"] for n in (1, 2, 3, 4)]
        names = ("path", "size", "duration")
        files = [[{name: file[name] for name in names} for file in some] for some in recorded]
        for first, *_ in files:
            library.add_scene(files=[first])
        for number in (5, 6):
            library.add_scene(files=[{"path": f"/data/scenes/studio-b/clip {number}.mp4"}])
        library.add_scene("No file")
        library.scenes[2].files += (library.new_file(**files[1][1]),)
        library.add_studio("Lantern House: After Dark", parent=library.add_studio("Lantern House"))
        library.add_performer("Ada Quill")
        library.add_performer("Zoë Ångström", gender="FEMALE")
        for tag in ("Noir", "Outdoor", "Slow, burning", "Noir (dup)"):
            library.add_tag(tag)
        library.add_group("Harbour Trilogy")

    def edit_scenes(self) -> None:
        edits: list[tuple[str, int, dict[str, Any]]] = [
            ("sceneUpdate: title set to null", 2, {"title": None}),
            ("sceneUpdate: only organized", 2, {"organized": True}),
            ("sceneUpdate: id only (no change)", 2, {}),
            ("sceneUpdate: only play counters", 2, {"resume_time": 1.5}),
        ]
        form = recorded_args("sceneUpdate: edit form, many fields")[0]["hookContext"]
        sent = {name: form["input"][name] for name in form["inputFields"] if name != "id"}
        edits.insert(0, ("sceneUpdate: edit form, many fields", 1, sent))
        cover = "sceneUpdate: cover image (data URL)"
        edits.append((cover, 3, {"cover_image": image_of(cover, 0, "cover_image")}))
        for step, scene_id, fields in edits:
            self.runs[step] = self.sim.scene_update(scene_id, **fields)

    def edit_many_scenes(self) -> None:
        changes = [
            {"id": 3, "title": "Café Noir, Take 1", "studio_id": 1},
            {"id": 4, "title": "Harbour Lights", "date": "2023-11"},
        ]
        self.runs["scenesUpdate: list of two"] = self.sim.scenes_update(changes)
        self.runs["bulkSceneUpdate: add tag, rate"] = self.sim.bulk_scene_update(
            [1, 2, 3], rating100=40, tag_ids={"ids": [2], "mode": "ADD"}
        )

    def rename_things(self) -> None:
        self.runs["performerUpdate: rename"] = self.sim.rename_performer(1, "Ada Quill-Reyes")
        self.runs["studioUpdate: rename"] = self.sim.rename_studio(1, "Lantern House Films")
        self.runs["tagUpdate: rename"] = self.sim.rename_tag(2, "Outdoors")
        self.runs["tagsMerge"] = self.sim.tags_merge([4], 1)
        self.runs["groupUpdate: rename"] = self.sim.graphql(
            'mutation{groupUpdate(input:{id:1,name:"The Harbour Trilogy"}){id}}'
        ).runs
        self.runs["sceneMerge"] = self.sim.scene_merge([6], 5)

    def run_tasks(self) -> None:
        self.runs["task run from the Tasks page"] = [self.sim.run_task("Process Queue")]
        args = {"mode": "sync_all", "limit": 5, "dry_run": True, "ids": [1, 2]}
        self.runs["task run with arguments"] = [self.sim.run_task("Process Queue", args)]
        operation = self.sim.run_operation({"mode": "status", "verbose": True})
        self.runs["operation (runPluginOperation)"] = [operation]


@pytest.fixture(scope="module")
def story(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("stash")
    triggers = ANSWERS["plugins"]["data"]["plugins"][0]["hooks"][0]["hooks"]
    tasks = [
        {
            "name": "Process Queue",
            "description": "x",
            "defaultArgs": {"mode": "process_queue", "days": 30},
        }
    ]
    settings = {
        "plex_url": {"type": "STRING", "displayName": "Plex URL"},
        "max_retries": {"type": "NUMBER", "displayName": "Max"},
        "strict": {"type": "BOOLEAN", "displayName": "Strict"},
    }
    write_plugin(
        folder / "plugins",
        SILENT,
        hooks=[{"name": "rec", "triggeredBy": triggers}],
        tasks=tasks,
        settings=settings,
    )
    with StashSimulator(folder / "plugins", config_dir=folder) as sim:
        sim.settings = {"plex_url": "http://127.0.0.1:32400", "max_retries": 5, "strict": False}
        story = Story(sim)
        story.play()
        yield story


@pytest.mark.parametrize("step", STEPS_PLAYED)
def test_a_plugin_is_given_what_the_real_stash_gave(story: Story, step: str) -> None:
    given = [run.stdin["args"] for run in story.runs[step]]
    assert [in_any_order(args) for args in given] == [
        in_any_order(args) for args in recorded_args(step)
    ]


def test_the_connection_has_the_recorded_keys_and_types(story: Story) -> None:
    recorded = STEPS[0]["stdin"][0]
    given = story.runs["sceneUpdate: only organized"][0].stdin
    assert shape(given["server_connection"]) == shape(recorded["server_connection"])
    assert list(given) == list(recorded)


@pytest.mark.parametrize(
    "question",
    [question for question in QUESTIONS if question["name"] not in NOT_ASKED],
    ids=lambda question: question["name"],
)
def test_a_query_gets_the_recorded_answer(story: Story, question: dict[str, Any]) -> None:
    query = question["query"].replace(" image_path", "")  # only scenes have images here
    sent = {"query": query, "variables": question["variables"]}
    answer = requests.post(f"{story.sim.url}/graphql", json=sent, timeout=10)
    recorded = question["response"]
    if "http" in recorded:
        assert answer.status_code == recorded["http"]
        errors = [error["extensions"]["code"] for error in answer.json()["errors"]]
        assert errors == ["GRAPHQL_VALIDATION_FAILED"]
        return
    assert answer.status_code == 200
    assert list(answer.json()) == list(recorded)
    said = json.dumps(answer.json()).replace(story.sim.url, "http://127.0.0.1:9999")
    assert settled(json.loads(said)) == settled(recorded)


def in_any_order(args: dict[str, Any]) -> dict[str, Any]:
    """Go ranges over a map: the order of ``inputFields`` says nothing."""
    context = args.get("hookContext")
    if not context or "inputFields" not in context:
        return args
    return {**args, "hookContext": {**context, "inputFields": sorted(context["inputFields"])}}


def settled(value: Any, key: str = "") -> Any:
    """Times, hashes and the order of unsorted rows replaced, all else as it is."""
    if isinstance(value, dict):
        return {name: settled(entry, name) for name, entry in value.items() if name != "image_path"}
    if isinstance(value, list):
        rows = [settled(entry, key) for entry in value]
        return sorted(rows, key=json.dumps) if key == "scenes" else rows
    if isinstance(value, str) and key == "value":
        return re.fullmatch(r"[0-9a-f]{16}", value) is not None
    if isinstance(value, str) and key in {"updated_at", "created_at"}:
        return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(Z|[+-]\d\d:\d\d)", value) is not None
    return re.sub(r"t=\d+", "t=0", value) if isinstance(value, str) else value


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: shape(entry) for name, entry in value.items()}
    return [shape(entry) for entry in value] if isinstance(value, list) else type(value)
