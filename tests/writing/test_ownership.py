"""Whose value is it? Every cell of the three-way rule, written out.

Words of the tables: ``-`` no value; ``A`` what we wrote last; ``B`` what Stash has now instead;
``P`` what a user or an agent put into Plex. Memory: ``none``, ``A``, ``clr`` (we wrote a value once
and have cleared it since), ``adp`` (A was locked in Plex before us), or ``ign`` (we wrote A, and
Plex still showed P when it was read back).
"""

from __future__ import annotations

import unicodedata
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plex.ownership import Action, Why, alike, decide, keys_of, same
from plex.tag_ownership import ListRule, decide_list
from validation.records import FieldMemory

# Other programs share the machine: no deadline per example.

# stash now | plex now | memory | Stash wins: unlocked locked | preserve: unlocked locked
TEXT_TABLE = """
    -   -   none    keep   keep     keep   keep
    -   A   none    keep   keep     keep   keep
    -   B   none    keep   keep     keep   keep
    -   P   none    keep   keep     keep   keep
    A   -   none    write  write    write  keep
    A   A   none    adopt  adopt    adopt  adopt
    A   B   none    write  write    write  keep
    A   P   none    write  write    write  keep
    B   -   none    write  write    write  keep
    B   A   none    write  write    write  keep
    B   B   none    adopt  adopt    adopt  adopt
    B   P   none    write  write    write  keep

    -   -   A       adopt  adopt    adopt  adopt
    -   A   A       clear  clear    clear  clear
    -   B   A       keep   keep     keep   keep
    -   P   A       keep   keep     keep   keep
    A   -   A       write  write    write  keep
    A   A   A       adopt  adopt    adopt  adopt
    A   B   A       write  write    write  keep
    A   P   A       write  write    write  keep
    B   -   A       write  write    write  keep
    B   A   A       write  write    write  write
    B   B   A       adopt  adopt    adopt  adopt
    B   P   A       write  write    write  keep

    -   -   clr     adopt  adopt    adopt  adopt
    -   A   clr     keep   keep     keep   keep
    -   B   clr     keep   keep     keep   keep
    -   P   clr     keep   keep     keep   keep
    A   -   clr     write  write    write  write
    A   A   clr     adopt  adopt    adopt  adopt
    A   B   clr     write  write    write  keep
    A   P   clr     write  write    write  keep
    B   -   clr     write  write    write  write
    B   A   clr     write  write    write  keep
    B   B   clr     adopt  adopt    adopt  adopt
    B   P   clr     write  write    write  keep

    -   -   adp     adopt  adopt    adopt  adopt
    -   A   adp     keep   keep     keep   keep
    -   B   adp     keep   keep     keep   keep
    -   P   adp     keep   keep     keep   keep
    A   -   adp     write  write    write  keep
    A   A   adp     adopt  adopt    adopt  adopt
    A   B   adp     write  write    write  keep
    A   P   adp     write  write    write  keep
    B   -   adp     write  write    write  keep
    B   A   adp     write  write    write  write
    B   B   adp     adopt  adopt    adopt  adopt
    B   P   adp     write  write    write  keep

    -   -   ign     adopt  adopt    adopt  adopt
    -   A   ign     clear  clear    clear  clear
    -   B   ign     keep   keep     keep   keep
    -   P   ign     keep   keep     keep   keep
    A   -   ign     write  write    write  keep
    A   A   ign     adopt  adopt    adopt  adopt
    A   B   ign     write  write    write  keep
    A   P   ign     write  write    write  write
    B   -   ign     write  write    write  keep
    B   A   ign     write  write    write  write
    B   B   ign     adopt  adopt    adopt  adopt
    B   P   ign     write  write    write  write
"""

