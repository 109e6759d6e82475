"""The verdict over weighed candidates, the facts it needs, and how it explains itself."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from plex.candidates import choose_sections, paths_digest
from plex.evidence import (
    IDENTITY,
    LEAD,
    PLAUSIBLE,
    STRONG,
    WEIGHTS,
    Evidence,
    Finding,
    ScoredCandidate,
    chosen_by_a_user,
    very_files,
    weigh,
)
from plex.exceptions import PlexSetupError
from plex.items import PlexSection
from plex.matcher import (
    MatchConfidence,
    MatchResult,
    contenders,
    find_plex_items_with_confidence,
    judge,
)
from tests.matching.layouts import nfd
from tests.matching.shelf import Item, Library, Shelf, item_of, read_file, scene_of
from validation.config import validate_config
from validation.metadata import SceneFile
from validation.paths import PathRules
from validation.records import LedgerEntry


def scored(key: int, points: int, *more: Evidence, file: str = "") -> ScoredCandidate:
    """A candidate with a telling name, that many points together, and more evidence."""
    item = item_of(key, Item((file or f"/media/{key}.mp4",)))
    found = [Finding(Evidence.NAME, points), *(Finding(one, 0) for one in more)]
    return ScoredCandidate(item, "/data/x.mp4", item.parts[0].file, tuple(found))


def keys(matches: tuple[ScoredCandidate, ...]) -> list[int]:
    return [one.item.rating_key for one in matches]


HIGH, LOW = MatchConfidence.HIGH, MatchConfidence.LOW
Verdict = tuple[MatchConfidence | None, list[int]]


def assert_judged(candidates: list[ScoredCandidate], strict: Verdict, lenient: Verdict) -> None:
    for expected, mode in ((strict, True), (lenient, False)):
        confidence, matches = judge({"/data/x.mp4": candidates}, strict=mode)
        assert (confidence, keys(matches)) == expected


@pytest.mark.parametrize(
    ("points", "strict", "lenient"),
    [
        ([], (None, []), (None, [])),
        ([PLAUSIBLE - 1], (None, []), (None, [])),
        ([PLAUSIBLE], (LOW, []), (LOW, [])),
        ([STRONG - 1], (LOW, []), (LOW, [])),
        ([STRONG], (LOW, []), (LOW, [0])),
        ([STRONG + 99], (LOW, []), (LOW, [0])),
        ([STRONG, STRONG], (LOW, []), (LOW, [])),
        ([STRONG + 1, STRONG], (LOW, []), (LOW, [0])),
    ],
)
def test_points_alone_are_never_high(points: list[int], strict: Verdict, lenient: Verdict) -> None:
    assert_judged([scored(key, each) for key, each in enumerate(points)], strict, lenient)


@pytest.mark.parametrize("fact", [Evidence.OWN_SIZE, Evidence.OWN_DURATION])
@pytest.mark.parametrize(
    ("points", "strict", "lenient"),
    [
        ([PLAUSIBLE], (HIGH, [0]), (HIGH, [0])),
        ([STRONG, STRONG - LEAD], (HIGH, [0]), (HIGH, [0])),
        ([STRONG, STRONG - LEAD + 1], (LOW, []), (LOW, [0])),
        ([STRONG, STRONG], (LOW, []), (LOW, [])),
    ],
)
def test_high_needs_the_facts_and_a_clear_lead(
    fact: Evidence, points: list[int], strict: Verdict, lenient: Verdict
) -> None:
    first = scored(0, points[0], fact)
    others = [scored(key, each) for key, each in enumerate(points[1:], 1)]
    assert_judged([first, *others], strict, lenient)


@pytest.mark.parametrize(
    ("against", "words"),
    [
        (Evidence.OTHER_SIZE, "contradicted by size"),
        (Evidence.OTHER_DURATION, "contradicted by duration"),
        (Evidence.ELSEWHERE, "contradicted by a path rule"),
    ],
)
def test_nothing_outweighs_a_contradiction(against: Evidence, words: str) -> None:
    candidate = scored(0, STRONG + 99, against, Evidence.OWN_SIZE)
    assert_judged([candidate], (LOW, []), (LOW, []))
    assert words in candidate.explain()


def test_the_very_file_needs_no_facts_and_has_no_rivals() -> None:
    same = [scored(key, IDENTITY, Evidence.PATH) for key in (0, 1)]
    assert_judged([*same, scored(2, STRONG, Evidence.OWN_SIZE)], (HIGH, [0, 1]), (HIGH, [0, 1]))


def test_two_items_of_one_file_do_not_compete() -> None:
    shared = [scored(key, 60, Evidence.OWN_SIZE, file="/media/a.mp4") for key in (1, 2)]
    assert_judged(shared, (HIGH, [1, 2]), (HIGH, [1, 2]))


def test_facts_are_asked_for_candidates_that_would_win_only() -> None:
    lone, weak = scored(0, 60), scored(0, 60, Evidence.OTHER_SIZE)
    assert [one.candidate for one in contenders({"/data/x.mp4": [lone]})] == [lone]
    assert contenders({"/data/x.mp4": [weak]}) == []
    assert contenders({"/data/x.mp4": [lone, scored(1, 60 - LEAD + 1)]}) == []
    assert contenders({"/data/x.mp4": [scored(0, IDENTITY, Evidence.PATH)]}) == []


def test_the_weights_keep_their_promises() -> None:
    positive = sum(each for each in WEIGHTS.values() if 0 < each < IDENTITY) + 6 * 15
    assert positive < IDENTITY
    assert WEIGHTS[Evidence.NAME] + WEIGHTS[Evidence.SIZE] >= STRONG
    weak = (Evidence.TITLE, Evidence.YEAR, Evidence.DURATION)
    assert sum(WEIGHTS[one] for one in weak) < STRONG
    assert WEIGHTS[Evidence.WHOLE_TAIL] < LEAD <= WEIGHTS[Evidence.FOLDERS]


@pytest.mark.parametrize("numbers", ["|5", "|0|9", "|5|9"])
def test_a_file_that_contradicts_is_never_strong(numbers: str) -> None:
    tail = "Studio/Series Name/Director/Greek/Letters/Reels/Alpha Beta.mp4"
    scene = scene_of([f"/data/{tail}"], title="Alpha Beta", date="2019")
    item = item_of(1, Item((f"/media/{tail}{numbers}",), title="Alpha Beta", year="2019"))
    best = weigh(scene, scene.files[0], item, rules=PathRules(), locations=["/media"])
    assert best.score < STRONG


@pytest.mark.parametrize(
    ("stash", "plex", "locations", "tells"),
    [
        ("/data/Alien.mp4", "/media/x/Alien.mp4", [], True),
        ("/data/C01.mp4", "/media/C01.mp4", ["/media"], False),
        ("/data/Alps/C01.mp4", "/media/Alps/C01.mp4", ["/media"], True),
        ("/data/A/Alps/C01.mp4", "/media/B/Alps/C01.mp4", ["/media"], False),
        ("/data/A/Zoe/Alps/C01.mp4", "/media/B/Zoe/Alps/C01.mp4", ["/media"], True),
        ("/data/DCIM/100GOPRO/C01.mp4", "/media/DCIM/100GOPRO/C01.mp4", ["/media"], False),
        ("/data/Card A/C01.mp4", "/media/Card A/C01.mp4", ["/media"], False),
    ],
)
def test_a_counter_needs_folders_that_say_something(
    stash: str, plex: str, locations: list[str], tells: bool
) -> None:
    scene, item = scene_of([stash]), item_of(1, Item((plex,)))
    found = weigh(scene, scene.files[0], item, rules=PathRules(), locations=locations)
    assert found.with_fact(Evidence.OWN_SIZE).proven is tells


def test_a_title_that_only_the_scene_has_is_no_fact() -> None:
    """It may be the one that we wrote, when the item held another file."""
    scene = scene_of(["/data/C01.mp4"], title="A Day Out")
    item = item_of(1, Item(("/media/C01.mp4",), title="A Day Out"))
    found = weigh(scene, scene.files[0], item, rules=PathRules(), locations=[])
    assert found.has(Evidence.TITLE)
    assert not found.with_fact(Evidence.OWN_SIZE).proven


E, D = "/m/\u00c9.mp4", nfd("/m/\u00c9.mp4")
PATH, FOLDED = Evidence.PATH, Evidence.FOLDED_PATH


@pytest.mark.parametrize(
    ("targets", "files", "same"),
    [
        ([E], [E], {E: PATH}),
        ([E], [E, D], {E: PATH}),
        ([D], [E, D], {D: PATH}),
        ([E], [D], {D: FOLDED}),
        ([E], [D, D], {D: FOLDED}),
        (["/m/a.mp4"], ["/M/A.mp4"], {"/M/A.mp4": FOLDED}),
        (["/m/a.mp4"], ["/M/a.mp4", "/m/A.mp4"], {}),
        (["C:\\m\\a.mp4"], ["c:/m/a.mp4"], {"c:/m/a.mp4": PATH}),
        (["C:\\m\\a.mp4"], ["C:\\M\\a.mp4"], {"C:\\M\\a.mp4": FOLDED}),
        (["/m/a\\b.mp4"], ["/m/a/b.mp4"], {}),
        (
            ["/m/a.mp4", "/n/a.mp4"],
            ["/m/a.mp4", "/N/a.mp4"],
            {"/m/a.mp4": PATH, "/N/a.mp4": FOLDED},
        ),
        ([], ["/m/a.mp4"], {}),
    ],
)
def test_a_path_is_equal_in_its_own_spelling_first(
    targets: list[str], files: list[str], same: dict[str, Evidence]
) -> None:
    assert very_files(targets, files) == same


def test_a_pinned_item_needs_no_other_evidence() -> None:
    pinned = chosen_by_a_user(item_of(1, Item(("/media/a.mp4",))))
    assert pinned.identical
    assert pinned.objection == ""


def test_the_digest_stands_for_the_set_of_paths_alone() -> None:
    a, b = SceneFile("/data/a", 1, 1.0), SceneFile("/data/b", 1, 1.0)
    assert paths_digest([a, b]) == paths_digest([b, a, SceneFile("/data/a", 9, 9.0)])
    assert paths_digest([a]) != paths_digest([b])


def test_a_verdict_explains_itself_without_names_unless_asked() -> None:
    shelf = Shelf(
        {1: Library(("/media",))},
        {1: Item(("/media/Secret A/Alpha.mp4",)), 2: Item(("/media/Secret B/Alpha.mp4",))},
    )
    result = found_on(shelf, "/data/Alpha.mp4")
    told = result.explain()
    assert "ambiguous" in told
    assert "item 1: 85 points (same file name +30, same size to the byte +45" in told
    assert "Secret" not in told
    assert "Alpha" not in told
    assert "/media/Secret A/Alpha.mp4" in result.explain(paths=True)
    listed = json.loads(json.dumps(result.as_evidence()))["candidates"]
    assert [one["item"] for one in listed] == [1, 2]
    assert all(one["score"] == 85 and one["file"] and one["why"] for one in listed)


# -- cost ------------------------------------------------------------------------------------------


def found_on(shelf: Shelf, *files: str, rules: str = "") -> MatchResult:
    config = validate_config({"path_map": rules}, {}).config
    return find_plex_items_with_confidence(scene_of(files), config, shelf)


@pytest.mark.parametrize(
    ("path", "rules", "asked"),
    [
        ("/data/Alpha.mp4", "/data => /media", ["file"]),
        ("/media/Alpha.mp4", "", ["file"]),
        ("/data/Alpha.mp4", "", ["list", "read", "stash"]),
        ("/data/Beta.mp4|5|9", "", ["list"]),
        ("/data/Beta.mp4|5|9", "/data => /media", ["file", "list"]),
    ],
)
def test_a_search_asks_as_little_as_it_can(path: str, rules: str, asked: list[str]) -> None:
    shelf = Shelf({1: Library(("/media",)), 2: Library(("/tv",))}, {1: Item(("/media/Alpha.mp4",))})
    found_on(shelf, path, rules=rules)
    assert shelf.asked == asked


def test_a_listed_library_costs_one_read() -> None:
    shelf = Shelf({1: Library(("/media",))}, {1: Item(("/media/Alpha.mp4",))}, listed=True)
    assert keys(found_on(shelf, "/data/Alpha.mp4", rules="/data => /media").matches) == [1]
    assert shelf.asked == ["read"]


def test_an_old_index_is_not_asked_alone_where_rules_name_two_paths() -> None:
    items = {1: Item(("/a/Alpha.mp4",)), 2: Item(("/b/Alpha.mp4",))}
    libraries = {1: Library(("/a", "/b"))}
    both = "/data => /a; /data => /b"
    known = Shelf(libraries, items, index={1: items[1]})
    assert keys(found_on(known, "/data/Alpha.mp4", rules=both).matches) == [1, 2]
    assert known.asked == ["read", "file"]
    listed = Shelf(libraries, items, listed=True)
    assert keys(found_on(listed, "/data/Alpha.mp4", rules=both).matches) == [1, 2]
    assert listed.asked == ["read"]


def test_a_known_scene_costs_one_read() -> None:
    files = scene_of(["/data/Alpha.mp4", "/data/Beta.mp4"]).files
    item = Item(("/media/Gamma.mp4",))
    entry = LedgerEntry(
        "", 1, 1, 7, scene_file="/data/Alpha.mp4", file="/media/Gamma.mp4", added_at=1
    )
    known = Shelf({1: Library(("/media",))}, {1: item}, memory=[entry], index={1: item})
    assert keys(found_on(known, "/data/Alpha.mp4").matches) == [1]
    assert known.asked == ["read"]
    known.memory, known.asked = [replace(entry, searched=paths_digest(files))], []
    assert keys(found_on(known, "/data/Alpha.mp4", "/data/Beta.mp4").matches) == [1]
    assert known.asked == ["read"]


def test_a_thousand_namesakes_cost_no_more_reads_and_few_are_weighed() -> None:
    items = {key: Item((f"/media/{key}/video.mp4|{key}|{key}",)) for key in range(1, 1001)}
    stash = [(key, read_file(f"/data/{key}/video.mp4|{key}|{key}")) for key in range(1, 1001)]
    shelf = Shelf({1: Library(("/media",))}, items, stash=stash, listed=True)
    result = found_on(shelf, "/data/new/video.mp4|5|5")
    assert result.matches == ()
    assert len(result.candidates) <= 20
    assert shelf.asked == ["read"]


SECTIONS = [
    PlexSection(1, "Movies", "movie", ("/a",), 0),
    PlexSection(2, "Été", "episode", ("/b",), 0),
]


def test_libraries_are_chosen_by_name_without_case_and_unicode_form() -> None:
    assert [one.section_id for one in choose_sections(SECTIONS, ["E\u0301TE\u0301"])] == [2]
    assert len(choose_sections(SECTIONS, [])) == 2


@pytest.mark.parametrize(("sections", "names"), [(SECTIONS, ["Movie"]), ([], []), ([], ["Movies"])])
def test_a_library_that_is_not_there_is_a_matter_of_set_up(
    sections: list[PlexSection], names: list[str]
) -> None:
    with pytest.raises(PlexSetupError):
        choose_sections(sections, names)
