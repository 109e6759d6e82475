"""The page's texts and pure functions, as node runs them: they agree with the product's tables."""

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
from validation.field_names import FIELDS
from validation.reasons import TABLE
from validation.settings import GROUPS

HERE = Path(__file__).parent
NODE = shutil.which("node") or ""
if not NODE:
    pytest.skip("there is no node", allow_module_level=True)


def manifest() -> dict[str, Any]:
    return dict(yaml.safe_load((package.ROOT / package.MANIFEST).read_text("utf-8")))


def scripts() -> list[Path]:
    return [package.ROOT / name for name in manifest()["ui"]["javascript"]]


def run_node(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([NODE, *words], capture_output=True, text=True, check=False, timeout=50)


@functools.cache
def texts() -> dict[str, Any]:
    """The tables and sentences of the page, as node reads them."""
    load = json.dumps(str(HERE / "load.js"))
    done = run_node("-e", f"const p = require({load}); console.log(JSON.stringify(p))")
    assert done.returncode == 0, done.stderr
    return dict(json.loads(done.stdout))


def test_every_script_parses(tmp_path: Path) -> None:
    for script in scripts():
        done = run_node("--check", str(script))
        assert done.returncode == 0, done.stderr
    joined = tmp_path / "joined.js"  # as Stash serves them
    joined.write_text("\n".join(script.read_text("utf-8") for script in scripts()), "utf-8")
    assert run_node("--check", str(joined)).returncode == 0


def test_every_reason_has_a_text_with_its_own_meaning() -> None:
    reasons = texts()["texts"]["reasons"]
    assert set(reasons) == {"synced", *TABLE}
    for reason, about in TABLE.items():
        row = reasons[reason]
        assert row["meaning"] == about.meaning, reason
        assert bool(row.get("needs")) == about.needs_user, reason
        assert row["name"], reason
        assert row["todo"], reason


def test_stashs_block_has_each_setting_in_the_order_of_the_groups() -> None:
    tables = texts()["texts"]
    risky = tables["riskySettings"]
    grouped = [name for names in GROUPS.values() for name in names]
    assert tables["settingOrder"] == [name for name in grouped if name not in risky]
    assert set(risky) <= set(grouped)


def test_every_field_that_can_be_skipped_has_a_text() -> None:
    assert list(texts()["texts"]["skippedFields"]) == list(FIELDS)


def test_every_task_button_names_a_task_of_the_manifest() -> None:
    tasks = manifest()["tasks"]
    assert set(texts()["texts"]["tasks"].values()) == {task["name"] for task in tasks}


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    code = "\n".join(file.read_text("utf-8") for file in scripts() if "sentences" not in file.name)
    said = {text for call in re.findall(r"\bsay\(([^;]*)", code) for text in quoted(call)}
    known = set(texts()["sentences"])
    built = {key for key in known if re.match(r"view |.* (path|example)$", key)}
    first = set(re.findall(r'\bsay\(\s*"([^"]*)"\s*[,)]', code))
    assert not first - known
    assert not known - said - built


def test_the_documents_that_help_names_exist() -> None:
    for _, name in texts()["texts"]["documents"]:
        assert (package.ROOT / "docs" / name).is_file(), name


def test_sentences_use_the_better_words() -> None:
    for key, text in texts()["sentences"].items():
        assert not list(words_in(text, key))


def test_the_pure_functions_pass_their_own_tests() -> None:
    files = sorted(str(file) for file in HERE.glob("*.test.js"))
    done = run_node("--test", *files)
    assert done.returncode == 0, done.stdout


def quoted(text: str) -> list[str]:
    return re.findall(r'"([^"]*)"', text)
