"""Each problem that a user may meet is in the documents, in the words that the product uses."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

import pytest

from tests.installed_plugin import ROOT
from tools.package import PACKAGES

TROUBLE = (ROOT / "docs/troubleshoot.md").read_text("utf-8")
CASES = TROUBLE[TROUBLE.index("## A worker that does not start") :]
QUOTED = re.findall(r'[“"]([A-Z…][^”"]{15,}?)[”"]', CASES)
# What these modules say goes to Stash's log, to Status and to Check Set-up.
SPEAKERS = (
    "sync_queue/datadir.py",
    "sync_queue/losses.py",
    "sync_queue/spool.py",
    "sync_queue/starts.py",
    "sync_queue/trouble.py",
    "worker/private_packages.py",
)
# Nothing that a user has to do.
HARMLESS = ("Unfinished files in",)
# The least that two sentences have to share: letters of a clause, without its inserted values.
FEWEST_LETTERS = 15


def templates(source: str) -> Iterator[str]:
    """The texts of a module that may be shown, with "…" for each inserted value."""
    inserted: set[ast.AST] = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr):  # a docstring
            inserted.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            inserted.update(node.values)
            yield "".join(map(text_of, node.values))
        elif isinstance(node, ast.Constant) and node not in inserted:
            yield re.sub(r"\{\w*\}|%s|%d", "…", str(node.value))


def text_of(piece: ast.expr) -> str:
    return str(piece.value) if isinstance(piece, ast.Constant) else "…"


def clauses(text: str) -> list[str]:
    """The sentences of a text, and the halves at a colon."""
    every = (one.strip(" .") for one in re.split(r"(?<=\.) |: ", text))
    return [one for one in every if len(one.replace("…", "")) >= FEWEST_LETTERS]


def pattern(clause: str) -> str:
    return ".*".join(map(re.escape, re.split(r"\(?…\)?|\d+", clause)))


def spoken(file: str) -> Iterator[str]:
    """The first clause of each sentence with which a module begins a report."""
    for text in templates((ROOT / file).read_text("utf-8")):
        first = clauses(text)[:1]
        if first and re.match("…|[A-Z]", text) and text.endswith((".", ")")):
            yield first[0]


SAID = {
    clause
    for folder in PACKAGES
    for file in sorted((ROOT / folder).glob("*.py"))
    for text in templates(file.read_text("utf-8"))
    for clause in clauses(text)
}
SENTENCES = sorted({one for file in SPEAKERS for one in spoken(file)})


@pytest.mark.parametrize("sentence", QUOTED)
def test_a_sentence_of_the_documents_is_one_of_the_product(sentence: str) -> None:
    for clause in re.split(r"(?<=\.) ", sentence):
        quoted = clause.strip(" .")
        assert any(re.search(pattern(said), quoted) for said in SAID), quoted


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_problem_of_this_machine_is_in_the_documents(sentence: str) -> None:
    assert sentence.startswith(HARMLESS) or re.search(pattern(sentence), CASES)


def test_the_modules_that_speak_of_this_machine_are_read() -> None:
    assert len(QUOTED) > 20
    assert len(SENTENCES) > 15
