"""Faults at random: every way in which Plex and Stash are known to fail, one after the other."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from simulators.faults import Kind
from simulators.plex.server import PlexSimulator
from simulators.stash.server import StashSimulator

# What a Plex in trouble answers. 400, 409, 413, 414 and 431 are no trouble but a refusal: such a
# job becomes a dead letter at once, which has its own tests.
STATUSES = (401, 403, 404, 408, 425, 429, 498, 500, 502, 503, 504, 507, 520, 599)
STASH_FAULTS: tuple[dict[str, Any], ...] = (
    {"close": True},
    {"garbage": True},
    {"html": True, "status": 502},
    {"status": 500},
    {"status": 503},
    {"delay": 0.05},
    {"error": "database is locked"},
    {"error": "timeout", "null_at": ("findScenes",)},
    {"error": "timeout", "null_at": ("configuration",)},
)


@dataclass
class Weather:
    """Orders faults of both servers. ``ordered`` counts the kinds; ``met`` what really happened."""

    plex: PlexSimulator
    stash: StashSimulator
    rng: random.Random
    ordered: Counter[str] = field(default_factory=Counter)
    stash_before: int = 0

    def spoil_plex(self, most: int = 6) -> str:
        """The next requests to Plex go wrong in some way; returns what was ordered."""
        kind = self.rng.choice(list(Kind))
        # Most often whatever comes next; sometimes only writes, so that their replies get lost.
        method = self.rng.choice([None, None, "PUT", "GET"])
        if kind is Kind.EMPTY:
            # To a write, 200 and nothing is what success looks like. Twice said and nothing
            # written, and the scene is listed for a person: plex_kept_other_value.
            method = "GET"
        self.plex.faults.add(
            kind,
            method=method,
            path="" if self.rng.random() < 0.8 else "/identity",
            nth=self.rng.randrange(1, 4),
            times=self.rng.randrange(1, most + 1),
            status=self.rng.choice(STATUSES),
            seconds=0.02,
            location="http://127.0.0.1:9/",
        )
        self.ordered[f"plex {kind}"] += 1
        return kind

    def spoil_stash(self) -> None:
        """The next requests to Stash go wrong in some way."""
        fault = dict(self.rng.choice(STASH_FAULTS))
        self.stash.faults.add(
            path="graphql",
            nth=self.rng.randrange(1, 3),
            times=self.rng.randrange(1, 4),
            **fault,
        )
        self.ordered["stash " + "/".join(fault)] += 1

    def wrong_token(self) -> None:
        """Somebody mistypes the token in Stash's settings; ``clear`` corrects it."""
        self.stash.settings["plex_token"] = "not-the-token-of-this-plex"

    def revoked_key(self) -> None:
        """The API key in the settings is one that Stash does not take (any more), and every session
        has ended: the next hook brings another.
        """
        self.stash.settings["stash_api_key"] = "a-key-of-yesterday"
        self.stash.expire_sessions()

    def disk_full(self) -> None:
        """Plex answers every read and fails every write, until ``clear``."""
        self.plex.faults.add(Kind.STATUS, method="PUT", times=None, status=500)

    def pictures_fail(self) -> None:
        """Plex takes no pictures, or Stash gives none, until ``clear``; all else is well."""
        if self.rng.random() < 0.5:
            self.plex.faults.add(Kind.STATUS, path="/(posters|arts)", times=None, status=500)
        else:
            self.stash.faults.add(path="/screenshot", times=None, status=500)

    def clear(self) -> None:
        """Everything goes well from now on."""
        self.stash.settings["plex_token"] = self.plex.token
        self.stash.settings.pop("stash_api_key", None)
        self.plex.faults.clear()
        self.stash.faults.clear()

    @property
    def met(self) -> int:
        """How many requests were spoilt so far."""
        spoilt = sum(bool(request.fault) for request in self.plex.requests)
        return spoilt + len(self.stash.faults.taken)
