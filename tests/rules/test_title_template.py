"""The title's template: what it says of a scene, and where a wrong one goes wrong."""

from __future__ import annotations

import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from plex.fields import wanted_fields
from tests.writing.builders import scene
from validation.config import PlexSyncConfig, validate_config
from validation.metadata import SceneFile, SyncMetadata
from validation.sanitizers import LINE_LIMIT, sanitize_for_plex
from validation.title_template import (
    DEEPEST,
    LONGEST,
    NAMES,
    Mistake,
    Template,
    parse_template,
    render,
    resolution_name,
)

WHOLE: dict[str, Any] = {
    "title": "Harbour Lights",
    "studio": "After Dark",
    "studio_ancestors": ("Lantern House", "Holding"),
    "performers": ("Ada", "Bo", "Cy", "Dee"),
    "date": "2024-05-01",
    "code": "LH-1",
    "files": (SceneFile("/data/A Film.part1.mp4", width=1920, height=1080),),
}
EMPTY: dict[str, Any] = dict.fromkeys(("studio", "date", "code"), "") | {
    "studio_ancestors": (),
    "performers": (),
    "files": (SceneFile("/data/A Film.mp4"),),
}


def line(text: str, **values: Any) -> str:
    template = parse_template(text)
    assert isinstance(template, Template), template
    what = scene(**{**WHOLE, **values})
    return render(template, what, what.title)


@pytest.mark.parametrize(
    ("text", "whole", "empty"),
    [
        ("{title}", "Harbour Lights", "Harbour Lights"),
        ("[{studio} – ]{title}", "After Dark – Harbour Lights", "Harbour Lights"),
        ("{title}[ ({year})]", "Harbour Lights (2024)", "Harbour Lights"),
        ("[{parent_studio} / ]{title}", "Lantern House / Harbour Lights", "Harbour Lights"),
        ("{title}[ [{code}]]", "Harbour Lights LH-1", "Harbour Lights"),
        ("{title}[ \\[{code}\\]]", "Harbour Lights [LH-1]", "Harbour Lights"),
        ("{performers}: {title}", "Ada, Bo, Cy, Dee: Harbour Lights", ": Harbour Lights"),
        ("[{performers:3}: ]{title}", "Ada, Bo, Cy: Harbour Lights", "Harbour Lights"),
        ("{title} {performers:1}", "Harbour Lights Ada", "Harbour Lights"),
        ("[{date} ]{filename}", "2024-05-01 A Film.part1", "A Film"),
        ("{title}[ {resolution}]", "Harbour Lights 1080p", "Harbour Lights"),
        ("{ Title }[ {YEAR}]", "Harbour Lights 2024", "Harbour Lights"),
        ("{title}  [  {year}]  ", "Harbour Lights 2024", "Harbour Lights"),
        ("[{studio}[ / {parent_studio}]: ]{title}", "After Dark / Lantern House: Harbour Lights",
         "Harbour Lights"),
        ("{title}[ ([{studio}][ {year}])]", "Harbour Lights (After Dark 2024)", "Harbour Lights"),
        ("[{studio} {year} ]{title}", "After Dark 2024 Harbour Lights", "Harbour Lights"),
        ("\\{{title}\\} \\\\", "{Harbour Lights} \\", "{Harbour Lights} \\"),
        ("{title} 🎬 “x”, y;", "Harbour Lights 🎬 “x”, y;", "Harbour Lights 🎬 “x”, y;"),
        ("{title}\n\t\x07{code}", "Harbour Lights LH-1", "Harbour Lights"),
    ],
)  # fmt: skip
def test_a_template_says_what_a_scene_has(text: str, whole: str, empty: str) -> None:
    assert line(text) == whole
    assert line(text, **EMPTY) == empty


