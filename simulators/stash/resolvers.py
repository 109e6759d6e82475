"""All resolvers put together into the one engine of this process."""

from __future__ import annotations

import functools

from simulators.stash import entity_mutations, mutations, objects, queries, system_mutations
from simulators.stash.schema import Engine, Resolver


@functools.cache
def engine() -> Engine:
    """The engine; it holds no library, so every simulator of a process shares it."""
    together: dict[str, dict[str, Resolver]] = {}
    for room in (objects, queries, mutations, entity_mutations, system_mutations):
        for type_name, functions in room.RESOLVERS.items():
            together.setdefault(type_name, {}).update(functions)
    return Engine(together)
