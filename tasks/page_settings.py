"""Operations ``settings`` and ``save_settings``: the settings as a page shows and changes them."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping

from sync_queue import launch
from tasks.context import TaskRequest, TaskResult
from tasks.desk import Desk
from tasks.listings import libraries_of
from validation.config import ConfigReport, validate_config
from validation.errors import SetupError
from validation.field_names import FIELDS, parse_fields
from validation.setting_types import Setting, is_blank, shown_value
from validation.settings import GROUPS, SETTINGS
from validation.texts import one_line
from validation.words import count
from worker.observed import note_settings
from worker.servers import Servers

KINDS = {"BOOLEAN": "switch", "NUMBER": "number", "STRING": "text"}
SECRETS = frozenset({"plex_token", "stash_api_key"})
SPECIAL = {
    **{"plex_library": "list", "path_map": "rules"},
    **{"title_template": "template", "skip_fields": "fields"},
}
BY_NAME: Mapping[str, Setting] = {one.name: one for one in SETTINGS}


def show(desk: Desk) -> TaskResult:
    """List the settings in the page's order, with values, defaults and problems; no secrets."""
    servers = servers_of(desk)
    raw = servers.stash().read_settings()[0]
    report = validate_config(raw, desk.request.environ)
    note_settings(desk.manager, servers.judged(raw))
    titles = list(libraries_of(desk.manager.connection).values())
    docs = [
        setting_doc(BY_NAME[name], group, report, raw, titles)
        for group, names in GROUPS.items()
        for name in names
    ]
    said = [f"{doc['key']}: {doc['value']} {doc['problem']}".rstrip() for doc in docs]
    output = {"settings": docs, "groups": list(GROUPS)}
    return TaskResult(lines=tuple(said), output=output, problems=len(report.by_name))


def save(desk: Desk) -> TaskResult:
    """Store what was changed, or nothing where a value is wrong."""
    values = values_of(desk.request)
    servers = servers_of(desk)
    stash = servers.stash()
    raw = stash.read_settings()[0]
    unknown = {
        name: f"There is no setting {one_line(name, 40)!r}." for name in values.keys() - BY_NAME
    }
    report = validate_config({**raw, **values}, desk.request.environ)
    wrong = {name: report.by_name[name] for name in values if name in report.by_name}
    problems = {**unknown, **wrong}
    if problems:
        return TaskResult(
            problems=len(problems),
            lines=tuple(problems.values()),
            output={"saved": [], "problems": problems},
            exit_code=2,
        )
    changes = {name: stored_form(name, values[name], report) for name in values}
    if changes:
        stash.configure(changes)
    note_settings(desk.manager, servers.judged({**raw, **values}))
    if desk.request.lets_worker_in:
        launch.ensure_worker(desk.request.plugin_dir, desk.manager.data_dir, asked=True)
    said = f"{count(len(changes), 'setting is', 'settings are')} stored."
    return TaskResult(
        done=len(changes), lines=(said,), output={"saved": sorted(changes), "problems": {}}
    )


def values_of(request: TaskRequest) -> Mapping[str, object]:
    """The values that were given: a JSON object, as text from a shell. Raises ``SetupError``."""
    given = request.arguments.get("values")
    if isinstance(given, str):
        try:
            given = json.loads(given)
        except (ValueError, RecursionError):
            given = None
    if not isinstance(given, dict):
        raise SetupError("save_settings needs values: a JSON object of settings and their values.")
    return given


def stored_form(name: str, value: object, report: ConfigReport) -> object:
    """The form in which Stash's own page would store a value."""
    kind = BY_NAME[name].kind
    read = getattr(report.config, name)
    if kind == "NUMBER":
        return 0 if is_blank(value) or str(value).strip() == "0" else read
    if name in SECRETS:
        return read.get_secret_value() if not is_blank(value) else ""
    return read if not is_blank(value) else (False if kind == "BOOLEAN" else "")


def setting_doc(
    setting: Setting,
    group: str,
    report: ConfigReport,
    raw: Mapping[str, object],
    titles: list[str],
) -> dict[str, object]:
    """One setting for a page. A value that cannot be used is shown as it was typed."""
    name = setting.name
    is_secret = name in SECRETS
    value = shown_value(getattr(report.config, name))
    if name in report.by_name and not is_secret and isinstance(raw.get(name), str | int | float):
        value = raw[name]
    choices = {"plex_library": titles, "skip_fields": list(FIELDS)}
    if name == "skip_fields" and name not in report.by_name:
        value = "; ".join(parse_fields(str(value)).names)  # each under the name that is a choice
    return {
        "key": name,
        "title": setting.display,
        "description": setting.description,
        "type": "secret" if is_secret else SPECIAL.get(name, KINDS[setting.kind]),
        "group": group,
        "default": "" if is_secret else setting.default,
        "value": value,
        "choices": choices.get(name, []),
        "low": setting.minimum,
        "high": setting.maximum,
        "problem": report.by_name.get(name, ""),
    }


def servers_of(desk: Desk) -> Servers:
    """The servers; the client for Stash has the key that the environment names."""
    return Servers(desk.manager, desk.request.environ, time.time, time.sleep)
