"""Mutations of scenes, related records, plugins and jobs.

Each writes under the library's lock, then runs hooks outside it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from simulators.stash.activity import MUTATIONS
from simulators.stash.edits import edit_record, edit_scene
from simulators.stash.jobs import Job
from simulators.stash.library import Table, in_tag_order
from simulators.stash.plugins import PluginError
from simulators.stash.queries import Args, Resolver, number, root
from simulators.stash.records import Entity, Scene, Tag
from simulators.stash.runs import Origin
from simulators.stash.schema import form, sent_fields
from simulators.stash.state import Call

UPDATED, DESTROYED = "Scene.Update.Post", "Scene.Destroy.Post"


def scene_of(call: Call, scene_id: str | int) -> Scene:
    found = call.stash.library.scenes.get(number(str(scene_id)))
    if found is None:
        raise GraphQLError(f"scene with id {scene_id} not found")
    return found


def fire(call: Call, hook_type: str, record_id: int, given: Any = None, fields: Any = None) -> None:
    call.stash.plugins.run_hooks(call.origin, hook_type, record_id, given, fields)


def _update(call: Call, args: Args) -> Scene:
    sent = args["input"]
    with call.stash.library.lock:
        scene = scene_of(call, sent["id"])
        edit_scene(call.stash.library, scene, sent)
    fire(call, UPDATED, scene.id, form("SceneUpdateInput", sent), sent_fields(sent))
    return scene


def _update_list(call: Call, args: Args) -> list[Scene]:
    """Every hook of the list gets the whole list as input, and the fields of its own scene."""
    sent_list = args["input"]
    with call.stash.library.lock:
        scenes = [scene_of(call, sent["id"]) for sent in sent_list]
        for scene, sent in zip(scenes, sent_list, strict=True):
            edit_scene(call.stash.library, scene, sent)
    forms = [form("SceneUpdateInput", sent) for sent in sent_list]
    for scene, sent in zip(scenes, sent_list, strict=True):
        fire(call, UPDATED, scene.id, forms, sent_fields(sent))
    return scenes


def _update_bulk(call: Call, args: Args) -> list[Scene]:
    sent = args["input"]
    with call.stash.library.lock:
        scenes = [scene_of(call, scene_id) for scene_id in sent.get("ids") or ()]
        for scene in scenes:
            edit_scene(call.stash.library, scene, sent)
    given = form("BulkSceneUpdateInput", sent)
    for scene in scenes:
        fire(call, UPDATED, scene.id, given, sent_fields(sent))
    return scenes


def _destroy(call: Call, args: Args) -> bool:
    given = form("SceneDestroyInput", args["input"])
    with call.stash.library.lock:
        scene = scene_of(call, args["input"]["id"])
        del call.stash.library.scenes[scene.id]
    file = scene.files[0] if scene.files else None
    described = {
        "checksum": (file and file.fingerprint_of("md5")) or "",
        "oshash": (file and file.fingerprint_of("oshash")) or "",
        "path": file.path if file else "",
    }
    fire(call, DESTROYED, scene.id, {**given, **described})
    return True


def _merge(call: Call, args: Args) -> Scene:
    """Sources give their files and vanish. No hook fires, neither update nor destroy."""
    sent, library = args["input"], call.stash.library
    with library.lock:
        kept = scene_of(call, sent["destination"])
        gone = [scene_of(call, scene_id) for scene_id in dict.fromkeys(sent["source"])]
        if kept in gone:
            raise GraphQLError("destination scene cannot be in source list")
        kept.files = (*kept.files, *(file for scene in gone for file in scene.files))
        for scene in gone:
            del library.scenes[scene.id]
        edit_scene(library, kept, sent.get("values") or {})
    return kept


def _fire(call: Call, kind: str, event: str, record_id: int, given: Any, sent: Any = None) -> None:
    """A group's edit fires the hooks of its old name, Movie, as well."""
    fields = None if sent is None else sent_fields(sent)
    for name in (kind, "Movie") if kind == "Group" else (kind,):
        fire(call, f"{name}.{event}.Post", record_id, given, fields)


