"""Asking Plex to look at one folder, only when the user wished it and within narrow limits."""

from __future__ import annotations

from collections.abc import Sequence

from plex.items import PlexSection
from validation.metadata import SyncMetadata
from validation.paths import PathRules, folder_of, is_below, same_path
from worker.batch import Batch

# A folder that Plex cannot see at that moment may be emptied by a scan: once per folder and span.
SCAN_AGAIN_SECONDS = 600.0


class ScanRequests:
    """The folders that Plex was asked to scan lately, by path and time (epoch seconds)."""

    def __init__(self) -> None:
        self._asked: dict[str, float] = {}

    def ask(self, batch: Batch, scene: SyncMetadata, now: float) -> None:
        """Ask Plex to scan the scene's folder, where the settings wish it."""
        if not batch.config.ask_plex_to_scan:
            return
        found = folder_to_scan(scene, batch.listing.sections(), batch.config.path_rules)
        if found is None:
            return
        section, folder = found
        self._asked = {
            path: at for path, at in self._asked.items() if 0 <= now - at < SCAN_AGAIN_SECONDS
        }
        if folder not in self._asked:
            self._asked[folder] = now
            batch.plex.scan_folder(section, folder)


def folder_to_scan(
    scene: SyncMetadata, sections: Sequence[PlexSection], rules: PathRules
) -> tuple[PlexSection, str] | None:
    """The library and folder that should hold the scene's file, by Plex's paths. Pure.

    Never a library's own folder: scanning that is scanning the library. ``None`` when no library
    would hold the file.
    """
    for file in scene.files:
        for path in rules.to_plex(file.path):
            folder = folder_of(path)
            for section in sections:
                for place in section.locations:
                    if is_below(path, place) and not same_path(folder, place):
                        return section, folder
    return None
