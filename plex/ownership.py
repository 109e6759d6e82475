"""Whose value is it? The three-way rule from (Stash now, Plex now, last written), pure.

| Stash now    | Plex now            | memory | default | ``preserve_plex_edits`` |
|--------------|---------------------|--------|---------|-------------------------|
| any          | equal               | any    | adopt   | adopt                   |
| empty        | as we left it       | ours   | clear   | clear                   |
| empty        | anything else       | any    | keep    | keep                    |
| value        | unlocked            | none   | write   | write                   |
| value        | locked              | none   | write   | keep: a person's        |
| changed      | as we left it       | ours   | write   | write                   |
| unchanged    | as we left it       | ours   | keep    | keep                    |
| any value    | changed by a person | ours   | write   | keep                    |

A star rating that we did not write stays in every row. Tag fields follow the same rule name by
name: see :func:`decide_list`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from validation.records import FieldMemory, Value
from validation.sanitizers import name_key

# After so many differing read-backs in a row Plex's form is believed.
BELIEVED = 2


class Action(StrEnum):
    """What to do with one field. ADOPT sends nothing and remembers Plex's value as ours."""

    KEEP = "keep"
    WRITE = "write"
    CLEAR = "clear"
    ADOPT = "adopt"


class Why(StrEnum):
    """The reason of a decision, in the words that previews and logs show."""

    FIRST_WRITE = "first sync"
    STASH_CHANGED = "changed in Stash"
    STASH_WINS = "changed in Plex, Stash wins"
    EMPTIED = "emptied in Stash"
    EQUAL = "already in Plex"
    UNCHANGED = "unchanged"
    KEPT_EDIT = "changed in Plex, kept"
    KEPT_LOCK = "locked in Plex, kept"
    KEPT_RATING = "rated in Plex, kept"
    NOT_OURS = "empty in Stash, not written by us"


# The field stays because a person decided so in Plex.
PERSONS: frozenset[Why] = frozenset({Why.KEPT_EDIT, Why.KEPT_LOCK, Why.KEPT_RATING})


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of one scalar field. ``value`` is what Plex has afterwards."""

    action: Action
    value: str
    why: Why


@dataclass(frozen=True, slots=True)
class ListDecision:
    """What becomes of one tag field.

    ``value`` is the whole list as Plex has it afterwards, ``removed`` the names that go, and
    ``lost`` how many more names of ours go than come: a renamed tag loses nothing.
    """

    action: Action
    value: tuple[str, ...]
    removed: tuple[str, ...]
    why: Why
    lost: int = 0


@dataclass(frozen=True, slots=True)
class ListRule:
    """How one tag field differs from the others.

    ``ordered``: the order counts (the cast). ``membership``: the names are collections, which
    belong to a person unless we made the item a member: none that we did not write is ever left,
    and one that a person took the item out of is entered again only when Stash's value changes,
    whatever the mode. ``spared`` holds the keys of names whose setting is off: they are not ours
    to remove.
    """

    ordered: bool = False
    membership: bool = False
    spared: frozenset[str] = frozenset()


def same(one: str, other: str) -> bool:
    """Are two values equal up to Unicode form? Then nothing has to be sent."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def alike(one: str, other: str) -> bool:
    """Are two values equal up to case, Unicode form and whitespace?

    A server may change that much by itself: a line break in an XML attribute is read as a space.
    Such a difference is never taken for a person's edit.
    """
    return name_key(" ".join(one.split())) == name_key(" ".join(other.split()))


def text_of(value: Value) -> str:
    """A scalar field's remembered value."""
    if not isinstance(value, str):
        raise TypeError("a tag field's memory was used for a scalar field")
    return value


def names_of(value: Value) -> tuple[str, ...]:
    """A tag field's remembered names."""
    if isinstance(value, str):
        raise TypeError("a scalar field's memory was used for a tag field")
    return value


def keys_of(names: Iterable[str]) -> tuple[str, ...]:
    """The forms under which names are compared, in order."""
    return tuple(map(name_key, names))


def decide(
    wanted: str,
    now: str,
    locked: bool,
    memory: FieldMemory | None,
    *,
    preserve: bool,
    stars: bool = False,
) -> Decision:
    """Decide one scalar field.

    ``wanted`` is Stash's value and ``now`` Plex's (``""`` = none); ``memory`` is ``None`` when we
    never wrote the field; ``preserve`` is the setting ``preserve_plex_edits``; ``stars`` says
    that the field is the star rating, where a value that is not ours stays.
    """

    def write(why: Why) -> Decision:
        return Decision(Action.WRITE, wanted, why)

    def keep(why: Why) -> Decision:
        return Decision(Action.KEEP, now, why)

    if memory is None and not wanted:
        return keep(Why.NOT_OURS)
    if same(now, wanted):
        return Decision(Action.ADOPT, now, Why.EQUAL)
    if memory is None:
        if stars and now:
            return keep(Why.KEPT_RATING)
        if locked:
            return keep(Why.KEPT_LOCK) if preserve else write(Why.STASH_WINS)
        return write(Why.FIRST_WRITE)
    ours = is_as_left(now, memory)
    if not wanted:
        if ours and memory.doubts < BELIEVED:
            return Decision(Action.CLEAR, "", Why.EMPTIED)
        return keep(Why.NOT_OURS)
    if ours:
        unchanged = same(wanted, text_of(memory.written))
        return keep(Why.UNCHANGED) if unchanged else write(Why.STASH_CHANGED)
    if stars and now:
        return keep(Why.KEPT_RATING)
    if preserve and not was_ignored(now, memory):
        return keep(Why.KEPT_EDIT)
    return write(Why.STASH_WINS)


