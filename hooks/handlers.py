"""What happens inside a person's save: decide, store one event, see to a worker, reply.

Standard library only, and little of it: every import is time that a person waits for.
"""

from __future__ import annotations

import os
import time

from hooks import protocol
from sync_queue import datadir, launch, producer
from sync_queue.version import code_version

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
SCENE_EVENTS = frozenset({"Scene.Create.Post", "Scene.Update.Post", "Scene.Destroy.Post"})
# Fields of a performer, studio, tag or group that scenes show in Plex, or that filters look at.
NAMING_FIELDS = frozenset({"name", "parent_id"})
NAMED_THINGS = frozenset({"Performer", "Studio", "Tag", "Group"})
SLOW_HOOK_SECONDS = 0.1


def handle(plugin_dir: str) -> protocol.Event | None:
    """Answer a hook, or return the event of a task, which is not ours to answer."""
    started = time.perf_counter()
    try:
        event = protocol.parse_event(protocol.read_stdin())
    except protocol.UnreadableInput:
        sentence = (
            "PlexSync could not read what Stash sent it: not one JSON object. Nothing stored."
        )
        protocol.log(protocol.ERROR, sentence)
        protocol.refuse(sentence)
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
    job = job_for(event)
    if job is None:
        if event.is_hook and event.id <= 0:
            sentence = "Stash sent a hook without an id: nothing stored. Please report this."
            protocol.log(protocol.ERROR, sentence)
            protocol.refuse(sentence)
            return
        if event.is_hook:
            protocol.log(protocol.DEBUG, f"{event.type}: nothing that Plex shows has changed.")
        protocol.reply(protocol.OK)
        return
    on_scene_update(event, job, plugin_dir)


def on_scene_update(event: protocol.Event, job: tuple[str, int], plugin_dir: str) -> None:
    """Store the job durably, make sure that a worker lives, reply."""
    try:
        data_dir = datadir.resolve(plugin_dir, event.stash_dir, os.environ)
        stored = producer.store(data_dir, event_record(event, job, plugin_dir), say=protocol.log)
    except OSError as error:
        sentence = (
            f"PlexSync could not store this edit: {error.strerror or 'the disk refused it'}. "
            "Check free space and permissions of its data directory, then run Sync Changed Scenes."
        )
        protocol.log(protocol.ERROR, sentence)
        protocol.refuse(sentence)
        return
    try:
        launch.ensure_worker(plugin_dir, data_dir)
    except OSError as error:
        protocol.log(
            protocol.ERROR,
            f"The edit is {stored}, but no worker could be started: {error.strerror}. "
            "Run the task Process Queue.",
        )
    protocol.reply(protocol.OK)


def requires_plex_sync(fields: tuple[str, ...] | None) -> bool:
    """Whether a scene event can change what Plex shows.

    ``None`` means that Stash named no fields: a scan found, moved or changed a file.
    """
    return fields is None or not FIELDS_WITHOUT_EFFECT.issuperset(fields)


def job_for(event: protocol.Event) -> tuple[str, int] | None:
    """The key and scene number (0: none) of an event's job; ``None`` when it does not matter."""
    if event.id <= 0:
        return None
    if event.type in SCENE_EVENTS:
        if not requires_plex_sync(event.fields):
            return None
        return f"scene:{event.id}", event.id
    thing, _, action = event.type.partition(".")
    if thing not in NAMED_THINGS or action not in ("Update.Post", "Destroy.Post", "Merge.Post"):
        return None
    if event.fields is not None and NAMING_FIELDS.isdisjoint(event.fields):
        return None
    return f"{thing.lower()}:{event.id}", 0


def event_record(event: protocol.Event, job: tuple[str, int], plugin_dir: str) -> dict[str, object]:
    """The event as the producer stores it."""
    key, scene_id = job
    return {
        "key": key,
        "scene_id": scene_id,
        "update_type": event.type,
        "fields": event.fields_json,
        "connection": event.connection,
        "version": code_version(plugin_dir),
        "now": time.time(),
    }
