"""What the documents say is what the product says and does."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
import yaml

from simulators.plex.habits import Habits
from tasks.advice import advice
from tasks.arguments import ALIASES
from tasks.mode_names import MODES
from tests.identity.test_update import CHANGES
from tools import package, settings
from validation.paths import PathRules, same_path
from validation.reasons import TABLE, Reason
from validation.settings import OPPOSITES, SETTINGS, Settings

ROOT = Path(__file__).resolve().parents[2]
AT_THE_ROOT = ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")
DOCUMENTS = [*(ROOT / name for name in AT_THE_ROOT), *sorted((ROOT / "docs").glob("*.md"))]
# What documents set in italics that is Stash's, Plex's or an emphasised word, not a name of ours.
NOT_OURS = {
    *("Add Source", "Install", "Local path", "Reload plugins", "Python executable path"),
    *("Personal Media", "Refresh Metadata", "PlexSync", "Off"),
}
ITALIC = re.compile(r"(?<![*\w])\*([A-Z][^*\n]+)\*(?![*\w])")
GLOSSARY = "\n## Words\n"
CODE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)


def text_of(name: str) -> str:
    return (ROOT / name).read_text("utf-8")


def rows_of(text: str) -> Iterator[list[str]]:
    """The cells of each row of each table, heads and rulers left out."""
    lines = text.splitlines()
    for number, line in enumerate(lines):
        head = number + 1 < len(lines) and lines[number + 1].startswith("|--")
        if line.startswith("| ") and not head:
            yield [cell.strip() for cell in line.strip("|").split("|")]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded = yaml.safe_load(text_of("PlexSync.yml"))
    assert isinstance(loaded, dict)
    return loaded


def test_the_files_with_the_settings_are_not_stale() -> None:
    assert not settings.stale_files(), "run make settings"


def test_every_setting_that_a_document_names_exists() -> None:
    known = {*Settings.model_fields, *OPPOSITES}
    for setting in re.findall(r"^\| `(\w+)` \|", text_of("docs/config.md"), re.MULTILINE):
        assert setting in known or setting.isupper(), setting


def test_each_reason_has_one_entry_in_the_words_of_status() -> None:
    section = text_of("docs/troubleshoot.md").partition("## Reasons")[2].partition("\n## ")[0]
    entries = [(row[0].strip("`"), *row[1:3]) for row in rows_of(section)]
    assert entries == [(reason, about.meaning, about.todo) for reason, about in TABLE.items()]


def section_of(name: str, head: str) -> str:
    """The text below a head, up to the next one."""
    return re.split(r"\n##+ ", text_of(name).partition(f"\n{head}\n")[2])[0]


def test_the_table_of_the_update_is_the_one_that_its_test_holds() -> None:
    shown: dict[str, dict[str, tuple[str, str]]] = {}
    for scene, field, before, after, _why in rows_of(
        section_of("docs/testing.md", "### The update from 1.0")
    ):
        shown.setdefault(scene, {})[field.strip("`")] = (before, after)
    assert shown == CHANGES


def test_the_table_of_habits_has_each_switch_with_its_default() -> None:
    rows = rows_of(section_of("docs/testing.md", "### Habits of the simulated Plex"))
    shown = {row[0].strip("`"): row[1] for row in rows}
    assert list(shown) == [each.name for each in fields(Habits)]
    switches = {each.name: each.default for each in fields(Habits) if each.type == "bool"}
    assert {name: shown[name] for name in switches} == {
        name: "on" if default else "off" for name, default in switches.items()
    }


def test_five_files_for_a_newcomer_have_about_600_lines() -> None:
    names = re.findall(r"^\d\. `([\w/]+\.py)`", text_of("docs/architecture.md"), re.MULTILINE)
    assert len(names) == 5
    assert 560 <= sum(len(text_of(name).splitlines()) for name in names) <= 640


def glossary() -> list[list[str]]:
    """Word, meaning, name in the code, and what it is not called."""
    section = text_of("docs/architecture.md").partition(GLOSSARY)[2].partition("\n## ")[0]
    return list(rows_of(section))


@pytest.mark.parametrize("name", [row[2].strip("`") for row in glossary()])
def test_each_word_of_the_glossary_has_its_name_in_the_code(name: str) -> None:
    assert pkgutil.resolve_name(name).__doc__, name


def test_texts_for_users_call_each_thing_by_its_one_word(manifest: dict[str, Any]) -> None:
    texts = {file.name: file.read_text("utf-8") for file in DOCUMENTS}
    words, _, rest = texts["architecture.md"].partition(GLOSSARY)
    texts["architecture.md"] = words + rest.partition("\n## ")[2]
    texts |= {"PlexSync.yml": str(manifest), "settings": "\n".join(s.description for s in SETTINGS)}
    texts |= {"Status": "\n".join(map(advice, Reason)), "modes": "\n".join(MODES.values())}
    banned = [other for row in glossary() for other in row[3].split(", ")]
    assert len(banned) > len(glossary())
    for name, text in texts.items():
        prose = re.sub(r"`[^`\n]*`", "", text)
        for other in banned:
            found = re.search(rf"\b{re.escape(other)}s?\b", prose, re.IGNORECASE)
            assert not found, f"{name}: {found}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_names_in_italics_are_those_of_stash_s_pages(
    document: Path, manifest: dict[str, Any]
) -> None:
    known = {setting.display for setting in SETTINGS}
    known |= {task["name"] for task in manifest["tasks"]}
    names = ITALIC.findall(CODE.sub("", document.read_text("utf-8")))
    assert [name for name in names if name not in known | NOT_OURS] == []


def test_the_table_of_tasks_has_each_task_with_its_command(manifest: dict[str, Any]) -> None:
    shown = {
        row[0].strip("*"): ALIASES.get(row[1].strip("`"), row[1].strip("`").replace("-", "_"))
        for row in rows_of(text_of("docs/troubleshoot.md"))
        if ITALIC.fullmatch(row[0])
    }
    assert shown == {task["name"]: task["defaultArgs"]["mode"] for task in manifest["tasks"]}


def test_the_rules_of_the_path_examples_map_their_paths() -> None:
    examples = [
        [cell.strip("`") for cell in row]
        for row in rows_of(text_of("docs/paths.md"))
        if "=>" in row[-1]
    ]
    assert len(examples) >= 6
    for stash, plex, rule in examples:
        rules, problems = PathRules.parse(rule)
        assert problems == ()
        (mapped,) = rules.to_plex(stash)
        assert mapped == plex
        assert same_path(mapped, plex)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.name)
def test_links_between_documents_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8")):
        if "://" not in link:
            assert (document.parent / link).exists(), link


def test_the_readme_is_short() -> None:
    assert len(text_of("README.md").splitlines()) <= 150


def test_the_package_links_to_nothing_that_stays_behind() -> None:
    shipped = set(package.shipped_files())
    for document in DOCUMENTS:
        if document.relative_to(ROOT).as_posix() not in shipped:
            continue
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text("utf-8")):
            target = (document.parent / link).resolve()
            assert "://" in link or target.relative_to(ROOT).as_posix() in shipped, link


def test_no_document_names_a_developers_machine() -> None:
    for document in DOCUMENTS:
        assert not re.search(r"(?<!\w)/(work|tmp)/", document.read_text("utf-8")), document.name
