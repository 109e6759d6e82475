"""Mutations of plugins, jobs and keys, and the work of Stash's own jobs."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from typing import Any

from graphql import GraphQLError

from simulators.stash.edits import edit_scene
from simulators.stash.jobs import Job, Work
from simulators.stash.mutations import DESTROYED, UPDATED, destroyed_file
from simulators.stash.objects import Resolver
from simulators.stash.plugins import PluginError
from simulators.stash.queries import Args, number, root
from simulators.stash.runs import Origin
from simulators.stash.schema import form, sent_fields
from simulators.stash.state import Call


def in_job(call: Call, job: Job) -> Origin:
    """A job outlives the request: its own cancel counts, and its cookies are made as it runs."""
    return Origin(call.origin.user, call.origin.visited, job.cancel, job.runs)


def scan(call: Call) -> Work:
    """Register what appeared, moved or was touched on disk; one hook each, input null."""

    def work(job: Job) -> None:
        origin, hooks = in_job(call, job), call.stash.plugins.run_hooks
        call.stash.disk.scan(
            lambda hook_type, scene_id: hooks(origin, hook_type, scene_id),
            lambda: not job.cancel.thrown,
        )

    return work


def clean(call: Call) -> Work:
    """Scenes whose last file is gone are destroyed; a scene with another file fires no hook."""

    def work(job: Job) -> None:
        for scene in call.stash.disk.clean():
            given = {**form("SceneDestroyInput", {}), "id": "", **destroyed_file(scene)}
            origin = in_job(call, job)
            call.stash.plugins.run_hooks(origin, DESTROYED, scene.id, given)

    return work


def identify(call: Call, scene_id: int, found: Mapping[str, Any]) -> Work:
    """Write what a scraper found; the hook's fields are those found, without the id."""

    def work(job: Job) -> None:
        library = call.stash.library
        with library.lock:
            edit_scene(library, library.scenes[scene_id], found)
        given = form("SceneUpdateInput", {**found, "id": str(scene_id)})
        fields = sent_fields(found)
        call.stash.plugins.run_hooks(in_job(call, job), UPDATED, scene_id, given, fields)

    return work


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


def _reload(call: Call, _args: Args) -> bool:
    call.stash.plugins.load()
    return True


def _run_task(call: Call, args: Args) -> int:
    plugin_id, name = args["plugin_id"], args.get("task_name")
    given = args.get("args_map")
    if given is None:
        given = {entry["key"]: _plain(entry.get("value")) for entry in args.get("args") or ()}

    def work(job: Job) -> str | None:
        origin = in_job(call, job)
        try:
            call.stash.plugins.run_task(origin, plugin_id, name, given, job.report)
        except PluginError as error:
            return f"Error creating plugin task: {error}"
        return None

    shown = args.get("description") or name or plugin_id
    return _add_job(call, f"Running plugin task: {shown}", work)


def _plain(value: dict[str, Any] | None) -> Any:
    """The old, typed form of a task argument."""
    for key in ("str", "i", "b", "f"):
        if value and value.get(key) is not None:
            return value[key]
    if value and value.get("o") is not None:
        return {entry["key"]: _plain(entry.get("value")) for entry in value["o"]}
    if value and value.get("a") is not None:
        return [_plain(entry) for entry in value["a"]]
    return None


def _run_operation(call: Call, args: Args) -> Any:
    try:
        given = args.get("args") or {}
        return call.stash.plugins.run_operation(call.origin, args["plugin_id"], given)
    except PluginError as error:
        raise GraphQLError(str(error)) from error


def _scan(call: Call, _args: Args) -> int:
    return _add_job(call, "Scanning...", scan(call))


def _clean(call: Call, _args: Args) -> int:
    return _add_job(call, "Cleaning...", clean(call))


def _auto_tag(call: Call, _args: Args) -> int:
    """Fires no hook; what it would have tagged a test does by ``library.touch``."""
    return _add_job(call, "Auto-tagging...", lambda _job: None)


def _add_job(call: Call, description: str, work: Work) -> int:
    return call.stash.jobs.add(description, work).id


def _stop_job(call: Call, args: Args) -> bool:
    call.stash.jobs.cancel(number(args["job_id"]))
    return True


def _stop_all(call: Call, _args: Args) -> bool:
    for job in call.stash.jobs.queued():
        call.stash.jobs.cancel(job.id)
    return True


def _generate_key(call: Call, args: Args) -> str:
    """A new key, or "" where no user is configured; ``clear`` takes the key away."""
    clear = (args.get("input") or {}).get("clear")
    sessions = call.stash.sessions
    sessions.api_key = "" if clear or not sessions.user else secrets.token_urlsafe(24)
    return sessions.api_key


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Mutation": {
        "configurePlugin": root(_configure_plugin),
        "setPluginsEnabled": root(_set_enabled),
        "reloadPlugins": root(_reload),
        "runPluginTask": root(_run_task),
        "runPluginOperation": root(_run_operation),
        "metadataScan": root(_scan),
        "metadataClean": root(_clean),
        "metadataAutoTag": root(_auto_tag),
        "stopJob": root(_stop_job),
        "stopAllJobs": root(_stop_all),
        "generateAPIKey": root(_generate_key),
    }
}