def test_a_block_vanishes_when_any_value_in_it_is_empty() -> None:
    assert line("{title}[ {studio} {code}]", code="") == "Harbour Lights"
    assert line("{title}[ {studio}[ {code}]]", code="") == "Harbour Lights After Dark"
    assert line("{title}[ {studio}[ {code}]]", studio="") == "Harbour Lights"


@pytest.mark.parametrize(
    "title",
    ["[{studio}]", "{title}", "a ] b", "} {", "\\[", "{performers:3}", "“Quoted”, and; more 🎬"],
)
def test_a_value_is_never_read_as_a_template(title: str) -> None:
    assert line("{title}[ ({year})]", title=title) == f"{title} (2024)"


@pytest.mark.parametrize(
    ("text", "character", "expected"),
    [
        ("{stduio} {title}", 1, "{stduio} is no value; there are title, studio"),
        ("a {title", 3, "a brace opens that is never closed; } is expected"),
        ("{title}}", 8, "a } stands without its {"),
        ("{{title}}", 1, "a brace opens that is never closed"),
        ("[{title}", 1, "a bracket opens that is never closed; ] is expected"),
        ("[{year}] [[{title}]", 10, "a bracket opens that is never closed"),
        ("{title}]", 8, "a ] stands without its [; write \\] for the character"),
        ("[HD] {title}", 1, "a value is expected in the brackets; write \\[ for the character"),
        ("{title} [[ ]]", 10, "a value is expected in the brackets"),
        ("{title} []", 9, "a value is expected in the brackets"),
        ("{title} \\n", 9, "one of \\ { } [ ] is expected after the backslash"),
        ("{title}\\", 8, "one of \\ { } [ ] is expected after the backslash"),
        ("{performers:0}", 1, "a number from 1 to 99 is expected after the colon"),
        ("{performers:100}", 1, "a number from 1 to 99"),
        ("{performers:-1}", 1, "a number from 1 to 99"),
        ("{performers:three}", 1, "a number from 1 to 99"),
        ("{performers:}", 1, "a number from 1 to 99"),
        ("{performers:٣}", 1, "a number from 1 to 99"),
        ("{title:3}", 1, "only {performers} takes a number"),
        ("{}", 1, "{} is no value"),
        ("{title studio}", 1, "{title studio} is no value"),
        ("A fixed title", 14, "a value is expected, such as {title}"),
        ("[" * (DEEPEST + 1) + "{title}" + "]" * (DEEPEST + 1), 9, "at most 8 brackets"),
        ("{title}" + "x" * LONGEST, 501, "it may have 500 characters"),
    ],
)
def test_a_mistake_has_its_place_and_what_was_expected(
    text: str, character: int, expected: str
) -> None:
    mistake = parse_template(text)
    assert isinstance(mistake, Mistake)
    assert str(mistake).startswith(f"At character {character}, ")
    assert expected in str(mistake)


def test_a_wrong_template_is_a_problem_and_the_plain_title_is_used() -> None:
    report = validate_config({"title_template": "{studio} {ttle}"}, {})
    assert report.config.template is None
    assert report.by_name["title_template"].startswith("At character 10, {ttle} is no value; ")
    assert report.by_name["title_template"].endswith(" The plain title is used.")
    assert "'Title template' (title_template): At character 10" in report.problems[0]
    assert title_of("{studio} {ttle}") == "Harbour Lights"


def title_of(template: str, *, ours: bool = False, **values: Any) -> str | None:
    config = PlexSyncConfig(title_template=template)
    what = scene(**{**WHOLE, **values})
    return wanted_fields(what, "movie", config, title_is_ours=ours).values.get("title")


