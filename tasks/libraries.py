"""Operation ``libraries``: Plex's libraries, and which of them are chosen."""

from __future__ import annotations

from collections.abc import Sequence

from plex.candidates import is_chosen
from plex.client import PlexClient
from plex.items import PlexLibrary
from sync_queue.snapshot import Snapshot
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import ready_servers


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """List every library of the server, those that PlexSync cannot sync too."""
    progress(0.0)
    with Snapshot(request.locate(), request.connection) as memory:
        servers = ready_servers(request, memory)
        config = servers.settings.config
        plex = servers.plex(config)
        docs = [library_doc(plex, one, config.libraries) for one in plex.libraries()]
    said = [f"{doc['title']} ({doc['type']}): {doc['items']} items" for doc in docs]
    return TaskResult(done=len(docs), lines=tuple(said), output={"libraries": docs})


def library_doc(
    plex: PlexClient, library: PlexLibrary, libraries: Sequence[str]
) -> dict[str, object]:
    """One library for programs. ``items`` counts what PlexSync could sync."""
    section = library.section
    return {
        "title": library.title,
        "key": library.key,
        "type": library.kind,
        "agent": library.agent,
        "scanner": library.scanner,
        "locations": list(library.locations),
        "items": plex.size(section) if section else 0,
        "chosen": section is not None and is_chosen(library.title, libraries),
    }