def is_as_left(now: str, memory: FieldMemory) -> bool:
    """Does Plex still show what we left there, in our form or in Plex's own?"""
    known = (text_of(memory.written), text_of(memory.stored), *memory.removed)
    return any(alike(now, left) for left in known)


def was_ignored(now: str, memory: FieldMemory) -> bool:
    """Did Plex keep its value from before our first write? Then nobody edited it since."""
    return memory.doubts == 1 and alike(now, text_of(memory.original))


def decide_list(
    wanted: tuple[str, ...],
    now: tuple[str, ...],
    locked: bool,
    memory: FieldMemory | None,
    *,
    preserve: bool,
    rule: ListRule,
) -> ListDecision:
    """Decide one tag field. ``now`` has to come from the full item: lists are cut in listings.

    A name removed in Stash goes from Plex; one that a person added in Plex stays, and so does
    everything that is locked without memory; unlocked names without memory are the agent's and
    are replaced. A name that a person took out of Plex stays out under ``preserve``.
    """
    if memory is None:
        return _decide_first(wanted, now, locked, preserve=preserve, rule=rule)
    written, stored = names_of(memory.written), names_of(memory.stored)
    forms = dict(zip(keys_of(written), stored, strict=True))
    here = {name_key(name): name for name in reversed(now)}
    target: dict[str, str] = {}
    added = 0
    for name in wanted:
        form = find_form(name, here, forms)
        if form or _comes_back(name, forms, memory, preserve or rule.membership):
            added += not form
            target.setdefault(name_key(form or name), form or name)
    ours = {*forms, *keys_of(filter(None, stored)), *keys_of(memory.removed)} - rule.spared
    removed = tuple(name for key, name in here.items() if key in ours and key not in target)[::-1]
    others = [name for name in now if name_key(name) not in ours]
    target |= {name_key(name): name for name in others if name_key(name) not in target}
    value = tuple(target.values())
    changed = keys_of(wanted) != tuple(forms)
    reordered = rule.ordered and changed and tuple(target) != keys_of(now)
    if added or removed or reordered:
        why = Why.STASH_CHANGED if changed else Why.STASH_WINS
        return ListDecision(Action.WRITE, value, removed, why, max(0, len(removed) - added))
    if changed:
        return ListDecision(Action.ADOPT, now, (), Why.EQUAL)
    return ListDecision(Action.KEEP, now, (), Why.UNCHANGED)


def _decide_first(
    wanted: tuple[str, ...],
    now: tuple[str, ...],
    locked: bool,
    *,
    preserve: bool,
    rule: ListRule,
) -> ListDecision:
    """Decide a tag field that we never wrote."""
    if not wanted:
        return ListDecision(Action.KEEP, now, (), Why.NOT_OURS)
    keys = keys_of(wanted)
    in_order = not rule.ordered or preserve or keys == keys_of(now)
    if set(keys) == set(keys_of(now)) and in_order:
        return ListDecision(Action.ADOPT, now, (), Why.EQUAL)
    if locked and preserve:
        return ListDecision(Action.KEEP, now, (), Why.KEPT_LOCK)
    others = tuple(name for name in now if name_key(name) not in keys)
    stay = locked or rule.membership
    here = {name_key(name): name for name in now}
    target = (*(here.get(name_key(name), name) for name in wanted), *(others if stay else ()))
    if set(keys_of(target)) == set(keys_of(now)) and (not rule.ordered or target == now):
        return ListDecision(Action.ADOPT, now, (), Why.EQUAL)
    why = Why.STASH_WINS if locked else Why.FIRST_WRITE
    return ListDecision(Action.WRITE, target, () if stay else others, why)


def find_form(name: str, here: dict[str, str], forms: dict[str, str]) -> str:
    """Plex's present spelling of Stash's *name*, ``""`` when the item does not have it.

    *here* maps the keys of Plex's names to the names, *forms* the keys of Stash's names to the
    form that Plex once stored for them.
    """
    key = name_key(name)
    return here.get(key) or here.get(name_key(forms.get(key, "")), "")


def _comes_back(name: str, forms: dict[str, str], memory: FieldMemory, undone_stays: bool) -> bool:
    """Is a wanted name that Plex does not have to be sent?"""
    key = name_key(name)
    if key not in forms or (memory.doubts == 1 and forms[key]):
        return True
    if memory.doubts >= BELIEVED and not forms[key]:
        return False
    return not undone_stays