@pytest.mark.parametrize(
    ("template", "foreign", "ours"),
    [
        ("", None, "A Film"),
        ("{title}[ ({year})]", None, "A Film (2024)"),
        ("[{studio} – ]{title}", None, "After Dark – A Film"),
        ("{studio} {code}", "After Dark LH-1", "After Dark LH-1"),
        ("[{title} ]{filename}", "A Film", "A Film"),
        ("[{title}]", None, "A Film"),
        ("[{title}][ ({parent_studio})]", None, "A Film"),
    ],
)
def test_a_scene_without_a_title_waits_for_one_unless_the_template_needs_none(
    template: str, foreign: str | None, ours: str
) -> None:
    files = (SceneFile("/data/A Film.mp4"),)
    values: dict[str, Any] = {"title": "", "files": files, "studio_ancestors": ()}
    assert title_of(template, **values) == foreign
    assert title_of(template, ours=True, **values) == ours


def test_a_template_of_which_nothing_is_left_gives_the_plain_title() -> None:
    assert title_of("{code}", code="") == "Harbour Lights"
    assert title_of("[{code}] ", code="") == "Harbour Lights"


def test_performers_go_before_a_title_is_cut() -> None:
    many = tuple(f"Performer number {number}" for number in range(60))
    shown = line("{performers} – {title}[ ({year})]", performers=many)
    assert shown.startswith("Performer number 0, Performer number 1, ")
    assert shown.endswith(" – Harbour Lights (2024)")
    assert LINE_LIMIT - 30 < len(shown) <= LINE_LIMIT


def test_a_long_title_is_cut_at_a_word() -> None:
    shown = line("[{studio} – ]{title}", title="word " * 60)
    assert len(shown) <= LINE_LIMIT
    assert shown.endswith(" word")


@pytest.mark.parametrize(
    ("width", "height", "name"),
    [
        (1920, 1080, "1080p"), (1080, 1920, "1080p"), (1918, 1078, "720p"), (3840, 2160, "4K"),
        (4096, 1920, "4K"), (7680, 4320, "8K"), (640, 480, "480p"), (320, 180, "144p"),
        (100, 100, ""), (0, 0, ""), (1920, 0, ""), (20_000, 20_000, "HUGE"), (5120, 2880, "5K"),
    ],
)  # fmt: skip
def test_a_resolution_has_stashs_name(width: int, height: int, name: str) -> None:
    assert resolution_name(width, height) == name


PIECES = st.sampled_from(["{", "}", "[", "]", "\\", ":", " ", "a", "3", *NAMES]) | st.characters()
TEMPLATES = st.lists(PIECES, max_size=40).map("".join)


@given(TEMPLATES)
@example("[" * 5000)
@example("{title}" * 60)
def test_no_text_breaks_the_parser_and_each_mistake_lies_within_it(text: str) -> None:
    found = parse_template(text)
    if isinstance(found, Mistake):
        assert 0 <= found.place <= len(text)
        assert found.expected
        return
    what = scene(**WHOLE)
    shown = render(found, what, what.title)
    assert len(shown) <= LINE_LIMIT
    assert shown == sanitize_for_plex(shown, max_length=LINE_LIMIT)


@given(st.text(max_size=120))
def test_escaped_text_comes_out_as_it_went_in(text: str) -> None:
    escaped = "".join(f"\\{char}" if char in "\\{}[]" else char for char in text)
    template = parse_template(escaped + "{code}")
    assert isinstance(template, Template)
    assert render(template, scene(code=""), "") == sanitize_for_plex(text, max_length=LINE_LIMIT)


@given(
    st.text(min_size=1, max_size=200),
    st.text(max_size=80),
    st.lists(st.text(min_size=1, max_size=60), max_size=60),
)
def test_any_values_make_a_clean_line_with_the_same_values_each_time(
    title: str, studio: str, performers: list[str]
) -> None:
    what: SyncMetadata = scene(title=title, studio=studio, performers=performers)
    template = parse_template("[{studio} – ]{title}[ ({performers:3})]")
    assert isinstance(template, Template)
    shown = render(template, what, what.title)
    assert shown == render(template, what, what.title)
    assert unicodedata.is_normalized("NFC", shown)
    assert len(shown) <= LINE_LIMIT
