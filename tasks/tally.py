"""Adding up what a preview saw, and telling it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from plex.edit_plan import FieldChange
from plex.matcher import MatchResult
from tasks.advice import reasons_lines
from validation.reasons import Reason
from validation.records import Value
from validation.words import count
from worker.assess import PlannedItem

# Scenes that a whole report lists one by one, of those that would be written and of the others.
MOST_SCENES = 1000
MOST_REASONS = 5
MOST_SAMPLES = 4
_SHOWN = 60  # characters of a value


@dataclass(frozen=True, slots=True)
class Seen:
    """A preview's view of one scene: ``reason`` why nothing would be written, or ``items``."""

    scene_id: int
    title: str = ""
    reason: Reason | None = None
    sentence: str = ""
    items: tuple[PlannedItem, ...] = ()
    match: MatchResult | None = None

    def as_doc(self) -> dict[str, object]:
        """For programs."""
        doc: dict[str, object] = {"scene": self.scene_id, "title": self.title}
        if self.reason is not None:
            sentence = self.sentence or self.reason.about.meaning
            doc |= {"reason": self.reason.value, "sentence": sentence}
        doc["items"] = [
            {
                "item": planned.item.rating_key,
                "title": planned.item.title,
                "images": list(planned.slots),
                "changes": [change_doc(change) for change in planned.edits.changes],
            }
            for planned in self.items
        ]
        return doc


@dataclass(slots=True)
class Tally:
    """The sums of a preview. ``images`` counts covers that would have to be compared; ``changing``
    and ``skipped`` are the first scenes that would and that would not be written.
    """

    scenes: int = 0
    unchanged: int = 0
    changed: int = 0
    written: int = 0
    images: int = 0
    fields: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    changing: list[Seen] = field(default_factory=list)
    skipped: list[Seen] = field(default_factory=list)

    def add(self, seen: Seen) -> None:
        """Add one scene."""
        self.scenes += 1
        if seen.reason is not None:
            self.reasons[seen.reason.value] += 1
            keep(seen, self.skipped)
        changed = [planned for planned in seen.items if planned.edits]
        self.written += len(changed)
        self.images += sum(len(planned.slots) for planned in seen.items)
        for planned in changed:
            self.fields.update(change.field for change in planned.edits.changes)
        if changed:
            self.changed += 1
            keep(seen, self.changing)
        elif seen.reason is None:
            self.unchanged += 1

    def lines(self, title: str) -> list[str]:
        """The most important first, each line complete in itself."""
        skipped = sum(self.reasons.values())
        said = [
            f"{title}: {count(self.scenes, 'scene', 'scenes')},"
            f" {count(self.written, 'item', 'items')} would be written,"
            f" {count(self.unchanged, 'scene is', 'scenes are')} in step with Plex,"
            f" {skipped} would not be synced. Nothing was changed."
        ]
        if self.fields:
            counted = ", ".join(f"{name} {n}" for name, n in self.fields.most_common())
            said.append(f"Fields that would change: {counted}.")
        if self.images:
            covers = count(self.images, "cover", "covers")
            said.append(f"{covers} would be compared, and uploaded if different.")
        said += reasons_lines(self.reasons, MOST_REASONS)
        for seen in self.changing[:MOST_SAMPLES]:
            said.extend(change_lines(seen)[:1])
        return said + and_more(self.changed - MOST_SAMPLES, "scene", "scenes", "would be written")

    def report(self) -> list[str]:
        """Every scene that was kept, with all its changes."""
        said = [line for seen in self.changing for line in change_lines(seen)]
        said += and_more(self.changed - len(self.changing), "scene", "scenes", "would be written")
        for seen in self.skipped:
            said.append(f"Scene {seen.scene_id}: {seen.reason}. {seen.sentence}".strip())
        left = sum(self.reasons.values()) - len(self.skipped)
        return said + and_more(left, "scene", "scenes", "would not be synced")

    def as_doc(self) -> Mapping[str, object]:
        """For programs."""
        skipped = sum(self.reasons.values())
        return {
            "scenes": self.scenes,
            "would_write": self.written,
            "unchanged": self.unchanged,
            "images": self.images,
            "fields": dict(self.fields),
            "reasons": dict(self.reasons),
            "samples": [seen.as_doc() for seen in (*self.changing, *self.skipped)],
            "not_shown": self.changed - len(self.changing) + skipped - len(self.skipped),
        }


def keep(seen: Seen, kept: list[Seen]) -> None:
    """Keep the first scenes of a kind."""
    if len(kept) < MOST_SCENES:
        kept.append(seen)


def and_more(number: int, one: str, many: str, what: str) -> list[str]:
    """Return a line about the scenes that the report does not name."""
    return [f"And {count(number, f'more {one}', f'more {many}')} {what}."] if number > 0 else []


def change_lines(seen: Seen) -> list[str]:
    """One line for each item that would be written."""
    return [
        f"Scene {seen.scene_id}, item {planned.item.rating_key}: "
        + "; ".join(map(change_text, planned.edits.changes))
        for planned in seen.items
        if planned.edits
    ]


def change_text(change: FieldChange) -> str:
    """One field before and after, and why."""
    return f"{change.field} {shown(change.before)} → {shown(change.after)} ({change.why})"


def change_doc(change: FieldChange) -> dict[str, object]:
    """One field before and after, for programs."""
    before, after = (
        value if isinstance(value, str) else list(value) for value in (change.before, change.after)
    )
    return {"field": change.field, "before": before, "after": after, "why": change.why}


def shown(value: Value) -> str:
    """A value short enough for a line."""
    text = value if isinstance(value, str) else ", ".join(value)
    return f"“{text[:_SHOWN]}…”" if len(text) > _SHOWN else f"“{text}”"
