"""Whose value is it? The three-way rule from (Stash now, Plex now, last written), pure.

Plex's value is ours when it shows what we left there, adopted when that was there before us, a
user's when the field is locked (Plex locks what a user edits), the agent's when it is not, and
ignored when Plex did not carry out our last write.

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
follow the same rule name by name: see :func:`decide_list`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, StrEnum, auto

from validation.records import FieldMemory, Value
from validation.sanitizers import name_key

# After so many differing read-backs in a row Plex's form is believed.
BELIEVED = 2


class Action(StrEnum):
    """What to do with one field. ADOPT sends nothing and remembers Plex's value."""

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
    """What becomes of one field.

    - ``value``: what Plex has afterwards, for a tag field the whole list.
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


@dataclass(frozen=True, slots=True)
class ListRule:
    """How one tag field differs from the others.

    ``ordered``: the order counts (the cast). ``membership``: the names are collections, which
    belong to a user unless we made the item a member: none that we did not write is ever left,
    and one that a user took the item out of is entered again only when Stash's value changes,
    whatever the mode. ``off`` holds the keys of names that Stash has and a setting keeps out:
    their removal is no loss.
    """

    ordered: bool = False
    membership: bool = False
    off: frozenset[str] = frozenset()


def same(one: str, other: str) -> bool:
    """Whether two values are equal up to Unicode form. Then nothing has to be sent."""
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


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


# -- scalar fields --------------------------------------------------------------------------------


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

    ``wanted`` is Stash's value and ``now`` Plex's (``""`` = none); ``memory`` is ``None`` when we
    never wrote the field; ``preserve`` is the setting ``preserve_plex_edits``; ``stars`` says
    that the field is the star rating; ``restored`` that the memory may have been lost, so that an
    equal locked value is ours.
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

    Without memory nobody knows how Plex stored it: XML turns a line break into a space.
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


# -- tag fields -----------------------------------------------------------------------------------


def decide_list(
    wanted: tuple[str, ...],
    now: tuple[str, ...],
    locked: bool,
    memory: FieldMemory | None,
    *,
    preserve: bool,
    rule: ListRule,
    restored: bool = False,
) -> Decision:
    """Decide one tag field. ``now`` has to come from the full item: lists are cut in listings.

    A name removed in Stash goes from Plex. Other names stay in a locked list, and in an unlocked
    one they are the agent's and go. A name that a user took out, its spelling and the cast's order
    stay as the user left them under ``preserve``; else Stash's come back.
    """
    if memory is None:
        return _decide_first(wanted, now, locked, preserve=preserve, rule=rule, restored=restored)
    kept = preserve and locked
    here = {name_key(name): name for name in reversed(now)}
    unlocked = memory.locked and not locked
    target = _wanted_names(
        wanted, here, memory, kept=kept, stays_out=kept or (rule.membership and not unlocked)
    )
    added = len(target.keys() - here.keys())
    ours = ours_of(memory)
    stay = locked or rule.membership or not wanted
    gone = [key for key in here if key not in target and (key in ours or not stay)]
    respelled = any(not same(here.get(key, form), form) for key, form in target.items())
    target |= {name_key(name): name for name in now if name_key(name) not in {*target, *gone}}
    changed = keys_of(wanted) != keys_of(names_of(memory.written))
    moved = rule.ordered and _was_moved(now, memory)
    if moved and kept:
        target = {key: target[key] for key in (*(k for k in keys_of(now) if k in target), *target)}
    reordered = rule.ordered and (changed or moved) and tuple(target) != keys_of(now)
    adopted = _adopted_names(wanted, here, memory)
    if added or gone or reordered or respelled:
        wins = Why.STASH_WINS if locked else Why.UNLOCKED
        lost = len(ours.intersection(gone) - rule.off) - added
        return Decision(
            Action.WRITE,
            tuple(target.values()),
            Why.STASH_CHANGED if changed else wins,
            tuple(here[key] for key in reversed(gone)),
            max(0, lost),
            adopted,
        )
    if changed:
        return Decision(Action.ADOPT, now, Why.EQUAL, adopted=adopted)
    return Decision(Action.KEEP, now, Why.UNCHANGED, adopted=adopted)


def _decide_first(
    wanted: tuple[str, ...],
    now: tuple[str, ...],
    locked: bool,
    *,
    preserve: bool,
    rule: ListRule,
    restored: bool,
) -> Decision:
    """Decide a tag field that we never wrote."""
    if not wanted:
        return Decision(Action.KEEP, now, Why.NOT_OURS)
    here = {name_key(name): name for name in reversed(now)}
    keys = keys_of(wanted)
    adopted = () if restored and locked else tuple(n for n in wanted if name_key(n) in here)
    equal = Decision(Action.ADOPT, now, Why.EQUAL, adopted=adopted)
    in_order = not rule.ordered or preserve or keys == keys_of(now)
    if {*keys} == here.keys() and in_order:
        return equal
    if locked and preserve:
        ours = restored and here.keys() >= {*keys}
        return equal if ours else Decision(Action.KEEP, now, Why.KEPT_LOCK)
    others = tuple(name for name in now if name_key(name) not in keys)
    stay = locked or rule.membership
    target = (*(here.get(name_key(name), name) for name in wanted), *(others if stay else ()))
    if {*keys_of(target)} == here.keys() and (not rule.ordered or target == now):
        return equal
    why = Why.STASH_WINS if locked else Why.FIRST_WRITE
    return Decision(Action.WRITE, target, why, () if stay else others, adopted=adopted)


def forms_of(memory: FieldMemory) -> dict[str, str]:
    """The form that Plex stored, by the key of Stash's name."""
    return dict(zip(keys_of(names_of(memory.written)), names_of(memory.stored), strict=True))


