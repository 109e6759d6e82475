"""Mode ``check_setup``: try every precondition, and give the next step for each that fails."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping

from plex.candidates import choose_sections
from plex.exceptions import WrongToken
from sync_queue.report import read_report
from sync_queue.snapshot import Snapshot
from tasks.check_machine import check_address, check_machine, check_waiting, is_container
from tasks.check_servers import (
    check_guard,
    check_plex,
    check_rules,
    check_settings,
    check_stash,
    probe,
)
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.exit_codes import of_errors
from tasks.findings import Finding, Level, failed, worst_first, wrong
from validation.errors import PlexSyncError, QueueError, SetupError
from worker.servers import CA_BUNDLE, Servers, SettingsRead

# The data directory is one more.
MOST_LINES = 14
STASH_TODO = (
    "Check that Stash runs and that this machine reaches it. If it asks for a login, save a scene"
    " or set Stash API key (stash_api_key)."
)
PLEX_TODO = (
    "Check that Plex runs and that this machine reaches its address. If it does not, correct the"
    " Plex address (plex_url)."
)
LOGIN_TODO = (
    "Correct the Plex token (plex_token): use that of the account that owns the server. Or empty"
    " address and token, and sign in with Plex."
)
SIGN_IN_TODO = "Sign in with Plex again, and choose the server."
SETTINGS_TODO = "Correct the setting under Settings > Plugins > PlexSync."


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Check settings, servers, libraries, path rules, disk and worker; nothing is changed."""
    progress(0.0)
    findings, data_dir = [], request.locate()
    try:
        data_dir = request.resolve()
    except OSError as error:
        findings.append(wrong(str(error), "Until then no edit is stored."))
    report = read_report(data_dir, time.time())
    findings += check_machine(request.plugin_dir, data_dir, report)
    progress(0.2)
    try:
        with Snapshot(data_dir, request.connection) as memory:
            found = list(check_servers(request, memory))
            findings += found
            findings += check_waiting(report.states, found)
    except QueueError as error:
        findings.append(failed(error, "Correct this first; then run Check Set-up again."))
    progress(1.0)
    ordered = worst_first(findings)
    bad = [finding for finding in ordered if finding.level is not Level.FINE]
    return TaskResult(
        done=len(ordered),
        problems=len(bad),
        lines=tuple(map(str, ordered[:MOST_LINES])),
        report=tuple(map(str, ordered)),
        exit_code=of_errors(finding.exit_code for finding in ordered),
        output={
            "findings": [
                {"level": one.level.name.lower(), "what": one.what, "todo": one.todo}
                for one in ordered
            ]
        },
    )


def check_servers(request: TaskRequest, memory: Snapshot) -> Iterator[Finding]:
    """Both servers, as far as they answer: a failure is a finding, and the rest continues."""
    servers = Servers(memory, request.environ, time.time, time.sleep)
    raw: Mapping[str, object] = {}
    try:
        raw, enabled = servers.stash().read_settings()
        servers.take_settings(raw, enabled)
        yield from check_stash(servers.stash())
        stash_answers = True
    except PlexSyncError as error:
        stash_answers = False
        servers.take_settings(raw, enabled=True)
        yield failed(error, STASH_TODO, at=stash_address(servers))
    yield from check_settings(raw or sent_settings(memory), servers.settings)
    config = servers.settings.config
    if servers.settings.setup_problem:
        return
    yield from check_guard(servers.settings)
    try:
        plex = servers.plex(config)
        sections = plex.sections(fresh=True)
    except PlexSyncError as error:
        yield from not_reached(error, servers.settings)
        return
    try:
        chosen = choose_sections(sections, config.libraries)
        yield from check_plex(plex, sections, chosen)
        if stash_answers:
            yield from check_rules(memory, servers, chosen)
        if request.flag("probe"):
            yield probe(plex, chosen)
    except SetupError as error:
        yield failed(error, SETTINGS_TODO)
    except PlexSyncError as error:
        yield failed(error, "Check that both servers run, then run Check Set-up again.")


def not_reached(error: PlexSyncError, read: SettingsRead) -> Iterator[Finding]:
    """Plex could not be asked for its libraries: the next step depends on what is wrong."""
    address = read.access.url
    if isinstance(error, WrongToken):
        yield failed(error, SIGN_IN_TODO if read.signed_in else LOGIN_TODO, at=address)
    elif CA_BUNDLE in str(error) and isinstance(error, SetupError):
        yield failed(error, "Correct this environment variable of Stash, or remove it.")
    else:
        yield failed(error, PLEX_TODO, at=address)
        yield from check_address(address, in_container=is_container())


def sent_settings(memory: Snapshot) -> Mapping[str, object]:
    """The settings that a newer Stash sends by itself; used where it is not asked, or has none."""
    sent = memory.stash_connection().get("settings")
    return sent if isinstance(sent, dict) else {}


def stash_address(servers: Servers) -> str:
    """Stash's address, "" if no hook, task or setting has named it."""
    try:
        return servers.stash_connection().base_url
    except PlexSyncError:
        return ""
