"""One field's memory: its change by a decision, and by reading the item back. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from typing import Any

from plex.decisions import FieldDecision
from plex.ownership import BELIEVED, Action, alike, keys_of, names_of, same, text_of
from plex.tag_ownership import find_form, forms_of, order_of
from validation.records import FieldMemory, FieldState, Value
from validation.sanitizers import name_key


def remember(field: FieldDecision, sent: Value) -> FieldMemory | None:
    """The memory of a field after its decision was carried out.

    ``sent`` is the value as it left us: a text that Plex refused was cut, and the cut form is the
    one that later readings are compared with.
    """
    memory = field.memory
    if field.decision.action is Action.KEEP:
        if memory is None or field.lock is None:
            return memory
        adopted = () if field.takes_over else memory.adopted
        return replace(memory, locked=field.lock, adopted=adopted)
    first = memory or FieldMemory(_nothing(sent), _nothing(sent), field.original, field.locked)
    return _texts(first, field, sent) if isinstance(sent, str) else _names(first, field, sent)


def _texts(first: FieldMemory, field: FieldDecision, sent: str) -> FieldMemory:
    wanted = text_of(field.wanted)
    if field.decision.action is Action.ADOPT:
        return _after(first, field, field.now)
    again = field.memory is not None and same(text_of(first.written), wanted)
    doubts = first.doubts if again else 0
    return _after(first, field, sent, state=FieldState.SENT, before=field.now, doubts=doubts)


def _names(first: FieldMemory, field: FieldDecision, sent: tuple[str, ...]) -> FieldMemory:
    decision, wanted, now = field.decision, names_of(field.wanted), names_of(field.now)
    forms = forms_of(first)
    here = {name_key(name): name for name in sent}
    stored = tuple(find_form(name, here, forms) for name in wanted)
    doubts = first.doubts if keys_of(wanted) == tuple(forms) else 0
    taken = _taken(first, (*first.taken, *decision.removed), here)
    if decision.action is Action.ADOPT:
        order = order_of(stored, now)
        return _after(first, field, stored, doubts=doubts, order=order, taken=taken)
    return _after(
        first,
        field,
        stored,
        state=FieldState.SENT,
        before=now,
        doubts=doubts,
        removed=decision.removed,
        taken=taken,
    )


def _after(first: FieldMemory, field: FieldDecision, stored: Value, **more: Any) -> FieldMemory:
    return FieldMemory(
        field.wanted,
        stored,
        first.original,
        first.original_locked,
        locked=first.locked if field.lock is None else field.lock,
        adopted=() if field.takes_over else field.decision.adopted,
        **more,
    )


def recall(
    memory: FieldMemory | None, meant: FieldMemory, now: Value, locked: bool
) -> FieldMemory | None:
    """The memory of a field after a write whose answer was lost.

    *meant* is the memory as planned; *now* and *locked*, which Plex shows, show which part of it
    came true.
    """
    if meant.locked or (memory is not None and memory.locked):
        meant = replace(meant, locked=locked)
    if isinstance(now, str):
        return meant if alike(now, text_of(meant.stored)) else memory
    here = {name_key(name): name for name in now}
    gone = {*keys_of(meant.removed)} - here.keys()
    there = {name for name in names_of(meant.stored) if name and name_key(name) in here}
    if len(gone) == len(meant.removed) and there == {*filter(None, names_of(meant.stored))}:
        return meant
    return _recall_part(memory, meant, here, gone)


def _recall_part(
    memory: FieldMemory | None, meant: FieldMemory, here: dict[str, str], gone: set[str]
) -> FieldMemory | None:
    """The memory of a list of which Plex carried out a part."""
    nothing = replace(meant, written=(), stored=(), removed=(), adopted=(), order=(), taken=())
    before = memory or nothing
    forms = forms_of(before)
    ours = {
        name: form
        for name, form in zip(names_of(before.written), names_of(before.stored), strict=True)
        if not gone & {name_key(name), name_key(form)}
    }
    for name in names_of(meant.written):
        if name_key(name) in here and name_key(name) not in forms:
            ours[name] = here[name_key(name)]
    taken = _taken(before, meant.taken, here)
    if tuple(ours) == names_of(before.written) and set(taken) <= set(before.taken):
        return memory
    adopted = tuple(name for name in (*before.adopted, *meant.adopted) if name in ours)
    return replace(
        before,
        written=tuple(ours),
        stored=tuple(ours.values()),
        adopted=tuple(dict.fromkeys(adopted)),
        state=FieldState.SETTLED,
        before=None,
        order=(),
        taken=taken,
    )


def _taken(memory: FieldMemory, gone: Iterable[str], here: Collection[str]) -> tuple[str, ...]:
    """The names of the original that are among ``gone``; ``here`` holds the keys that Plex has."""
    keys = {*keys_of(gone)}.difference(here)
    original = () if memory.original is None else names_of(memory.original)
    return tuple(name for name in original if name_key(name) in keys)


def confirm(memory: FieldMemory, now: Value) -> FieldMemory:
    """The memory of a field that was sent, after Plex was read back.

    Only Plex's value from before our write counts as a doubt. The second doubt in a row is
    believed: from then on that value is what we compare with. Any third value is a user's.
    """
    if isinstance(now, str):
        return _confirm_text(memory, now)
    return _confirm_names(memory, now)


def _confirm_text(memory: FieldMemory, now: str) -> FieldMemory:
    if alike(now, text_of(memory.stored)):
        return _certain(memory, now)
    if memory.before is None or not same(now, text_of(memory.before)):
        return _certain(memory, memory.stored)
    if memory.doubts + 1 < BELIEVED:
        return replace(memory, state=FieldState.SETTLED, doubts=memory.doubts + 1)
    return replace(_certain(memory, now), doubts=BELIEVED)


def _confirm_names(memory: FieldMemory, now: tuple[str, ...]) -> FieldMemory:
    """The order is not compared: a server that appends keeps its own."""
    stored = _stored_forms(memory, now)
    stays = tuple(name for name in now if name_key(name) in keys_of(memory.removed))
    missing = any(old and not new for old, new in zip(names_of(memory.stored), stored, strict=True))
    certain = replace(_certain(memory, stored), order=order_of(stored, now))
    ignored = memory.before is not None and {*keys_of(names_of(memory.before))} == {*keys_of(now)}
    if not (missing or stays) or not ignored:
        return certain
    if memory.doubts + 1 >= BELIEVED:
        return replace(certain, doubts=BELIEVED)
    return replace(memory, state=FieldState.SETTLED, removed=stays, doubts=memory.doubts + 1)


def _certain(memory: FieldMemory, stored: Value) -> FieldMemory:
    return replace(
        memory, stored=stored, state=FieldState.SETTLED, removed=(), doubts=0, before=None
    )


def _stored_forms(memory: FieldMemory, now: tuple[str, ...]) -> tuple[str, ...]:
    """Plex's form of each written name, ``""`` for one that is not there.

    A missing name is found again under another punctuation or spacing, if a name that is not ours
    has appeared that differs by nothing else.
    """
    written, stored = names_of(memory.written), names_of(memory.stored)
    here = {name_key(name): name for name in now}
    ours = {*keys_of(written), *keys_of(stored), *keys_of(memory.removed)}
    strange = {_letters(name): name for key, name in here.items() if key not in ours}
    return tuple(
        find_form(name, here, {name_key(name): form}) or strange.get(_letters(name), "")
        for name, form in zip(written, stored, strict=True)
    )


def _letters(name: str) -> str:
    """The letters and digits of a name; the name itself when it has none."""
    return "".join(filter(str.isalnum, name_key(name))) or name


def _nothing(value: Value) -> Value:
    return "" if isinstance(value, str) else ()
