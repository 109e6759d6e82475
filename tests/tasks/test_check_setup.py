"""Check Set-up: each thing that can be wrong is found, with what to do about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from simulators.faults import Kind
from sync_queue.facts import Facts
from sync_queue.job_counts import QueueStats
from sync_queue.report import QueueReport, Tables
from sync_queue.shared import shared_queue
from sync_queue.state import Breaker, BreakerState, HoldNote, LastError
from tasks import modes
from tasks.check_machine import (
    check_address,
    check_file_system,
    check_space,
    check_waiting,
    check_worker,
    is_container,
)
from tasks.findings import Finding, Level, wrong
from tests.tasks.conftest import PLEX_FOLDER, STASH_FOLDER, Library


def found(library: Library, **arguments: object) -> list[tuple[str, str]]:
    """Level and words of each finding."""
    result = library.run("check_setup", **arguments)
    findings = result.output["findings"]
    assert isinstance(findings, list)
    # The tests may themselves run in a container, where a loopback address is worth a warning.
    told = [one for one in findings if "means the container itself" not in one["what"]]
    return [(one["level"], f"{one['what']} {one['todo']}".strip()) for one in told]


def bad(library: Library, **arguments: object) -> list[str]:
    """The words of what is wrong or worth a look, but for the worker that does not know Stash."""
    said = [words for level, words in found(library, **arguments) if level != "fine"]
    return [words for words in said if "has not loaded" not in words and "Pillow" not in words]


def test_a_good_set_up_is_reported_line_by_line(library: Library) -> None:
    library.fill(3)
    said = [words for level, words in found(library) if level == "fine"]
    text = "\n".join(said)
    assert bad(library) == []
    assert library.plex.url in text
    assert "plex_token: set, 20 characters" in text
    assert f"Videos ({PLEX_FOLDER})" in text
    assert "Stash v0.30.1" in text
    assert "GB are free" in text
    assert "The worker does not run" in text
    assert f"Stash {STASH_FOLDER}/Scene 0000.mp4, Plex {PLEX_FOLDER}/Scene 0000.mp4: found" in text


def test_it_changes_nothing(library: Library) -> None:
    library.fill(3)
    library.run("sync_all")
    before = library.database.read_bytes()
    library.plex.requests.clear()
    found(library)
    assert library.plex.requests.writes() == []
    assert library.database.read_bytes() == before


def test_it_takes_few_requests(library: Library) -> None:
    library.fill(150)
    found(library)
    assert len(library.plex.requests) <= 25
    assert library.stash.requests.total <= 12


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"plex_library": "Films"}, "no movie or show library named “Films”"),
        ({"path_map": "/data/scenes => /elsewhere"}, "leads to no Plex library"),
        ({"path_map": "/other => /media/videos"}, "matches none of 3 sample files of Stash"),
        ({"paused": True}, "setting Pause is on"),
        ({"max_retries": 99}, "max_retries"),
        ({"plexToken": "x", "plexHost": "y"}, "another plugin with the id PlexSync"),
    ],
)
def test_each_wrong_setting_is_named(
    library: Library, settings: dict[str, object], words: str
) -> None:
    library.fill(3)
    library.stash.settings = {**library.stash.settings, **settings}
    assert any(words in line for line in bad(library))


def test_a_path_rule_that_would_fit_is_proposed(library: Library) -> None:
    library.stash.settings = {"skip_posters": True}
    for n in range(4):
        name = f"Harbour Lights {n}.mp4"
        library.add_item(name)
        library.add_scene(name)
    assert any(f"{STASH_FOLDER} => {PLEX_FOLDER}" in line for line in bad(library))


def test_a_wrong_token_is_said_without_showing_it(library: Library) -> None:
    library.environ["PLEX_TOKEN"] = "not-the-right-token"
    (line,) = bad(library)
    assert "Correct the Plex token (plex_token)" in line
    assert "runs" not in line
    assert "not-the-right-token" not in "\n".join(library.run("check_setup").lines)


def test_a_plex_that_is_away_is_said_with_its_address(library: Library) -> None:
    library.plex.stop()
    (line,) = bad(library)
    assert "Plex is not reachable (ConnectionRefusedError)." in line
    assert f" The address is {library.plex.url}." in line
    assert "plex_url" in line
    assert library.run("check_setup").exit_code == 3


def test_a_stash_that_is_away_is_said_and_the_rest_is_checked(library: Library) -> None:
    library.stash.stop()
    said = found(library)
    (words,) = [words for level, words in said if level == "wrong"]
    assert "Stash is not reachable" in words
    assert f"The address is {library.stash.url}." in words
    assert library.run("check_setup").exit_code == 3
    assert any(words.startswith("Plex ") for level, words in said if level == "fine")


def test_a_login_in_the_address_of_stash_is_refused_and_not_shown(library: Library) -> None:
    library.stash.stop()
    address = library.stash.url.removeprefix("http://")
    library.environ["STASH_URL"] = f"http://ada:canary@{address}"
    said = "\n".join(library.run("check_setup").report)
    assert "must be an address without a name or password in it" in said
    assert "Correct it in the environment variable STASH_URL." in said
    assert "canary" not in said


def test_a_minor_finding_is_no_failure(library: Library) -> None:
    library.fill(3)
    library.stash.settings = {**library.stash.settings, "max_retries": 99}
    assert bad(library) != []
    assert library.run("check_setup").exit_code == 0


def test_the_settings_that_a_task_brings_are_used_where_stash_has_none(library: Library) -> None:
    library.fill(1)
    url, token = library.environ.pop("PLEX_URL"), library.environ.pop("PLEX_TOKEN")
    library.stash.settings = {}
    settings = {"plex_url": url, "plex_token": token, "path_map": f"{STASH_FOLDER} => /media/x"}
    address = urlsplit(library.stash.url)
    told = {"Scheme": "http", "Host": address.hostname, "Port": address.port}
    request = library.request("check_setup")
    request = replace(request, connection={"server_connection": told, "settings": settings})
    request.resolve()
    lines = modes.run(request, lambda _: None).report
    assert not any("is not set" in line for line in lines)
    assert any(f"plex_url is {url}" in line for line in lines)
    assert any("leads to no Plex library" in line for line in lines)


@pytest.mark.parametrize(
    "trouble",
    ["plex away", "stash away", "no token", "paused", "library", "empty", "held"],
)
def test_each_finding_that_is_not_fine_says_what_to_do(library: Library, trouble: str) -> None:
    if trouble != "empty":
        library.fill(1)
    match trouble:
        case "plex away":
            library.plex.stop()
        case "stash away":
            library.stash.stop()
        case "no token":
            library.environ["PLEX_TOKEN"] = ""
        case "paused":
            library.stash.settings = {"paused": True, "max_retries": 99}
        case "library":
            library.stash.settings = {"plex_library": "Films"}
        case "held":
            with shared_queue(library.request("x").resolve()) as manager, manager.transaction():
                manager.state.save(HoldNote("setup", "The token is wrong."))
                manager.state.save(Breaker(BreakerState.OPEN))
                manager.state.save(LastError("scene:1", "Oh."))
    findings = library.run("check_setup", probe=True).output["findings"]
    assert isinstance(findings, list)
    bad = [one for one in findings if one["level"] != "fine"]
    assert [one for one in bad if "has not loaded" not in one["what"]] != []
    assert [one["what"] for one in bad if not one["todo"]] == []


def test_missing_settings_are_named(library: Library) -> None:
    library.environ["PLEX_URL"] = ""
    assert any("plex_url" in line for line in bad(library))


def test_a_token_that_may_not_edit_is_found_only_on_request(library: Library) -> None:
    library.fill(1)
    library.plex.faults.add(Kind.STATUS, method="PUT", status=403, times=None)
    assert bad(library) == []
    (line,) = bad(library, probe="true")
    assert "refused an edit" in line


def test_the_probe_leaves_an_item_as_it_was(library: Library) -> None:
    library.fill(1)
    before = library.plex.snapshot()
    assert bad(library, probe=True) == []
    assert len(library.plex.requests.writes()) == 1
    assert library.plex.snapshot() == before


def test_the_worst_comes_first_within_fifteen_lines(library: Library) -> None:
    library.fill(20)
    library.stash.settings = {"plex_library": "Films", "paused": True}
    result = library.run("check_setup")
    assert len(result.lines) <= 15
    assert result.lines[-1] == f"Data directory: {library.data_dir}"
    levels = [line.partition(":")[0] for line in result.lines[:-1]]
    order = {"WRONG": 0, "check": 1, "ok": 2}
    assert levels == sorted(levels, key=order.__getitem__)
    assert result.exit_code == 2
    assert len(result.report) >= len(result.lines)


# -- this machine, as pure questions ----------------------------------------------------------


def words(findings: object) -> str:
    return "\n".join(map(str, findings))  # type: ignore[call-overload]


@pytest.mark.parametrize(
    ("mounted", "wrong"),
    [
        ({"/": "ext4"}, False),
        ({"/": "ext4", "/config": "nfs4"}, True),
        ({"/": "overlay", "/config": "cifs", "/config/data": "xfs"}, False),
        ({"/": "nfs", "/conf": "ext4"}, True),
        ({"/": "ext4", "/config": "fuse.glusterfs"}, True),
        ({}, False),
    ],
)
def test_a_network_file_system_is_found(mounted: dict[str, str], wrong: bool) -> None:
    said = list(check_file_system("/config/data", mounted))
    assert bool(said) is wrong
    assert all(one.level is Level.WRONG and "STASH_PLUGIN_DATA" in one.todo for one in said)


def test_little_space_is_wrong() -> None:
    assert check_space(10_000_000).level is Level.WRONG
    assert check_space(10_000_000_000).level is Level.FINE


@pytest.mark.parametrize(
    ("url", "in_container", "told"),
    [
        ("http://localhost:32400", True, True),
        ("http://127.0.0.1:32400", True, True),
        ("http://[::1]:32400", True, True),
        ("http://localhost:32400", False, False),
        ("http://192.168.1.10:32400", True, False),
    ],
)
def test_localhost_in_a_container_is_reported(url: str, in_container: bool, told: bool) -> None:
    assert bool(list(check_address(url, in_container=in_container))) is told


def test_a_container_is_known_by_its_marks(tmp_path: Path) -> None:
    mark = tmp_path / ".dockerenv"
    assert not is_container([str(mark)])
    mark.touch()
    assert is_container([str(mark)])


def test_the_obstacles_of_the_worker_are_reported() -> None:
    stats = QueueStats(3, 1, 0, 0, 2)
    states = Facts({"hold": '{"version": 1, "reason": "setup", "sentence": "The token is wrong."}'})
    report = QueueReport(
        "/data",
        worker_alive=True,
        spooled=1,
        tables=Tables(stats, states=states),
        problem="It is damaged.",
    )
    findings = [*check_worker(report), *check_waiting(states, [wrong("No token.", "Enter it.")])]
    assert all(one.todo for one in findings if one.level is not Level.FINE)
    said = words(findings)
    assert "The worker runs; 5 edits wait, 2 dead letters." in said
    assert "The token is wrong." in said
    assert "It is damaged." in said


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b"", "without certificates in PEM format"),
        (b"\xff not a certificate", "without certificates in PEM format"),
    ],
)
def test_a_file_of_certificates_that_cannot_be_used_is_named(
    library: Library, tmp_path: Path, content: bytes | None, words: str
) -> None:
    library.fill(1)
    bundle = tmp_path / "ca.pem"
    if content is not None:
        bundle.write_bytes(content)
    library.environ["PLEXSYNC_CA_BUNDLE"] = str(bundle)
    (line,) = bad(library)
    assert line.startswith("PLEXSYNC_CA_BUNDLE names a file")
    assert words in line
    assert str(bundle) in line
    assert "environment variable" in line


def test_a_setting_that_was_corrected_is_no_obstacle(library: Library) -> None:
    library.fill(1)
    with shared_queue(library.request("x").resolve()) as manager, manager.transaction():
        manager.state.save(HoldNote("setup", "The Plex address is not set."))
        manager.state.save(LastError("scene:1", "Oh."))
    assert [line for line in bad(library) if "not set" in line] == []
    assert ("fine", "The settings are corrected; the worker continues within a minute.") in found(
        library
    )
    library.environ["PLEX_URL"] = ""
    assert any("Everything waits (setup): The Plex address is not set." in x for x in bad(library))


@pytest.mark.parametrize("version", ["v0.26.2", "0.9.0", "v0.26.2-84-gabc"])
def test_an_old_stash_is_named_by_its_version(library: Library, version: str) -> None:
    library.fill(1)
    library.stash.library.version = version
    named = version.removeprefix("v").partition("-")[0]
    (line,) = [line for line in bad(library) if "0.27" in line]
    assert f"PlexSync needs Stash 0.27 or newer; this is {named}. Update Stash." in line
    assert library.run("check_setup").exit_code == 2


def test_a_finding_is_one_line() -> None:
    assert str(Finding(Level.WRONG, "No.", "Do it.")) == "WRONG: No. Do it."
