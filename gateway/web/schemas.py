"""JSON Schemas of what is asked and answered, as `components/schemas` of a document."""

from collections.abc import Iterable, Mapping
from typing import Any, Final, Literal

from pydantic import TypeAdapter
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from gateway.events import schemas

Schema = dict[str, Any]
Wanted = tuple[str, Literal["validation", "serialization"], Any]
"""A type by a name of the caller's, and whether it is read or written."""

TEMPLATE: Final = "#/components/schemas/{model}"


class _Untitled(GenerateJsonSchema):
    """Fields without titles that say their names again."""

    def field_title_should_be_set(self, schema: object) -> bool:
        del schema
        return False


class _InAQuery(_Untitled):
    """Parameters are sent or left out: none of them is null."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        return {name: value for name, value in found.items() if (name, value) != ("default", None)}


def described(wanted: Iterable[Wanted]) -> tuple[dict[str, Schema], dict[str, Schema]]:
    """The schema of each type by its name, and the components that they refer to."""
    inputs = [(name, mode, TypeAdapter(each)) for name, mode, each in wanted]
    found, rest = TypeAdapter.json_schemas(inputs, ref_template=TEMPLATE, schema_generator=_Untitled)
    return {name: schema for (name, _), schema in found.items()}, rest.get("$defs", {})


def parameters(model: Any) -> Schema:
    """A query's model as one schema with everything inside it."""
    return TypeAdapter(model).json_schema(schema_generator=_InAQuery)


def event_components(type_prefix: str) -> dict[str, Schema]:
    """The schema of each type of event by its name, of their parts, and `Event`, which is any of them."""
    found: dict[str, Schema] = {}
    for name, schema in schemas(type_prefix).items():
        lifted = _lifted(schema)
        found |= lifted.pop("$defs", {}) | {name: lifted}
    names = list(schemas(type_prefix))
    mapping = {type_prefix + name: TEMPLATE.format(model=name) for name in names}
    any_of_them = {
        "description": "An event as stored: CloudEvents 1.0 in structured JSON.",
        "oneOf": [{"$ref": reference} for reference in mapping.values()],
        "discriminator": {"propertyName": "type", "mapping": mapping},
    }
    return found | {"Event": any_of_them}


def _lifted(schema: Mapping[str, Any]) -> Schema:
    """A schema whose parts are found among the components; the document names the dialect."""
    moved = _moved({name: value for name, value in schema.items() if name != "$schema"})
    return dict(moved)


def _moved(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _moved(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_moved(each) for each in value]
    inside = "#/$defs/"
    if isinstance(value, str) and value.startswith(inside):
        return TEMPLATE.format(model=value.removeprefix(inside))
    return value
