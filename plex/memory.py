"""One field's memory: what it becomes by a decision, and by reading the item back. Pure."""

from __future__ import annotations

from dataclasses import replace

from plex.ownership import (
    BELIEVED,
    Action,
    Decision,
    ListDecision,
    alike,
    find_form,
    is_as_left,
    keys_of,
    names_of,
    same,
    text_of,
)
from validation.records import FieldMemory, FieldState, Value
from validation.sanitizers import name_key


def usable(memory: FieldMemory | None) -> FieldMemory | None:
    """The memory as far as it says what is ours; a write that was only planned says nothing."""
    return None if memory is None or memory.state is FieldState.PLANNED else memory


def before_write(now: Value, locked: bool) -> FieldMemory:
    """The memory of a field that we are about to write for the first time."""
    nothing: Value = "" if isinstance(now, str) else ()
    return FieldMemory(nothing, nothing, now, locked, FieldState.PLANNED)


def remember_text(
    memory: FieldMemory | None,
    wanted: str,
    now: str,
    locked: bool,
    decision: Decision,
    sent: str,
) -> FieldMemory | None:
    """The memory of a scalar field after its decision was carried out.

    ``sent`` is the text as it left us: a text that Plex refused was cut, and the cut form is the
    one that later readings are compared with.
    """
    if decision.action is Action.KEEP:
        return memory
    first = memory or before_write(now, locked)
    if decision.action is Action.ADOPT:
        return FieldMemory(wanted, now, first.original, first.original_locked)
    again = usable(memory) is not None and same(text_of(first.written), wanted)
    return FieldMemory(
        written=wanted,
        stored=sent,
        original=first.original,
        original_locked=first.original_locked,
        state=FieldState.SENT,
        removed=(now,) if decision.action is Action.CLEAR else (),
        doubts=first.doubts if again else 0,
    )


def remember_names(
    memory: FieldMemory | None,
    wanted: tuple[str, ...],
    now: tuple[str, ...],
    locked: bool,
    decision: ListDecision,
) -> FieldMemory | None:
    """The memory of a tag field after its decision was carried out."""
    if decision.action is Action.KEEP:
        return memory
    first = memory or before_write(now, locked)
    written, stored = names_of(first.written), names_of(first.stored)
    forms = dict(zip(keys_of(written), stored, strict=True))
    here = {name_key(name): name for name in decision.value}
    sent = decision.action is Action.WRITE
    return FieldMemory(
        written=wanted,
        stored=tuple(find_form(name, here, forms) for name in wanted),
        original=first.original,
        original_locked=first.original_locked,
        state=FieldState.SENT if sent else FieldState.SETTLED,
        removed=decision.removed,
        doubts=first.doubts if keys_of(wanted) == tuple(forms) else 0,
    )


def recall(memory: FieldMemory | None, meant: FieldMemory, now: Value) -> FieldMemory | None:
    """The memory of a field after a write whose answer was lost.

    *meant* is what the memory would have become; *now*, which Plex shows, tells what of it did.
    """
    if isinstance(now, str):
        return meant if alike(now, text_of(meant.stored)) else memory
    here = {name_key(name): name for name in now}
    before = memory or replace(meant, written=(), stored=(), removed=())
    written, stored = names_of(before.written), names_of(before.stored)
    forms = dict(zip(keys_of(written), stored, strict=True))
    gone = set(keys_of(meant.removed)) - here.keys()
    ours = {
        name: form
        for name, form in zip(written, stored, strict=True)
        if not gone & {name_key(name), name_key(form)}
    }
    for name in names_of(meant.written):
        if name_key(name) in here and name_key(name) not in forms:
            ours[name] = here[name_key(name)]
    if tuple(ours) == written:
        return memory
    return replace(
        before, written=tuple(ours), stored=tuple(ours.values()), state=FieldState.SETTLED
    )


def settle_text(memory: FieldMemory, now: str) -> FieldMemory:
    """The memory of a scalar field that was sent, after Plex was read back.

    A difference counts as a doubt; the second one in a row is believed, and from then on Plex's
    value is what we compare with.
    """
    if alike(now, text_of(memory.stored)):
        return _certain(memory, now)
    if memory.doubts + 1 < BELIEVED:
        return replace(memory, state=FieldState.SETTLED, doubts=memory.doubts + 1)
    return replace(_certain(memory, now), doubts=BELIEVED)


def settle_names(memory: FieldMemory, now: tuple[str, ...]) -> FieldMemory:
    """The memory of a tag field that was sent, after Plex was read back; see settle_text.

    The order is not compared: a server that appends keeps its own.
    """
    stored = _stored_forms(memory, now)
    stays = tuple(name for name in now if name_key(name) in keys_of(memory.removed))
    missing = any(old and not new for old, new in zip(names_of(memory.stored), stored, strict=True))
    if not missing and not stays:
        return _certain(memory, stored)
    if memory.doubts + 1 >= BELIEVED:
        return replace(_certain(memory, stored), doubts=BELIEVED)
    return replace(memory, state=FieldState.SETTLED, removed=stays, doubts=memory.doubts + 1)


def still_there(memory: FieldMemory, now: Value) -> bool:
    """Does Plex still show what we left in a field that was settled before?"""
    if isinstance(now, str):
        return is_as_left(now, memory)
    return set(keys_of(filter(None, names_of(memory.stored)))) <= set(keys_of(now))


def _certain(memory: FieldMemory, stored: Value) -> FieldMemory:
    return replace(memory, stored=stored, state=FieldState.SETTLED, removed=(), doubts=0)


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
