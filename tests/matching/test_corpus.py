"""The corpus: no layout leads to a wrong write, and every right item is found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.matching.corpus import CORPUS, SPECIAL
from tests.matching.layouts import Layout, said


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [layout.name for layout in CORPUS]
    assert len(names) >= 300
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("layouts", "like", "complete"),
    [(CORPUS, False, False), (SPECIAL, True, False), (CORPUS, False, True)],
    ids=["all", "special, with wildcards in Plex's search", "all, with a complete index"],
)
def test_nothing_wrong_is_written_and_everything_right_is_found(
    layouts: Sequence[Layout], like: bool, complete: bool
) -> None:
    verdicts = [
        (layout, layout.judged(layout.shelf(like=like, complete=complete))) for layout in layouts
    ]
    wrong = [
        f"{layout.name}: {said(result)} instead of {layout.expected}; {result.explain(paths=True)}"
        for layout, result in verdicts
        if said(result) != layout.expected
    ]
    assert not wrong, "\n\n".join(wrong)
