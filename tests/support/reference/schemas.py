"""The JSON Schemas of the configuration, for editors."""

import json
from typing import Any, Final

from pydantic import BaseModel

from gateway.hub.authentication import SCHEMES
from gateway.policy.rules import Counties, Rules
from gateway.settings import DepartmentSettings, GatewaySettings
from tests.support.reference.reading import attribute_docs

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
FILES: Final[dict[str, type[BaseModel]]] = {
    "gateway.schema.json": GatewaySettings,
    "department.schema.json": DepartmentSettings,
    "policy.schema.json": Rules,
    "counties.schema.json": Counties,
}


def schemas() -> dict[str, str]:
    """Each schema as text, by its file's name."""
    return {name: _text(schema_of(model)) for name, model in FILES.items()}


def schema_of(model: type[BaseModel]) -> dict[str, Any]:
    """A model's schema, every key with what the code says about it."""
    found = model.model_json_schema(mode="validation")
    inner = {each.__name__: each for each in models(model)}
    for name, part in [(model.__name__, found), *found.get("$defs", {}).items()]:
        if name in inner:
            _describe(part, inner[name])
    return {"$schema": DIALECT} | found


def _describe(part: dict[str, Any], model: type[BaseModel]) -> None:
    docs = attribute_docs(model)
    for name, described in part.get("properties", {}).items():
        described.pop("title", None)
        if docs.get(name):
            described["description"] = docs[name]
    auth = part.get("properties", {}).get("auth", {})
    if auth.get("type") == "string":
        auth["enum"] = sorted(SCHEMES)


def models(model: type[BaseModel]) -> list[type[BaseModel]]:
    """A model and every model inside it."""
    found = [model]
    for field in model.model_fields.values():
        for each in _inside(field.annotation):
            found += [one for one in models(each) if one not in found]
    return found


def _inside(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _inside(part)]


def _text(schema: dict[str, Any]) -> str:
    return json.dumps(schema, ensure_ascii=False, indent=2) + "\n"
