"""The differences between servers, as switches: a client has to work with either position."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields

HABITS_VARIABLE = "PLEX_HABITS"


def _as_sent(_field: str, text: str) -> str:
    return text


@dataclass
class Habits:
    """The habits of one server. The defaults are those of recorded servers."""

    append_tags: bool = True  # tags sent for one item are added, else they replace its tags
    tags_move_updated_at: bool = False  # edits of tags, locks and star ratings stamp the item
    show_art_moves_updated_at: bool = False  # a picture stamps shows and episodes, not only movies
    files_move_updated_at: bool = False  # a renamed or replaced file stamps its item
    edits_change_content: bool = False  # an edit moves contentChangedAt
    reads_refresh: bool = False  # a read without skipRefresh=1 lets the agent refresh the item
    unstamped: bool = False  # no item of the server has updatedAt
    like_wildcards: bool = False  # % and _ in a text filter are wildcards
    ignored_edits: set[str] = field(default_factory=set)  # fields that an edit leaves alone
    stored_form: Callable[[str, str], str] = _as_sent  # how a text value is normalised


def flipped(environ: Mapping[str, str] = os.environ) -> dict[str, bool]:
    """The switches that ``PLEX_HABITS=name,name`` turns to the other side, for a whole run of the
    tests. Raises ``KeyError`` for an unknown name.
    """
    defaults = {each.name: each.default for each in fields(Habits) if each.default in (True, False)}
    names = filter(None, environ.get(HABITS_VARIABLE, "").split(","))
    return {name: not defaults[name] for name in names}
