"""The page's files: what Stash joins into one script, and texts that agree with the product's."""

from __future__ import annotations

import functools
import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import package
from tools.words import words_in
from validation.reasons import TABLE
from validation.settings import GROUPS

UI = package.ROOT / "ui"
HERE = Path(__file__).parent
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node")
# Pages that take titles for HTML, or run text, and syntax that is younger than ES2018.
FORBIDDEN = (
    *("innerHTML", "outerHTML", "insertAdjacentHTML", "dangerouslySetInnerHTML"),
    *(r"document\.write", r"\beval\(", r"new Function", r"\.getAttribute\(.on"),
    *(r"\?\.[a-zA-Z\[(]", r"\?\?", r"\.flatMap\(", r"\.flat\(", "fromEntries", r"catch \{"),
    *(r"^\s*import ", r"^\s*export "),
)


def manifest() -> dict[str, Any]:
    text = (package.ROOT / package.MANIFEST).read_text("utf-8")
    return dict(yaml.safe_load(text)["ui"])


def scripts() -> list[Path]:
    return [package.ROOT / name for name in manifest()["javascript"]]


def run_node(*words: str) -> subprocess.CompletedProcess[str]:
    assert NODE is not None
    return subprocess.run([NODE, *words], capture_output=True, text=True, check=False, timeout=50)


@functools.cache
def texts() -> dict[str, Any]:
    """The tables and sentences of the page, as node reads them."""
    load = json.dumps(str(HERE / "load.js"))
    done = run_node("-e", f"const p = require({load}); console.log(JSON.stringify(p))")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_every_file_of_the_page_is_in_the_manifest_once() -> None:
    named = [*manifest()["javascript"], *manifest()["css"]]
    there = [file.relative_to(package.ROOT).as_posix() for file in UI.iterdir()]
    assert sorted(named) == sorted(there)


def test_every_file_of_the_page_ships() -> None:
    assert {*manifest()["javascript"], *manifest()["css"]} <= set(package.shipped_files())


def test_waking_the_worker_comes_first() -> None:
    assert manifest()["javascript"][0] == "ui/wake.js"


def test_the_places_in_stash_come_last() -> None:
    assert manifest()["javascript"][-1] == "ui/main.js"


@needs_node
def test_every_script_parses(tmp_path: Path) -> None:
    for script in scripts():
        done = run_node("--check", str(script))
        assert done.returncode == 0, done.stderr
    joined = tmp_path / "joined.js"  # as Stash serves them
    joined.write_text("\n".join(script.read_text("utf-8") for script in scripts()), "utf-8")
    assert run_node("--check", str(joined)).returncode == 0


def test_scripts_write_no_html_and_run_no_text() -> None:
    for script in scripts():
        text = script.read_text("utf-8")
        found = [pattern for pattern in FORBIDDEN if re.search(pattern, text, re.MULTILINE)]
        assert not found, script.name


def test_every_script_keeps_its_names_to_itself() -> None:
    for script in scripts():
        code = [line for line in script.read_text("utf-8").splitlines() if line[:2] != "//"]
        assert code[0] in {"(function () {", "(function (root) {"}, script.name
        assert code[-1].startswith("})("), script.name
        assert code[1] == '  "use strict";', script.name


def test_scripts_and_styles_are_small() -> None:
    for file in UI.iterdir():
        lines = file.read_text("utf-8").splitlines()
        assert len(lines) <= 400, file.name
        assert max(map(len, lines)) <= 100, file.name


def test_styles_leave_the_colours_to_stash() -> None:
    text = (UI / "plexsync.css").read_text("utf-8")
    assert not re.search(r"#[0-9a-f]{3,8}\b|rgba?\(|hsla?\(|(?<!-)color:", text)
    for rule in re.findall(r"^ *([^@{}/\s][^{};]*)\{", text, re.MULTILINE):
        assert all(".plexsync" in selector for selector in rule.split(",")), rule


def test_only_one_script_speaks_to_the_plugin() -> None:
    speakers = {file.name for file in scripts() if re.search(r"\bfetch\(", file.read_text("utf-8"))}
    assert speakers == {"api.js", "wake.js"}


@needs_node
def test_every_reason_has_a_text_with_its_own_meaning() -> None:
    reasons = texts()["texts"]["reasons"]
    assert set(reasons) == {"synced", *TABLE}
    for reason, about in TABLE.items():
        row = reasons[reason]
        assert row["meaning"] == about.meaning, reason
        assert bool(row.get("needs")) == about.needs_user, reason
        assert row["name"], reason
        assert row["todo"], reason


@needs_node
def test_stashs_block_has_each_setting_in_the_order_of_the_groups() -> None:
    tables = texts()["texts"]
    risky = tables["riskySettings"]
    grouped = [name for names in GROUPS.values() for name in names]
    assert tables["settingOrder"] == [name for name in grouped if name not in risky]
    assert set(risky) <= set(grouped)


@needs_node
def test_every_task_button_names_a_task_of_the_manifest() -> None:
    top = yaml.safe_load((package.ROOT / package.MANIFEST).read_text("utf-8"))
    assert set(texts()["texts"]["tasks"].values()) == {task["name"] for task in top["tasks"]}


@needs_node
def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    code = "\n".join(file.read_text("utf-8") for file in scripts() if file.name != "sentences.js")
    said = {text for call in re.findall(r"\bsay\(([^;]*)", code) for text in quoted(call)}
    known = set(texts()["sentences"])
    built = {key for key in known if re.match(r"view |.* (path|example)$", key)}
    first = set(re.findall(r'\bsay\(\s*"([^"]*)"\s*[,)]', code))
    assert not first - known
    assert not known - said - built


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)


@needs_node
def test_the_documents_that_help_names_exist() -> None:
    for _, name in texts()["texts"]["documents"]:
        assert (package.ROOT / "docs" / name).is_file(), name


@needs_node
def test_sentences_use_the_better_words() -> None:
    for key, text in texts()["sentences"].items():
        assert not list(words_in(text, key))


@needs_node
def test_the_pure_functions_pass_their_own_tests() -> None:
    files = sorted(str(file) for file in HERE.glob("*.test.js"))
    done = run_node("--test", *files)
    assert done.returncode == 0, done.stdout
