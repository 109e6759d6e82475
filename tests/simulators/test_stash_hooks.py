"""The hooks of the simulated Stash: their order and their input."""

import threading
from pathlib import Path

import pytest

from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "plugins"


def test_hooks_of_different_requests_run_at_the_same_time(folder: Path, tmp_path: Path) -> None:
    meeting = (
        "import os, time, sys\n"
        f"place = {str(tmp_path)!r}\n"
        "open(f'{place}/here{os.getpid()}', 'w').close()\n"
        "end = time.monotonic() + 20\n"
        "while len([n for n in os.listdir(place) if n.startswith('here')]) < 4:\n"
        "    assert time.monotonic() < end\n"
        "    time.sleep(0.01)\n"
    )
    write_plugin(folder, meeting)
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        scenes = [sim.library.add_scene(f"scene {n}") for n in range(4)]
        saves = [threading.Thread(target=sim.scene_update, args=(scene,)) for scene in scenes]
        for save in saves:
            save.start()
        for save in saves:
            save.join()
        assert [run.error for run in sim.runs] == [None] * 4


def test_a_bulk_edit_runs_one_process_per_scene_in_sequence(folder: Path) -> None:
    write_plugin(folder, "print(1)")
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        scenes = [sim.library.add_scene(f"scene {n}") for n in range(5)]
        runs = sim.bulk_scene_update(scenes, organized=True)
        assert [run.stdin["args"]["hookContext"]["id"] for run in runs] == scenes
        assert len({run.pid for run in runs}) == 5


def test_a_plugin_that_edits_with_its_own_cookie_is_stopped_after_ten_rounds(
    folder: Path,
) -> None:
    code = (
        "import json, sys, urllib.request\n"
        "given = json.load(sys.stdin); server = given['server_connection']\n"
        "query = {'query': 'mutation{sceneUpdate(input:{id:1}){id}}'}\n"
        "url = 'http://127.0.0.1:%d/graphql' % server['Port']\n"
        "cookie = {'Cookie': 'session=' + server['SessionCookie']['Value']}\n"
        "urllib.request.urlopen(urllib.request.Request(url, json.dumps(query).encode(), cookie))\n"
    )
    write_plugin(folder, code, triggers=["Scene.Update.Post"])
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        scene = sim.library.add_scene("x")
        sim.scene_update(scene)
        assert len(sim.runs) == 10
        assert any("cyclic loop detected" in line.message for line in sim.logs)


def test_a_disabled_plugin_runs_nothing(folder: Path) -> None:
    write_plugin(folder, "print(1)")
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        scene = sim.library.add_scene("x")
        sim.enable(False)
        assert sim.scene_update(scene) == []
        sim.enable(True)
        assert len(sim.scene_update(scene)) == 1


def test_a_destroyed_scene_is_described_to_its_hook(folder: Path) -> None:
    write_plugin(folder, "print(1)")
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        one = sim.library.add_scene(files=[{"path": "/0.mp4"}])
        (run,) = sim.scene_destroy(one)
        context = run.stdin["args"]["hookContext"]
        assert (context["id"], context["type"]) == (one, "Scene.Destroy.Post")
        assert context["input"].pop("oshash")
        assert context["input"] == {
            "id": "1",
            "delete_file": None,
            "delete_generated": None,
            "checksum": "",
            "path": "/0.mp4",
        }
        assert "inputFields" not in context
