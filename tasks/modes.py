"""The table of modes for Stash's Tasks page, operations and the command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from tasks import (
    check_setup,
    choose_server,
    letters,
    libraries,
    one_scene,
    page_settings,
    paths,
    preview,
    setup,
    support,
    sync_library,
    undo,
)
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import Desk, open_desk
from tasks.runs import note_run

# Modes that look without a trace in the database, and those that may change something.
Look = Callable[[TaskRequest, Progress], TaskResult]
LOOKS: Mapping[str, Look] = {
    "preview": preview.run,
    "check_setup": check_setup.run,
    "libraries": libraries.run,
    "servers": choose_server.run,
    "setup": setup.run,
    "paths": paths.run,
    "support": support.run,
}
ACTS: Mapping[str, Callable[[Desk], TaskResult]] = {
    "process_queue": sync_library.process_queue,
    "sync_all": sync_library.sync_all,
    "sync_changed": sync_library.sync_changed,
    "retry_failed": letters.retry_failed,
    "sync": one_scene.sync,
    "pin": one_scene.pin,
    "ignore": one_scene.ignore,
    "retry": letters.retry,
    "dismiss": letters.dismiss,
    "settings": page_settings.show,
    "save_settings": page_settings.save,
    "use_server": choose_server.use,
    "undo": undo.undo,
}
MODES = (*LOOKS, *ACTS)
# The preview of an act: the edits that it would write.
DRY_RUNS: Mapping[str, Look] = {
    "process_queue": preview.run_waiting,
    "sync_all": preview.run,
    "sync_changed": preview.run_changed,
    "sync": preview.run_scene,
    "undo": undo.preview,
}


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """Run the mode that was asked for, if its arguments are well. Every report ends with the data
    directory.
    """
    request.check_numbers()
    look = LOOKS.get(request.mode)
    if request.flag("dry_run") or (request.mode == "undo" and undo.previews(request)):
        look = DRY_RUNS.get(request.mode, look)
    result = look(request, progress) if look else act(request, progress)
    if not result.lines:
        return result
    data_dir = request.locate()
    end = (f"Data directory: {data_dir}",)
    return replace(
        result,
        lines=result.lines + end,
        report=result.report + end if result.report else (),
        details={**result.details, "data_dir": data_dir},
    )


def act(request: TaskRequest, progress: Progress) -> TaskResult:
    """Run a mode at its desk, and keep how it ended where Status is to show it."""
    with open_desk(request, progress) as desk:
        result = ACTS[request.mode](desk)
        if result.title:
            note_run(desk.manager, result, desk.begun)
    return result