def _updater(kind: str) -> Resolver:
    def update(call: Call, args: Args) -> Entity:
        sent, table = args["input"], call.stash.library.tables[kind]
        with call.stash.library.lock:
            record: Entity = _record(table, kind, sent["id"])
            edit_record(call.stash.library, table, record, sent)
            record.updated_at = call.stash.clock.text()
        _fire(call, kind, "Update", record.id, form(f"{kind}UpdateInput", sent), sent)
        return record

    return root(update)


def _destroyer(kind: str) -> Resolver:
    def destroy(call: Call, args: Args) -> bool:
        library = call.stash.library
        with library.lock:
            record = _record(library.tables[kind], kind, args["input"]["id"])
            library.forget(record)
        _fire(call, kind, "Destroy", record.id, dict(args["input"]))
        return True

    return root(destroy)


def _merge_tags(call: Call, args: Args) -> Tag:
    """Sources vanish into the destination; scenes follow silently."""
    sent, library = args["input"], call.stash.library
    with library.lock:
        kept: Tag = _record(library.tags, "Tag", sent["destination"])
        gone = [_record(library.tags, "Tag", tag_id) for tag_id in sent["source"]]
        for scene in library.scenes.values():
            if any(tag in scene.tags for tag in gone):
                scene.tags = in_tag_order([*scene.tags, kept])
        for tag in gone:
            library.forget(tag)
    _fire(call, "Tag", "Merge", kept.id, form("TagsMergeInput", sent))
    return kept


def _record(table: Table[Any], kind: str, record_id: str) -> Any:
    found = table.get(number(record_id))
    if found is None:
        raise GraphQLError(f"{kind.lower()} with id {record_id} not found")
    return found


def _configure_plugin(call: Call, args: Args) -> dict[str, Any]:
    """Replaces the plugin's whole map, installed or not, unchecked."""
    settings: dict[str, Any] = dict(args["input"])
    call.stash.plugins.settings[args["plugin_id"]] = settings
    return settings


def _set_enabled(call: Call, args: Args) -> bool:
    for plugin_id, enabled in args["enabledMap"].items():
        if enabled:
            call.stash.plugins.disabled.discard(plugin_id)
        else:
            call.stash.plugins.disabled.add(plugin_id)
    return True


def _run_task(call: Call, args: Args) -> int:
    plugin_id, name, given = args["plugin_id"], args.get("task_name"), args.get("args_map") or {}

    def work(job: Job) -> str | None:
        # A job outlives the request: its own cancel counts, its cookies are made as it runs.
        origin = Origin(call.origin.user, call.origin.visited, job.cancel, job.runs)
        try:
            call.stash.plugins.run_task(origin, plugin_id, name, given, job.report)
        except PluginError as error:
            return f"Error creating plugin task: {error}"
        return None

    shown = args.get("description") or name or plugin_id
    return call.stash.jobs.add(f"Running plugin task: {shown}", work).id


def _stop_job(call: Call, args: Args) -> bool:
    call.stash.jobs.cancel(number(args["job_id"]))
    return True


_MUTATIONS: dict[str, Resolver] = {
    "sceneUpdate": root(_update),
    "scenesUpdate": root(_update_list),
    "bulkSceneUpdate": root(_update_bulk),
    "sceneDestroy": root(_destroy),
    "sceneMerge": root(_merge),
    "tagsMerge": root(_merge_tags),
    "configurePlugin": root(_configure_plugin),
    "setPluginsEnabled": root(_set_enabled),
    "runPluginTask": root(_run_task),
    "stopJob": root(_stop_job),
}
for _kind in ("Performer", "Studio", "Tag", "Group"):
    _MUTATIONS |= {
        f"{_kind.lower()}Update": _updater(_kind),
        f"{_kind.lower()}Destroy": _destroyer(_kind),
    }

RESOLVERS: Mapping[str, Mapping[str, Resolver]] = {"Mutation": {**_MUTATIONS, **MUTATIONS}}
