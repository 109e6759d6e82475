"""What ``Query`` answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from simulators.stash.filters import BadFilter, in_order, matching, page_of
from simulators.stash.jobs import Job
from simulators.stash.library import Table, natural
from simulators.stash.manifest import Manifest, Operation
from simulators.stash.objects import Resolver
from simulators.stash.records import Scene, VideoFile
from simulators.stash.state import Call

Args = Mapping[str, Any]
VERSION = {"version": "v0.30.1-local", "build_time": "", "hash": "cf3489efd"}


def root(function: Callable[[Call, Args], Any]) -> Resolver:
    """A root field's function takes the call and the field's arguments."""
    return lambda _root, info, **args: function(info.context, args)


def number(text: str) -> int:
    """An id as Stash reads it. Raises GraphQLError with Go's words."""
    try:
        return int(text)
    except ValueError as error:
        raise GraphQLError(f'strconv.Atoi: parsing "{text}": invalid syntax') from error


def _find_scene(call: Call, args: Args) -> Scene | None:
    if args.get("id") is not None:
        return call.stash.library.scenes.get(number(args["id"]))
    for scene in call.stash.library.scenes.values():
        if any(file.fingerprint_of("md5") == args.get("checksum") for file in scene.files):
            return scene
    return None


def _find_scenes(call: Call, args: Args) -> dict[str, Any]:
    library = call.stash.library
    page_filter = args.get("filter") or {}
    with library.lock:
        if args.get("ids") or args.get("scene_ids"):
            found = rows = _by_ids(library.scenes, args)
        else:
            try:
                scene_filter = args.get("scene_filter") or {}
                found = matching(library, scene_filter, page_filter.get("q") or "")
                rows = page_of(in_order(found, page_filter), page_filter)
            except BadFilter as error:
                raise GraphQLError(str(error)) from error
    return {"count": len(found), "found": found, "scenes": rows}


def _total(of: Callable[[VideoFile], float]) -> Resolver:
    """A sum over the primary files of all found scenes, whatever the page."""

    def total(result: Any, _info: object) -> float:
        return sum(of(scene.files[0]) for scene in result["found"] if scene.files)

    return total


def _by_ids(scenes: Mapping[int, Scene], args: Args) -> list[Scene]:
    """In the order asked. One id that is gone, or twice there, fails the whole query."""
    asked: Sequence[Any] = args.get("ids") or args["scene_ids"]
    for value in asked:
        if list(asked).count(value) > 1:
            raise GraphQLError(f"validating ids: duplicate id found: {value}")
    found = []
    for record_id in (number(str(value)) for value in asked):
        if record_id not in scenes:
            raise GraphQLError(f"scene with id {record_id} not found")
        found.append(scenes[record_id])
    return found


def _finder(table_of: Callable[[Call], Table[Any]]) -> Resolver:
    return root(lambda call, args: table_of(call).get(number(args["id"])))


def _lister(table_of: Callable[[Call], Table[Any]], name: str) -> Resolver:
    def find(call: Call, args: Args) -> dict[str, Any]:
        asked = args.get("filter") or {}
        filters = [key for key in args if key.endswith("_filter")]
        if any(args[key] for key in filters):
            raise GraphQLError(f"{filters[0]} is not simulated")
        rows = list(table_of(call).values())
        if args.get("ids"):
            rows = [table_of(call)[number(value)] for value in args["ids"]]
            return {"count": len(rows), name: rows}
        query = (asked.get("q") or "").casefold()
        rows = [row for row in rows if query in row.name.casefold()]
        if asked.get("sort") != "id":
            rows.sort(key=lambda row: natural(row.name))
        return {"count": len(rows), name: page_of(rows, asked)}

    return root(find)


def _configuration(call: Call, _args: Args) -> dict[str, Any]:
    sessions, host = call.stash.sessions, call.stash.plugins.host
    general = {
        "apiKey": sessions.api_key,
        "username": sessions.user,
        "password": "$2a$04$bcrypt" if sessions.credentials else "",
        "maxSessionAge": sessions.max_age,
        "pythonPath": host.python,
        "configFilePath": f"{host.config_dir}/config.yml",
        "pluginsPath": f"{host.config_dir}/plugins",
        "parallelTasks": 1,
        "logLevel": "Debug",
        "stashes": [
            {"path": folder, "excludeVideo": False, "excludeImage": False}
            for folder in call.stash.folders
        ],
    }
    return {"general": general, "ui": call.stash.ui_settings}


