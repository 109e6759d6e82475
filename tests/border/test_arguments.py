"""Arguments are checked before anything is stored, and a waiting job can be dismissed."""

from __future__ import annotations

import json

import pytest

from sync_queue.models import scene_job
from sync_queue.shared import shared_queue
from tasks.arguments import parse
from tasks.context import parse_request
from tests.border.test_numbers import ABSURD
from tests.tasks.conftest import Library, library
from validation.errors import SetupError

__all__ = ["library"]  # the fixture
MODES = [
    *(("scene", mode) for mode in ("sync", "preview", "pin", "ignore", "dismiss")),
    *(("job", mode) for mode in ("retry", "dismiss")),
]
TOO_LARGE = str(2**63 - 1)  # a real Stash cannot say more about it than "value out of range"


def jobs(library: Library, *scenes: int) -> None:
    """Let edits of these scenes wait."""
    with shared_queue(library.request("retry").resolve()) as manager:
        for scene in scenes:
            manager.jobs.put(scene_job(scene, "Scene.Update.Post", 1.0))


def waiting(library: Library) -> list[tuple[int, str]]:
    """Number and key of what waits."""
    return library.query("SELECT _id, key FROM ack_queue_default WHERE status < 2 ORDER BY _id")


@pytest.mark.parametrize(("name", "mode"), MODES)
def test_an_absurd_number_is_refused_before_anything_is_stored(
    library: Library, name: str, mode: str
) -> None:
    before = sorted(library.data_dir.rglob("*"))
    for value in (*ABSURD, TOO_LARGE, "0", 0, ["5"]):
        if value in (None, "") or (mode == "preview" and value == " "):
            continue
        with pytest.raises(SetupError) as caught:
            library.run_request(library.request(mode, **{name: value}))
        assert len(str(caught.value)) < 200
    assert sorted(library.data_dir.rglob("*")) == before


@pytest.mark.parametrize("text", [TOO_LARGE, "9" * 30, "9" * 5000, "-1", "1.5", "NaN", "", "\x1b"])
def test_a_shell_gets_one_line(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parse(["sync", f"--scene={text}"])

    assert ended.value.code == 2
    last = capsys.readouterr().err.rstrip("\n").rpartition("\n")[2]
    assert "whole number" in last
    assert len(last) < 200
    assert "\x1b" not in last


def test_the_waiting_edit_of_a_scene_is_dismissed(library: Library) -> None:
    jobs(library, 5, 6)

    result = library.run("dismiss", scene="5")

    assert "scene 5" in result.lines[0]
    assert [key for _, key in waiting(library)] == ["scene:6"]
    with pytest.raises(SetupError, match="No edit of scene 5 waits"):
        library.run("dismiss", scene=5)


def test_a_waiting_job_is_dismissed_by_its_number(library: Library) -> None:
    jobs(library, 5, 6)
    number, _ = waiting(library)[1]

    library.run("dismiss", job=number)

    assert [key for _, key in waiting(library)] == ["scene:5"]
    with pytest.raises(SetupError, match="no waiting job"):
        library.run("dismiss", job=number)


def test_a_job_that_is_being_synced_is_not_dismissed(library: Library) -> None:
    jobs(library, 5)
    with shared_queue(str(library.data_dir)) as manager:
        manager.jobs.claim(2.0, 1)
        assert not manager.jobs.dismiss(key="scene:5")


def test_dismiss_wants_one_number(library: Library) -> None:
    for arguments in ({}, {"job": 1, "scene": 1}):
        with pytest.raises(SetupError, match="one number"):
            library.run("dismiss", **arguments)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"5",
        b"[]",
        b'{"args": ' + b"9" * 5000,
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"\xff\xfe",
        b"\x00",
    ],
)
def test_unreadable_standard_input_is_reported_and_no_crash(raw: bytes) -> None:
    with pytest.raises(SetupError, match="Standard input"):
        parse_request(raw, "")


@pytest.mark.parametrize("odd", [5, "x", [], [5], None, {"mode": 5}, {"mode": None}])
def test_a_request_of_another_shape_has_no_arguments(odd: object) -> None:
    request = parse_request(json.dumps({"args": odd, "server_connection": odd}).encode(), "")
    assert (request.mode, dict(request.arguments), request.stash_dir) == ("", {}, "")
