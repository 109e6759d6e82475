"""Random lives end with what the documents say, and a second Sync All writes nothing."""

from __future__ import annotations

import pytest

from tests.identity.lives import acts_of, live, shortest

SOME, MANY = range(60), range(60, 1_060)
AT_ONCE = 20


def check(seed: int) -> None:
    """Live one life; a failing one is cut down to the acts that matter, and told."""
    wrong, story = live(seed, acts_of(seed))
    if not wrong:
        return
    acts = shortest(seed, acts_of(seed))
    wrong, story = live(seed, acts)
    lines = [f"life {seed}, acts that matter: {acts}", *story, "", *wrong]
    pytest.fail("\n".join(lines), pytrace=False)


@pytest.mark.parametrize("seed", SOME)
def test_a_life_ends_as_the_documents_say(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY[::AT_ONCE])
def test_many_lives_end_as_the_documents_say(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        check(seed)
