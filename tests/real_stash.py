"""What people do in Stash, done in a real one, with the names that `simulators.stash` uses."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.installed_plugin import eventually
from tests.real_server import PLUGIN, HookRun, RealServer, tool

_OVER = ("FINISHED", "CANCELLED", "FAILED")


@dataclass(frozen=True)
class OperationRun:
    """What an operation answered."""

    output: Any


def make_clip(target: Path) -> None:
    """A second of moving picture, the smallest file that Stash takes for a video."""
    picture = ["-f", "lavfi", "-i", "testsrc=size=160x90:rate=10", "-t", "1", "-c:v", "mpeg4"]
    command = [tool("ffmpeg"), "-v", "error", "-y", *picture, str(target)]
    subprocess.run(command, check=True, timeout=60)


class RealStash(RealServer):
    """A Stash with credentials and one plugin; ``clip`` is what its files are copies of."""

    def __init__(self, folder: Path, plugins: Path, clip: Path) -> None:
        super().__init__(folder, plugins)
        self.library = RealLibrary(self, clip)

    @property
    def settings(self) -> dict[str, Any]:
        """What is stored for the plugin."""
        stored = self.graphql("{configuration{plugins}}")["configuration"]["plugins"]
        return dict(stored.get(PLUGIN, {}))

    @settings.setter
    def settings(self, values: Mapping[str, Any]) -> None:
        query = "mutation($id:ID!,$map:Map!){configurePlugin(plugin_id:$id,input:$map)}"
        self.graphql(query, id=PLUGIN, map=dict(values))

    def enable(self, enabled: bool = True) -> None:
        """Switch the plugin on or off."""
        query = "mutation($map:BoolMap!){setPluginsEnabled(enabledMap:$map)}"
        self.graphql(query, map={PLUGIN: enabled})

    def _save(self, field: str, kind: str, sent: object, of: str = "{id}") -> list[HookRun]:
        """The hooks that a mutation led to, in order."""
        before = len(self.lines())
        self.graphql(f"mutation($input:{kind}!){{{field}(input:$input){of}}}", input=sent)
        return self.hook_runs(before)

    def scene_update(self, scene_id: int, **fields: Any) -> list[HookRun]:
        """Save the edit form."""
        return self._save("sceneUpdate", "SceneUpdateInput", {"id": scene_id, **fields})

    def scenes_update(self, changes: Sequence[Mapping[str, Any]]) -> list[HookRun]:
        return self._save("scenesUpdate", "[SceneUpdateInput!]", list(changes))

    def bulk_scene_update(self, ids: Iterable[int], **fields: Any) -> list[HookRun]:
        sent = {"ids": list(ids), **fields}
        return self._save("bulkSceneUpdate", "BulkSceneUpdateInput", sent)

    def scene_destroy(self, scene_id: int) -> list[HookRun]:
        return self._save("sceneDestroy", "SceneDestroyInput", {"id": scene_id}, of="")

    def scene_merge(self, sources: Iterable[int], destination: int) -> list[HookRun]:
        sent = {"source": list(sources), "destination": destination}
        return self._save("sceneMerge", "SceneMergeInput", sent)

    def rename(self, kind: str, record_id: int, name: str) -> list[HookRun]:
        """Rename a ``performer``, ``studio``, ``tag`` or ``group``."""
        sent = {"id": record_id, "name": name}
        return self._save(f"{kind}Update", f"{kind.capitalize()}UpdateInput", sent)

    def destroy(self, kind: str, record_id: int) -> list[HookRun]:
        """Delete a ``performer``, ``studio``, ``tag`` or ``group``."""
        input_type = f"{kind.capitalize()}DestroyInput"
        return self._save(f"{kind}Destroy", input_type, {"id": record_id}, of="")

    def tags_merge(self, sources: Iterable[int], destination: int) -> list[HookRun]:
        sent = {"source": list(sources), "destination": destination}
        return self._save("tagsMerge", "TagsMergeInput", sent)

    def start_task(self, name: str | None, args: Mapping[str, Any] | None = None) -> int:
        """Queue a task; returns the job's number."""
        query = (
            "mutation($id:ID!,$name:String,$args:Map)"
            "{runPluginTask(plugin_id:$id,task_name:$name,args_map:$args)}"
        )
        answer = self.graphql(query, id=PLUGIN, name=name, args=dict(args or {}))
        return int(answer["runPluginTask"])

    def job(self, job_id: int) -> dict[str, Any]:
        """Status, progress and error of a job; Stash remembers the latest ten."""
        query = "query($id:ID!){findJob(input:{id:$id}){status progress error description}}"
        found: dict[str, Any] = self.graphql(query, id=job_id)["findJob"]
        return found

    def wait_for_job(self, job_id: int, timeout: float = 120.0) -> dict[str, Any]:
        """The job when it is over."""

        def over() -> dict[str, Any] | None:
            job = self.job(job_id)
            return job if job["status"] in _OVER else None

        found = eventually(over, timeout)
        assert found
        return found

    def stop_job(self, job_id: int) -> None:
        """A person's click on the cross beside a job."""
        self.graphql("mutation($id:ID!){stopJob(job_id:$id)}", id=job_id)

    def run_operation(self, args: Mapping[str, Any]) -> OperationRun:
        """Run an operation at once. Raises `Refused` on an error of the plugin."""
        query = "mutation($id:ID!,$args:Map){runPluginOperation(plugin_id:$id,args:$args)}"
        return OperationRun(self.graphql(query, id=PLUGIN, args=dict(args))["runPluginOperation"])

    def scan(self) -> list[HookRun]:
        """Scan the library; waits for the job's end."""
        before = len(self.lines())
        job = int(self.graphql("mutation{metadataScan(input:{})}")["metadataScan"])
        assert self.wait_for_job(job)["status"] == "FINISHED"
        return self.hook_runs(before)

    def set_api_key(self) -> str:
        """A new API key, made by Stash."""
        return str(self.graphql("mutation{generateAPIKey(input:{})}")["generateAPIKey"])


