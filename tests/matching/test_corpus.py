"""The corpus: no layout leads to a wrong write, and every right item is found."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.matching.corpus import CORPUS, SPECIAL
from tests.matching.layouts import Layout


def test_the_corpus_is_large_and_its_names_are_unique() -> None:
    names = [layout.name for layout in CORPUS]
    assert len(names) >= 900
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("layouts", "like", "listed"),
    [(CORPUS, False, False), (SPECIAL, True, False), (CORPUS, False, True)],
    ids=["all", "special, with wildcards in Plex's search", "all, after a listing"],
)
def test_nothing_wrong_is_written_and_everything_right_is_found(
    layouts: Sequence[Layout], like: bool, listed: bool
) -> None:
    verdicts = [
        (layout, layout.judged(layout.shelf(like=like, listed=listed))) for layout in layouts
    ]
    wrong = [
        f"{layout.name}: {layout.said(result)} instead of {layout.expected};"
        f" {result.explain(paths=True)}"
        for layout, result in verdicts
        if layout.said(result) != layout.expected
    ]
    assert not wrong, "\n\n".join(wrong)
