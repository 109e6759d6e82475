"""After a random life, an undo of all leaves each item as it was before its first sync."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import pytest

from simulators.plex.items import Item
from tests.identity.lives import Act, Life, acts_of, shortest_of
from tests.identity.operations import run
from tests.identity.oracle import Past
from tests.undo.before import Before, before, differences

SOME, MANY = range(6), range(6, 246)
AT_ONCE = 5
# Among the locks of an item of which nobody knows whether it is the one from before.
UNCERTAIN = "?"


class UndoneLife(Life):
    """A life that knows how each item was before its first sync."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.earlier: dict[Item, Before] = {}
        super().__init__(folder, seed)

    def watch(self) -> None:
        super().watch()
        for item in self.plex.items():
            self.earlier.setdefault(item, before(item))

    def rebuild(self) -> None:
        known = {*self.pasts}
        super().rebuild()
        for item in {*self.pasts} - known:  # nobody can tell them from the old ones
            self.earlier[item] = before(item)
            self.pasts[item].locks.add(UNCERTAIN)

    def undo_all(self) -> list[str]:
        """Undo everything; returns what is not as it was."""
        self.house.tell()
        self.tell("Undo all")
        files = dict(self.house.manager.connection.execute(
            "SELECT rating_key, json_extract(doc, '$.file') FROM ledger"
        ).fetchall())  # fmt: skip
        result = run(self.house, "undo", all=True, preview=False)
        assert result.left == 0
        rows: Any = result.output["rows"]
        untouched = {row["item"] for row in rows if not row["field"]}
        wrong: list[str] = []
        for item in self.plex.items():
            past, was = self.pasts.setdefault(item, Past()), self.earlier.get(item)
            key = item.rating_key
            if key in untouched and files[key] not in item.files:
                continue  # nobody can prove that it is the same film
            if was is not None and UNCERTAIN not in past.locks:
                wrong += differences(item, was, past)
        self.plex.requests.clear()
        self.house.run()
        self.house.pass_time(600)
        wrong += [f"Pause: {one.target}" for one in self.plex.requests.writes()]
        return wrong


def live(seed: int, acts: list[Act], *, append: bool) -> tuple[list[str], list[str]]:
    """Live a life and undo it; returns what was wrong, and its story."""
    with tempfile.TemporaryDirectory(prefix="undone-") as folder:
        life = UndoneLife(Path(folder), seed)
        life.plex.library.append_tags = append
        try:
            for act in acts:
                life.live(act)
            return life.undo_all(), life.story
        finally:
            life.house.close()


def check(seed: int) -> None:
    append = bool(seed % 2)
    wrong, story = live(seed, acts_of(seed), append=append)
    if not wrong:
        return
    acts = shortest_of(acts_of(seed), lambda fewer: bool(live(seed, fewer, append=append)[0]))
    wrong, story = live(seed, acts, append=append)
    pytest.fail("\n".join([f"life {seed}: {acts}", *story, "", *wrong]), pytrace=False)


@pytest.mark.parametrize("seed", SOME)
def test_an_undo_of_all_leaves_the_items_as_they_were(seed: int) -> None:
    check(seed)


@pytest.mark.slow
@pytest.mark.parametrize("first", MANY[::AT_ONCE])
def test_an_undo_of_many_lives_leaves_the_items_as_they_were(first: int) -> None:
    for seed in range(first, first + AT_ONCE):
        check(seed)
