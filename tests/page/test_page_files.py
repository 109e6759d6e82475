"""The page's files: what Stash joins into one script, and what no script may do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

from tools import package

UI = package.ROOT / "ui"
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
