"""The modes, each with its description. Standard library only: help needs no other library."""

from __future__ import annotations

from collections.abc import Mapping

MODES: Mapping[str, str] = {
    "process_queue": "Sync waiting edits now; ends when none is due or everything waits.",
    "sync_all": "Sync the whole library; continues where it was interrupted.",
    "sync_changed": "Sync scenes that changed in Stash since their last sync.",
    "preview": "Show what Sync All Scenes, or a sync of one scene, would write; writes nothing.",
    "retry_failed": "Retry dead letters and scenes that need you.",
    "check_setup": "Check settings, servers, libraries, path rules, disk and worker.",
    "status": "Show waiting edits, failures and reasons in at most 15 lines; creates no file.",
    "scenes": "List scenes with their outcomes (--outcome, --search, --after, --limit).",
    "letter": "Show one dead letter, whole (--job).",
    "log": "Show the end of the worker's log (--lines).",
    "settings": "List all settings with their values, defaults and problems; no secrets.",
    "save_settings": "Change settings in Stash (--values, a JSON object).",
    "sign_in": "Begin to sign in with Plex: shows the address at which you allow it.",
    "sign_in_state": "Show whether you have allowed the sign-in.",
    "sign_out": "Forget the sign-in with Plex.",
    "servers": "List the Plex servers of the account, and which addresses answer.",
    "use_server": "Test and choose a server (--machine) and its address (--uri).",
    "setup": "Sign in with Plex and choose a server, step by step.",
    "paths": "Show how many files of Stash are found in Plex; propose path rules (--rules).",
    "libraries": "List Plex's libraries and which are chosen.",
    "support": "Write a support file without titles and paths (--with-names adds them).",
    "sync": "Sync one scene now (--scene).",
    "pin": "Choose the Plex item of a scene (--scene, --item; item 0 takes it back).",
    "ignore": "Never sync a scene (--scene; pin with item 0 takes it back).",
    "retry": "Retry one dead letter (--job: its number in Show Status).",
    "dismiss": "Delete a dead letter (--job), or the waiting edit of a scene (--scene).",
    "undo": "Show what an undo would put back (--scene, --since, --all); --preview false undoes.",
    "wake": "Start a worker if edits wait and none runs.",
}

# The modes of Stash's Tasks page, by the names that it shows.
TITLES: Mapping[str, str] = {
    "process_queue": "Process Queue",
    "sync_all": "Sync All Scenes",
    "sync_changed": "Sync Changed Scenes",
    "preview": "Preview Sync",
    "retry_failed": "Retry Failed",
    "check_setup": "Check Set-up",
    "undo": "Undo",
    "status": "Show Status",
}
