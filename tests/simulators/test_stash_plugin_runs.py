"""The processes of plugins: the simulated Stash starts them, waits for them, and kills them."""

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from simulators.resident import is_running
from simulators.stash.runs import PluginRun
from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin

SAVE = "mutation($input:SceneUpdateInput!){sceneUpdate(input:$input){id}}"
PATIENCE = 10.0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A plugins folder whose name needs quoting."""
    return tmp_path / "plugins, été"


def until(true: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.005)


def run_once(folder: Path, code: str, **options: Any) -> PluginRun:
    write_plugin(folder, code)
    with StashSimulator(folder, config_dir=folder.parent, **options) as sim:
        return sim.run_operation()


def test_stdin_is_one_json_object_and_then_its_end(folder: Path) -> None:
    run = run_once(folder, "import sys\nprint('{\"output\":' + sys.stdin.read() + '}')")
    assert run.output == run.stdin
    assert run.error is None
    assert run.exit_code == 0


@pytest.mark.posix
def test_a_large_stdin_arrives_whole_and_blocks_nothing_if_it_is_not_read(folder: Path) -> None:
    write_plugin(folder, "import sys\nprint(len(sys.stdin.read()))")
    image = "data:image/png;base64," + "A" * 2_000_000
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        read = sim.run_operation({"image": image})
        assert int(read.stdout) > 2_000_000
        write_plugin(folder, "print(1)")
        assert sim.run_operation({"image": image}).output == "1\n"


@pytest.mark.posix
def test_the_process_gets_stashs_environment_directory_and_arguments(folder: Path) -> None:
    code = (
        "import os, sys, json\n"
        "print(json.dumps({'output': [os.getcwd(), dict(os.environ), sys.argv, sys.executable,"
        " os.getsid(0), os.getpgid(0)]}))"
    )
    env = {"PYTHONPATH": "/before", "MINE": "1", "PATH": os.environ["PATH"]}
    run = run_once(folder, code, env=env)
    cwd, seen, argv, python, session, group = run.output
    assert cwd == str(folder.parent)
    assert seen["MINE"] == "1"
    assert seen["PYTHONPATH"] == f"/before{os.pathsep}{folder}"
    assert argv == [f"{folder}/PlexSync/plugin.py"]
    assert python == sys.executable
    assert (session, group) == (os.getsid(0), os.getpgid(0))


CHILD = """
import subprocess, sys, os
child = subprocess.Popen([sys.executable, '-S', '-c', %r], %s)
print('{"output": %%d}' %% child.pid, flush=True)
"""


def test_a_child_that_inherits_stdout_keeps_stash_waiting(folder: Path) -> None:
    code = CHILD % ("import time; time.sleep(0.4)", "stderr=subprocess.DEVNULL")
    assert run_once(folder, code).seconds > 0.4


@pytest.mark.posix
def test_a_child_that_inherits_only_stderr_finds_the_pipe_closed(
    folder: Path, tmp_path: Path
) -> None:
    told = tmp_path / "told"
    child = (
        "import os, time, sys\n"
        "for _ in range(2000):\n"
        "    try: os.write(2, b'still here\\n')\n"
        f"    except BrokenPipeError: open({str(told)!r}, 'w').close(); break\n"
        "    time.sleep(0.005)\n"
    )
    run = run_once(folder, CHILD % (child, "stdout=subprocess.DEVNULL"))
    assert run.exit_code == 0
    until(told.exists)


@pytest.mark.posix
def test_a_detached_child_is_not_waited_for(folder: Path) -> None:
    quiet = "stdin=-3, stdout=-3, stderr=-3, start_new_session=True"
    run = run_once(folder, CHILD % ("import time; time.sleep(60)", quiet))
    assert run.seconds < 30
    assert is_running(run.output)
    os.kill(run.output, signal.SIGKILL)


def post_and_leave_open(sim: StashSimulator, query: str, **variables: Any) -> socket.socket:
    body = json.dumps({"query": query, "variables": variables}).encode()
    where = urlsplit(sim.url)
    assert where.hostname and where.port
    client = socket.create_connection((where.hostname, where.port))
    head = f"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    client.sendall(head.encode() + body)
    return client


def test_a_process_that_cannot_start_is_logged_and_the_save_succeeds(folder: Path) -> None:
    write_plugin(folder, exec=["python3", "x"])
    nowhere = str(folder / "no python")
    with StashSimulator(folder, nowhere, config_dir=folder.parent) as sim:
        scene = sim.library.add_scene("old")
        (run,) = sim.scene_update(scene, title="new")
        assert run.exit_code is None
        assert "error executing post hooks" in sim.logs[-1].message
        assert sim.library.scenes[scene].title == "new"


def test_a_shutdown_waits_for_a_running_hook(folder: Path, tmp_path: Path) -> None:
    begun = tmp_path / "begun"
    code = f"import time; open({str(begun)!r}, 'w').close(); time.sleep(0.3); print(1)"
    write_plugin(folder, code)
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        scene = sim.library.add_scene("x", files=[{"path": "/a.mp4"}])
        client = post_and_leave_open(sim, SAVE, input={"id": scene})
        until(begun.exists)
        sim.restart()
        assert sim.runs[-1].exit_code == 0
        client.close()
