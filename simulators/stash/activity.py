"""Plays and resume positions of scenes. No hook fires, and ``updated_at`` stays."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from graphql import GraphQLError

from simulators.stash.queries import Args, Resolver, number, root
from simulators.stash.records import Scene, rfc3339
from simulators.stash.state import Call


def _scene(call: Call, args: Args) -> Scene:
    found = call.stash.library.scenes.get(number(args["id"]))
    if found is None:
        raise GraphQLError(f"scene with id {args['id']} not found")
    return found


def _moment(text: str) -> str:
    """The second of a Timestamp, as Stash keeps it."""
    try:
        return rfc3339(int(datetime.fromisoformat(text).timestamp()))
    except ValueError as error:
        raise GraphQLError(f"cannot parse Timestamp: {text}") from error


def _add_play(call: Call, args: Args) -> Mapping[str, Any]:
    """Repeated moments are added again; without any, the play is of now."""
    with call.stash.library.lock:
        scene = _scene(call, args)
        times = [_moment(text) for text in args.get("times") or ()] or [call.stash.clock.text()]
        scene.play_history = tuple(sorted((*scene.play_history, *times), reverse=True))
    return {"count": len(scene.play_history), "history": list(scene.play_history)}


def _delete_play(call: Call, args: Args) -> Mapping[str, Any]:
    """Each named moment goes once; without any, the latest."""
    with call.stash.library.lock:
        scene = _scene(call, args)
        left = list(scene.play_history)
        for text in [_moment(text) for text in args.get("times") or ()] or left[:1]:
            if text in left:
                left.remove(text)
        scene.play_history = tuple(left)
    return {"count": len(left), "history": left}


def _save(call: Call, args: Args) -> bool:
    with call.stash.library.lock:
        scene = _scene(call, args)
        if args.get("resume_time") is not None:
            scene.resume_time = args["resume_time"]
    return True


MUTATIONS: Mapping[str, Resolver] = {
    "sceneAddPlay": root(_add_play),
    "sceneDeletePlay": root(_delete_play),
    "sceneSaveActivity": root(_save),
}
