"""The reason codes: one list for logs, reports, dead letters and documents."""

from __future__ import annotations

from enum import StrEnum


class Reason(StrEnum):
    """Why a scene was not synced. Each scene that was not synced has exactly one."""

    NOTHING_TO_SYNC = "nothing_to_sync"
    FILTERED = "filtered"
    NO_FILE = "no_file"
    NOT_IN_PLEX = "not_in_plex"
    AMBIGUOUS = "ambiguous"
    ITEM_TAKEN = "item_taken"
    INVALID = "invalid"
    REFUSED_BY_PLEX = "refused_by_plex"
    IMAGE_UNUSABLE = "image_unusable"
    IMAGE_TOO_BIG = "image_too_big"
    TOO_MANY_REMOVALS = "too_many_removals"
    PLEX_KEPT_OTHER_VALUE = "plex_kept_other_value"
    WAITING_FOR_PLEX = "waiting_for_plex"
    WAITING_FOR_STASH = "waiting_for_stash"
    PAUSED = "paused"
    SETUP = "setup"
    SCENE_GONE = "scene_gone"
