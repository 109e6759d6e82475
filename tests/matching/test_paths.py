"""Paths of two servers: comparing, mapping, learning rules; file names: needles and titles."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from validation.file_names import file_key, is_distinctive, needles, stem, title_guess
from validation.paths import (
    PathRule,
    PathRules,
    basename,
    common_suffix_length,
    depth_below,
    folded,
    is_below,
    normalise,
    propose_rules,
    same_path,
    separator_of,
    spelled,
)

Form = Literal["NFC", "NFD"]
FORMS: tuple[Form, ...] = ("NFC", "NFD")

# Other processes share the machine: no deadline per example.

# Letters of several scripts in both Unicode forms, and what file systems allow besides.
NAMES = st.text("abAZ019 ée\u0301ゲ영ßИ,%_[]&'=🎉.-", min_size=1, max_size=8).filter(
    lambda name: name.strip() == name and name not in (".", "..") and "=>" not in name
)
SWAP_CASE = {ord(char): char.swapcase() for char in "abAZcdCDnasharemtuXYZ"}
TAILS = st.lists(NAMES, min_size=1, max_size=5).map(tuple)
ROOTS = st.sampled_from(["/", "C:\\", "d:\\", "\\\\nas\\share\\", "/mnt/user/"])
FOLDERS = st.tuples(ROOTS, TAILS).map(lambda both: join(both[0], both[1]))


def join(root: str, names: tuple[str, ...]) -> str:
    return root + separator_of(root).join(names)


def below(folder: str, names: tuple[str, ...]) -> str:
    return folder.rstrip("\\/") + separator_of(folder) + separator_of(folder).join(names)


SAME = (
    ("/data/x.mp4", "/data//./x.mp4"),
    ("C:\\a\\b.mp4", "c:/A/B.MP4"),
    ("\\\\nas\\Video\\b.mp4", "//NAS/video/b.mp4"),
    ("\\\\?\\C:\\a\\b.mp4", "C:\\a\\b.mp4"),
    ("\\\\?\\UNC\\nas\\v\\b.mp4", "\\\\nas\\v\\b.mp4"),
    ("/data/Amélie.mp4", unicodedata.normalize("NFD", "/data/Amélie.mp4")),
)
DIFFERENT = (
    ("/data/x.mp4", "/data/X.mp4"),
    ("/data/a\\b.mp4", "/data/a/b.mp4"),
    ("/data/x.mp4", "/data/x.mp4 "),
    ("C:\\a.mp4", "D:\\a.mp4"),
    ("C:\\Straße.mp4", "C:\\Strasse.mp4"),
    ("/c/a.mp4", "C:\\a.mp4"),
    ("\\\\nas\\a.mp4", "/nas/a.mp4"),
    ("data/x.mp4", "/data/x.mp4"),
)


@pytest.mark.parametrize(("a", "b"), SAME)
def test_these_name_the_same_file(a: str, b: str) -> None:
    assert same_path(a, b)
    assert same_path(b, a)


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_these_name_different_files(a: str, b: str) -> None:
    assert not same_path(a, b)


@given(FOLDERS)
def test_the_comparable_form_is_stable_and_knows_no_unicode_form(path: str) -> None:
    for form in FORMS:
        assert same_path(path, unicodedata.normalize(form, path))
    if separator_of(path) == "\\":
        assert same_path(path, path.replace("\\", "/").translate(SWAP_CASE))


@given(FOLDERS)
def test_a_spelling_is_stable_and_folding_forgets_it(path: str) -> None:
    assert spelled(spelled(path)) == spelled(path)
    assert folded(path) == folded(path.translate(SWAP_CASE))
    for form in FORMS:
        assert folded(path) == folded(unicodedata.normalize(form, path))


def test_a_backslash_separates_in_windows_paths_only() -> None:
    assert spelled("C:\\a\\b.mp4") == spelled("c:/a//b.mp4")
    assert spelled("/a\\b.mp4") != spelled("/a/b.mp4")
    assert folded("/a\\b.mp4") != folded("/a/b.mp4")


def test_a_path_without_a_rule_is_not_mapped() -> None:
    rules, _problems = PathRules.parse("/d => /d")
    assert rules.mapped("/d/a.mp4") == ("/d/a.mp4",)
    assert rules.mapped("/x/a.mp4") == ()


@given(FOLDERS, FOLDERS, TAILS)
def test_a_rule_and_its_reverse_bring_a_path_back(
    stash: str, plex: str, names: tuple[str, ...]
) -> None:
    rules, problems = PathRules.parse(f"  {stash} =>  {plex} ;; ")
    back, _problems = PathRules.parse(f"{plex}=>{stash}")
    path = below(stash, names)
    (mapped,) = rules.to_plex(path)
    assert problems == ()
    assert same_path(mapped, below(plex, names))
    assert [normalise(one) for one in back.to_plex(mapped)] == [normalise(path)]
    assert common_suffix_length(path, mapped) >= len(names)


@given(FOLDERS, FOLDERS, NAMES, TAILS)
def test_a_rule_ends_at_whole_names(
    stash: str, plex: str, more: str, names: tuple[str, ...]
) -> None:
    rules, _problems = PathRules.parse(f"{stash} => {plex}")
    neighbour = below(stash + more, names)
    assert rules.to_plex(neighbour) == (neighbour,) or is_below(neighbour, stash)


def test_the_longest_rule_counts_and_one_folder_may_have_several() -> None:
    rules, _problems = PathRules.parse(
        "/d => /short; /d/x => /long; /d/x => E:\\Two; /d/x/y/z => /no"
    )
    assert rules.to_plex("/d/x/y/a.mp4") == ("/long/y/a.mp4", "E:\\Two\\y\\a.mp4")
    assert rules.to_plex("/d/y/a.mp4") == ("/short/y/a.mp4",)
    assert rules.to_plex("/other/a.mp4") == ("/other/a.mp4",)


def test_separators_case_and_ends_of_rules_do_not_matter_on_windows() -> None:
    rules, _problems = PathRules.parse("c:/STASH/Films/ => /media/; \\\\NAS\\v => V:\\")
    assert rules.to_plex("C:\\Stash\\films\\a\\b.mp4") == ("/media/a/b.mp4",)
    assert rules.to_plex("//nas/V/a.mp4") == ("V:\\a.mp4",)


def test_bad_rules_are_reported_in_a_sentence_and_skipped() -> None:
    rules, problems = PathRules.parse("nonsense; a => /b; /a => ; /x => /y; /p => /q => /r")
    assert rules == PathRules((PathRule("/x", "/y"),))
    assert len(problems) == 4
    assert all("is skipped: " in text and text.endswith(".") for text in problems)


def test_no_rules_is_no_problem() -> None:
    assert PathRules.parse(" ; ") == (PathRules(), ())


def test_depth_is_counted_below_a_folder_only() -> None:
    assert depth_below("/media/a/b.mp4", "/media/") == 2
    assert depth_below("/media/b.mp4", "/") == 2
    assert depth_below("/media2/b.mp4", "/media") == 0
    assert depth_below("/media", "/media") == 0


def test_case_counts_in_a_common_end_only_between_two_posix_paths() -> None:
    assert common_suffix_length("/a/Film/x.mp4", "/b/film/x.mp4") == 1
    assert common_suffix_length("/a/Film/x.mp4", "D:\\film\\X.mp4") == 2


def test_a_file_name_is_found_behind_either_separator() -> None:
    assert basename("C:\\a/b\\c.mp4") == "c.mp4"
    assert basename("/a/b\\c.mp4") == "b\\c.mp4"
    assert [stem(name) for name in ("/a/b.c.mp4", "/a/.mp4", "/a/Mr. Robot", "/a/x")] == [
        "b.c",
        ".mp4",
        "Mr. Robot",
        "x",
    ]


# -- learning rules --------------------------------------------------------------------------------


def pairs(stash: str, plex: str, *tails: str) -> list[tuple[str, str]]:
    return [(below(stash, (tail,)), below(plex, (tail,))) for tail in tails]


def test_three_agreeing_pairs_propose_a_rule() -> None:
    found = pairs("/data", "D:\\Media", "a.mp4", "b.mp4", "c.mp4")
    assert propose_rules(found) == (PathRule("/data", "D:\\Media"),)
    assert propose_rules(found[:2]) == ()


def test_the_same_pair_three_times_is_one_vote() -> None:
    assert propose_rules(pairs("/data", "/media", "a.mp4") * 3) == ()


def test_equal_paths_need_no_rule() -> None:
    assert propose_rules(pairs("/data", "/data", "a.mp4", "b.mp4", "c.mp4")) == ()


def test_two_mounts_are_distinguished_by_a_shared_folder() -> None:
    found = pairs("/data/films", "/mnt/1/films", "a.mp4", "b.mp4", "c.mp4")
    found += pairs("/data/shows", "/mnt/2/shows", "d.mp4", "e.mp4", "f.mp4")
    assert set(propose_rules(found)) == {
        PathRule("/data/films", "/mnt/1/films"),
        PathRule("/data/shows", "/mnt/2/shows"),
    }


def test_pairs_that_contradict_each_other_propose_nothing() -> None:
    found = pairs("/data", "/mnt/1", "a.mp4", "b.mp4", "c.mp4")
    found += pairs("/data", "/mnt/2", "d.mp4", "e.mp4", "f.mp4")
    assert propose_rules(found) == ()


@given(FOLDERS, FOLDERS, st.lists(TAILS, min_size=3, max_size=8, unique=True))
def test_a_learnt_rule_maps_every_pair_that_it_applies_to(
    stash: str, plex: str, tails: list[tuple[str, ...]]
) -> None:
    found = [(below(stash, tail), below(plex, tail)) for tail in tails]
    for rule in propose_rules(found):
        mapped = [(rule.apply(mine), theirs) for mine, theirs in found]
        assert all(one is None or same_path(one, theirs) for one, theirs in mapped)


# -- file names ------------------------------------------------------------------------------------


@given(NAMES, st.sampled_from(["", ".mp4", ".webm"]), st.sampled_from(FORMS))
def test_a_needle_is_in_the_name_as_plex_may_write_it(name: str, ending: str, form: Form) -> None:
    path = "/data/" + name + ending
    theirs = unicodedata.normalize(form, name + ending)
    if unicodedata.normalize("NFC", name) not in (name, unicodedata.normalize("NFD", name)):
        return  # a name in neither form is as it is on both servers
    found = needles(path)
    assert all("," not in needle and needle.strip() == needle for needle in found)
    assert not found or any(needle in theirs for needle in found)


@pytest.mark.parametrize(
    ("path", "separator", "wanted"),
    [
        ("/a/Some Scene.mp4", "", ("Some Scene.mp4",)),
        ("/a/Love, Victor and all.mp4", "", ("Victor and all.mp4",)),
        ("/a/Long beginning, end.mp4", "", ("Long beginning",)),
        ("/a/Amélie Poulain.mp4", "", ("lie Poulain.mp4",)),
        ("/a/x,,.mp4", "", ()),
        ("/a/,.mp4", "", ()),
        ("/a/One/video.mp4", "/", ("One/video.mp4",)),
        ("/a/One/video.mp4", "\\", ("One\\video.mp4",)),
        ("/a/B, C/video.mp4", "/", ("C/video.mp4",)),
    ],
)
def test_the_longest_piece_without_comma_is_asked_for(
    path: str, separator: str, wanted: tuple[str, ...]
) -> None:
    assert needles(path, separator) == wanted


def test_a_name_with_nothing_stable_is_asked_for_in_both_forms() -> None:
    asked = needles("/a/영화.mp4")
    assert set(asked) == {unicodedata.normalize(form, "영화.mp4") for form in FORMS}


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Some.Film.(2019).1080p.WEB-DL.x264.mp4", "Some Film"),
        ("[Group] Film_Two [tag].mkv", "Film_Two"),
        ("Love, Victor Pt. II.mp4", "Love, Victor Pt. II"),
        ("1080p.mp4", "1080p"),
        ("a.b", "a"),
    ],
)
def test_a_title_is_read_from_a_file_name(name: str, title: str) -> None:
    assert title_guess("/a/" + name) == title


@pytest.mark.parametrize(
    "name",
    [
        "", "video", "Disc 1", "GOPR0123", "00001", "S01E02", "100GOPRO", "CIMG0001", "MOVI0001",
        "Channel 1", "Aufnahme 001", "clip01", "VTS_01_1", "Kamera 2 Kanal 1", "001 Aufnahme",
        "A001C003_200101_R1AB", "B023_C004_1012KX_001", "M4ROOT", "DCIM", "100CANON", "100_PANA",
        "VID-20200101-WA0001", "M2U00001", "P1000123", "GX010042", "Aufnahme 2020-01-01",
        "Clip 20190102", "채널 1", "ビデオ 001", "वीडियो 1", "กล้อง 1", "Запись 5",
        "Enregistrement 3", "Nagranie_07", "Osmo Action 0042",
        "Hero Cam 1234", "20200101_1230_01",
        "0000000000000001", "recording(12)",
        "Season 01", "2019-01-02", "Scene 1", "Alien 3", "1080p",
        "300", "ch01_rec02", "Kanal B 1", "cd", "dcba0000000000000000",
    ],
)  # fmt: skip
def test_these_names_say_nothing(name: str) -> None:
    assert not is_distinctive(name)


@pytest.mark.parametrize(
    "name",
    [
        "Alien", "Saw", "映画", "Ночь", "Été", "Some Scene", "Show S01E02", "Alpha (2019)",
        "Alps 2019", "2019-07 Alps", "Alpha 720p", "Alpha cd2", "Alpha Pt. 1", "Blade Runner 2049",
        "Spider-Man 2", "Tom & Jerry + #1 = 2", "GOPR0001 Sunset at the beach",
        "VID_20200101_123045", "PXL_20210101_123045678", "2020-01-01 12.30.45",
        "Screen Recording 2020-01-01 at 12.30.45", "received_1234567890123456",
        "3f2a9c1e-8b7d-4c6a-9e5f-0a1b2c3d4e5f", "Some.Scene.2019.1080p.WEB-DL.x264",
    ],
)  # fmt: skip
def test_these_names_say_something(name: str) -> None:
    assert is_distinctive(name)


@given(
    st.text(st.characters(categories=["L"]), min_size=1, max_size=12),
    st.sampled_from(["", " ", "_", "-", " - ", "."]),
    st.integers(0, 9999),
    st.integers(1, 6),
)
def test_one_word_with_a_number_says_nothing_in_any_language(
    word: str, separator: str, number: int, width: int
) -> None:
    counter = f"{number:0{width}}"
    if not 1900 <= number <= 2099:  # a year says when, not how many
        assert not is_distinctive(f"{word}{separator}{counter}")


def test_the_key_of_a_file_name_knows_no_case_and_no_unicode_form() -> None:
    assert file_key("/a/AMÉLIE.mp4") == file_key(unicodedata.normalize("NFD", "D:\\b\\amélie.MP4"))
