"""The owner of a value. The three-way rule from (Stash now, Plex now, last written), pure.

Plex's value is ours when it shows the one that we left, and adopted when that was there before us.
Else it is a user's when the field is locked (Plex locks fields that a user edits), and the agent's
when it is not. It is ignored when Plex did not carry out our last write.

| Stash now | Plex now                     | default | ``preserve_plex_edits`` |
|-----------|------------------------------|---------|-------------------------|
| any       | equal                        | adopt   | adopt                   |
| empty     | ours                         | clear   | clear                   |
| empty     | anything else                | keep    | keep                    |
| unchanged | ours, adopted                | keep    | keep                    |
| changed   | ours, adopted                | write   | write                   |
| any value | ignored, once                | write   | write                   |
| any value | the agent's                  | write   | write                   |
| any value | a user's                     | write   | keep                    |

A star rating that we did not give stays in every row, locked or not: agents give none. Tag fields
follow the same rule name by name: see ``plex.tag_ownership``.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from validation.records import FieldMemory, Value
from validation.sanitizers import name_key

# After so many differing read-backs in a row Plex's form is believed.
BELIEVED = 2


class Action(StrEnum):
    """The actions for one field. ADOPT sends nothing and remembers Plex's value."""

    KEEP = "keep"
    WRITE = "write"
    CLEAR = "clear"
    ADOPT = "adopt"


class Why(StrEnum):
    """The reason of a decision, in the words that previews and logs show."""

    FIRST_WRITE = "first sync"
    STASH_CHANGED = "changed in Stash"
    STASH_WINS = "changed in Plex, Stash wins"
    UNLOCKED = "not locked in Plex, Stash wins"
    REPEATED = "not taken by Plex, sent again"
    EMPTIED = "emptied in Stash"
    EQUAL = "already in Plex"
    UNCHANGED = "unchanged"
    KEPT_EDIT = "changed in Plex, kept"
    KEPT_LOCK = "locked in Plex, kept"
    KEPT_RATING = "rated in Plex, kept"
    KEPT_DATE = "full date in Plex, kept"
    KEPT_OWN = "the item's own, kept"
    NOT_OURS = "empty in Stash, not written by us"
    SWITCHED_OFF = "switched off in the settings"
    LOCKED = "locked"


# The field stays because a user decided so in Plex.
USERS: frozenset[Why] = frozenset({Why.KEPT_EDIT, Why.KEPT_LOCK, Why.KEPT_RATING, Why.KEPT_DATE})


class Whose(Enum):
    """To whom the value belongs that a scalar field of Plex shows."""

    OURS = auto()
    ADOPTED = auto()
    IGNORED = auto()
    AGENTS = auto()
    USERS = auto()


@dataclass(frozen=True, slots=True)
class Decision:
    """The decision for one field.

    - ``value``: Plex's value afterwards, for a tag field the whole list.
    - ``removed``: the names that go.
    - ``lost``: how many more values of ours go than come. A renamed tag loses nothing.
    - ``adopted``: the wanted values that Plex had before us.
    """

    action: Action
    value: Value
    why: Why
    removed: tuple[str, ...] = ()
    lost: int = 0
    adopted: tuple[str, ...] = ()

    @property
    def acts(self) -> bool:
        """Whether a value is sent."""
        return self.action in (Action.WRITE, Action.CLEAR)


def same(one: str, other: str) -> bool:
    """Whether two values are equal up to Unicode form. Then nothing has to be sent."""
    return one == other or (
        unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)
    )


def alike(one: str, other: str) -> bool:
    """Whether two values are equal up to case, Unicode form and whitespace.

    A server may change that much by itself while it stores a value. Only the first reading after
    our own write is compared like this.
    """
    return name_key(" ".join(one.split())) == name_key(" ".join(other.split()))


def text_of(value: Value) -> str:
    """A scalar field's value."""
    if not isinstance(value, str):
        raise TypeError("a tag field's value was used for a scalar field")
    return value


