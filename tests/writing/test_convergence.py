"""Edits on both sides, in any order: what a sync may and may not do, in both tag modes."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field, replace
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plex.edit_plan import confirm, intend, plan, remember
from plex.fields import value_in_plex, wanted_fields
from plex.items import PlexItem
from plex.ownership import alike
from tests.writing import fake_plex
from tests.writing.builders import SERVER, item, scene
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.records import LedgerEntry
from validation.sanitizers import name_key

TEXT_FIELDS = ["title", "titleSort", "summary", "studio", "originallyAvailableAt", "year"]
TAG_FIELDS = ["genre", "actor", "director", "collection"]

# Names that Stash and Plex share, in several spellings, and names that only a person in Plex uses.
SHARED = [
    "Ann",
    "ann",
    "Bob, Jr.",
    "Rock & Roll",
    "Zoë",
    unicodedata.normalize("NFD", "Zoë"),
    "x/y",
]
PERSONS = ["Mine", "Seen, twice", "To keep"]

texts = st.sampled_from(["", "One", "one", "Two\n\nparagraphs", "Thrée"])
names = st.lists(st.sampled_from(SHARED), max_size=4).map(tuple)
dates = st.sampled_from(["", "2023", "2023-05", "2023-05-01", "1999-12-31"])

scenes = st.builds(
    scene,
    title=texts.map(lambda text: text.replace("\n", " ")),
    details=texts,
    date=dates,
    studio=st.sampled_from(["", "Ann", "Studio A", "Studio B"]),
    performers=names,
    tags=names,
    groups=names,
    director=st.sampled_from(["", "Bob, Jr."]),
    code=st.sampled_from(["", "C-1"]),
    rating100=st.sampled_from([None, 0, 1, 50, 99, 100]),
)
configs = st.builds(
    PlexSyncConfig,
    preserve_plex_edits=st.booleans(),
    leave_unlocked=st.booleans(),
    sync_groups=st.booleans(),
    sync_code=st.booleans(),
    skip_rating=st.booleans(),
    skip_studio_collections=st.booleans(),
    max_tags=st.sampled_from([0, 1]),
)
items = st.builds(
    item,
    st.fixed_dictionaries(
        {"title": st.sampled_from(["One", "Scanner's"])},
        optional={
            "titleSort": st.just("Sorted"),
            "summary": st.sampled_from(["Agent's", "One"]),
            "originallyAvailableAt": st.sampled_from(["2023-05-01", "2001-01-01"]),
            "year": st.sampled_from(["2023", "2001"]),
            "userRating": st.sampled_from(["5", "7.0"]),
        },
    ),
    st.dictionaries(
        st.sampled_from(TAG_FIELDS),
        st.lists(st.sampled_from(["Ann", "ROCK & ROLL", "Agent's"]), unique=True).map(tuple),
    ),
    st.sets(st.sampled_from([*TEXT_FIELDS, *TAG_FIELDS, "userRating"])).map(frozenset),
    kind=st.sampled_from(["movie", "episode"]),
)

# What a user or the agent does in Plex between two syncs, and what a user does to the settings.
SWITCHES = [
    "preserve_plex_edits",
    "leave_unlocked",
    "sync_groups",
    "sync_code",
    "skip_rating",
    "skip_studio_collections",
]
person_edits = st.one_of(
    st.tuples(st.just("capitals"), st.sampled_from([*TEXT_FIELDS, *TAG_FIELDS]), st.just("")),
    st.tuples(st.just("order"), st.just("actor"), st.just("")),
    st.tuples(st.just("unlock"), st.sampled_from([*TEXT_FIELDS, *TAG_FIELDS]), st.just("")),
    st.tuples(st.just("refresh"), st.just(""), st.just("Agent's new")),
    st.tuples(st.just("switch"), st.sampled_from(SWITCHES), st.just("")),
    st.tuples(st.just("text"), st.sampled_from(TEXT_FIELDS), st.sampled_from(["", "Person's"])),
    st.tuples(st.just("text"), st.just("userRating"), st.sampled_from(["", "3.0"])),
    st.tuples(st.just("add"), st.sampled_from(TAG_FIELDS), st.sampled_from(PERSONS)),
    st.tuples(st.just("remove"), st.sampled_from(TAG_FIELDS), st.sampled_from(SHARED)),
)
rounds = st.lists(st.tuples(scenes, st.lists(person_edits, max_size=3)), min_size=1, max_size=4)


@dataclass
class World:
    """One Plex item, the ledger's entry, and what the test itself keeps count of."""

    item: PlexItem
    config: PlexSyncConfig
    append: bool
    read_back: bool
    entry: LedgerEntry | None = None
    sent: dict[str, list[str]] = field(default_factory=dict)
    persons: set[tuple[str, str]] = field(default_factory=set)

    def person(self, act: str, name: str, value: str) -> None:
        now = self.item.tags.get(name, ())
        others = tuple(one for one in now if name_key(one) != name_key(value))
        match act:
            case "text" if value or name != "title":  # Plex has no item without a title
                self.item = fake_plex.user_sets(self.item, name, value)
            case "add":
                self.persons.add((name, value))
                self.item = fake_plex.user_tags(self.item, name, (*others, value))
            case "remove":
                self.item = fake_plex.user_tags(self.item, name, others)
            case "order" if len(now) > 1:
                self.item = fake_plex.user_tags(self.item, name, now[::-1])
            case "capitals" if name in TAG_FIELDS and now:
                swapped = tuple(one.swapcase() for one in now)
                self.persons -= {(name, one) for one in now}
                self.item = fake_plex.user_tags(self.item, name, swapped)
            case "capitals" if shown := self.item.values.get(name):
                self.item = fake_plex.user_sets(self.item, name, shown.swapcase())
            case "unlock":
                self.persons = {(kind, one) for kind, one in self.persons if kind != name}
                self.item = fake_plex.user_unlocks(self.item, name)
            case "refresh":
                values = {"summary": value, "title": value, "studio": value}
                tags = {"genre": value, "actor": value}
                self.persons = {one for one in self.persons if one[0] in self.item.locked}
                self.item = fake_plex.agent_refreshes(self.item, values, tags)
            case "switch":
                turned = {name: not self.config.model_dump()[name]}
                self.config = self.config.model_copy(update=turned)

    def sync(self, what: SyncMetadata, *, answered: bool = True) -> None:
        before, entry = self.item, self.entry
        if entry is not None:
            entry, _differences = confirm(entry, before)
        edits = plan(what, before, entry, self.config)
        if edits:
            entry = intend(entry, edits, item=before, scene_id=7, server=SERVER)
        self.item = fake_plex.apply(before, edits, append=self.append)
        self.entry = remember(entry, edits, item=before, scene_id=7, server=SERVER)
        for name, value in edits.values.items():
            shown = value_in_plex(before, name)
            assert value or any(alike(shown, one) for one in self.ours(name)), (
                f"{name} was cleared, which we never wrote"
            )
        for name, memory in self.entry.fields.items():
            if isinstance(memory.written, str):
                self.sent.setdefault(name, []).append(memory.written)
        if edits and not answered:
            self.entry = entry
        elif self.read_back and edits:
            self.entry, differences = confirm(self.entry, self.item)
            assert differences == ()

    def ours(self, name: str) -> list[str]:
        """Every value that we wrote to a field, or found there as we would write it."""
        return [text for text in self.sent.get(name, []) if text]


