"""A plugin's stdout, stderr and exit code, as the simulated Stash takes them."""

from pathlib import Path

import pytest

from simulators.stash.runs import PluginRun, decode_line, decode_stdout
from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "plugins"


def run_once(folder: Path, code: str) -> PluginRun:
    write_plugin(folder, code)
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        return sim.run_operation()


@pytest.mark.parametrize(
    ("stdout", "output", "error"),
    [
        ('{"output": "ok"}', "ok", None),
        ('  {"output": {"a": [1]}, "error": null}\n', {"a": [1]}, None),
        ('{"error": "no Plex"}', None, "no Plex"),
        ('{"foo": 1}', None, None),
        ("null", None, None),
        ("", "", None),
        ("[1, 2]", "[1, 2]", None),
        ('debug line\n{"output": 1}', 'debug line\n{"output": 1}', None),
        ('{"output": 1}{"output": 2}', '{"output": 1}{"output": 2}', None),
        ('{"output": NaN}', '{"output": NaN}', None),
        ('{"error": 5}', '{"error": 5}', None),
    ],
)
def test_stdout_is_one_json_object_or_raw_text(
    stdout: str, output: object, error: str | None
) -> None:
    assert decode_stdout(stdout) == (output, error)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("import sys; print('{\"output\": 1}'); sys.exit(3)", "exit status 3"),
        ('import sys; print(\'{"error": "mine"}\'); sys.exit(3)', "mine"),
        ("raise ValueError('oops')", "exit status 1"),
        ("import os; os.kill(os.getpid(), 9)", "signal: killed"),
    ],
)
def test_a_bad_exit_code_is_an_error_unless_the_plugin_names_its_own(
    folder: Path, code: str, error: str
) -> None:
    assert run_once(folder, code).error == error


@pytest.mark.parametrize(
    ("line", "decoded"),
    [
        ("\x01i\x02hello ", ("info", "hello")),
        ("\x01t\x02x", ("trace", "x")),
        ("\x01d\x02x", ("debug", "x")),
        ("\x01w\x02x", ("warning", "x")),
        ("\x01e\x02x", ("error", "x")),
        ("\x01p\x020.5", ("progress", "0.5")),
        ("plain", ("default", "plain")),
        ("\x01z\x02x", ("default", "\x01z\x02x")),
        ("\x01i\x02", ("default", "\x01i\x02")),
    ],
)
def test_a_log_lines_level_is_in_its_first_three_bytes(line: str, decoded: object) -> None:
    assert decode_line(line, "default") == decoded


@pytest.mark.posix
def test_stderr_lines_become_log_lines_and_progress(folder: Path) -> None:
    code = (
        "import sys\n"
        "sys.stderr.write('\\x01w\\x02first\\n\\nsecond line\\r\\n\\x01p\\x020.25\\n"
        "\\x01p\\x02much\\n\\x01i\\x02Zoë')"
    )
    write_plugin(folder, code)
    with StashSimulator(folder, config_dir=folder.parent) as sim:
        run = sim.run_operation()
        logged = [(line.level, line.message) for line in sim.logs]
    lines = [(line.level, line.message) for line in run.logs]
    assert lines == [("warning", "first"), ("error", "second line"), ("info", "Zoë")]
    assert run.progress == [0.25]
    assert ("warning", "[Plugin / PlexSync] first") in logged
    assert ("error", "Error parsing progress value 'much'") in logged


@pytest.mark.posix
def test_a_log_line_of_64_kib_closes_stderr(folder: Path) -> None:
    code = (
        "import sys, os, time\n"
        "os.write(2, b'\\x01i\\x02before\\n' + b'x' * 65536)\n"
        "for _ in range(2000):\n"
        "    try:\n"
        "        os.write(2, b'more\\n')\n"
        "    except BrokenPipeError:\n"
        '        print(\'{"output": "broken"}\'); break\n'
        "    time.sleep(0.005)\n"
    )
    run = run_once(folder, code)
    assert run.output == "broken"
    assert [line.message for line in run.logs] == ["before"]


def test_a_line_just_short_of_64_kib_is_kept(folder: Path) -> None:
    run = run_once(folder, "import os; os.write(2, b'x' * 65535 + b'\\nlast\\n')")
    assert [len(line.message) for line in run.logs] == [65535, 4]