# The star rating: the cells that differ from the table above. What we did not write stays.
STARS_TABLE = """
    A   B   none    keep   keep     keep   keep
    A   P   none    keep   keep     keep   keep
    B   A   none    keep   keep     keep   keep
    B   P   none    keep   keep     keep   keep

    A   -   A       write  write    keep   keep
    A   B   A       keep   keep     keep   keep
    A   P   A       keep   keep     keep   keep
    B   -   A       write  write    keep   keep
    B   P   A       keep   keep     keep   keep

    A   B   clr     keep   keep     keep   keep
    A   P   clr     keep   keep     keep   keep
    B   A   clr     keep   keep     keep   keep
    B   P   clr     keep   keep     keep   keep

    A   -   adp     write  write    keep   keep
    A   B   adp     keep   keep     keep   keep
    A   P   adp     keep   keep     keep   keep
    B   -   adp     write  write    keep   keep
    B   A   adp     keep   keep     keep   keep
    B   P   adp     keep   keep     keep   keep

    A   -   ign     write  write    keep   keep
    A   B   ign     keep   keep     keep   keep
    B   -   ign     write  write    keep   keep
"""

# One name of a list beside others: is it in Plex afterwards?
# stash now | plex now | memory: none, had (we wrote it), not (we wrote the list without it),
# adp (Plex had it before us); we had locked the list
# | tags: Stash wins: unlocked locked | preserve: unlocked locked | collections: the same four
NAME_TABLE = """
    in    in    none    in    in    in    in      in    in    in    in
    in    out   none    in    in    in    out     in    in    in    out
    out   in    none    out   in    out   in      in    in    in    in
    out   out   none    out   out   out   out     out   out   out   out

    in    in    had     in    in    in    in      in    in    in    in
    in    out   had     in    in    in    out     in    out   in    out
    out   in    had     out   out   out   out     out   out   out   out
    out   out   had     out   out   out   out     out   out   out   out

    in    in    not     in    in    in    in      in    in    in    in
    in    out   not     in    in    in    in      in    in    in    in
    out   in    not     out   in    out   in      in    in    in    in
    out   out   not     out   out   out   out     out   out   out   out

    in    in    adp     in    in    in    in      in    in    in    in
    in    out   adp     in    in    in    out     in    out   in    out
    out   in    adp     out   in    out   in      in    in    in    in
    out   out   adp     out   out   out   out     out   out   out   out
"""

TEXTS = {"-": "", "A": "Alpha", "B": "Beta", "P": "Person's"}
MEMORIES = {
    "none": None,
    "A": FieldMemory("Alpha", "Alpha", "Agent's", locked=True),
    "clr": FieldMemory("", "", "Agent's", locked=True),
    "adp": FieldMemory("Alpha", "Alpha", "Alpha", True, adopted=("Alpha",)),
    "ign": FieldMemory("Alpha", "Alpha", "", doubts=1, before="Person's", locked=True),
}
MODES = [(False, False), (False, True), (True, False), (True, True)]  # (preserve, locked)


def rows(table: str) -> list[list[str]]:
    return [line.split() for line in table.splitlines() if line.strip()]


def test_the_table_of_texts_names_every_case_once() -> None:
    named = [tuple(line[:3]) for line in rows(TEXT_TABLE)]
    assert sorted(named) == sorted(product("-AB", "-ABP", MEMORIES))


def decide_row(stash: str, plex: str, memory: str, *, stars: bool = False) -> list[str]:
    """The outcomes of one row, in the order of the table's columns."""
    outcomes = []
    for preserve, locked in MODES:
        decision = decide(
            TEXTS[stash], TEXTS[plex], locked, MEMORIES[memory], preserve=preserve, stars=stars
        )
        after = {Action.WRITE: TEXTS[stash], Action.CLEAR: ""}.get(decision.action, TEXTS[plex])
        assert decision.value == after
        outcomes.append(str(decision.action))
    return outcomes


@pytest.mark.parametrize("row", rows(TEXT_TABLE), ids="_".join)
def test_a_text_belongs_to_whom_the_table_says(row: list[str]) -> None:
    assert decide_row(*row[:3]) == row[3:]


