"""Fields that are more than an attribute of a record: addresses of images."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLResolveInfo

from simulators.stash.records import Scene, epoch
from simulators.stash.state import Call

Resolver = Callable[..., Any]
Info = GraphQLResolveInfo[Call]


def _scene_paths(scene: Scene, info: Info) -> dict[str, str]:
    moment = epoch(scene.updated_at)
    return {"screenshot": f"{info.context.base_url}/scene/{scene.id}/screenshot?t={moment}"}


RESOLVERS: dict[str, dict[str, Resolver]] = {"Scene": {"paths": _scene_paths}}
