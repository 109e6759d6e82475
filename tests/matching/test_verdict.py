"""The verdict over weighed candidates, who may claim an item, and how a verdict explains itself."""

from __future__ import annotations

import json

import pytest

from plex.candidates import choose_sections
from plex.evidence import (
    IDENTITY,
    LEAD,
    PLAUSIBLE,
    STRONG,
    WEIGHTS,
    Evidence,
    Finding,
    ScoredCandidate,
    chosen_by_a_person,
    weigh,
)
from plex.exceptions import PlexSetupError
from plex.items import PlexSection
from plex.matcher import MatchConfidence, find_plex_items_with_confidence, judge, may_claim
from tests.matching.shelf import Item, Library, Shelf, item_of, scene_of
from validation.config import validate_config
from validation.paths import PathRules
from validation.records import Owner


def scored(key: int, points: int, file: str = "") -> ScoredCandidate:
    """A candidate with that many points from nothing in particular."""
    item = item_of(key, Item((file or f"/media/{key}.mp4",)))
    return ScoredCandidate(
        item, "/data/x.mp4", item.parts[0].file, (Finding(Evidence.SIZE, points),)
    )


def keys(matches: tuple[ScoredCandidate, ...]) -> list[int]:
    return [one.item.rating_key for one in matches]


HIGH, LOW = MatchConfidence.HIGH, MatchConfidence.LOW


@pytest.mark.parametrize(
    ("points", "strict", "lenient"),
    [
        ([], (None, []), (None, [])),
        ([PLAUSIBLE - 1], (None, []), (None, [])),
        ([PLAUSIBLE], (LOW, []), (LOW, [])),
        ([STRONG - 1], (LOW, []), (LOW, [])),
        ([STRONG], (HIGH, [0]), (HIGH, [0])),
        ([STRONG, STRONG - LEAD], (HIGH, [0]), (HIGH, [0])),
        ([STRONG, STRONG - LEAD + 1], (LOW, []), (LOW, [0])),
        ([STRONG, STRONG], (LOW, []), (LOW, [])),
        ([STRONG + 1, STRONG], (LOW, []), (LOW, [0])),
        ([IDENTITY, IDENTITY, STRONG], (HIGH, [0, 1]), (HIGH, [0, 1])),
    ],
)
def test_high_needs_a_strong_score_and_a_clear_lead(
    points: list[int],
    strict: tuple[MatchConfidence | None, list[int]],
    lenient: tuple[MatchConfidence | None, list[int]],
) -> None:
    weighed = {"/data/x.mp4": [scored(key, each) for key, each in enumerate(points)]}
    for expected, mode in ((strict, True), (lenient, False)):
        confidence, matches = judge(weighed, strict=mode)
        assert (confidence, keys(matches)) == expected


def test_two_items_of_one_file_do_not_compete() -> None:
    shared = [scored(1, STRONG, "/media/a.mp4"), scored(2, STRONG, "/media/a.mp4")]
    assert judge({"/data/x.mp4": shared}, strict=True)[0] is HIGH
    assert keys(judge({"/data/x.mp4": shared}, strict=True)[1]) == [1, 2]


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


FIRST, SECOND = "/media/cd1.avi", "/media/cd2.avi"


@pytest.mark.parametrize(
    ("plex_file", "owner", "allowed"),
    [
        (FIRST, None, True),
        (SECOND, None, True),
        (SECOND, Owner(7, FIRST), True),
        (SECOND, Owner(8, FIRST), False),
        (FIRST, Owner(8, FIRST), False),
        (FIRST, Owner(8, SECOND), True),
        (FIRST, Owner(8, SECOND, pinned=True), False),
        (SECOND, Owner(8, SECOND), False),
    ],
)
def test_an_item_belongs_to_the_scene_of_its_first_part(
    plex_file: str, owner: Owner | None, allowed: bool
) -> None:
    item = item_of(1, Item((FIRST, SECOND)))
    candidate = ScoredCandidate(item, "/data/x", plex_file, (Finding(Evidence.PATH, IDENTITY),))
    assert may_claim(candidate, 7, owner) is allowed


def test_a_pin_claims_what_another_scene_has() -> None:
    pinned = chosen_by_a_person(item_of(1, Item((FIRST,))))
    assert may_claim(pinned, 7, Owner(8, FIRST))


def test_two_scenes_of_one_item_never_take_it_from_each_other_twice() -> None:
    item = item_of(1, Item((FIRST, SECOND)))
    files = {1: FIRST, 2: SECOND}
    for order in ((1, 2, 1, 2), (2, 1, 2, 1)):
        owner: Owner | None = None
        changes = 0
        for scene in order:
            found = (Finding(Evidence.PATH, IDENTITY),)
            if may_claim(ScoredCandidate(item, "", files[scene], found), scene, owner):
                changes += owner is not None and owner.scene_id != scene
                owner = Owner(scene, files[scene])
        assert owner == Owner(1, FIRST)
        assert changes <= 1


def test_a_verdict_explains_itself_without_names_unless_asked() -> None:
    shelf = Shelf(
        {1: Library(("/media",))},
        {1: Item(("/media/Secret A/Alpha.mp4",)), 2: Item(("/media/Secret B/Alpha.mp4",))},
    )
    config = validate_config({}, {}).config
    result = find_plex_items_with_confidence(scene_of(["/data/Alpha.mp4"]), config, shelf)
    told = result.explain()
    assert "ambiguous" in told
    assert "item 1: 85 points (same file name +30, same size to the byte +45" in told
    assert "Secret" not in told
    assert "Alpha" not in told
    assert "/media/Secret A/Alpha.mp4" in result.explain(paths=True)
    listed = json.loads(json.dumps(result.as_evidence()))["candidates"]
    assert [one["item"] for one in listed] == [1, 2]
    assert all(one["score"] == 85 and one["file"] and one["why"] for one in listed)


SECTIONS = [
    PlexSection(1, "Movies", "movie", ("/a",), 0, False),
    PlexSection(2, "Été", "episode", ("/b",), 0, False),
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
