"""Mutations of scenes and of what they refer to. Each writes under the library's lock, then runs
hooks outside it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError

from simulators.stash.edits import edit_entity, edit_scene
from simulators.stash.library import Library, Table, attach, in_tag_order
from simulators.stash.objects import Resolver
from simulators.stash.queries import Args, number, root
from simulators.stash.records import Entity, Scene, Tag, VideoFile
from simulators.stash.schema import form, sent_fields
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


Of = Callable[[Library], Table[Any]]
_TABLES: dict[str, Of] = {
    "Performer": lambda library: library.performers,
    "Studio": lambda library: library.studios,
    "Tag": lambda library: library.tags,
    "Group": lambda library: library.groups,
}
_FORGET: dict[str, Callable[[Library, int], None]] = {
    "Performer": Library.forget_performer,
    "Studio": Library.forget_studio,
    "Tag": Library.forget_tag,
    "Group": Library.forget_group,
}


def _fire(call: Call, kind: str, event: str, record_id: int, given: Any, sent: Any = None) -> None:
    """A group's edit fires the hooks of its old name, Movie, as well."""
    fields = None if sent is None else sent_fields(sent)
    for name in (kind, "Movie") if kind == "Group" else (kind,):
        fire(call, f"{name}.{event}.Post", record_id, given, fields)


def _creator(kind: str) -> Resolver:
    def create(call: Call, args: Args) -> Entity:
        sent, library = args["input"], call.stash.library
        with library.lock:
            table, name = _TABLES[kind](library), sent["name"].strip()
            if kind in {"Studio", "Tag"} and table.taken(name):
                raise GraphQLError(f"{kind.lower()} with name '{name}' already exists")
            record: Entity = table.add(name)
            edit_entity(library, record, sent)
        _fire(call, kind, "Create", record.id, form(f"{kind}CreateInput", sent))
        return record

    return root(create)


def _updater(kind: str) -> Resolver:
    def update(call: Call, args: Args) -> Entity:
        sent, library = args["input"], call.stash.library
        with library.lock:
            record: Entity = _record(_TABLES[kind](library), kind, sent["id"])
            edit_entity(library, record, sent)
        _fire(call, kind, "Update", record.id, form(f"{kind}UpdateInput", sent), sent)
        return record

    return root(update)


def _destroyer(kind: str) -> Resolver:
    def destroy(call: Call, args: Args) -> bool:
        return _destroy_entities(call, kind, [args["input"]["id"]], dict(args["input"]))

    return root(destroy)


def _list_destroyer(kind: str) -> Resolver:
    return root(lambda call, args: _destroy_entities(call, kind, args["ids"], list(args["ids"])))


def _destroy_entities(call: Call, kind: str, ids: list[str], given: Any) -> bool:
    library = call.stash.library
    with library.lock:
        records = [_record(_TABLES[kind](library), kind, record_id) for record_id in ids]
        for record in records:
            _FORGET[kind](library, record.id)
    for record in records:
        _fire(call, kind, "Destroy", record.id, given)
    return True


def _merge_tags(call: Call, args: Args) -> Tag:
    """Sources vanish into the destination and become its aliases; scenes follow silently."""
    sent, library = args["input"], call.stash.library
    with library.lock:
        kept: Tag = _record(library.tags, "Tag", sent["destination"])
        gone: list[Tag] = [_record(library.tags, "Tag", tag_id) for tag_id in sent["source"]]
        for scene in library.scenes.values():
            if any(tag in scene.tags for tag in gone):
                left = [tag for tag in scene.tags if tag not in gone]
                scene.tags = in_tag_order([*left, kept])
        kept.aliases = (*kept.aliases, *(tag.name for tag in gone))
        for tag in gone:
            library.forget_tag(tag.id)
    _fire(call, "Tag", "Merge", kept.id, form("TagsMergeInput", sent))
    return kept


def _record(table: Mapping[int, Any], kind: str, record_id: str) -> Any:
    found = table.get(number(record_id))
    if found is None:
        raise GraphQLError(f"{kind.lower()} with id {record_id} not found")
    return found


_MUTATIONS: dict[str, Resolver] = {
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
    "tagsMerge": root(_merge_tags),
}
for _kind in _TABLES:
    _MUTATIONS |= {
        f"{_kind.lower()}Create": _creator(_kind),
        f"{_kind.lower()}Update": _updater(_kind),
        f"{_kind.lower()}Destroy": _destroyer(_kind),
        f"{_kind.lower()}sDestroy": _list_destroyer(_kind),
    }

RESOLVERS: dict[str, dict[str, Resolver]] = {"Mutation": _MUTATIONS}
