"""One item of a simulated Plex, synced again and again over HTTP, each time read back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from plex.client import PlexClient
from plex.edit_plan import EditPlan, confirm, plan, remember
from plex.requests import edit_parameters
from simulators.plex.items import Item
from simulators.plex.server import PlexSimulator
from tests.writing.builders import scene
from validation.config import PlexSyncConfig, validate_config
from validation.records import LedgerEntry


def config_of(**settings: object) -> PlexSyncConfig:
    """These settings, of which none may be wrong."""
    report = validate_config(settings, {})
    assert report.problems == ()
    return report.config


@dataclass(frozen=True)
class State:
    """What Plex shows of an item; the order of names may be the server's."""

    values: dict[str, str]
    tags: dict[str, frozenset[str]]
    locked: frozenset[str]


@dataclass
class Shelf:
    """The item with our memory of it."""

    plex: PlexSimulator
    client: PlexClient
    item: Item
    entry: LedgerEntry | None = None

    def sync(self, config: PlexSyncConfig, **values: Any) -> EditPlan:
        """Write a scene, read it back, and see that a second sync writes nothing."""
        before = self.client.read(self.item.rating_key)
        self.plex.requests.clear()
        edits = self.client.write(plan(scene(**values), before, self.entry, config))
        puts = [request.method for request in self.plex.requests].count("PUT")
        assert puts == (len(edit_parameters(edits)) if edits else 0)
        after = remember(self.entry, edits, item=before, scene_id=7, server=self.client.server)
        shown = self.client.read(self.item.rating_key)
        self.entry, differences = confirm(after, shown)
        assert differences == ()
        again = plan(scene(**values), shown, self.entry, config)
        assert not again, again.changes
        return edits

    def state(self) -> State:
        """What Plex shows now."""
        shown = self.client.read(self.item.rating_key)
        tags = {name: frozenset(names) for name, names in shown.tags.items()}
        return State(dict(shown.values), tags, shown.locked)

    def names(self, kind: str) -> set[str]:
        """The item's names of one kind."""
        return set(self.item.tags[kind])
