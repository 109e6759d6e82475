"""The control address ``/_control/…``: what a test in the same process does by calling, over HTTP.

It needs no token, meets no faults and is not in the request log.
"""

from __future__ import annotations

import json
from typing import Any

from simulators.plex import seed
from simulators.plex.calls import Server
from simulators.plex.edits import apply_edit, parse_edit
from simulators.plex.faults import Faults
from simulators.plex.query import Query
from simulators.plex.snapshot import describe, snapshot


def serve(
    server: Server, faults: Faults, method: str, path: str, query: Query, body: bytes
) -> tuple[int, Any]:
    """Status and JSON value of one control request.

    GET counts, requests, snapshot. POST sections (a seed document), items (``section``, ``items``),
    faults (arguments of ``Faults.add``), edit (as Plex's PUT, with ``id``), reset. DELETE faults.
    """
    library, log = server.library, server.requests
    given = json.loads(body) if body else {}
    with library.lock:
        server.scanner.advance()
        match method, path.removeprefix("/_control/"):
            case "GET", "counts":
                return 200, counts(server)
            case "GET", "requests":
                return 200, [[r.method, r.path, r.query, r.status, r.at] for r in log]
            case "GET", "snapshot":
                return 200, snapshot(library)
            case "POST", "sections":
                seed.load(library, given)
                return 200, {"sections": sorted(library.sections)}
            case "POST", "items":
                section = library.sections[given["section"]]
                items = seed.add_items(library, section, given["items"])
                return 200, {"items": [item.rating_key for item in items]}
            case "POST", "edit":
                item = library.items[int(query.get("id"))]
                apply_edit(library, [item], parse_edit(query), one=True)
                return 200, describe(item)
            case "POST", "faults":
                faults.add(**given)
                return 200, {}
            case "DELETE", "faults":
                faults.clear()
                return 200, {}
            case "POST", "reset":
                log.clear()
                return 200, {}
    return 404, {"error": "no such control"}


def counts(server: Server) -> dict[str, Any]:
    """How many requests by method, writes, and edits without an id."""
    by_method: dict[str, int] = {}
    for request in server.requests:
        by_method[request.method] = by_method.get(request.method, 0) + 1
    return {
        "total": len(server.requests),
        "by_method": by_method,
        "writes": len(server.requests.writes()),
        "whole_section_edits": len(server.requests.whole_section_edits),
        "items": len(server.library.items),
    }
