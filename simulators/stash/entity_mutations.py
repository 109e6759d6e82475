"""Mutations of performers, studios, tags and groups: made, edited, deleted, merged.

None of them fires a scene hook or moves a scene's ``updated_at``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from graphql import GraphQLError

from simulators.stash.edits import edit_entity
from simulators.stash.hook_context import form, sent_fields
from simulators.stash.library import Library, Table, in_tag_order
from simulators.stash.mutations import fire
from simulators.stash.objects import Resolver
from simulators.stash.queries import Args, number, root
from simulators.stash.records import Entity, Tag
from simulators.stash.state import Call

Of = Callable[[Library], Table[Any]]
_TABLES: dict[str, Of] = {
    "Performer": lambda library: library.performers,
    "Studio": lambda library: library.studios,
    "Tag": lambda library: library.tags,
    "Group": lambda library: library.groups,
}
_FORGET: dict[str, Callable[[Library, int], None]] = {
    "Performer": Library.forget_performer,
    "Studio": Library.forget_studio,
    "Tag": Library.forget_tag,
    "Group": Library.forget_group,
}


def _fire(call: Call, kind: str, event: str, record_id: int, given: Any, sent: Any = None) -> None:
    """A group's edit fires the hooks of its old name, Movie, as well."""
    fields = None if sent is None else sent_fields(sent)
    for name in (kind, "Movie") if kind == "Group" else (kind,):
        fire(call, f"{name}.{event}.Post", record_id, given, fields)


def _creator(kind: str) -> Resolver:
    def create(call: Call, args: Args) -> Entity:
        sent, library = args["input"], call.stash.library
        with library.lock:
            table, name = _TABLES[kind](library), sent["name"].strip()
            if kind in {"Studio", "Tag"} and table.taken(name):
                raise GraphQLError(f"{kind.lower()} with name '{name}' already exists")
            record: Entity = table.add(name)
            edit_entity(library, record, sent)
        _fire(call, kind, "Create", record.id, form(f"{kind}CreateInput", sent))
        return record

    return root(create)


def _updater(kind: str) -> Resolver:
    def update(call: Call, args: Args) -> Entity:
        sent, library = args["input"], call.stash.library
        with library.lock:
            record: Entity = _record(_TABLES[kind](library), kind, sent["id"])
            edit_entity(library, record, sent)
        _fire(call, kind, "Update", record.id, form(f"{kind}UpdateInput", sent), sent)
        return record

    return root(update)


def _destroyer(kind: str) -> Resolver:
    def destroy(call: Call, args: Args) -> bool:
        return _destroy(call, kind, [args["input"]["id"]], dict(args["input"]))

    return root(destroy)


def _list_destroyer(kind: str) -> Resolver:
    return root(lambda call, args: _destroy(call, kind, args["ids"], list(args["ids"])))


def _destroy(call: Call, kind: str, ids: list[str], given: Any) -> bool:
    library = call.stash.library
    with library.lock:
        records = [_record(_TABLES[kind](library), kind, record_id) for record_id in ids]
        for record in records:
            _FORGET[kind](library, record.id)
    for record in records:
        _fire(call, kind, "Destroy", record.id, given)
    return True


def _merge_tags(call: Call, args: Args) -> Tag:
    """Sources vanish into the destination and become its aliases; scenes follow silently."""
    sent, library = args["input"], call.stash.library
    with library.lock:
        kept: Tag = _record(library.tags, "Tag", sent["destination"])
        gone: list[Tag] = [_record(library.tags, "Tag", tag_id) for tag_id in sent["source"]]
        for scene in library.scenes.values():
            if any(tag in scene.tags for tag in gone):
                left = [tag for tag in scene.tags if tag not in gone]
                scene.tags = in_tag_order([*left, kept])
        kept.aliases = (*kept.aliases, *(tag.name for tag in gone))
        for tag in gone:
            library.forget_tag(tag.id)
    _fire(call, "Tag", "Merge", kept.id, form("TagsMergeInput", sent))
    return kept


def _record(table: Mapping[int, Any], kind: str, record_id: str) -> Any:
    found = table.get(number(record_id))
    if found is None:
        raise GraphQLError(f"{kind.lower()} with id {record_id} not found")
    return found


_MUTATIONS: dict[str, Resolver] = {"tagsMerge": root(_merge_tags)}
for _kind in _TABLES:
    _MUTATIONS |= {
        f"{_kind.lower()}Create": _creator(_kind),
        f"{_kind.lower()}Update": _updater(_kind),
        f"{_kind.lower()}Destroy": _destroyer(_kind),
        f"{_kind.lower()}sDestroy": _list_destroyer(_kind),
    }

RESOLVERS: dict[str, dict[str, Resolver]] = {"Mutation": _MUTATIONS}
