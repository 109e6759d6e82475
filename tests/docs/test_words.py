"""The list of words that have a better one: its lookups, and the texts that it reads."""

from __future__ import annotations

from tools import words


def test_a_word_with_a_better_one_is_found_in_any_case() -> None:
    (line,) = words.words_in("Nobody reads this.", "README.md:1")
    assert line == "README.md:1: “Nobody”; better: no user, no other process"


def test_a_part_of_a_longer_word_is_no_finding() -> None:
    assert list(words.words_in("The whole broadcast is untold.", "x")) == []


def test_strings_of_a_module_are_read_without_its_docstrings() -> None:
    source = '"""A docstring."""\nsay("One sentence.")\nkey = "word"\nf"Two {key} parts"\n'
    assert list(words.sentences(source)) == [(2, "One sentence."), (4, "Two "), (4, " parts")]


def test_every_pattern_names_files() -> None:
    for pattern in (*words.DOCUMENTS, *words.ROOMS):
        assert list(words.ROOT.glob(pattern)), pattern


def test_the_texts_for_users_use_the_better_words() -> None:
    assert list(words.findings()) == []