def worlds(first: PlexItem, config: PlexSyncConfig, flags: tuple[bool, bool]) -> World:
    return World(first, config, *flags)


histories = st.tuples(
    st.builds(worlds, items, configs, st.tuples(st.booleans(), st.booleans())), rounds
)
relaxed = settings(suppress_health_check=[HealthCheck.too_slow])


@relaxed
@given(histories)
def test_a_second_sync_writes_nothing(history: tuple[World, Any]) -> None:
    world, steps = history
    for what, edits in steps:
        world.sync(what)
        assert world.entry is not None
        known, _differences = confirm(world.entry, world.item)
        assert not plan(what, world.item, known, world.config)
        before = world.item
        world.sync(what)
        assert world.item == before
        for edit in edits:
            world.person(*edit)


@relaxed
@given(histories, st.lists(st.booleans(), min_size=4, max_size=4))
def test_a_write_whose_answer_is_lost_leaves_nothing_behind(
    history: tuple[World, Any], answered: list[bool]
) -> None:
    """Compared with the same writes, all answered. A name that such an answer vouches for although
    a server that appends kept it may go."""
    world, steps = history
    other = replace(world, sent={}, persons=set())
    for (what, _edits), comes in zip(steps, [*answered[: len(steps) - 1], True], strict=False):
        world.sync(what)
        other.sync(what, answered=comes)
        assert other.item.values == world.item.values
        assert other.item.locked == world.item.locked
        wanted = wanted_fields(what, world.item.kind, world.config, title_is_ours=True).tags
        for name, tags in world.item.tags.items():
            theirs = other.item.tags.get(name, ())
            assert set(theirs) <= set(tags)
            assert not {*map(name_key, tags)} & {*map(name_key, wanted.get(name, ()))} - {
                *map(name_key, theirs)
            }


