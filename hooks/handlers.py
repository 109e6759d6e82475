"""A hook inside a user's save: decide, store one event, see to a worker, reply.

Standard library only, and little of it: every import is time that a user waits for.
"""

from __future__ import annotations

import os
import sys
import time

from hooks import protocol

# An event is ignored only if every changed field is known not to matter; unknown names matter.
FIELDS_WITHOUT_EFFECT = frozenset(
    {
        "id",
        "ids",
        "clientMutationId",
        "resume_time",
        "play_duration",
        "play_count",
        "o_counter",
        "last_played_at",
    }
)
SCENE_DESTROY = "Scene.Destroy.Post"
SCENE_EVENTS = frozenset({"Scene.Create.Post", "Scene.Update.Post", SCENE_DESTROY})
# Fields of a performer, studio, tag or group that scenes show in Plex, or that filters look at.
NAMING_FIELDS = frozenset({"name", "parent_id"})
# Tags of a performer, which a setting takes for tags of the scenes.
PERFORMER_TAGS = "tag_ids"
NAMED_THINGS = frozenset({"Performer", "Studio", "Tag", "Group"})
NAMING_ACTIONS = frozenset({"Update.Post", "Destroy.Post", "Merge.Post"})
SLOW_HOOK_SECONDS = 0.1
# The errors that Python raises for bytecode that a full disk or a power cut has cut short. Without
# bytecode it reads the source.
HALF_WRITTEN = (EOFError, ValueError, TypeError, ImportError)


def handle(plugin_dir: str) -> protocol.Event | None:
    """Answer a hook, or return the event of a task, which is not ours to answer."""
    started = time.perf_counter()
    try:
        event = protocol.parse_event(protocol.read_stdin())
    except protocol.UnreadableInput as error:
        fail(f"PlexSync could not read what Stash sent it ({error}). Nothing was stored.")
        return None
    if event.is_task and not event.is_hook:
        return event
    answer_hook(event, plugin_dir)
    took = time.perf_counter() - started
    if took > SLOW_HOOK_SECONDS:
        protocol.log(protocol.DEBUG, f"This hook took {took * 1000:.0f} ms.")
    return None


def answer_hook(event: protocol.Event, plugin_dir: str) -> None:
    """Store what matters of a hook's event and reply."""
    if event.is_hook and not event.id:
        fail("Stash sent a hook without a usable id: nothing was stored. Please report this.")
        return
    job = job_for(event)
    if job is not None:
        on_scene_update(event, job, plugin_dir)
        return
    if event.is_hook and is_known(event.type):
        protocol.log(protocol.DEBUG, f"{event.type}: nothing that Plex shows has changed.")
    elif event.is_hook:
        protocol.log(protocol.WARNING, f"PlexSync has no use for the hook {event.type!r}.")
    protocol.reply(protocol.OK)


def fail(sentence: str) -> None:
    """Report in Stash's log and in the reply why an event was stored nowhere."""
    protocol.log(protocol.ERROR, sentence)
    protocol.refuse(sentence)


def on_scene_update(event: protocol.Event, job: tuple[str, int], plugin_dir: str) -> None:
    """Store the job durably, make sure that a worker lives, reply."""
    # Only here: a save that changes nothing of note does not pay for these imports.
    try:
        from sync_queue import datadir, launch, producer
    except HALF_WRITTEN:
        sys.pycache_prefix = os.devnull
        from sync_queue import datadir, launch, producer

    key, scene_id = job
    record = {
        "key": key,
        "scene_id": scene_id,
        "update_type": event.type,
        "connection": event.connection,
        "now": time.time(),
    }
    try:
        data_dir = datadir.resolve(plugin_dir, event.stash_dir, os.environ)
        with datadir.Using(data_dir):
            producer.store(data_dir, record, say=protocol.log)
    except OSError as error:
        fail(f"PlexSync could not store this edit: {error} Then run Sync Changed Scenes.")
        return
    try:
        launch.ensure_worker(plugin_dir, data_dir, say=protocol.log)
    except OSError as error:
        protocol.log(
            protocol.ERROR,
            f"The edit is stored, but no worker could be started: {error}"
            " Then run the task Process Queue.",
        )
    protocol.reply(protocol.OK)


def is_known(kind: str) -> bool:
    """Whether this kind of event can have an effect at all."""
    return kind in SCENE_EVENTS or kind.partition(".")[0] in NAMED_THINGS


def requires_plex_sync(fields: tuple[str, ...] | None) -> bool:
    """Whether a scene event can change what Plex shows.

    ``None`` means that Stash named no fields: a scan found, moved or changed a file.
    """
    return fields is None or not FIELDS_WITHOUT_EFFECT.issuperset(fields)


def job_for(event: protocol.Event) -> tuple[str, int] | None:
    """The key and scene number (0: none) of an event's job; ``None`` when it does not matter."""
    if event.type in SCENE_EVENTS:
        matters = event.type == SCENE_DESTROY or requires_plex_sync(event.fields)
        return (f"scene:{event.id}", event.id) if matters else None
    thing, _, action = event.type.partition(".")
    if thing not in NAMED_THINGS or action not in NAMING_ACTIONS:
        return None
    updated = event.fields if action == "Update.Post" else None
    if updated is not None and NAMING_FIELDS.isdisjoint(updated):
        tagged = thing == "Performer" and PERFORMER_TAGS in updated
        return (f"performer_tags:{event.id}", 0) if tagged else None
    return f"{thing.lower()}:{event.id}", 0
