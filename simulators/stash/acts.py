"""The acts of users and tasks in Stash, as methods: each goes through the real mutation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from simulators.faults import Faults
from simulators.request_log import Request, RequestLog
from simulators.stash.jobs import Job
from simulators.stash.library import Library
from simulators.stash.runs import PluginRun
from simulators.stash.web import Answer, Site


class Acts:
    """Acts return the plugin runs they led to, in order; a refusal is a ValueError."""

    def __init__(self, site: Site, plugin_id: str) -> None:
        self.site = site
        self.plugin_id = plugin_id

    @property
    def url(self) -> str:
        raise NotImplementedError

    @property
    def library(self) -> Library:
        return self.site.stash.library

    @property
    def faults(self) -> Faults:
        return self.site.faults

    @property
    def requests(self) -> RequestLog[Request]:
        return self.site.requests

    @property
    def runs(self) -> list[PluginRun]:
        """The plugin's latest runs, of every cause; a run appears when it begins."""
        return list(self.site.stash.plugins.runs)

    def graphql(self, query: str, **variables: Any) -> Answer:
        """Run a query as the logged-in user, without HTTP. Raises ValueError on any error."""
        return self.site.run_as_user(query, variables, self.url)

    def _save(self, field: str, kind: str, fields: Mapping[str, Any], of: str = "{id}") -> Answer:
        query = f"mutation($input:{kind}!){{{field}(input:$input){of}}}"
        return self.graphql(query, input=dict(fields))

    def scene_update(self, scene_id: int, **fields: Any) -> list[PluginRun]:
        """Save the edit form; ``fields`` are SceneUpdateInput's, None sets a field to null."""
        return self._save("sceneUpdate", "SceneUpdateInput", {"id": scene_id, **fields}).runs

    def scenes_update(self, changes: Iterable[Mapping[str, Any]]) -> list[PluginRun]:
        query = "mutation($input:[SceneUpdateInput!]!){scenesUpdate(input:$input){id}}"
        return self.graphql(query, input=[dict(change) for change in changes]).runs

    def bulk_scene_update(self, ids: Iterable[int], **fields: Any) -> list[PluginRun]:
        sent = {"ids": list(ids), **fields}
        return self._save("bulkSceneUpdate", "BulkSceneUpdateInput", sent).runs

    def scene_destroy(self, scene_id: int) -> list[PluginRun]:
        return self._save("sceneDestroy", "SceneDestroyInput", {"id": scene_id}, of="").runs

    def scene_merge(self, sources: Iterable[int], destination: int) -> list[PluginRun]:
        sent = {"source": list(sources), "destination": destination}
        return self._save("sceneMerge", "SceneMergeInput", sent).runs

    def rename_performer(self, performer_id: int, name: str) -> list[PluginRun]:
        return self._rename("performer", performer_id, name)

    def rename_studio(self, studio_id: int, name: str) -> list[PluginRun]:
        return self._rename("studio", studio_id, name)

    def rename_tag(self, tag_id: int, name: str) -> list[PluginRun]:
        return self._rename("tag", tag_id, name)

    def _rename(self, kind: str, record_id: int, name: str) -> list[PluginRun]:
        sent = {"id": record_id, "name": name}
        return self._save(f"{kind}Update", f"{kind.capitalize()}UpdateInput", sent).runs

    def destroy(self, kind: str, record_id: int) -> list[PluginRun]:
        """Delete a ``performer``, ``studio``, ``tag`` or ``group``."""
        input_type = f"{kind.capitalize()}DestroyInput"
        return self._save(f"{kind}Destroy", input_type, {"id": record_id}, of="").runs

    def tags_merge(self, sources: Iterable[int], destination: int) -> list[PluginRun]:
        sent = {"source": list(sources), "destination": destination}
        return self._save("tagsMerge", "TagsMergeInput", sent).runs

    def enable(self, enabled: bool = True) -> None:
        """Switch the plugin on or off."""
        query = "mutation($map:BoolMap!){setPluginsEnabled(enabledMap:$map)}"
        self.graphql(query, map={self.plugin_id: enabled})

    def start_task(self, name: str | None, args: Mapping[str, Any] | None = None) -> int:
        """Queue a task; ``args`` as given by its caller. Returns the job's id."""
        query = (
            "mutation($id:ID!,$name:String,$args:Map)"
            "{runPluginTask(plugin_id:$id,task_name:$name,args_map:$args)}"
        )
        given = dict(args or {})
        answer = self.graphql(query, id=self.plugin_id, name=name, args=given)
        return int(answer.data["runPluginTask"])

    def run_task(self, name: str | None, args: Mapping[str, Any] | None = None) -> PluginRun:
        """Queue a task and wait for its run. Raises ValueError when the job failed."""
        job = self.wait_for_job(self.start_task(name, args))
        if not job.runs:
            raise ValueError(job.error or job.status)
        return job.runs[-1]

    def run_operation(self, args: Mapping[str, Any] | None = None) -> PluginRun:
        """Run an operation immediately. An error of the plugin is in the run, not raised."""
        plugins, origin = self.site.stash.plugins, self.site.user_origin()
        plugin = plugins.find(self.plugin_id)
        if plugin is None:
            raise ValueError(f"no plugin with ID {self.plugin_id}")
        return plugins.run(plugin, None, origin, dict(args or {}))

    def job(self, job_id: int) -> Job | None:
        """A waiting, running or just finished job."""
        return self.site.stash.jobs.find(job_id)

    def wait_for_job(self, job_id: int, patience: float = 120.0) -> Job:
        """Raises TimeoutError after ``patience`` seconds."""
        job = self.job(job_id)
        if job is None:
            raise ValueError(f"no job {job_id}")
        if not job.over.wait(patience):
            raise TimeoutError(f"job {job_id} still {job.status}")
        return job

    def stop_job(self, job_id: int) -> None:
        self.graphql("mutation($id:ID!){stopJob(job_id:$id)}", id=job_id)
