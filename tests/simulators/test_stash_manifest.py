"""Manifests are read as strictly as Stash reads them."""

from pathlib import Path

import pytest

from simulators.stash.manifest import BadManifest, load_manifest
from simulators.stash.server import StashSimulator
from tests.simulators.fake_plugin import write_plugin

GOOD = """
name: PlexSync
version: 0.10
exec:
  - python3
  - "-S"
  - "{pluginDir}/PlexSync.py"
tasks:
  - name: Process Queue
    execArgs: ["{pluginDir}", x]
    defaultArgs: {days: 30, dry: true, text: "{pluginDir}"}
hooks:
  - name: Edit
    triggeredBy: [Scene.Update.Post, Nonsense.Post]
settings:
  b: {type: NUMBER, displayName: B}
  a: {}
ui:
  javascript: [ui/wake.js]
"""


def load(tmp_path: Path, text: str) -> object:
    path = tmp_path / "PlexSync.yml"
    path.write_text(text, "utf-8")
    return load_manifest(str(path))


def test_a_manifest_is_read_with_every_scalar_as_text(tmp_path: Path) -> None:
    path = tmp_path / "PlexSync.yml"
    path.write_text(GOOD, "utf-8")
    manifest = load_manifest(str(path))
    task = manifest.task("Process Queue")
    assert (manifest.id, manifest.version) == ("PlexSync", "0.10")
    assert task is not None
    assert task.default_args == {"days": "30", "dry": "true", "text": "{pluginDir}"}
    assert [setting.name for setting in manifest.settings] == ["a", "b"]
    assert [setting.type for setting in manifest.settings] == ["STRING", "NUMBER"]


def test_the_plugins_directory_replaces_its_name_in_arguments_only(tmp_path: Path) -> None:
    path = tmp_path / "PlexSync.yml"
    path.write_text(GOOD, "utf-8")
    manifest = load_manifest(str(path))
    script = f"{tmp_path}/PlexSync.py"
    assert manifest.command(None, "/py") == ["/py", "-S", script]
    task = manifest.task("Process Queue")
    assert manifest.command(task, "/py") == ["/py", "-S", script, str(tmp_path), "x"]
    path.write_text('exec: ["{pluginDir}/run", "{pluginDir}"]', "utf-8")
    assert load_manifest(str(path)).command(None, "/py") == ["{pluginDir}/run", str(tmp_path)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id: x", "field id not found"),
        ("requires: [x]", "field requires not found"),
        ("settings: {a: {default: 1}}", "field default not found"),
        ("settings: {a: {type: string}}", "invalid type"),
        ("settings: {a: {type: SELECT}}", "invalid type"),
        ("tasks: [{name: x, triggeredBy: [y]}]", "field triggeredBy not found"),
        ("hooks: [{name: x, when: y}]", "field when not found"),
        ("ui: {js: [x]}", "field js not found"),
        ("ui: {csp: {img-src: [x]}}", "field img-src not found"),
        ("interface: shell", "invalid interface"),
        ("name: a\nname: b", "already set"),
        ("name: [a]", "cannot unmarshal"),
        ("exec: python3", "cannot unmarshal"),
        ("name: a: b", "mapping values are not allowed"),
    ],
)
def test_anything_unknown_rejects_the_whole_plugin(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(BadManifest, match=message):
        load(tmp_path, text)


def test_every_yml_below_the_folder_is_tried_and_bad_ones_are_logged(tmp_path: Path) -> None:
    directory = Path(write_plugin(tmp_path))
    (directory / "docker-compose.yml").write_text("services: {}", "utf-8")
    (directory / "ignored.yaml").write_text("services: {}", "utf-8")
    deeper = directory / "vendor"
    deeper.mkdir()
    (deeper / "loose.yml").write_text("name: Loose", "utf-8")
    (deeper / "plexsync.yml").write_text("name: Twin", "utf-8")
    with StashSimulator(tmp_path, config_dir=tmp_path) as sim:
        plugins = sim.graphql("{plugins{id name enabled hooks{name} tasks{name} settings{name}}}")
        ids = [plugin["id"] for plugin in plugins.data["plugins"]]
        assert ids == ["PlexSync", "loose"]
        assert plugins.data["plugins"][1] == {
            "id": "loose",
            "name": "Loose",
            "enabled": True,
            "hooks": None,
            "tasks": None,
            "settings": [],
        }
        errors = [line.message for line in sim.logs if line.level == "error"]
        assert len(errors) == 2
        assert "docker-compose.yml: field services not found" in errors[0]
        assert "plugin ID plexsync already exists" in errors[1]
