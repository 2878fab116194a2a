"""One JSON Schema (draft 2020-12) for each type of event, made from the models: envelope and data.

The envelope is open, as CloudEvents asks (a broker may add attributes); the data is closed.
"""

from typing import Any, Final

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from gateway.events.types import EVENT_TYPES, BenefitEvent

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_EVENT_ID: Final = {"type": "string", "pattern": "^evt_[0-9a-f]{32}$"}
_TEXT: Final = {"type": "string", "minLength": 1}


class _AsSent(GenerateJsonSchema):
    """Describes what is sent: no nulls, for they are left out, and every default, for it is written."""

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        found = super().default_schema(schema)
        found.pop("default", None)
        return found

    def field_title_should_be_set(self, schema: object) -> bool:
        del schema
        return False

    def field_is_required(
        self,
        field: core_schema.ModelField | core_schema.DataclassField | core_schema.TypedDictField,
        total: bool,  # noqa: FBT001 - pydantic calls it so
    ) -> bool:
        del total
        inner = field["schema"]
        return not (inner["type"] == "default" and inner.get("default", ...) is None)


def schemas(type_prefix: str) -> dict[str, dict[str, Any]]:
    """The JSON Schema of each type, by the type's name without its prefix."""
    return {model.type_name: _schema(model, type_prefix) for model in EVENT_TYPES}


def _schema(model: type[BenefitEvent], type_prefix: str) -> dict[str, Any]:
    data = model.model_json_schema(schema_generator=_AsSent, mode="serialization")
    inner = data.pop("$defs", {})
    envelope = _envelope(type_prefix + model.type_name)
    return {
        "$schema": DIALECT,
        "title": model.__name__,
        "description": data.pop("description"),
        "type": "object",
        "properties": envelope | {"data": data},
        "required": [*(name for name in envelope if name != "causationid"), "data"],
        **({"$defs": inner} if inner else {}),
    }


def _envelope(type_: str) -> dict[str, Any]:
    return {
        "specversion": {"const": "1.0"},
        "id": _EVENT_ID,
        "source": {"type": "string", "format": "uri-reference", "minLength": 1},
        "type": {"const": type_},
        "subject": _TEXT | {"description": "The benefit's id."},
        "time": {"type": "string", "format": "date-time"},
        "datacontenttype": {"const": "application/json"},
        "sequence": {"type": "string", "pattern": "^[0-9]{20}$"},
        "partitionkey": _TEXT | {"description": "The benefit's id: order is kept per benefit."},
        "correlationid": _TEXT | {"description": "The run that made the event."},
        "causationid": _EVENT_ID | {"description": "The benefit's event before this one."},
    }
