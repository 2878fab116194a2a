"""The page of the events: what each says, its data, and an example."""

from collections.abc import Iterator, Mapping
from typing import Any

from gateway.events import EVENT_TYPES, schemas
from gateway.events.types import BenefitEvent
from gateway.testing.event_schemas import PREFIX, files
from tests.support.reference.markdown import block, code, codes, table

_HEAD = """# Events

CloudEvents 1.0 in structured JSON. The type is `{prefix}` (`events.type_prefix`) and one of the names below;
the subject is the benefit's id; `sequence` counts without gaps. Order is kept per benefit. What an event does
not know it leaves out. No event holds an ID number, a name, a diagnosis or a department's own key.

Read them with `gateway events --after N`, or over HTTP with `/v1/events?after=CURSOR`. An event is never
rewritten, only followed: the later one names the earlier in `replaces`.

{summary}
## What every event's data holds

{common}"""


def page() -> str:
    """The whole page."""
    found, examples = schemas(PREFIX), files()
    common = set(BenefitEvent.model_fields)
    rows = [[f"[`{each.type_name}`](#{_anchor(each)})", _said(found[each.type_name])] for each in EVENT_TYPES]
    shared = _rows(found[EVENT_TYPES[0].type_name], common)
    head = _HEAD.format(
        prefix=PREFIX,
        summary=table(["type", "what it says"], rows),
        common=table(["field", "values"], shared),
    )
    sections = ["\n".join(_section(each, found[each.type_name], common)) for each in EVENT_TYPES]
    texts = {path.stem: text for path, text in examples.items() if path.parent.name == "examples"}
    shown = [block(texts[each.type_name], "json") for each in EVENT_TYPES]
    return "\n".join([head, *(part for pair in zip(sections, shown, strict=True) for part in pair)])


def _anchor(event: type[BenefitEvent]) -> str:
    return event.type_name.replace(".", "")


def _said(schema: Mapping[str, Any]) -> str:
    return str(schema["description"])


def _section(event: type[BenefitEvent], schema: Mapping[str, Any], common: set[str]) -> Iterator[str]:
    yield f"## {event.type_name}\n"
    yield f"{_said(schema)} Schema: [{event.type_name}.json](../schemas/{event.type_name}.json).\n"
    own = _rows(schema, set(schema["properties"]["data"]["properties"]) - common)
    decisions = _type(schema["properties"]["data"]["properties"]["decision"], schema)
    yield table(["field besides", "values"], [*own, ["`decision`", decisions]])


def _rows(schema: Mapping[str, Any], names: set[str]) -> list[list[str]]:
    properties = schema["properties"]["data"]["properties"]
    required = schema["properties"]["data"].get("required", ())
    return [
        [code(name), _type(each, schema) + ("" if name in required else ", or left out")]
        for name, each in properties.items()
        if name in names
    ]


def _type(each: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "$ref" in each:
        return _object(schema["$defs"][each["$ref"].rsplit("/", 1)[1]], schema)
    if "const" in each:
        return code(str(each["const"]).lower())
    if "enum" in each:
        return codes(each["enum"])
    if each.get("type") == "array":
        return f"list of {_type(each['items'], schema)}"
    words = {"string": "text", "date": "day", "boolean": "true or false", "integer": "number"}
    named = each.get("format", each.get("type", "any"))
    return str(words.get(named, named))


def _object(found: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    inner = ", ".join(f"{code(name)} {_type(each, schema)}" for name, each in found["properties"].items())
    return "{" + inner + "}"
