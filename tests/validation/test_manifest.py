"""PlexSync.yml as Stash reads it: strictly, and never apart from the settings model."""

from __future__ import annotations

import re
from collections.abc import Hashable
from pathlib import Path
from typing import Any

import pytest
import yaml

from validation.settings import SETTINGS

# A longer one pushes the task's button to a row of its own on Stash's page.
LONGEST_DESCRIPTION = 105
ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / "PlexSync.yml"

# Every key that Stash knows (pkg/plugin/config.go); any other makes it refuse the plugin.
TOP_KEYS = {
    *("name", "description", "url", "version", "interface", "exec", "errLog"),
    *("tasks", "hooks", "settings", "ui"),
}
TASK_KEYS = {"name", "description", "execArgs", "defaultArgs"}
HOOK_KEYS = TASK_KEYS | {"triggeredBy"}
SETTING_KEYS = {"type", "displayName", "description"}
UI_KEYS = {"javascript", "css", "assets", "csp", "requires"}

# Stash's trigger names (pkg/plugin/hook/hooks.go); it accepts others and never fires them.
SCENES_AND_IMAGES = ("Scene", "SceneMarker", "Image", "Gallery", "GalleryChapter")
TRIGGERS = {
    f"{thing}.{event}.Post"
    for thing in (*SCENES_AND_IMAGES, "Group", "Performer", "Studio", "Tag")
    for event in ("Create", "Update", "Destroy")
} | {"Tag.Merge.Post"}


class StrictLoader(yaml.SafeLoader):
    """Refuses a key given twice, as Stash's own reader does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        assert len(keys) == len(set(keys)), f"a key is given twice: {keys}"
        return super().construct_mapping(node, deep)


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded = yaml.load(MANIFEST.read_text("utf-8"), StrictLoader)
    assert isinstance(loaded, dict)
    return loaded


def test_every_key_is_one_that_stash_knows(manifest: dict[str, Any]) -> None:
    assert manifest.keys() <= TOP_KEYS
    assert manifest["ui"].keys() <= UI_KEYS
    assert all(task.keys() <= TASK_KEYS for task in manifest["tasks"])
    assert all(hook.keys() <= HOOK_KEYS for hook in manifest["hooks"])
    assert all(setting.keys() <= SETTING_KEYS for setting in manifest["settings"].values())


def test_the_plugin_is_started_as_the_contract_says(manifest: dict[str, Any]) -> None:
    assert manifest["name"] == "PlexSync"
    assert manifest["interface"] == "raw"
    assert manifest["errLog"] in {"none", "trace", "debug", "info", "warning", "error"}
    assert re.fullmatch(r"\d+\.\d+\.\d+", manifest["version"])
    assert manifest["exec"] == ["python3", "-S", "{pluginDir}/PlexSync.py"]
    text = MANIFEST.read_text("utf-8")
    assert '\nexec:\n  - python3\n  - "-S"\n  - "{pluginDir}/PlexSync.py"\n' in text


def test_the_hooks_are_scenes_and_renames(manifest: dict[str, Any]) -> None:
    triggers = [trigger for hook in manifest["hooks"] for trigger in hook["triggeredBy"]]
    assert len(triggers) == len(set(triggers))
    renamed = {
        f"{thing}.{event}.Post"
        for thing in ("Performer", "Studio", "Tag", "Group")
        for event in ("Update", "Destroy")
    }
    scenes = {"Scene.Create.Post", "Scene.Update.Post", "Scene.Destroy.Post"}
    assert set(triggers) == scenes | renamed | {"Tag.Merge.Post"}
    assert set(triggers) <= TRIGGERS


def test_each_task_has_its_own_name_and_mode(manifest: dict[str, Any]) -> None:
    tasks = {task["name"]: task["defaultArgs"] for task in manifest["tasks"]}
    assert len(tasks) == len(manifest["tasks"]) <= 7
    promised = {
        "Process Queue": {"mode": "process_queue"},
        "Sync All Scenes": {"mode": "sync_all"},
        "Sync Changed Scenes": {"mode": "sync_changed"},
        "Preview Sync": {"mode": "preview"},
        "Retry Failed": {"mode": "retry_failed"},
        "Check Set-up": {"mode": "check_setup"},
        "Show Status": {"mode": "status"},
    }
    assert tasks.items() <= promised.items()
    assert {"Process Queue", "Show Status"} <= tasks.keys()
    assert all("Cost: " in task["description"] for task in manifest["tasks"])
    assert all(len(task["description"]) <= LONGEST_DESCRIPTION for task in manifest["tasks"])


def test_the_settings_are_those_of_the_model(manifest: dict[str, Any]) -> None:
    assert manifest["settings"] == {
        setting.name: {
            "displayName": setting.display,
            "description": setting.description,
            "type": setting.kind,
        }
        for setting in SETTINGS
    }
    assert list(manifest["settings"]) == [setting.name for setting in SETTINGS]


def test_no_name_has_a_dot_which_stash_takes_for_a_path(manifest: dict[str, Any]) -> None:
    assert not [name for name in manifest["settings"] if "." in name]


def test_every_file_it_names_exists(manifest: dict[str, Any]) -> None:
    named = [*manifest["ui"].get("javascript", []), *manifest["ui"].get("css", [])]
    assert [name for name in [*named, "PlexSync.py"] if not (ROOT / name).is_file()] == []
    assert "assets" not in manifest["ui"]  # would serve files of the plugin to any browser