STAR_ROWS = {tuple(row[:3]): row for row in [*rows(TEXT_TABLE), *rows(STARS_TABLE)]}


@pytest.mark.parametrize("row", STAR_ROWS.values(), ids="_".join)
def test_a_star_rating_belongs_to_whom_the_table_says(row: list[str]) -> None:
    assert decide_row(*row[:3], stars=True) == row[3:]


def test_the_table_of_names_names_every_case_once() -> None:
    named = [tuple(line[:3]) for line in rows(NAME_TABLE)]
    assert sorted(named) == sorted(
        product(("in", "out"), ("in", "out"), ("none", "had", "not", "adp"))
    )


def listed(word: str) -> tuple[str, ...]:
    """A list in which the name is or is not; ``other`` always is, so that it is never empty."""
    return ("other", "name") if word in ("in", "had", "adp") else ("other",)


@pytest.mark.parametrize("row", rows(NAME_TABLE), ids="_".join)
def test_a_name_is_in_plex_when_the_table_says(row: list[str]) -> None:
    stash, plex, memory, *expected = row
    adopted = ("name",) if memory == "adp" else ()
    before = FieldMemory(listed(memory), listed(memory), (), locked=True, adopted=adopted)
    outcomes = []
    for membership, (preserve, locked) in product((False, True), MODES):
        rule = ListRule(membership=membership)
        decision = decide_list(
            listed(stash),
            listed(plex),
            locked,
            None if memory == "none" else before,
            preserve=preserve,
            rule=rule,
        )
        outcome = "in" if "name" in decision.value else "out"
        assert "other" in decision.value
        assert (decision.action is Action.WRITE) == (outcome != plex)
        assert decision.removed == (("name",) if plex == "in" and outcome == "out" else ())
        outcomes.append(outcome)
    assert outcomes == expected


@pytest.mark.parametrize("preserve", [False, True])
@pytest.mark.parametrize("locked", [False, True])
def test_a_list_that_stash_never_had_is_left_alone(preserve: bool, locked: bool) -> None:
    decision = decide_list((), ("Agent's",), locked, None, preserve=preserve, rule=ListRule())
    assert decision.action is Action.KEEP
    assert decision.why is Why.NOT_OURS


@pytest.mark.parametrize("preserve", [False, True])
def test_plex_own_form_of_our_text_is_no_edit_of_a_user(preserve: bool) -> None:
    memory = FieldMemory("One\n\nTwo", "ONE - TWO", "")
    unchanged = decide("One\n\nTwo", "ONE - TWO", True, memory, preserve=preserve)
    assert unchanged.why is Why.UNCHANGED
    assert decide("Three", "ONE - TWO", True, memory, preserve=preserve).action is Action.WRITE
    assert decide("", "ONE - TWO", True, memory, preserve=preserve).action is Action.CLEAR


@pytest.mark.parametrize("shown", ["ALPHA beta", "Alpha  beta", "Alpha\nbeta"])
def test_capitals_and_spacing_are_an_edit_like_any_other(shown: str) -> None:
    memory = FieldMemory("Alpha beta", "Alpha beta", "")
    assert decide("Gamma", shown, True, memory, preserve=True).why is Why.KEPT_EDIT
    assert decide("Alpha beta", shown, True, memory, preserve=True).why is Why.KEPT_EDIT
    back = decide("Alpha beta", shown, True, memory, preserve=False)
    assert (back.value, back.why) == ("Alpha beta", Why.STASH_WINS)


@pytest.mark.parametrize("shown", ["Two\n\nlines", "Two  lines"])
def test_a_line_break_that_xml_lost_is_no_difference_before_the_first_write(shown: str) -> None:
    assert decide("Two\n\nlines", shown, True, None, preserve=True).action is Action.ADOPT
    memory = FieldMemory("Two  lines", "Two  lines", "")
    changed = decide("Two\n\nlines", "Two  lines", True, memory, preserve=True)
    assert changed.why is Why.STASH_CHANGED


