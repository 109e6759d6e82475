"""Mutations of scenes. Each writes under the library's lock, then runs hooks outside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from simulators.stash.edits import edit_scene
from simulators.stash.hook_context import form, sent_fields
from simulators.stash.objects import Resolver
from simulators.stash.queries import Args, number, root
from simulators.stash.records import Scene, VideoFile
from simulators.stash.scan import attach
from simulators.stash.state import Call

UPDATED, CREATED, DESTROYED = "Scene.Update.Post", "Scene.Create.Post", "Scene.Destroy.Post"


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


def _create(call: Call, args: Args) -> Scene:
    sent, library = args["input"], call.stash.library
    with library.lock:
        if not sent.get("title") and not sent.get("file_ids"):
            raise GraphQLError("title must be set if scene has no files")
        if sent.get("file_ids"):
            raise GraphQLError("sceneCreate with file_ids is not simulated")
        scene = library.scenes[library.add_scene((sent["title"] or "").strip())]
        edit_scene(library, scene, sent)
    fire(call, CREATED, scene.id)
    return scene


def _destroy(call: Call, args: Args) -> bool:
    _destroy_all(call, [args["input"]["id"]], form("SceneDestroyInput", args["input"]))
    return True


def _destroy_list(call: Call, args: Args) -> bool:
    _destroy_all(call, args["input"]["ids"], form("ScenesDestroyInput", args["input"]))
    return True


def _destroy_all(call: Call, ids: list[str], given: Mapping[str, Any]) -> None:
    with call.stash.library.lock:
        scenes = [scene_of(call, scene_id) for scene_id in ids]
        for scene in scenes:
            del call.stash.library.scenes[scene.id]
    for scene in scenes:
        fire(call, DESTROYED, scene.id, {**given, **destroyed_file(scene)})


def destroyed_file(scene: Scene) -> dict[str, str]:
    """What a destroy hook is told of the primary file."""
    file = scene.files[0] if scene.files else None
    return {
        "checksum": (file and file.fingerprint_of("md5")) or "",
        "oshash": (file and file.fingerprint_of("oshash")) or "",
        "path": file.path if file else "",
    }


def _merge(call: Call, args: Args) -> Scene:
    """Sources give their files and vanish. No hook fires, neither update nor destroy."""
    sent, library = args["input"], call.stash.library
    with library.lock:
        kept = scene_of(call, sent["destination"])
        gone = [scene_of(call, scene_id) for scene_id in dict.fromkeys(sent["source"])]
        if kept in gone:
            raise GraphQLError("destination scene cannot be in source list")
        attach(kept, *(file for scene in gone for file in scene.files))
        for scene in gone:
            del library.scenes[scene.id]
        values = {k: v for k, v in (sent.get("values") or {}).items() if k != "primary_file_id"}
        edit_scene(library, kept, values)
    return kept


def _assign_file(call: Call, args: Args) -> bool:
    sent, library = args["input"], call.stash.library
    with library.lock:
        target, file_id = scene_of(call, sent["scene_id"]), number(sent["file_id"])
        for scene in library.scenes.values():
            moved: list[VideoFile] = [file for file in scene.files if file.id == file_id]
            if moved and scene is not target:
                scene.files = tuple(file for file in scene.files if file.id != file_id)
                attach(target, *moved)
    return True


def _add_play(call: Call, args: Args) -> dict[str, Any]:
    scene = scene_of(call, args["id"])
    times = args.get("times") or [call.stash.clock.text()]
    scene.play_history = (*scene.play_history, *times)
    return {"count": len(scene.play_history), "history": scene.play_history}


def _add_o(call: Call, args: Args) -> dict[str, Any]:
    scene = scene_of(call, args["id"])
    times = args.get("times") or [call.stash.clock.text()]
    scene.o_history = (*scene.o_history, *times)
    return {"count": len(scene.o_history), "history": scene.o_history}


def _save_activity(call: Call, args: Args) -> bool:
    scene = scene_of(call, args["id"])
    scene.resume_time = args.get("resume_time") or scene.resume_time
    scene.play_duration += args.get("playDuration") or 0.0
    return True


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Mutation": {
        "sceneUpdate": root(_update),
        "scenesUpdate": root(_update_list),
        "bulkSceneUpdate": root(_update_bulk),
        "sceneCreate": root(_create),
        "sceneDestroy": root(_destroy),
        "scenesDestroy": root(_destroy_list),
        "sceneMerge": root(_merge),
        "sceneAssignFile": root(_assign_file),
        "sceneAddPlay": root(_add_play),
        "sceneAddO": root(_add_o),
        "sceneSaveActivity": root(_save_activity),
    }
}
