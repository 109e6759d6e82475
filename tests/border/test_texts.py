"""Texts from outside as people see them: one line, nothing that moves a terminal."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_queue import datadir
from tasks import command_line, entry
from tasks.arguments import parse
from tasks.context import TaskRequest, TaskResult
from tasks.outcomes import keep_report
from validation.texts import one_line, one_lines, said
from worker import logs

EVIL = "a\x1b[2J\x07\x9b31m\r\n2026-01-01 ERROR plexsync: forged\x85x\u2028y\u202e\ud800\x00z"
ANY_TEXT = st.text(st.characters(codec=None), max_size=200)


def is_harmless(text: str) -> bool:
    """Whether a terminal and a log take it for one line of plain text."""
    text.encode()
    return not any(
        ord(char) < 32 or 127 <= ord(char) < 160 or char in "\u2028\u2029\u202e" for char in text
    )


@given(ANY_TEXT, st.integers(0, 50))
def test_a_line_is_harmless_and_short_and_keeps_its_text(text: str, limit: int) -> None:
    line = one_line(text, limit)
    assert is_harmless(line)
    assert not limit or len(line) <= limit
    assert one_line(line, limit) == line


@pytest.mark.parametrize("text", ["Café – “Noir” 🎬", "映画", "עברית", "क्ष", "👩‍👩‍👧", "  a  b "])
def test_a_good_text_stays_as_it_is(text: str) -> None:
    assert one_line(text) == text


def test_every_text_of_an_answer_is_cleaned() -> None:
    assert one_lines({"a\n": [EVIL, 5, None, (True, {"b": "\x1b"})]}) == {
        "a ": [one_line(EVIL), 5, None, [True, {"b": " "}]]
    }


def test_a_megabyte_is_cut_before_it_is_cleaned() -> None:
    assert len(one_line("\x1b" * 10**6 + "x", 40)) <= 40


@given(ANY_TEXT, ANY_TEXT, st.text("abcXYZ019_-", min_size=8, max_size=20))
def test_no_words_of_a_server_hold_a_secret(before: str, after: str, secret: str) -> None:
    for form in (secret, secret.upper(), "\u200b".join(secret), "%20".join([before, secret])):
        shown = said(before + form + after, [secret])
        assert secret.casefold() not in shown.casefold()


def test_a_secret_at_the_cut_is_not_shown_in_part() -> None:
    assert said("x" * 195 + " canary-token", ["canary-token"]) == ""
    assert said("Maintenance\n", ["", "canary-token"]) == "Maintenance"


# -- where people look -------------------------------------------------------------------------


@pytest.fixture
def ours() -> logging.Logger:
    return logging.getLogger("plexsync.border-test")


def test_a_title_forges_no_line_of_the_log_file(tmp_path: Path, ours: logging.Logger) -> None:
    logs.to_file(str(tmp_path))
    ours.info("Scene %s", EVIL)
    try:
        raise ValueError(EVIL)
    except ValueError:
        ours.exception("Failed")
    logs.install(logging.NullHandler())

    lines = (tmp_path / datadir.LOG_FILE).read_text("utf-8").split("\n")
    assert all(map(is_harmless, lines))
    records = [line for line in lines if line and not line.startswith("  ")]
    assert len(records) == 2
    assert all("plexsync.border-test" in line for line in records)


def test_a_title_forges_no_line_of_stashs_log(ours: logging.Logger) -> None:
    stream = io.StringIO()
    logs.install(logs.StashHandler(stream))
    ours.info("Scene %s", EVIL)
    logs.install(logging.NullHandler())

    prefix, _, rest = stream.getvalue().partition("\x02")
    assert prefix == "\x01i"
    assert rest.endswith("\n")
    assert is_harmless(rest[:-1])


def test_a_title_moves_no_terminal(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    result = TaskResult(lines=(EVIL,), report=(EVIL,), details={"title": EVIL})

    command_line.report(parse(["status"]), result)
    command_line.refuse(parse(["status"]), command_line.ProgressBar(io.StringIO()), EVIL, 1)
    command_line.report(parse(["status", "--json"]), result)
    shown = capsys.readouterr()

    plain, reply = shown.out.rstrip("\n").split("\n")
    assert is_harmless(plain)
    assert is_harmless(shown.err.rstrip("\n"))
    assert is_harmless(json.loads(reply)["title"])

    keep_report(TaskRequest("status", "", data_dir=str(tmp_path)), result)
    kept = (tmp_path / datadir.LOG_FILE).read_text("utf-8")
    assert is_harmless(kept.removesuffix("\n"))


def test_a_reply_to_stash_is_clean(capsys: pytest.CaptureFixture[str]) -> None:
    entry.reply({"output": {"detail": {"sentence": EVIL}}})

    assert is_harmless(json.loads(capsys.readouterr().out)["output"]["detail"]["sentence"])
