"""The root fields of ``Query``, and the fields that are more than an attribute of a record."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from graphql import GraphQLError

from simulators.stash.filters import BadFilter, matching, page_of
from simulators.stash.manifest import Manifest, Operation
from simulators.stash.records import Scene, epoch
from simulators.stash.state import Call

Args = Mapping[str, Any]
Resolver = Callable[..., Any]
VERSION = {"build_time": "", "hash": "cf3489efd"}


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
    if args.get("id") is None:
        raise GraphQLError("findScene without an id is not simulated")
    return call.stash.library.scenes.get(number(args["id"]))


def _find_scenes(call: Call, args: Args) -> dict[str, Any]:
    library = call.stash.library
    page_filter = args.get("filter") or {}
    with library.lock:
        if args.get("ids") or args.get("scene_ids"):
            found = rows = _by_ids(library.scenes, args)
        else:
            try:
                scene_filter = args.get("scene_filter") or {}
                found = matching(library, scene_filter)
                rows = page_of(found, page_filter)
            except BadFilter as error:
                raise GraphQLError(str(error)) from error
    return {"count": len(found), "scenes": rows}


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


def _configuration(call: Call, _args: Args) -> dict[str, Any]:
    sessions, host = call.stash.sessions, call.stash.plugins.host
    general = {
        "apiKey": sessions.api_key,
        "username": sessions.user,
        "pluginsPath": f"{host.config_dir}/plugins",
        "pythonPath": host.python,
        "stashes": [
            {"path": folder, "excludeVideo": False, "excludeImage": False}
            for folder in call.stash.folders
        ],
    }
    return {"general": general}


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


def _scene_paths(scene: Scene, info: Any) -> dict[str, str]:
    moment = epoch(scene.updated_at)
    return {"screenshot": f"{info.context.base_url}/scene/{scene.id}/screenshot?t={moment}"}


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Query": {
        "findScene": root(_find_scene),
        "findScenes": root(_find_scenes),
        "configuration": root(_configuration),
        "plugins": root(_plugins),
        "version": root(lambda call, _args: {**VERSION, "version": call.stash.library.version}),
        "jobQueue": root(lambda call, _args: call.stash.jobs.queued() or None),
    },
    "ConfigResult": {"plugins": _plugin_settings},
    "Scene": {"paths": _scene_paths},
}
