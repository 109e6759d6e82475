"""Each mode with what it does, in a line. Standard library only: told before a library is there."""

from __future__ import annotations

from collections.abc import Mapping

MODES: Mapping[str, str] = {
    "process_queue": "Bring every due job to Plex; ends when nothing is due, or all has to wait.",
    "sync_all": "Bring the whole library into line; goes on where it was interrupted.",
    "sync_changed": "Sync what changed in Stash since each scene's last sync.",
    "preview": "Say what Sync All Scenes, or a sync of one scene, would write; writes nothing.",
    "retry_failed": "Put dead letters and scenes that need a person back into the queue.",
    "check_setup": "Check settings, servers, libraries, path rules, disk and worker.",
    "status": "Say in at most 15 lines what waits, what failed and why; creates no file.",
    "sync": "Sync one scene now (--scene).",
    "pin": "Choose the Plex item of a scene for good (--scene, --item; item 0 takes it back).",
    "ignore": "Leave a scene alone from now on (--scene; pin with item 0 takes it back).",
    "retry": "Put one dead letter back into the queue (--job: its number in Show Status).",
    "dismiss": "Delete one dead letter (--job: its number in Show Status).",
    "wake": "Start a worker when something waits and none runs.",
}
# Status creates no file, and a page of Stash that opens must not wait.
INSTALL_NOTHING = frozenset({"status", "wake"})


def installs(mode: str) -> bool:
    """Whether a mode may install the libraries that are missing."""
    return mode in MODES and mode not in INSTALL_NOTHING
