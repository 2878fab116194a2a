"""The page of the configuration: every key of `gateway.yaml` and `departments/<name>.yaml`."""

import inspect
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from gateway.hub.authentication import SCHEMES
from gateway.settings import CallSettings, DepartmentSettings, GatewaySettings
from tests.support.reference.markdown import code, codes, table
from tests.support.reference.schemas import schema_of

_HEAD = """# Configuration

One folder, named by `--config` or `GATEWAY_CONFIG`:

{files}
An unknown key is a fault, and `gateway doctor` names every fault at once, with its file and key. Relative
paths, those behind `file:` included, are relative to the folder. A secret is never written here, only where
it is: `env:NAME` or `file:PATH`.

An editor with a YAML language server completes and checks a file whose first line names the schema:

```yaml
# yaml-language-server: $schema=../docs/reference/gateway.schema.json
```

## How a service is called

These keys may stand under `hub:` for all services, in a department's file for its own, and on a dataset for
one; the nearest counts.

{call}
### How calls are signed

{signed}
"""
_CALL = "And the keys of [how a service is called](#how-a-service-is-called).\n"


_FILES = {
    "gateway": ("gateway.yaml", "hub, store, evidence, identity key, schedule"),
    "department": ("departments/<name>.yaml", "a department is on when its file is here"),
    "policy": ("policy.yaml", "the rules, each with its clause: [rules](../rules.md)"),
    "counties": ("counties.yaml", "counties without a funeral subsidy, with the days"),
}


def page() -> str:
    """The whole page."""
    links = {name: f"[{name}.schema.json]({name}.schema.json)" for name in _FILES}
    listed = [[code(file), held, links[name]] for name, (file, held) in _FILES.items()]
    files = table(["file", "what it holds", "schema for editors"], listed)
    call = "\n".join(_section(schema_of(CallSettings), {}, ""))
    return _HEAD.format(files=files, call=call, signed=_signed()) + "\n".join(
        [*_file("gateway.yaml", GatewaySettings), *_file("departments/<name>.yaml", DepartmentSettings)]
    )


def _signed() -> str:
    """Each scheme that `auth` may name, as its class tells it."""
    return table(["auth", "what is sent"], ([code(name), _told(made)] for name, made in SCHEMES.items()))


def _told(made: Any) -> str:
    scheme = made if isinstance(made, type) else type(made(None))
    told = re.sub(r"^`auth: \w+`: ", "", inspect.getdoc(scheme) or "")
    return told[:1].upper() + told[1:]


def _file(name: str, model: type[BaseModel]) -> Iterator[str]:
    schema = schema_of(model)
    yield f"## {code(name)}\n"
    yield from _section(schema, schema, "")


def _section(part: Mapping[str, Any], whole: Mapping[str, Any], path: str) -> Iterator[str]:
    required = part.get("required", ())
    calls = bool(whole) and "rid" in part["properties"]
    rows = [
        [code(name), _type(each), _default(name, each, required), each.get("description", "")]
        for name, each in part["properties"].items()
        if _target(each, whole) is None and not (calls and name in CallSettings.model_fields)
    ]
    if rows:
        yield table(["key", "type", "default", "what it is"], rows)
    if calls:
        yield _CALL
    for name, each in part["properties"].items():
        inner = _target(each, whole)
        if inner is not None:
            named = f"{path}{name}" + (".<name>" if "additionalProperties" in each else "")
            yield f"### {code(named + ':')}\n\n{each.get('description') or inner.get('description', '')}\n"
            yield from _section(inner, whole, f"{named}.")


def _target(each: Mapping[str, Any], whole: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The section a key opens, alone or for each name; none for a plain value."""
    inner = each.get("additionalProperties", each)
    options = [inner, *inner.get("anyOf", ())] if isinstance(inner, Mapping) else []
    reference = next((option["$ref"] for option in options if "$ref" in option), None)
    found: Mapping[str, Any] | None = whole["$defs"][reference.rsplit("/", 1)[1]] if reference else None
    return found


def _default(name: str, each: Mapping[str, Any], required: Any) -> str:
    if name in required:
        return "required"
    default = each.get("default")
    return code(json.dumps(default, ensure_ascii=False)) if default not in (None, [], {}) else ""


def _type(each: Mapping[str, Any]) -> str:
    if "anyOf" in each:
        return " or ".join(_type(option) for option in each["anyOf"] if option != {"type": "null"})
    if "enum" in each:
        return codes(each["enum"])
    if "env|file" in each.get("pattern", ""):
        return "reference"
    if each.get("type") == "array":
        return f"list of {_type(each['items'])}"
    if "additionalProperties" in each:
        return f"by name: {_type(each['additionalProperties'])}"
    return str(each.get("format", _plain(each)))


def _plain(each: Mapping[str, Any]) -> str:
    bounds = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤"}
    said = [f"{sign} {each[bound]:g}" for bound, sign in bounds.items() if bound in each]
    return " ".join([str(each.get("type", "any")), *said]).replace("string", "text")
