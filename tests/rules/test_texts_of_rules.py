"""The two rules with a grammar of their own: prefixes of collections, and fields to skip."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.collection_prefix import KINDS, LONGEST, parse_prefixes
from validation.config import validate_config
from validation.field_names import FIELDS, parse_fields


@pytest.mark.parametrize(
    ("text", "by_kind"),
    [
        ("", {}),
        (" ; ; ", {}),
        ("studio=Studio: ; performer=", {"studio": "Studio: ", "performer": ""}),
        ("studio=Studio: ", {"studio": "Studio: "}),
        (" Studio =S ;TAG=#;", {"studio": "S ", "tag": "#"}),
        ("group=a=b", {"group": "a=b"}),
        ("group=One\\; two\\\\;tag=x", {"group": "One; two\\", "tag": "x"}),
        ("group=C:\\x", {"group": "C:\\x"}),
        ("group=x\\", {"group": "x\\"}),
        ("parent_studio=“Netz”, 🎬 ", {"parent_studio": "“Netz”, 🎬 "}),
    ],
)
def test_a_prefix_keeps_its_blanks_and_its_escaped_semicolons(
    text: str, by_kind: dict[str, str]
) -> None:
    prefixes = parse_prefixes(text)
    assert prefixes.by_kind == by_kind
    assert prefixes.problems == ()
    report = validate_config({"collection_prefix": text}, {})
    assert report.problems == ()
    assert report.config.prefixes == prefixes


@pytest.mark.parametrize(
    ("text", "sentence", "left"),
    [
        ("Studio: ; tag=#", "'Studio:' has no =; write it as in studio=Studio:.", {"tag": "#"}),
        (
            "studios=A;tag=#",
            "'studios=A' begins with no kind of collection;"
            " there are studio, parent_studio, performer, tag, group.",
            {"tag": "#"},
        ),
        ("=A", "'=A' begins with no kind of collection;", {}),
        (
            "tag=#;tag=+",
            "'tag=+' is left out, because tag has a prefix already.",
            {"tag": "#"},
        ),
        (f"tag={'x' * (LONGEST + 1)}", f"is longer than {LONGEST} characters.", {}),
    ],
)
def test_a_wrong_prefix_is_a_problem_and_the_others_are_used(
    text: str, sentence: str, left: dict[str, str]
) -> None:
    report = validate_config({"collection_prefix": text}, {})
    assert sentence in report.by_name["collection_prefix"]
    assert "'Collection prefixes' (collection_prefix): " in report.problems[0]
    assert report.config.prefixes.by_kind == left


@given(st.dictionaries(st.sampled_from(KINDS), st.text(max_size=LONGEST)))
def test_any_prefix_can_be_written(by_kind: dict[str, str]) -> None:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace(";", "\\;")

    text = ";".join(f"{kind}={escaped(prefix)}" for kind, prefix in by_kind.items())
    assert parse_prefixes(text).by_kind == by_kind


@given(st.text())
def test_no_text_breaks_the_prefixes_or_the_fields(text: str) -> None:
    parse_prefixes(text)
    assert parse_fields(text).in_plex <= {field for fields in FIELDS.values() for field in fields}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", ()),
        ("title; date", ("title", "date")),
        (" Title ;TITLE;; ", ("title",)),
        ("summary; originallyAvailableAt; year; actor; genre", ("details", "date", "performers",
         "tags")),
        ("userRating;tagline;contentRating;collection;label", ("rating100", "code",
         "content_rating", "collections", "labels")),
        ("cover", ("poster", "background")),
        ("groups", ("collections",)),
        ("titleSort", ("sort_title",)),
        ("content rating; sort-title", ("content_rating", "sort_title")),
    ],
)  # fmt: skip
def test_a_field_is_known_by_stashs_name_and_by_plexs(text: str, names: tuple[str, ...]) -> None:
    assert parse_fields(text).names == names
    assert parse_fields(text).problem == ""


def test_each_name_of_a_field_stands_for_itself() -> None:
    for name in FIELDS:
        assert parse_fields(name).names == (name,)


def test_an_unknown_field_is_a_problem_that_names_the_known_ones() -> None:
    report = validate_config({"skip_fields": "details; foo; bar"}, {})
    assert report.by_name["skip_fields"] == (
        f"'foo', 'bar' are no fields; there are {', '.join(FIELDS)}."
    )
    assert report.config.skipped_fields == {"summary"}
