"""Every field of one Plex item, with what the rule decides for it and for its lock. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from plex.fields import (
    CONTENT_RATING,
    FOLLOWS,
    SORT_TITLE,
    STARS,
    Wanted,
    value_in_plex,
    wanted_fields,
)
from plex.items import PlexItem
from plex.ownership import (
    BELIEVED,
    USERS,
    Action,
    Decision,
    Why,
    decide,
    decide_own,
    is_as_left,
    keys_of,
    names_of,
    text_of,
)
from plex.tag_ownership import decide_list, ours_of
from validation.config import PlexSyncConfig
from validation.metadata import SyncMetadata
from validation.records import FieldMemory, LedgerEntry, Value
from validation.sanitizers import name_key


@dataclass(frozen=True, slots=True)
class FieldDecision:
    """One field: Stash's value, Plex's value, and the decision.

    - ``original``: Plex's value for an undo, if we never wrote the field; ``None`` = unknown.
    - ``lock``: the lock to send, ``None`` = leave it.
    - ``takes_over``: by that lock the agent's equal value becomes ours.
    - ``beside``: the lock is sent only because other edits are.
    """

    wanted: Value
    now: Value
    locked: bool
    memory: FieldMemory | None
    original: Value | None
    decision: Decision
    lock: bool | None = None
    takes_over: bool = False
    beside: bool = False


def require_full(item: PlexItem) -> None:
    """Raise ValueError for an item from a list, whose tags and locks are cut."""
    if not item.full:
        raise ValueError("an abridged item was given where a full one is needed")


def decide_fields(
    scene: SyncMetadata,
    item: PlexItem,
    entry: LedgerEntry | None,
    config: PlexSyncConfig,
    *,
    restored: bool = False,
) -> dict[str, FieldDecision]:
    """Every field of *item* that the settings let us write, by name: scalar fields first.

    ``restored``: the ledger may have lost its knowledge of this item. Raises ValueError for an
    abridged item and for another item's entry.
    """
    require_full(item)
    if entry is not None and entry.rating_key != item.rating_key:
        raise ValueError("the ledger's entry belongs to another item")
    known = entry.fields if entry is not None else {}
    title = known.get("title")
    title_is_ours = title is not None and not title.adopted
    wanted = wanted_fields(scene, item.kind, config, title_is_ours=title_is_ours)
    desk = _Desk(item, known, wanted, config, restored)
    skipped = config.skipped_fields
    has_sort_title = SORT_TITLE not in skipped and (
        SORT_TITLE in item.values or SORT_TITLE in known
    )
    fields: dict[str, FieldDecision] = {}
    for name, value in wanted.values.items():
        fields[name] = _following(name, scene, desk.text(name, value), fields, config)
        if name == "title" and fields[name].decision.acts and has_sort_title:
            fields[SORT_TITLE] = desk.text(SORT_TITLE, value)
    for name, names in wanted.tags.items():
        fields[name] = desk.names(name, names)
    for name in (STARS, SORT_TITLE):
        if name in known and name not in fields and name not in skipped:
            fields[name] = desk.left_alone(name, known[name])
    fields = {name: desk.with_lock(name, field) for name, field in fields.items()}
    if any(field.decision.acts or field.lock is not None for field in fields.values()):
        fields = {name: desk.with_lock_beside(name, field) for name, field in fields.items()}
    return fields


@dataclass(frozen=True, slots=True)
class _Desk:
    """The facts that every field of one item is decided from."""

    item: PlexItem
    known: Mapping[str, FieldMemory]
    wanted: Wanted
    config: PlexSyncConfig
    restored: bool

    def text(self, name: str, value: str) -> FieldDecision:
        """A scalar field's decision, without its lock."""
        now, locked = value_in_plex(self.item, name), name in self.item.locked
        memory = self.known.get(name)
        keep, restored = self.config.preserve_plex_edits, self.restored
        if name == CONTENT_RATING:
            decision = decide_own(value, now, locked, memory, preserve=keep, restored=restored)
        else:
            stars = name == STARS
            decision = decide(
                value, now, locked, memory, preserve=keep, stars=stars, restored=restored
            )
        return self._field(name, value, now, self._switched_off(name, decision))

    def names(self, name: str, value: tuple[str, ...]) -> FieldDecision:
        """A tag field's decision, without its lock."""
        now = self.item.tags.get(name, ())
        decision = decide_list(
            value,
            now,
            name in self.item.locked,
            self.known.get(name),
            preserve=self.config.preserve_plex_edits,
            rule=self.wanted.rules[name],
            restored=self.restored,
        )
        return self._field(name, value, now, self._switched_off(name, decision))

    def left_alone(self, name: str, memory: FieldMemory) -> FieldDecision:
        """A field that is not written under these settings, but may have a lock of ours."""
        now = value_in_plex(self.item, name)
        return self._field(name, memory.written, now, Decision(Action.KEEP, now, Why.SWITCHED_OFF))

    def with_lock(self, name: str, field: FieldDecision) -> FieldDecision:
        """The decision with the lock that is to be sent for the field's own sake.

        A value that we send is locked. So is one of ours that never was, after ``leave_unlocked``
        was turned off. A lock of ours goes where the settings do not want it, unless a user's
        value is behind it.
        """
        memory, acts = field.memory, field.decision.acts
        if self._wants_no_lock(name, field):
            ours = memory is not None and memory.locked and not memory.original_locked
            release = ours and field.locked and _is_untouched(field)
            return replace(field, lock=False) if release else field
        never = memory is not None and not memory.locked and not memory.adopted
        if acts or (never and not field.locked and _is_standing(field)):
            return self._locked(name, field)
        return field

    def with_lock_beside(self, name: str, field: FieldDecision) -> FieldDecision:
        """The decision with the lock that costs no request, since others are sent anyway."""
        if self._wants_no_lock(name, field) or field.locked or field.lock is not None:
            return field
        if not _is_standing(field):
            return field
        return replace(self._locked(name, field), beside=True)

    def _locked(self, name: str, field: FieldDecision) -> FieldDecision:
        # A membership and a star rating were a user's before us, locked or not.
        agents = not field.locked and not self._is_membership(name) and name != STARS
        return replace(field, lock=True, takes_over=agents)

    def _wants_no_lock(self, name: str, field: FieldDecision) -> bool:
        off = name in self.wanted.off or name not in {*self.wanted.values, *self.wanted.tags}
        in_none = self._is_membership(name) and not field.wanted  # there is nothing to keep
        return self.config.leave_unlocked or in_none or (off and name != SORT_TITLE)

    def _is_membership(self, name: str) -> bool:
        return name in self.wanted.rules and self.wanted.rules[name].membership

    def _switched_off(self, name: str, decision: Decision) -> Decision:
        """A value that goes because of a setting is no loss."""
        if name in self.wanted.off and decision.acts:
            return replace(decision, why=Why.SWITCHED_OFF, lost=0)
        return decision

    def _field(self, name: str, value: Value, now: Value, decision: Decision) -> FieldDecision:
        locked = name in self.item.locked
        original = None if self.restored and locked else now
        return FieldDecision(value, now, locked, self.known.get(name), original, decision)


