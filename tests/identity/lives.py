"""Random lives of a library: users in Stash and in Plex, Plex itself, settings, kills.

A life is a list of acts, each with a seed of its own, so that it can be told, repeated, and cut
down to the acts that matter.
"""

from __future__ import annotations

import random
import re
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.identity import oracle
from tests.identity.acts import Acts
from tests.identity.house import HOUR, MINUTE
from tests.identity.world import sha1, to_plex


@dataclass(frozen=True, slots=True)
class Act:
    """One thing that happens: a method of ``Acts`` and the seed of what it draws."""

    name: str
    seed: int


class Life(Acts):
    """Lives acts, and is judged."""

    def live(self, act: Act) -> list[str]:
        """Do one act; returns what went wrong while it was done: writes to items of nobody."""
        self.rng = random.Random(act.seed)
        self.house.clock.now += self.rng.choice([2.0, MINUTE, HOUR / 2])
        before = self.may_be_written()
        self.plex.requests.clear()
        getattr(self, act.name)()
        self.watch()
        allowed = before | self.may_be_written()
        written = [
            int(key)
            for request in self.plex.requests.writes()
            for key in re.findall(r"\d+", request.parameters.get("id") or request.path)
        ]
        if act.name != "settle":
            self.unread |= {item for item in self.plex.items() if item.rating_key in written}
        return [
            f"item {key} was written, which is no scene's or an ignored one's"
            for key in written
            if key not in allowed
        ]

    def may_be_written(self) -> set[int]:
        """The keys of items that show a scene which is not ignored."""
        owners = {item.rating_key: self.owner(item) for item in self.plex.items()}
        return {key for key, one in owners.items() if one and one.id not in self.ignored}

    def verdict(self) -> list[str]:
        """What is wrong after a last Sync All."""
        self.plex.requests.clear()
        self.sync_all()
        self.settle()
        found = []
        for item in self.plex.items():
            scene, past = self.owner(item), self.pasts[item]
            if scene is None or scene.id in self.ignored:
                continue
            cover = sha1(scene.cover) if scene.cover else ""
            wrong = oracle.complaints(item, scene, past, self.settings, cover)
            found += [f"{item.files} of scene {scene.id}: {one}" for one in wrong]
        found += self.wrong_outcomes()
        writes = self.house.writes(self.house.sync_all)
        return found + [f"the second Sync All writes: {one}" for one in writes]

    def wrong_outcomes(self) -> Iterator[str]:
        """What a scene is said to be, and is not."""
        owners = {item: self.owner(item) for item in self.plex.items()}
        for scene in self.stash.library.scenes.values():
            outcome = self.house.outcome(scene.id)
            files = {to_plex(file.path) for file in scene.files}
            held = [owner for item, owner in owners.items() if files.intersection(item.files)]
            if scene.id in self.ignored:
                allowed = {"filtered"}
            elif scene in owners.values():
                allowed = {"synced"}
            elif scene.id in self.pins or not held:
                allowed = {"not_in_plex", "ambiguous"}
            else:
                allowed = {"item_taken"}
            if outcome not in allowed:
                yield f"scene {scene.id} is said to be {outcome!r}, not {sorted(allowed)}"


ACTS: dict[str, int] = {
    **dict.fromkeys(("edit", "edit_item", "tag_item", "work", "settle", "sync_all"), 4),
    **dict.fromkeys(("rebuild", "rename", "swap_names", "setting", "delete"), 2),
    **dict.fromkeys(("merge_scenes", "move", "scan_again", "refresh", "merge_items", "split"), 1),
    **dict.fromkeys(("second_library", "rate", "poster", "day", "kill", "organise", "ignore"), 1),
    **dict.fromkeys(("leave", "come_back", "pin"), 1),
}


def acts_of(seed: int) -> list[Act]:
    """The acts of a random life: it mostly begins with a Sync All."""
    rng = random.Random(seed)
    names = rng.choices(list(ACTS), weights=list(ACTS.values()), k=rng.randint(3, 12))
    acts = [Act(name, rng.randrange(1 << 30)) for name in names]
    return [Act("sync_all", 1), Act("settle", 1), *acts] if rng.random() < 0.8 else acts


def live(seed: int, acts: list[Act]) -> tuple[list[str], list[str]]:
    """Live a life; returns what was wrong, and its story."""
    with tempfile.TemporaryDirectory(prefix="life-") as folder:
        life = Life(Path(folder), seed)
        try:
            wrong = [one for act in acts for one in life.live(act)]
            return wrong or life.verdict(), life.story
        finally:
            life.house.close()


def shortest(seed: int, acts: list[Act], patience: int = 60) -> list[Act]:
    """The acts without those that a failing life can do without."""
    return shortest_of(acts, lambda fewer: bool(live(seed, fewer)[0]), patience)


def shortest_of(
    acts: list[Act], fails: Callable[[list[Act]], bool], patience: int = 60
) -> list[Act]:
    """The acts without those that a life can do without and still ``fails``."""
    kept, at = list(acts), 0
    while at < len(kept) and patience:
        patience -= 1
        fewer = kept[:at] + kept[at + 1 :]
        if fails(fewer):
            kept = fewer
        else:
            at += 1
    return kept
