"""The recorded schema, executed by graphql-core, with gqlgen's way to answer.

The schema is the answer of a Stash v0.30.1 to an introspection query, printed as SDL. A wrong
field or argument fails here as it fails there: HTTP 422, before any resolver runs.
"""

from __future__ import annotations

import functools
import random
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    GraphQLError,
    GraphQLFloat,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    build_schema,
    execute,
    get_named_type,
    parse,
    validate,
)

Resolver = Callable[..., Any]
Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A query as far as it can be taken without its variables: parsed, or refused."""

    document: DocumentNode | None
    errors: tuple[Body, ...] = ()
    fields: tuple[str, ...] = ()


class Engine:
    """Runs queries of one schema against the given resolvers, ``{type: {field: function}}``."""

    def __init__(self, resolvers: Mapping[str, Mapping[str, Resolver]]) -> None:
        self.schema = recorded_schema()
        self.prepare = functools.lru_cache(maxsize=1000)(self._prepare)
        _refuse_what_is_not_simulated(self.schema)
        for type_name, functions in resolvers.items():
            fields = _object_type(self.schema, type_name).fields
            for field_name, function in functions.items():
                fields[field_name].resolve = function

    def _prepare(self, query: str) -> Prepared:
        try:
            document = parse(query)
        except GraphQLSyntaxError as error:
            return Prepared(None, (_refusal(error, "GRAPHQL_PARSE_FAILED"),))
        problems = validate(self.schema, document)
        if problems:
            code = "GRAPHQL_VALIDATION_FAILED"
            return Prepared(None, tuple(_refusal(error, code) for error in problems))
        return Prepared(document, (), _root_fields(document))

    def run(
        self, query: str, variables: Mapping[str, Any] | None, context: object
    ) -> tuple[int, Body]:
        """HTTP status and body for one request."""
        prepared = self.prepare(query)
        if prepared.document is None:
            return 422, {"errors": list(prepared.errors), "data": None}
        result = execute(
            self.schema,
            prepared.document,
            context_value=context,
            variable_values=dict(variables or {}),
            field_resolver=_attribute,
            is_awaitable=_never,  # type: ignore[arg-type]
        )
        assert isinstance(result, ExecutionResult)
        return _answer(result)


@functools.cache
def recorded_schema() -> GraphQLSchema:
    """The schema of the recorded server; building it takes a quarter of a second."""
    sdl = resources.files(__package__).joinpath("data/schema.graphql").read_text("utf-8")
    schema = build_schema(sdl, assume_valid=True)
    _print_floats_as_go_does(schema)
    return schema


def _answer(result: ExecutionResult) -> tuple[int, Body]:
    if not result.errors:
        return 200, {"data": result.data}
    if result.data is None and all(error.path is None for error in result.errors):
        # gqlgen checks variables before it executes: the same 422 as for a wrong field.
        code = "GRAPHQL_VALIDATION_FAILED"
        return 422, {"errors": [_refusal(error, code) for error in result.errors], "data": None}
    errors = [{"message": error.message, "path": error.path} for error in result.errors]
    return 200, {"errors": errors, "data": result.data}


def _refusal(error: GraphQLError, code: str) -> Body:
    message = re.sub(r"'([^']*)'", r'"\1"', error.message)
    locations = [place.formatted for place in error.locations or ()]
    return {"message": message, "locations": locations, "extensions": {"code": code}}


def _root_fields(document: DocumentNode) -> tuple[str, ...]:
    operations = (d for d in document.definitions if isinstance(d, OperationDefinitionNode))
    selections = next(operations).selection_set.selections
    return tuple(field.name.value for field in selections if isinstance(field, FieldNode))


def _attribute(source: Any, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    if isinstance(source, dict):
        return source[info.field_name]
    return getattr(source, info.field_name)


def _never(_value: object) -> bool:
    return False


def _object_type(schema: GraphQLSchema, name: str) -> GraphQLObjectType:
    found = schema.type_map[name]
    assert isinstance(found, GraphQLObjectType), name
    return found


def _refuse_what_is_not_simulated(schema: GraphQLSchema) -> None:
    for root in (schema.query_type, schema.mutation_type):
        assert root is not None
        for field in root.fields.values():
            field.resolve = _not_simulated


def _not_simulated(_root: object, info: GraphQLResolveInfo[Any], **_: Any) -> Any:
    raise GraphQLError(f"{info.field_name} is not simulated")


def _go_number(value: Any) -> int | float:
    number = float(value)
    return int(number) if number.is_integer() else number


def _print_floats_as_go_does(schema: GraphQLSchema) -> None:
    """Go writes the float 1.0 as ``1``; graphql-core would write ``1.0``."""
    go_float = GraphQLScalarType("GoFloat", serialize=_go_number)
    go_float.name = "Float"
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType) and not named.name.startswith("__"):
            for field in named.fields.values():
                field.type = _replace_float(field.type, go_float)


def _replace_float(of: GraphQLOutputType, by: GraphQLScalarType) -> GraphQLOutputType:
    if isinstance(of, GraphQLNonNull):
        return GraphQLNonNull(_replace_float(of.of_type, by))  # type: ignore[arg-type]
    if isinstance(of, GraphQLList):
        return GraphQLList(_replace_float(of.of_type, by))
    return by if of is GraphQLFloat else of


_WHOLE_FORMS = {
    "SceneUpdateInput",
    "SceneDestroyInput",
    "SceneGroupInput",
    "SceneMovieInput",
    "StashIDInput",
    "StudioUpdateInput",
    "PerformerUpdateInput",
    "CustomFieldsInput",
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
    if type_name == "PerformerUpdateInput":
        # Stash's model still has keys that its schema no longer names.
        result |= {"height": None, "aliases": None}
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
