"""A scene's plays, resume position and rating: what is read of them, and what is added."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from stash.answers import at
from stash.exceptions import StashQueryFailed
from validation import numbers

FIELDS = "play_history resume_time"

ADD_PLAYS = """mutation($id: ID!, $times: [Timestamp!]) {
  sceneAddPlay(id: $id, times: $times) { count } }"""
SAVE_RESUME = """mutation($id: ID!, $seconds: Float) {
  sceneSaveActivity(id: $id, resume_time: $seconds) }"""
RATE = "mutation($input: SceneUpdateInput!) { sceneUpdate(input: $input) { id } }"


@dataclass(frozen=True, slots=True)
class Activity:
    """The moments of a scene's plays (epoch seconds), and its resume position in seconds (0 =
    none)."""

    plays: frozenset[int]
    resume: float


def read_activity(scene: Mapping[str, object]) -> Activity:
    """Parse the FIELDS of one scene. Raises StashQueryFailed for a moment that cannot be read: a
    play could be added twice."""
    moments = at(scene, list, "play_history")
    return Activity(
        frozenset(map(_moment, moments)), numbers.seconds(at(scene, object, "resume_time"))
    )


def written(moment: int) -> str:
    """A moment as Stash reads it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _moment(text: object) -> int:
    try:
        return int(datetime.fromisoformat(str(text)).timestamp())
    except (ValueError, OverflowError):
        raise StashQueryFailed("Stash lists a play without a usable time.") from None
