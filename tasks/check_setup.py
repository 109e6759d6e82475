"""Mode ``check_setup``: everything that has to be right, tried, and what to do where it is not."""

from __future__ import annotations

import time
from collections.abc import Iterator

from plex.candidates import choose_sections
from sync_queue.report import read_report
from sync_queue.snapshot import Snapshot
from tasks.check_machine import check_address, check_machine, is_container
from tasks.check_servers import check_plex, check_rules, check_settings, check_stash, probe
from tasks.context import TaskRequest, TaskResult
from tasks.deliver import Progress
from tasks.findings import Finding, Level, worst_first, wrong
from validation.config import setup_problem
from validation.errors import PlexSyncError
from worker.session import Session

USAGE, SOME = 2, 1
MOST_LINES = 15


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Check settings, servers, libraries, path rules, disk and worker; nothing is changed."""
    data_dir = request.resolve()
    progress(0.0)
    findings = list(check_machine(data_dir, read_report(data_dir, time.time())))
    progress(0.2)
    with Snapshot(data_dir, request.connection) as memory:
        findings += check_servers(request, memory)
    progress(1.0)
    ordered = worst_first(findings)
    bad = [finding for finding in ordered if finding.level is not Level.FINE]
    worst = max(finding.level for finding in ordered)
    codes = {Level.FINE: 0, Level.WORTH_A_LOOK: SOME, Level.WRONG: USAGE}
    return TaskResult(
        done=len(ordered),
        problems=len(bad),
        lines=tuple(map(str, ordered[:MOST_LINES])),
        report=tuple(map(str, ordered)),
        exit_code=codes[worst],
        output={
            "findings": [
                {"level": one.level.name.lower(), "what": one.what, "todo": one.todo}
                for one in ordered
            ]
        },
    )


def check_servers(request: TaskRequest, memory: Snapshot) -> Iterator[Finding]:
    """Both servers, as far as they answer: what fails is a finding, and the rest goes on."""
    session = Session(memory, request.environ, time.time, time.sleep)
    try:
        raw, _enabled = session.stash().read_settings()
        yield from check_stash(session.stash())
        session.read_settings()
    except PlexSyncError as error:
        yield wrong(str(error), "")
        raw = {}
    yield from check_settings(raw, request.environ)
    if setup_problem(session.config):
        return
    try:
        sections = session.plex().sections(fresh=True)
    except PlexSyncError as error:
        yield wrong(str(error), "")
        yield from check_address(session.config.plex_url, in_container=is_container())
        return
    try:
        chosen = choose_sections(sections, session.config.libraries)
        yield from check_plex(session.plex(), sections, chosen)
        yield from check_rules(memory, session, chosen)
        if request.flag("probe"):
            yield probe(session.plex(), chosen)
    except PlexSyncError as error:
        yield wrong(str(error), "")
