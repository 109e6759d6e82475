"""Mutations of plugins, settings, keys and jobs."""

from __future__ import annotations

import secrets
from typing import Any

from graphql import GraphQLError

from simulators.stash import chores
from simulators.stash.jobs import Job, Work
from simulators.stash.objects import Resolver
from simulators.stash.plugins import PluginError
from simulators.stash.queries import Args, number, root
from simulators.stash.state import Call


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
        origin = chores.in_job(call, job)
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
    return _add_job(call, "Scanning...", chores.scan(call))


def _clean(call: Call, _args: Args) -> int:
    return _add_job(call, "Cleaning...", chores.clean(call))


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