def test_a_title_whose_case_was_corrected_in_stash_is_written() -> None:
    memory = FieldMemory("a film", "a film", "")
    decision = decide("A Film", "a film", True, memory, preserve=True)
    assert (decision.action, decision.value) == (Action.WRITE, "A Film")


def test_unicode_form_is_no_difference() -> None:
    composed = "Zoë"
    decomposed = unicodedata.normalize("NFD", composed)
    assert same(composed, decomposed)
    assert decide(composed, decomposed, False, None, preserve=False).action is Action.ADOPT
    names = decide_list(
        (composed,), (decomposed,), True, None, preserve=True, rule=ListRule(ordered=True)
    )
    assert names.action is Action.ADOPT


def test_plex_own_spelling_of_a_name_is_sent_back() -> None:
    memory = FieldMemory(("drama",), ("Drama",), ())
    rule = ListRule()
    unchanged = decide_list(("drama",), ("Drama",), True, memory, preserve=False, rule=rule)
    assert unchanged.action is Action.KEEP
    more = decide_list(("drama", "New"), ("Drama",), True, memory, preserve=False, rule=rule)
    assert more.value == ("Drama", "New")


@pytest.mark.parametrize(
    ("stash", "shown", "preserve", "value"),
    [
        ("drama", "DRAMA", False, ("drama",)),  # a user's spelling
        ("drama", "DRAMA", True, ("DRAMA",)),
        ("Drama!", "Drama", True, ("Drama!",)),  # another name
        ("dRAMA", "Drama", True, ("dRAMA",)),  # Stash's spelling
    ],
)
def test_capitals_of_a_name_are_an_edit_like_any_other(
    stash: str, shown: str, preserve: bool, value: tuple[str, ...]
) -> None:
    memory = FieldMemory(("drama",), ("Drama",), ())
    decision = decide_list((stash,), (shown,), True, memory, preserve=preserve, rule=ListRule())
    assert decision.value == value
    assert decision.action is (Action.KEEP if value == (shown,) else Action.WRITE)


def test_a_name_that_plex_spells_differently_is_known_by_its_stored_form() -> None:
    memory = FieldMemory(("A/B", "C"), ("A-B", "C"), ())
    rule = ListRule()
    now = ("A-B", "C", "Person's")
    assert decide_list(("A/B", "C"), now, True, memory, preserve=False, rule=rule).action is (
        Action.KEEP
    )
    gone = decide_list(("C",), now, True, memory, preserve=False, rule=rule)
    assert gone.removed == ("A-B",)
    assert gone.value == ("C", "Person's")


def test_the_cast_keeps_the_order_of_stash_with_a_persons_additions_behind() -> None:
    memory = FieldMemory(("Ann", "Bob"), ("Ann", "Bob"), ())
    now = ("Person's", "Ann", "Bob")
    rule = ListRule(ordered=True)
    decision = decide_list(("Cid", "Bob", "Ann"), now, True, memory, preserve=False, rule=rule)
    assert decision.value == ("Cid", "Bob", "Ann", "Person's")


def test_a_cast_whose_order_plex_will_not_take_is_sent_once() -> None:
    rule = ListRule(ordered=True)
    first = decide_list(("Ann", "Bob"), ("Bob", "Ann"), False, None, preserve=False, rule=rule)
    assert first.action is Action.WRITE
    memory = FieldMemory(("Ann", "Bob"), ("Ann", "Bob"), (), order=("Bob", "Ann"))
    again = decide_list(("Ann", "Bob"), ("Bob", "Ann"), True, memory, preserve=False, rule=rule)
    assert again.action is Action.KEEP