def _plugin_settings(_source: object, info: Any, include: Sequence[str] = ()) -> dict[str, Any]:
    """Stored settings by plugin id; an id with nothing stored is absent."""
    stored = info.context.stash.plugins.settings
    return {key: stored[key] for key in include or sorted(stored) if stored.get(key)}


def _plugins(call: Call, _args: Args) -> list[dict[str, Any]] | None:
    plugins = call.stash.plugins
    rows = [_plugin(call, plugin, plugin.id not in plugins.disabled) for plugin in plugins.loaded]
    return rows or None


def _plugin(call: Call, plugin: Manifest, enabled: bool) -> dict[str, Any]:
    base = f"{call.base_url}/plugin/{plugin.id}"
    shown: dict[str, Any] = {
        "id": plugin.id,
        "name": plugin.name,
        "description": plugin.description,
        "url": plugin.url,
        "version": plugin.version,
        "enabled": enabled,
        "requires": list(plugin.requires) or None,
        "paths": {
            "javascript": [f"{base}/javascript"] if plugin.javascript else None,
            "css": [f"{base}/css"] if plugin.css else None,
        },
        "settings": [
            {
                "name": setting.name,
                "display_name": setting.display_name,
                "description": setting.description,
                "type": setting.type,
            }
            for setting in plugin.settings
        ],
    }
    shown["tasks"] = [_operation(task, shown) for task in plugin.tasks] or None
    shown["hooks"] = [_operation(hook, shown) for hook in plugin.hooks] or None
    return shown


def _operation(operation: Operation, plugin: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": operation.name,
        "description": operation.description,
        "hooks": list(operation.triggered_by),
        "plugin": plugin,
    }


def _find_job(call: Call, args: Args) -> Job | None:
    return call.stash.jobs.find(number(args["input"]["id"]))


def _logs(call: Call, _args: Args) -> list[dict[str, str]]:
    """Newest first, as Stash shows them."""
    lines = list(zip(call.stash.log_times, call.stash.logs, strict=False))[::-1]
    return [
        {"time": time, "level": line.level.capitalize(), "message": line.message}
        for time, line in lines
    ]


def _system_status(call: Call, _args: Args) -> dict[str, Any]:
    folder = call.stash.plugins.host.config_dir
    fields: dict[str, Any] = dict.fromkeys(("databasePath", "ffmpegPath", "ffprobePath"))
    return fields | {
        "databaseSchema": 75,
        "appSchema": 75,
        "configPath": f"{folder}/config.yml",
        "status": "OK",
        "os": "linux",
        "workingDir": folder,
        "homeDir": folder,
    }


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "findScene": root(_find_scene),
        "findScenes": root(_find_scenes),
        "findPerformer": _finder(lambda call: call.stash.library.performers),
        "findStudio": _finder(lambda call: call.stash.library.studios),
        "findTag": _finder(lambda call: call.stash.library.tags),
        "findGroup": _finder(lambda call: call.stash.library.groups),
        "findPerformers": _lister(lambda call: call.stash.library.performers, "performers"),
        "findStudios": _lister(lambda call: call.stash.library.studios, "studios"),
        "findTags": _lister(lambda call: call.stash.library.tags, "tags"),
        "findGroups": _lister(lambda call: call.stash.library.groups, "groups"),
        "allTags": root(lambda call, _args: list(call.stash.library.tags.values())),
        "configuration": root(_configuration),
        "plugins": root(_plugins),
        "version": root(lambda _call, _args: VERSION),
        "systemStatus": root(_system_status),
        "jobQueue": root(lambda call, _args: call.stash.jobs.queued() or None),
        "findJob": root(_find_job),
        "logs": root(_logs),
    },
    "ConfigResult": {"plugins": _plugin_settings},
    "FindScenesResultType": {
        "duration": _total(lambda file: file.duration),
        "filesize": _total(lambda file: file.size),
    },
}