@relaxed
@given(histories)
def test_a_persons_names_are_never_lost(history: tuple[World, Any]) -> None:
    world, steps = history
    for what, edits in steps:
        world.sync(what)
        for name, value in world.persons:
            assert value in world.item.tags.get(name, ()), (name, value)
        for edit in edits:
            world.person(*edit)


@relaxed
@given(histories)
def test_a_persons_rating_and_kept_edits_stay(history: tuple[World, Any]) -> None:
    world, steps = history
    edited: dict[str, str] = {}
    for what, edits in steps:
        rated = value_in_plex(world.item, "userRating")
        world.sync(what)
        if rated and not any(same_rating(rated, one) for one in world.ours("userRating")):
            assert value_in_plex(world.item, "userRating") == rated
        if world.config.preserve_plex_edits:
            for name, value in edited.items():
                shown = value_in_plex(world.item, name)
                assert shown == value or name == "titleSort", name
        edited = {}
        for act, name, value in edits:
            world.person(act, name, value)
            if act == "text" and value == "Person's":
                edited[name] = value


def same_rating(one: str, other: str) -> bool:
    return float(one) == float(other)


@relaxed
@given(histories)
def test_without_preserve_plex_shows_what_stash_has(history: tuple[World, Any]) -> None:
    world, steps = history
    world.config = world.config.model_copy(update={"preserve_plex_edits": False})
    for what, edits in steps:
        before = world.item
        world.sync(what)
        wanted = wanted_fields(what, world.item.kind, world.config, title_is_ours=False)
        for name, value in wanted.values.items():
            date = value_in_plex(world.item, "originallyAvailableAt")
            if name == "year" and what.date and date.startswith(what.date):
                continue  # beside a user's whole date
            if value and name != "userRating":
                assert alike(value_in_plex(world.item, name), value), name
        for name, listed in wanted.tags.items():
            shown = set(map(name_key, world.item.tags.get(name, ())))
            if name != "collection":
                assert set(map(name_key, listed)) <= shown
        in_none = set() if wanted.tags.get("collection") else {"collection"}
        assert world.item.locked >= before.locked - in_none
        for edit in edits:
            if edit[0] != "switch":
                world.person(*edit)


@relaxed
@given(histories)
def test_a_name_removed_in_stash_goes_from_plex(history: tuple[World, Any]) -> None:
    world, steps = history
    previous: dict[str, set[str]] = {}
    for what, _edits in steps:
        world.sync(what)
        wanted = wanted_fields(what, world.item.kind, world.config, title_is_ours=False)
        assert world.entry is not None
        for name, listed in wanted.tags.items():
            gone = previous.get(name, set()) - set(map(name_key, listed))
            shown = set(map(name_key, world.item.tags.get(name, ())))
            assert shown.isdisjoint(gone), name
        previous = {
            name: set(map(name_key, memory.written)) - set(map(name_key, memory.adopted))
            for name, memory in world.entry.fields.items()
            if isinstance(memory.written, tuple)
        }


@relaxed
@given(scenes, items, configs)
def test_the_cast_has_stashs_order_where_plex_replaces(
    what: SyncMetadata, first: PlexItem, config: PlexSyncConfig
) -> None:
    world = World(first, config, append=False, read_back=True)
    world.sync(what)
    shown = list(map(name_key, world.item.tags.get("actor", ())))
    cast = [name_key(name) for name in what.performers]
    if not (config.preserve_plex_edits and {"actor"} & first.locked):
        in_plex_before = [name_key(name) for name in first.tags.get("actor", ())]
        if set(in_plex_before) != set(cast) or not config.preserve_plex_edits:
            assert [key for key in shown if key in cast] == cast