def names_of(value: Value) -> tuple[str, ...]:
    """A tag field's names."""
    if isinstance(value, str):
        raise TypeError("a scalar field's value was used for a tag field")
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
    restored: bool = False,
) -> Decision:
    """Decide one scalar field.

    ``wanted`` is Stash's value and ``now`` Plex's (``""`` = none). ``memory`` is ``None`` when we
    never wrote the field. ``preserve`` is the setting ``preserve_plex_edits``. ``stars``: the field
    is the star rating. ``restored``: the memory may have been lost, and an equal locked value is
    therefore ours.
    """
    whose = whose_value(now, locked, memory, stars=stars)
    if _shows(wanted, now, memory):
        return _decide_equal(now, memory, whose, ours=restored and locked)
    if not wanted:
        return _decide_emptied(now, memory, whose)
    if whose is Whose.USERS or (stars and whose is Whose.ADOPTED):
        return _decide_users(wanted, now, memory, preserve=preserve, stars=stars)
    if whose is Whose.AGENTS:
        return Decision(Action.WRITE, wanted, Why.FIRST_WRITE if memory is None else Why.UNLOCKED)
    if whose is Whose.IGNORED:
        return Decision(Action.WRITE, wanted, Why.REPEATED)
    if memory is not None and same(wanted, text_of(memory.written)):
        return Decision(Action.KEEP, now, Why.UNCHANGED)
    return Decision(Action.WRITE, wanted, Why.STASH_CHANGED)


def decide_own(
    wanted: str,
    now: str,
    locked: bool,
    memory: FieldMemory | None,
    *,
    preserve: bool,
    restored: bool = False,
) -> Decision:
    """Decide a scalar field that is filled only where the item has no value of its own.

    Any value that we did not write is the item's own, equal or not.
    """
    whose = whose_value(now, locked, memory)
    lost_memory = restored and locked and same(now, wanted)
    if now and whose not in (Whose.OURS, Whose.IGNORED) and not lost_memory:
        return Decision(Action.KEEP, now, Why.KEPT_OWN)
    return decide(wanted, now, locked, memory, preserve=preserve, restored=restored)


def whose_value(
    now: str, locked: bool, memory: FieldMemory | None, *, stars: bool = False
) -> Whose:
    """To whom the value belongs that Plex shows."""
    if memory is not None and is_as_left(now, memory):
        return Whose.ADOPTED if memory.adopted else Whose.OURS
    if memory is not None and is_ignored(now, memory):
        return Whose.IGNORED
    rated = stars and (bool(now) or memory is not None)
    return Whose.USERS if locked or rated else Whose.AGENTS


def is_as_left(now: str, memory: FieldMemory) -> bool:
    """Whether Plex still shows exactly what we left there, in our form or in its own."""
    return same(now, text_of(memory.stored)) or same(now, text_of(memory.written))


def is_ignored(now: str, memory: FieldMemory) -> bool:
    """Whether Plex still shows its value from before our last write, which it once ignored."""
    before = memory.before
    return 0 < memory.doubts < BELIEVED and before is not None and same(now, text_of(before))


def _shows(wanted: str, now: str, memory: FieldMemory | None) -> bool:
    """Whether Plex shows Stash's value already.

    Without memory Plex's form of it is unknown: XML turns a line break into a space.
    """
    if memory is None:
        wanted, now = " ".join(wanted.split()), " ".join(now.split())
    return same(wanted, now)


def _decide_equal(now: str, memory: FieldMemory | None, whose: Whose, *, ours: bool) -> Decision:
    if memory is None and not now:
        return Decision(Action.KEEP, now, Why.NOT_OURS)
    adopted: tuple[str, ...] = (now,) if now and not ours else ()
    if memory is not None and whose in (Whose.OURS, Whose.ADOPTED):
        adopted = memory.adopted
    return Decision(Action.ADOPT, now, Why.EQUAL, adopted=adopted)


def _decide_emptied(now: str, memory: FieldMemory | None, whose: Whose) -> Decision:
    if memory is not None and memory.doubts < BELIEVED:
        again = whose is Whose.IGNORED and not memory.written
        if whose is Whose.OURS or again:
            return Decision(Action.CLEAR, "", Why.EMPTIED, lost=1)
    return Decision(Action.KEEP, now, Why.NOT_OURS)


def _decide_users(
    wanted: str, now: str, memory: FieldMemory | None, *, preserve: bool, stars: bool
) -> Decision:
    if stars and now:
        return Decision(Action.KEEP, now, Why.KEPT_RATING)
    if preserve:
        return Decision(Action.KEEP, now, Why.KEPT_LOCK if memory is None else Why.KEPT_EDIT)
    return Decision(Action.WRITE, wanted, Why.STASH_WINS)
