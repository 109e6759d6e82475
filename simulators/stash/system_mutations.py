"""Mutations of plugins and jobs."""

from __future__ import annotations

from simulators.stash.jobs import Job
from simulators.stash.objects import Resolver
from simulators.stash.plugins import PluginError
from simulators.stash.queries import Args, number, root
from simulators.stash.runs import Origin
from simulators.stash.state import Call


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


RESOLVERS: dict[str, dict[str, Resolver]] = {
    "Mutation": {
        "setPluginsEnabled": root(_set_enabled),
        "runPluginTask": root(_run_task),
        "stopJob": root(_stop_job),
    }
}