def ours_of(memory: FieldMemory) -> set[str]:
    """The keys of the names that are ours, in Stash's form and in Plex's."""
    forms = forms_of(memory)
    adopted = keys_of(memory.adopted)
    forms_of_adopted = keys_of(forms.get(key, "") for key in adopted)
    ours = {*forms, *keys_of(filter(None, forms.values())), *keys_of(memory.removed)}
    return ours - {*adopted, *forms_of_adopted}


def find_form(name: str, here: Mapping[str, str], forms: Mapping[str, str]) -> str:
    """Plex's present spelling of Stash's *name*, ``""`` when the item does not have it.

    *here* maps the keys of Plex's names to the names, *forms* the keys of Stash's names to the
    form that Plex once stored for them.
    """
    key = name_key(name)
    return here.get(key) or here.get(name_key(forms.get(key, "")), "")


def order_of(stored: Iterable[str], now: Iterable[str]) -> tuple[str, ...]:
    """The names of *stored* in the order of *now*; empty where that is the same."""
    left = tuple(filter(None, stored))
    keys = {*keys_of(left)}
    shown = tuple(name for name in now if name_key(name) in keys)
    return () if keys_of(shown) == keys_of(left) else shown


def _wanted_names(
    wanted: tuple[str, ...],
    here: Mapping[str, str],
    memory: FieldMemory,
    *,
    kept: bool,
    stays_out: bool,
) -> dict[str, str]:
    """The wanted names that Plex has afterwards, by key, in the spelling that it is sent."""
    forms = forms_of(memory)
    written = {name_key(name): name for name in names_of(memory.written)}
    target: dict[str, str] = {}
    for name in wanted:
        form = find_form(name, here, forms)
        if form:
            form = _spelling(name, form, written, forms, kept=kept)
        elif _comes_back(name, forms, memory, stays_out):
            form = name
        if form:
            target.setdefault(name_key(form), form)
    return target


def _spelling(
    name: str, shown: str, written: Mapping[str, str], forms: Mapping[str, str], *, kept: bool
) -> str:
    """The spelling to send for a name that Plex shows: Plex's own, unless a user or Stash changed
    capitals since it was read back."""
    key = name_key(name)
    if name_key(shown) != key or not forms.get(key):
        return shown
    if same(shown, forms[key]):
        return shown if same(name, written[key]) else name
    return shown if kept else name


def _comes_back(name: str, forms: Mapping[str, str], memory: FieldMemory, stays_out: bool) -> bool:
    """Whether a wanted name that Plex does not have is to be sent."""
    key = name_key(name)
    if key not in forms or (0 < memory.doubts < BELIEVED and forms[key]):
        return True
    if memory.doubts >= BELIEVED and not forms[key]:
        return False
    return not stays_out


def _was_moved(now: tuple[str, ...], memory: FieldMemory) -> bool:
    """Whether somebody changed the order of our names in Plex since they were read back."""
    left = keys_of(memory.order or filter(None, names_of(memory.stored)))
    shown = [key for key in keys_of(now) if key in left]
    return shown != [key for key in left if key in shown]


def _adopted_names(
    wanted: tuple[str, ...], here: Mapping[str, str], memory: FieldMemory
) -> tuple[str, ...]:
    """The wanted names that Plex had before us: those of before, and those new in Stash."""
    forms = forms_of(memory)
    adopted = {*keys_of(memory.adopted)}
    return tuple(
        name
        for name in wanted
        if find_form(name, here, forms)
        and (name_key(name) in adopted or name_key(name) not in forms)
    )
