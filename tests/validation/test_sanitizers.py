"""Text for Plex: what is kept, what goes, and where a cut falls."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.sanitizers import (
    LINE_LIMIT,
    SUMMARY_LIMIT,
    name_key,
    sanitize_for_plex,
    sanitize_names,
)

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
THUMB = "\U0001f44d\U0001f3fd"
FLAG = "\U0001f1eb\U0001f1f7"
ENGLAND = "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"
HEART = "\u2764\ufe0f"

# Text with everything that has ever broken a cleaner: lone surrogates, controls, marks, emoji.
HOSTILE = st.text(
    st.one_of(
        st.characters(),
        st.characters(categories=["Cc", "Cf", "Cs", "Zs", "Mn"]),
        st.sampled_from("\r\n\t \x00\u202e\u2067\u200b\u200d\ufeff\u0301\u2029a\U0001f469"),
    )
)


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("Harbour Lights", "Harbour Lights"),
        ("  \t \u3000 ", ""),
        ("two\x00words", "two words"),
        ("two\x00 \x1f\x85words", "two words"),
        ("tab\tand\r\nline", "tab and line"),
        ("bell\x07", "bell"),
        ("half \ud83d emoji", "half emoji"),
        ("left\ud83dright", "left right"),
        ("\ud83d\ude00", "\U0001f600"),
        ("bad\uffffchar\ufffe", "bad char"),
        ("\ufeffTitle", "Title"),
        ("Cafe\u0301", "Café"),
        ("photo\u202egpj.exe", "photogpj.exe"),
        ("\u2067שלום\u2069 world", "שלום world"),
        ("שלום\u200f!", "שלום\u200f!"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        (f"{FAMILY} {THUMB} {FLAG} {ENGLAND} {HEART}",) * 2,
        ("“Quotes” – and — dashes ‘…’ &amp; <b>",) * 2,
        ("\u200d\u200f\u200b", ""),
        ("\u0301", ""),
        ("日本語の題名",) * 2,
        ("non\u00a0breaking", "non breaking"),
    ],
)
def test_a_line_is_cleaned_without_gluing_words(given_text: str, expected: str) -> None:
    assert sanitize_for_plex(given_text) == expected


@pytest.mark.parametrize(
    ("given_text", "expected"),
    [
        ("A night.\n\nSecond — with “quotes”.",) * 2,
        ("one\r\ntwo\rthree\x0bfour", "one\ntwo\nthree\nfour"),
        ("one\u2029two\u2028three", "one\n\ntwo\nthree"),
        ("  \n\n first  \n   \nlast \n ", "first\n\nlast"),
        ("a\x00b\nc\td", "a b\nc d"),
        ("typed  as  is",) * 2,
        ("\r\n \x00 \n", ""),
    ],
)
def test_paragraphs_survive(given_text: str, expected: str) -> None:
    assert sanitize_for_plex(given_text, multiline=True) == expected


@pytest.mark.parametrize(
    ("given_text", "limit", "expected"),
    [
        ("one two three", 13, "one two three"),
        ("one two three", 12, "one two"),
        ("one two three", 7, "one two"),
        ("one two three", 6, "one"),
        ("onetwothree", 6, "onetwo"),
        ("a " + "字" * 200, 100, "a " + "字" * 98),
        ("para one.\n\npara two", 12, "para one."),
        (f"go {FAMILY}", 6, "go"),
        (f"go{FAMILY}", 6, "go"),
        (f"go{THUMB}", 3, "go"),
        (f"{FLAG}{FLAG}", 3, FLAG),
        (f"go{ENGLAND}", 5, "go"),
        ("go\u0928\u092e\u0938\u094d\u0924\u0947", 5, "go\u0928\u092e"),
        (FAMILY, 2, ""),
    ],
)
def test_a_cut_falls_between_words_or_else_between_characters(
    given_text: str, limit: int, expected: str
) -> None:
    assert sanitize_for_plex(given_text, max_length=limit, multiline=True) == expected


@given(HOSTILE, st.booleans(), st.none() | st.integers(0, 40))
def test_clean_text_is_clean_for_good(text: str, multiline: bool, limit: int | None) -> None:
    once = sanitize_for_plex(text, max_length=limit, multiline=multiline)
    assert sanitize_for_plex(once, max_length=limit, multiline=multiline) == once
    assert limit is None or len(once) <= limit
    assert once == once.strip()
    assert unicodedata.is_normalized("NFC", once)
    once.encode()  # no surrogate is left
    allowed = "\n" if multiline else ""
    assert all(unicodedata.category(c) != "Cc" or c in allowed for c in once)


@given(st.lists(st.text("abcé", min_size=1), min_size=1), st.data())
def test_words_are_never_glued_whatever_stands_between_them(
    words: list[str], data: st.DataObject
) -> None:
    separators = st.text(
        "\x00\x01\x1f\x7f\x85\r\n\t\v\f \u2028\u2029\ud800\udfff\uffff", min_size=1
    )
    text = "".join(word + data.draw(separators) for word in words)
    # A low surrogate after a high one would make one character of the two.
    text = text.replace("\ud800\udfff", "\ud800 \udfff")
    assert sanitize_for_plex(text).split(" ") == words
    assert sanitize_for_plex(text, multiline=True).split() == words


@given(
    st.lists(st.sampled_from([FAMILY, THUMB, FLAG, ENGLAND, HEART, "é", "n\u0303\u0323", "x"])),
    st.integers(0, 60),
)
def test_a_cut_never_splits_a_visible_character(characters: list[str], limit: int) -> None:
    whole = [sanitize_for_plex(character) for character in characters]
    result = sanitize_for_plex("".join(characters), max_length=limit)
    prefixes = {"".join(whole[:count]) for count in range(len(whole) + 1)}
    assert result in prefixes


@given(st.lists(st.text("ab  ", max_size=90)), st.integers(1, 200))
def test_a_cut_is_a_prefix_that_ends_with_a_whole_word(words: list[str], limit: int) -> None:
    whole = sanitize_for_plex(" ".join(words))
    cut = sanitize_for_plex(whole, max_length=limit)
    assert whole.startswith(cut)
    rest = whole[len(cut) :]
    assert rest == "" or rest[0] == " " or " " not in whole[max(0, limit - 59) : limit + 1]


def test_names_keep_their_order_and_lose_repetitions_and_blanks() -> None:
    names = [
        "Zoë Ångström",
        "  ",
        "Ada",
        "ZOE\u0308 A\u030aNGSTRÖM",
        "ada ",
        "\x00",
        "Bo, Jr. & “Co”",
    ]
    assert sanitize_names(names) == ("Zoë Ångström", "Ada", "Bo, Jr. & “Co”")


def test_names_that_become_equal_by_the_cut_are_one() -> None:
    assert sanitize_names(["a" * 300, "a" * 400]) == ("a" * LINE_LIMIT,)


@given(st.lists(HOSTILE))
def test_clean_names_are_clean_for_good(names: list[str]) -> None:
    once = sanitize_names(names)
    assert sanitize_names(once) == once
    assert len({name_key(name) for name in once}) == len(once)


@given(st.text())
def test_a_name_has_one_key_in_every_case_and_unicode_form(name: str) -> None:
    key = name_key(name)
    assert name_key(unicodedata.normalize("NFC", name)) == key
    assert name_key(unicodedata.normalize("NFD", name)) == key
    assert name_key(name.casefold()) == key


@pytest.mark.parametrize("piece", [" \u200b", "\u0301", FAMILY, "\x00 ", "word ", "\ud800", "\n"])
def test_a_hundred_kilobytes_take_linear_time(piece: str) -> None:
    started = time.process_time()
    text = sanitize_for_plex(piece * (100_000 // len(piece)), max_length=SUMMARY_LIMIT)
    assert len(text) <= SUMMARY_LIMIT
    assert time.process_time() - started < 2  # a quadratic rule takes minutes
