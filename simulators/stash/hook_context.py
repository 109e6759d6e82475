"""What a hook is told of the edit that fired it: ``input`` and ``inputFields`` (Stash v0.30).

Inputs that Stash's own models describe arrive as the whole form, every key of it, null where
nothing was sent; the generated ones (bulk edits, tags, groups, merges) carry only what was sent.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from graphql import GraphQLInputObjectType, get_named_type

from simulators.stash.schema import recorded_schema

_WHOLE_FORMS = {
    "SceneUpdateInput",
    "SceneDestroyInput",
    "ScenesDestroyInput",
    "SceneGroupInput",
    "SceneMovieInput",
    "StashIDInput",
    "StudioCreateInput",
    "StudioUpdateInput",
    "PerformerCreateInput",
    "PerformerUpdateInput",
    "CustomFieldsInput",
}
# Keys that Stash's models still have and its schema no longer names.
_RETIRED = {
    "PerformerCreateInput": ("height", "aliases"),
    "PerformerUpdateInput": ("height", "aliases"),
}


def form(type_name: str, sent: Mapping[str, Any]) -> dict[str, Any]:
    """The input as the hook's JSON holds it."""
    described = recorded_schema().type_map[type_name]
    assert isinstance(described, GraphQLInputObjectType)
    whole = type_name in _WHOLE_FORMS
    result: dict[str, Any] = {}
    for name, field in described.fields.items():
        value = _nested(get_named_type(field.type).name, sent.get(name))
        if whole or value not in (None, []):
            result[name] = value
    result.update(dict.fromkeys(_RETIRED.get(type_name, ())))
    if type_name == "PerformerUpdateInput" and result["custom_fields"] is None:
        result["custom_fields"] = form("CustomFieldsInput", {})
    return result


def _nested(type_name: str, value: Any) -> Any:
    if isinstance(value, list):
        return [_nested(type_name, entry) for entry in value]
    if isinstance(value, dict) and isinstance(
        recorded_schema().type_map[type_name], GraphQLInputObjectType
    ):
        return form(type_name, value)
    return value


def sent_fields(sent: Mapping[str, Any]) -> list[str]:
    """The names really sent, in no order to rely on (Go ranges over a map)."""
    names = list(sent)
    random.shuffle(names)
    return names


def hook_context(
    hook_type: str, record_id: int, given: Any, fields: Sequence[str] | None
) -> dict[str, Any]:
    """The ``hookContext`` object; ``id`` 0 and an empty ``inputFields`` are left out."""
    context: dict[str, Any] = {"id": record_id} if record_id else {}
    context |= {"type": hook_type, "input": given}
    if fields:
        context["inputFields"] = list(fields)
    return context