def _following(
    name: str,
    scene: SyncMetadata,
    field: FieldDecision,
    done: Mapping[str, FieldDecision],
    config: PlexSyncConfig,
) -> FieldDecision:
    """A year stays beside a date that stays: one of ours would contradict it."""
    leader = done.get(FOLLOWS.get(name, ""))
    if leader is None:
        return field
    why = leader.decision.why if leader.decision.why in USERS else None
    if (
        name == "year"
        and leader.now
        and leader.locked
        and not (leader.wanted or leader.decision.acts)
    ):
        # Plex has a user's whole date, Stash at most a part of it.
        same_part = bool(scene.date) and text_of(leader.now).startswith(scene.date)
        why = Why.KEPT_DATE if same_part or config.preserve_plex_edits else None
    if why is None:
        return field
    return replace(field, decision=Decision(Action.KEEP, field.now, why))


def _is_standing(field: FieldDecision) -> bool:
    """Whether Plex shows Stash's value, and nothing has to be sent for it."""
    believed = field.memory is not None and field.memory.doubts >= BELIEVED
    return bool(field.wanted) and not believed and field.decision.why in (Why.EQUAL, Why.UNCHANGED)


def _is_untouched(field: FieldDecision) -> bool:
    """Whether nothing of a user's is in the field once the decision is carried out."""
    memory, value = field.memory, field.decision.value
    if memory is None:
        return False
    if isinstance(value, str):
        return field.decision.acts or is_as_left(value, memory)
    original = () if memory.original is None else names_of(memory.original)
    ours = {*ours_of(memory), *keys_of(original), *keys_of(names_of(field.wanted))}
    return all(name_key(name) in ours for name in value)
