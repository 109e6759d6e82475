"""The owner of a name. The rule of ``plex.ownership`` for tag fields, name by name. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from plex.ownership import (
    BELIEVED,
    Action,
    Decision,
    Why,
    keys_of,
    names_of,
    same,
)
from validation.records import FieldMemory
from validation.sanitizers import name_key


@dataclass(frozen=True, slots=True)
class ListRule:
    """How one tag field differs from the others.

    ``ordered``: the order counts (the cast). ``membership``: the names are collections or labels,
    which belong to a user unless we made the item a member. The item never leaves one that we did
    not write. If a user took the item out of one, it enters again only when Stash's value changes,
    in any mode. ``of_stash`` are the names that Stash has: only a setting can keep them out, and
    their removal is no loss, under any prefix of a collection. ``losses`` are the keys whose
    removal can be a loss, ``None`` = all.
    """

    ordered: bool = False
    membership: bool = False
    of_stash: tuple[str, ...] = ()
    losses: frozenset[str] | None = None

    def count_lost(self, gone: set[str]) -> int:
        """How many of the keys are a loss."""
        if not gone:
            return 0
        kept_out = keys_of(self.of_stash)
        lost = gone.difference(kept_out) if self.losses is None else gone & self.losses
        return sum(not (self.membership and key.endswith(kept_out)) for key in lost)


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
    stays_out = kept or (rule.membership and not (memory.locked and not locked))
    here = {name_key(name): name for name in reversed(now)}
    target = _wanted_names(wanted, here, memory, kept=kept, stays_out=stays_out)
    ours, added = ours_of(memory), len(target.keys() - here.keys())
    stay = locked or rule.membership or not wanted
    gone = [key for key in here if key not in target and (key in ours or not stay)]
    differs = any(not same(here.get(key, ""), form) for key, form in target.items())
    target |= {name_key(name): name for name in now if name_key(name) not in {*target, *gone}}
    changed = keys_of(wanted) != keys_of(names_of(memory.written))
    target, reordered = _ordered(target, now, memory, rule=rule, changed=changed, kept=kept)
    adopted = _adopted_names(wanted, here, memory)
    if not (differs or gone or reordered):
        action, why = (Action.ADOPT, Why.EQUAL) if changed else (Action.KEEP, Why.UNCHANGED)
        return Decision(action, now, why, adopted=adopted)
    why = Why.STASH_CHANGED if changed else Why.STASH_WINS if locked else Why.UNLOCKED
    return Decision(
        Action.WRITE,
        tuple(target.values()),
        why,
        removed=tuple(here[key] for key in reversed(gone)),
        lost=max(0, rule.count_lost(ours.intersection(gone)) - added),
        adopted=adopted,
    )


def _ordered(
    target: dict[str, str],
    now: tuple[str, ...],
    memory: FieldMemory,
    *,
    rule: ListRule,
    changed: bool,
    kept: bool,
) -> tuple[dict[str, str], bool]:
    """The names in the order to send, and whether the order alone is worth sending."""
    if not rule.ordered:
        return target, False
    moved = was_moved(now, memory)
    if moved and kept:
        target = {key: target[key] for key in (*(k for k in keys_of(now) if k in target), *target)}
    return target, (changed or moved) and tuple(target) != keys_of(now)


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


def was_moved(now: tuple[str, ...], memory: FieldMemory) -> bool:
    """Whether a user changed the order of our names in Plex since they were read back."""
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
