"""Operation ``libraries``: Plex's libraries, and which of them are chosen."""

from __future__ import annotations

from plex.client import PlexClient
from plex.items import PlexLibrary
from sync_queue.snapshot import Snapshot
from tasks.context import Progress, TaskRequest, TaskResult
from tasks.desk import ready_servers
from validation.sanitizers import name_key


def run(request: TaskRequest, progress: Progress) -> TaskResult:
    """List every library of the server, those that PlexSync cannot sync too."""
    progress(0.0)
    with Snapshot(request.locate(), request.connection) as memory:
        servers = ready_servers(request, memory)
        config = servers.settings.config
        plex = servers.plex(config)
        wanted = {name_key(name) for name in config.libraries}
        docs = [library_doc(plex, one, wanted) for one in plex.libraries()]
    said = [f"{doc['title']} ({doc['type']}): {doc['items']} items" for doc in docs]
    return TaskResult(done=len(docs), lines=tuple(said), output={"libraries": docs})


def library_doc(plex: PlexClient, library: PlexLibrary, wanted: set[str]) -> dict[str, object]:
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
        "chosen": section is not None and (not wanted or name_key(library.title) in wanted),
    }
