"""The work of Stash's own jobs: scan, clean, identify. Their hooks run inside the job."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simulators.stash.edits import edit_scene
from simulators.stash.hook_context import form, sent_fields
from simulators.stash.jobs import Job, Work
from simulators.stash.mutations import DESTROYED, UPDATED, destroyed_file
from simulators.stash.runs import Origin
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