@pytest.mark.parametrize(
    ("preserve", "locked", "value"),
    [
        (False, True, ("Ann", "Bob", "Cid")),
        (True, True, ("Bob", "Ann", "Cid")),
        (True, False, ("Ann", "Bob", "Cid")),
    ],
)
def test_the_order_of_a_cast_is_an_edit_like_any_other(
    preserve: bool, locked: bool, value: tuple[str, ...]
) -> None:
    memory = FieldMemory(("Ann", "Bob"), ("Ann", "Bob"), (), locked=True)
    rule = ListRule(ordered=True)
    now = ("Bob", "Ann")
    decision = decide_list(("Ann", "Bob", "Cid"), now, locked, memory, preserve=preserve, rule=rule)
    assert decision.value == value
    same_cast = decide_list(("Ann", "Bob"), now, locked, memory, preserve=preserve, rule=rule)
    assert same_cast.value == value[:2]


def test_a_renamed_tag_is_no_loss_and_a_removed_one_is() -> None:
    memory = FieldMemory(("Old", "Other"), ("Old", "Other"), ())
    now = ("Old", "Other")
    renamed = decide_list(("New", "Other"), now, True, memory, preserve=False, rule=ListRule())
    assert (renamed.removed, renamed.lost) == (("Old",), 0)
    removed = decide_list(("Other",), now, True, memory, preserve=False, rule=ListRule())
    assert (removed.removed, removed.lost) == (("Old",), 1)


def test_a_collection_whose_setting_is_off_goes_and_is_no_loss() -> None:
    memory = FieldMemory(("Studio", "Group"), ("Studio", "Group"), ())
    rule = ListRule(membership=True, of_stash=("Studio",))
    now = ("Studio", "Group")
    decision = decide_list(("Group",), now, True, memory, preserve=False, rule=rule)
    assert (decision.value, decision.removed, decision.lost) == (("Group",), ("Studio",), 0)


@pytest.mark.parametrize("names", [True, False])
def test_an_equal_locked_value_is_ours_after_a_rescue(names: bool) -> None:
    for restored in (False, True):
        if names:
            decision = decide_list(
                ("a",),
                ("a", "b"),
                True,
                None,
                preserve=True,
                rule=ListRule(),
                restored=restored,
            )
        else:
            decision = decide("a", "a", True, None, preserve=True, restored=restored)
        assert decision.adopted == (() if restored or names else ("a",))
        assert decision.action is (Action.ADOPT if restored or not names else Action.KEEP)


words = st.text("aAbBéÉ \n", max_size=6)


@given(words, words, st.booleans(), st.booleans())
def test_a_text_that_was_written_is_right_afterwards(
    stash: str, plex: str, locked: bool, preserve: bool
) -> None:
    memory = FieldMemory(stash, stash, plex)
    again = decide(stash, stash, locked, memory, preserve=preserve)
    assert again.action is Action.ADOPT
    assert alike(stash, stash) and same(stash, stash)


names = st.lists(st.sampled_from(["a", "A", "b", "c", "D", "d"]), max_size=4).map(
    lambda found: tuple({name.lower(): name for name in found}.values())
)


@given(
    names,
    names,
    st.none() | names.map(lambda wrote: FieldMemory(wrote, wrote, ())),
    st.booleans(),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_a_removal_never_names_a_wanted_tag_and_in_a_locked_list_only_ours(
    stash: tuple[str, ...],
    plex: tuple[str, ...],
    memory: FieldMemory | None,
    locked: bool,
    preserve: bool,
    ordered: bool,
    membership: bool,
) -> None:
    rule = ListRule(ordered=ordered, membership=membership)
    decision = decide_list(stash, plex, locked, memory, preserve=preserve, rule=rule)
    assert set(keys_of(decision.removed)).isdisjoint(keys_of(decision.value))
    assert set(decision.removed) <= set(plex)
    assert len(set(keys_of(decision.value))) == len(decision.value)
    if memory is not None and (locked or membership):
        assert set(keys_of(decision.removed)) <= set(keys_of(memory.written))