class RealLibrary:
    """What lies in Stash, with the names of the simulator's library."""

    def __init__(self, stash: RealStash, clip: Path) -> None:
        self._stash = stash
        self._clip = clip
        self._files = 0

    def add_file(self, path: Path) -> None:
        """A video unlike all others: Stash tells files apart by size and ends."""
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(self._clip, path)
        self._files += 1
        with path.open("ab") as file:
            file.write(b"%032d" % self._files * self._files)

    def add_scene(self, files: Sequence[Mapping[str, str]]) -> int:
        """Files appear and are scanned while the plugin is off, so that it hears of nothing."""
        for file in files:
            self.add_file(Path(file["path"]))
        self._stash.enable(False)
        self._stash.scan()
        self._stash.enable()
        return self.scene_of(files[0]["path"])

    def scene_of(self, path: str) -> int:
        """The number of the scene that holds a file."""
        where = {"path": {"value": path, "modifier": "EQUALS"}}
        query = "query($where:SceneFilterType){findScenes(scene_filter:$where){scenes{id}}}"
        (scene,) = self._stash.graphql(query, where=where)["findScenes"]["scenes"]
        return int(scene["id"])

    def add(self, kind: str, name: str) -> int:
        """A new ``performer``, ``studio``, ``tag`` or ``group``."""
        input_type = f"{kind.capitalize()}CreateInput"
        query = f"mutation($input:{input_type}!){{{kind}Create(input:$input){{id}}}}"
        return int(self._stash.graphql(query, input={"name": name})[f"{kind}Create"]["id"])

    def add_performer(self, name: str) -> int:
        return self.add("performer", name)

    def add_studio(self, name: str) -> int:
        return self.add("studio", name)

    def add_tag(self, name: str) -> int:
        return self.add("tag", name)

    def touch(self, scene_id: int, **fields: Any) -> None:
        """An edit. Nobody hears of it only when the plugin is off or cannot be started."""
        self._stash.scene_update(scene_id, **fields)
