"""What Stash should never send, and what it sends in extreme cases."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.installed_plugin import Answer, InstalledPlugin

MALFORMED = {
    "nothing": b"",
    "blanks": b" \n\t",
    "words": b"not json",
    "a list": b"[]",
    "a list of hooks": b'[{"args": {"hookContext": {"id": 1, "type": "Scene.Update.Post"}}}]',
    "null": b"null",
    "a string": b'"{}"',
    "half an object": b'{"args": {"hookContext": {"id": 1, "type": "Scene.Upd',
    "two objects": b'{"args": {}} {"args": {}}',
    "NUL bytes": b"\0\0\0\0",
    "an object behind NUL": b'\0{"args": {}}',
    "a byte order mark": b'\xef\xbb\xbf{"args": {}}',
    "UTF-16": '{"args": {}}'.encode("utf-16"),
    "random bytes": bytes(range(256)) * 4,
    "100,000 open brackets": b'{"args": ' + b"[" * 100_000,
    "100,000 levels": b'{"args": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
}
WITHOUT_ID: list[object] = [
    None,
    0,
    -3,
    "5",
    "",
    3.5,
    True,
    [5],
    {"id": 5},
    10**18,
    2**63 - 1,
    2**63,
    10**30,
]
WITHOUT_ID += [-(2**63)]


def assert_refused(answer: Answer) -> None:
    assert answer.status == 0
    assert answer.reply.keys() == {"output", "error"}
    assert answer.reply["output"] is None
    assert answer.said == [("e", answer.reply["error"])]


@pytest.mark.parametrize("raw", MALFORMED.values(), ids=MALFORMED.keys())
def test_unreadable_input_is_refused_with_a_sentence(plugin: InstalledPlugin, raw: bytes) -> None:
    answer = plugin.send(raw)
    assert_refused(answer)
    assert "could not read what Stash sent" in answer.reply["error"]
    assert not plugin.data_dir.exists()


TASKS = {
    "bytes behind the object": b'{"args": {"mode": "status"}}\0more',
    "no UTF-8": b'{"args": {"mode": "status", "x": "\xff"}}',
    "1,500 levels": b'{"args": {"mode": "status", "x": ' + b"[" * 1500 + b"]" * 1500 + b"}}",
}


@pytest.mark.parametrize("raw", TASKS.values(), ids=TASKS.keys())
def test_a_task_that_only_sqlite_can_read_is_refused(plugin: InstalledPlugin, raw: bytes) -> None:
    assert_refused(plugin.send(raw))
    assert not plugin.data_dir.exists()


def test_a_task_without_a_usable_connection_is_answered(plugin: InstalledPlugin) -> None:
    answer = plugin.send(b'{"args": {"mode": "status"}, "server_connection": [1]}')
    assert answer.reply["output"]["mode"] == "status"


@pytest.mark.parametrize("number", WITHOUT_ID, ids=str)
def test_a_hook_without_an_id_is_refused(plugin: InstalledPlugin, number: object) -> None:
    hook = {"type": "Scene.Update.Post", "input": None, "inputFields": ["title"], "id": number}
    if number is None:
        del hook["id"]
    assert_refused(plugin.send(plugin.stdin({"hookContext": hook})))
    assert not plugin.data_dir.exists()


def test_a_hook_with_an_id_of_five_thousand_digits_is_refused(plugin: InstalledPlugin) -> None:
    raw = json.dumps(plugin.hook_stdin(4711)).encode().replace(b"4711", b"9" * 5000)
    assert_refused(plugin.send(raw))
    assert not plugin.data_dir.exists()


def test_an_empty_call_is_answered_and_does_nothing(plugin: InstalledPlugin) -> None:
    answer = plugin.send(b'{"args":{}}')
    assert (answer.status, answer.stdout, answer.said) == (0, b'{"output": "ok"}', [])
    assert not plugin.data_dir.exists()


@pytest.mark.parametrize("kind", ["Gallery.Update.Post", "Scene", "", "Not\na\x00hook\x01e\x02"])
def test_an_unknown_hook_is_named_and_ignored(plugin: InstalledPlugin, kind: str) -> None:
    answer = plugin.send(plugin.hook_stdin(1, kind=kind))
    assert (answer.status, answer.stdout) == (0, b'{"output": "ok"}')
    ((level, _),) = answer.said
    assert level == "w"
    assert not plugin.data_dir.exists()


def test_a_filtered_hook_creates_nothing(plugin: InstalledPlugin) -> None:
    answer = plugin.send(plugin.hook_stdin(1, ["id", "o_counter"]))
    assert (answer.status, answer.stdout) == (0, b'{"output": "ok"}')
    assert [level for level, _ in answer.log] == ["d"]
    assert not plugin.data_dir.exists()


def test_lone_surrogates_and_broken_letters_do_not_lose_the_event(ready: InstalledPlugin) -> None:
    stdin = ready.hook_stdin(1, ["id", "title"], input={"title": "\ud800 lone", "id": "1"})
    stdin["server_connection"]["SessionCookie"]["Value"] = "\udfff"
    assert ready.send(stdin).stdout == b'{"output": "ok"}'
    raw = json.dumps(ready.hook_stdin(2, input={"title": "X"})).encode().replace(b"X", b"\xff\xfe")
    assert ready.send(raw).stdout == b'{"output": "ok"}'
    raw = json.dumps(ready.hook_stdin(3, ["id", "X"])).encode().replace(b'"X"', b'"\\ud800"')
    assert ready.send(raw).stdout == b'{"output": "ok"}'
    assert ready.stored_keys() == ["scene:1", "scene:2", "scene:3"]
    assert ready.connection()["server_connection"]


def test_nul_letters_in_texts_do_not_lose_the_event(ready: InstalledPlugin) -> None:
    stdin = ready.hook_stdin(1, ["id", "title"], input={"title": "a\0b", "\0": "\0"})
    assert ready.send(stdin).stdout == b'{"output": "ok"}'
    assert ready.stored_keys() == ["scene:1"]


def test_a_cover_of_five_megabytes_is_read_and_not_stored(ready: InstalledPlugin) -> None:
    cover = "data:image/jpeg;base64," + "QUJD" * 1_310_720
    stdin = ready.hook_stdin(1, ["id", "cover_image"], input={"id": "1", "cover_image": cover})
    answer = ready.send(stdin)
    assert answer.stdout == b'{"output": "ok"}'
    assert ready.stored_keys() == ["scene:1"]
    assert sum(f.stat().st_size for f in (ready.data_dir / "queue").iterdir()) < 1_000_000


def test_an_edit_of_a_thousand_scenes_is_read_by_each_of_its_hooks(ready: InstalledPlugin) -> None:
    everything = [{"id": str(n), "title": f"Scene {n}"} for n in range(1000)]
    stdin = ready.hook_stdin(999, ["id", "title"], input=everything)
    assert ready.send(stdin).stdout == b'{"output": "ok"}'
    assert ready.stored_keys() == ["scene:999"]


def test_input_nested_as_deep_as_json_libraries_allow_is_read(ready: InstalledPlugin) -> None:
    deep = json.loads("[" * 500 + "]" * 500)
    assert ready.send(ready.hook_stdin(1, input=deep)).stdout == b'{"output": "ok"}'
    assert ready.stored_keys() == ["scene:1"]


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_survived(ready: InstalledPlugin, closed: str) -> None:
    ready.stash_dir.mkdir(exist_ok=True)
    command = f'exec "$0" "$@" {closed}'
    run = subprocess.run(
        ["sh", "-c", command, sys.executable, "-S", str(ready.directory / "PlexSync.py")],
        input=json.dumps(ready.hook_stdin(1)).encode(),
        capture_output=True,
        cwd=ready.stash_dir,
        env=ready.environ,
        check=False,
    )
    assert run.returncode == 0
    assert b"Traceback" not in run.stderr
    assert ready.stored_keys() == ([] if "<" in closed else ["scene:1"])


def test_a_stash_that_went_away_does_not_lose_the_event(ready: InstalledPlugin) -> None:
    process = ready.start()
    assert process.stdin and process.stdout and process.stderr
    process.stdout.close()
    process.stderr.close()
    process.stdin.write(json.dumps(ready.hook_stdin(1)).encode())
    process.stdin.close()
    assert process.wait(20) == 0
    assert ready.stored_keys() == ["scene:1"]


def test_an_old_python_is_named_in_the_reply(ready: InstalledPlugin) -> None:
    olds = [path for n in range(4, 11) if (path := shutil.which(f"python3.{n}"))]
    olds += map(str, Path("~/.pyenv/versions").expanduser().glob("3.[4-9].*/bin/python"))
    olds = [path for path in olds if subprocess.run([path, "-c", ""], check=False).returncode == 0]
    if not olds:
        pytest.skip("no Python older than 3.11 on this machine")
    for old in olds:
        ready.python = old
        answer = ready.send(ready.hook_stdin(1))
        assert answer.status == 0
        assert "3.11" in answer.reply["error"]
