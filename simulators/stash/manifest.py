"""Reads a plugin's ``.yml`` as strictly as Stash: any unknown key rejects the plugin."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

_OPERATION = {"name", "description", "execArgs", "defaultArgs"}
_TOP = {
    *("name", "description", "url", "version", "interface", "exec", "errLog"),
    *("tasks", "hooks", "ui", "settings"),
}
_UI = {"requires", "csp", "javascript", "css", "assets"}
_CSP = {"script-src", "style-src", "connect-src"}
_SETTING = {"type", "displayName", "description"}
# Users do not install a checkout: its virtual environments are not walked.
_NOT_WALKED = (".git", ".venv", ".windows", "node_modules")


class BadManifest(Exception):
    """Stash would log this and skip the plugin."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A task, or a hook with its triggers; default arguments are always text."""

    name: str
    description: str = ""
    exec_args: tuple[str, ...] = ()
    default_args: Mapping[str, str] = field(default_factory=dict)
    triggered_by: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    display_name: str
    description: str
    type: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """One loaded plugin; ``id`` is the file's name without ``.yml``."""

    id: str
    directory: str
    name: str
    description: str | None
    url: str | None
    version: str | None
    exec: tuple[str, ...]
    err_log: str
    tasks: tuple[Operation, ...]
    hooks: tuple[Operation, ...]
    settings: tuple[Setting, ...]
    requires: tuple[str, ...]
    javascript: tuple[str, ...]
    css: tuple[str, ...]

    def task(self, name: str) -> Operation | None:
        return next((task for task in self.tasks if task.name == name), None)

    def command(self, operation: Operation | None, python: str) -> list[str]:
        """argv: the interpreter for ``python``, ``{pluginDir}`` replaced from the second word."""
        program, *words = [*self.exec, *(operation.exec_args if operation else ())]
        return [
            python if self.is_python else program,
            *(word.replace("{pluginDir}", self.directory) for word in words),
        ]

    @property
    def is_python(self) -> bool:
        return self.exec[:1] in {("python",), ("python3",)}


def find_manifests(folder: str) -> Iterator[str]:
    """Every ``*.yml`` below a folder, in path order: each is tried as a plugin."""
    for directory, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith(_NOT_WALKED))
        for name in sorted(names):
            if name.endswith(".yml"):
                yield os.path.join(directory, name)


def load_manifest(path: str) -> Manifest:
    """Read one file. Raises BadManifest with the line that Stash would log."""
    with open(path, encoding="utf-8") as file:
        try:
            top = yaml.load(file, _StrictLoader)
        except yaml.YAMLError as error:
            raise BadManifest(str(error)) from error
    return _manifest(path, _mapping(top, _TOP, "plugin.Config"))


def _manifest(path: str, top: Mapping[str, Any]) -> Manifest:
    name = os.path.basename(path).removesuffix(".yml")
    ui = _mapping(top.get("ui"), _UI, "plugin.UIConfig")
    _mapping(ui.get("csp"), _CSP, "plugin.PluginCSP")
    if top.get("interface", "raw") not in {"raw", "rpc", "js"}:
        raise BadManifest(f"invalid interface type {top['interface']}")
    return Manifest(
        id=name,
        directory=os.path.dirname(path),
        name=_text(top.get("name")) or name,
        description=top.get("description"),
        url=top.get("url"),
        version=top.get("version"),
        exec=_texts(top.get("exec")),
        err_log=_text(top.get("errLog")) or "error",
        tasks=tuple(_operation(entry, _OPERATION) for entry in _list(top.get("tasks"))),
        hooks=tuple(
            _operation(entry, _OPERATION | {"triggeredBy"}) for entry in _list(top.get("hooks"))
        ),
        settings=_settings(top.get("settings")),
        requires=_texts(ui.get("requires")),
        javascript=_texts(ui.get("javascript")),
        css=_texts(ui.get("css")),
    )


def _operation(entry: Any, allowed: set[str]) -> Operation:
    values = _mapping(entry, allowed, "plugin.OperationConfig")
    defaults = _mapping(values.get("defaultArgs"), None, "map[string]string")
    return Operation(
        name=_text(values.get("name")),
        description=_text(values.get("description")),
        exec_args=_texts(values.get("execArgs")),
        default_args={key: _text(value) for key, value in defaults.items()},
        triggered_by=_texts(values.get("triggeredBy")),
    )


def _settings(value: Any) -> tuple[Setting, ...]:
    found = []
    for key, entry in sorted(_mapping(value, None, "map[string]plugin.SettingConfig").items()):
        values = _mapping(entry, _SETTING, "plugin.SettingConfig")
        kind = _text(values.get("type")) or "STRING"
        if kind not in {"STRING", "NUMBER", "BOOLEAN"}:
            raise BadManifest(f"invalid type {key} for setting {kind}")
        display, text = _text(values.get("displayName")), _text(values.get("description"))
        found.append(Setting(key, display, text, kind))
    return tuple(found)


def _mapping(value: Any, allowed: set[str] | None, type_name: str) -> Mapping[str, Any]:
    if value in (None, ""):
        return {}
    if not isinstance(value, dict):
        raise BadManifest(f"cannot unmarshal {value!r} into {type_name}")
    for key in value:
        if allowed is not None and key not in allowed:
            raise BadManifest(f"field {key} not found in type {type_name}")
    return value


def _list(value: Any) -> list[Any]:
    if value in (None, ""):
        return []
    if not isinstance(value, list):
        raise BadManifest(f"cannot unmarshal {value!r} into a list")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(_text(entry) for entry in _list(value))


def _text(value: Any) -> str:
    if value is not None and not isinstance(value, str):
        raise BadManifest(f"cannot unmarshal {value!r} into string")
    return value or ""


class _StrictLoader(yaml.CBaseLoader):
    """Every scalar is text (``0.10`` stays ``0.10``), and a repeated key is an error."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=deep) for key, _ in node.value]
        for key in keys:
            if keys.count(key) > 1:
                raise BadManifest(f"key {key!r} already set in map")
        return super().construct_mapping(node, deep=deep)
