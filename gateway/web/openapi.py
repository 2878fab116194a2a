"""The OpenAPI 3.1 document, made from the operations that are served and from nothing else."""

import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus
from importlib.metadata import version
from typing import Any, Final

from gateway.web.answers import Problem
from gateway.web.measuring import STREAM
from gateway.web.operations import Operation
from gateway.web.problem import PROBLEM
from gateway.web.schemas import TEMPLATE, Schema, described, event_components, parameters

PAGES: Final = "pages"
"""The tag of what is for people to look at, which the document leaves out."""

_PART: Final = re.compile(r"\{(\w+)(?::([^{}]+))?\}")
TAGS: Final[Mapping[str, str]] = {
    "audit": "What was done, by whom, in a chain that shows a change.",
    "benefits": "What is decided about a benefit, and why.",
    "consumers": "How far each reader of the feed has come.",
    "contract": "This document and its companion for events.",
    "deliveries": "What was sent to subscribers, and what came of it.",
    "evidence": "What the evidence behind an event is; every look is audited.",
    "events": "What was found, in order, to be pulled or listened to.",
    "health": "Whether the gateway can work.",
    "ledger": "What people are to verify, and what came of it.",
    "runs": "What was run, and what it found.",
    "statements": "What other channels say about a person.",
    "subscriptions": "Who is sent which events.",
}
FAULTS: Final[Mapping[int, str]] = {
    400: "The query names an unknown key or an impossible value.",
    401: "No token came, or none that is valid.",
    403: "The token does not allow this.",
    404: "What was asked about is not there.",
    409: "What was asked cannot be done as things stand; `detail` says why.",
    413: "The body is too large.",
    415: "The body is not `application/json`.",
    422: "The body is not JSON, or not what is asked for.",
    429: "Too many requests: ask again after `Retry-After` seconds.",
    503: "The store cannot be used now: ask again later.",
}
_HEADERS: Final[Mapping[int, Mapping[str, str]]] = {
    401: {"WWW-Authenticate": "The scheme that is asked for: `Bearer`."},
    429: {"Retry-After": "Seconds to wait."},
}
_SECURITY: Final[Mapping[str, Any]] = {
    "token": {
        "type": "http",
        "scheme": "bearer",
        "description": (
            "A token of `gateway token`; each operation names the scope that it must have; `admin` allows "
            "everything. Where `serve.trust_this_machine` is on, none is asked for from the same machine "
            "without a proxy."
        ),
    },
    "certificate": {
        "type": "mutualTLS",
        "description": "A client certificate, where the gateway is set to ask for one; beside the token.",
    },
}
_IN_THE_PATH: Final[Mapping[str, Schema]] = {
    "benefit_id": {"type": "string", "description": "The id of the benefit, as on the roster."},
    "delivery_id": {"type": "integer", "minimum": 0, "description": "The number of the delivery."},
    "entry": {"type": "integer", "minimum": 0, "description": "The number of the ledger entry."},
    "event_id": {"type": "string", "description": "The id of the event, as it carries it."},
    "evidence_id": {"type": "string", "description": "The id of the evidence, as an event carries it."},
    "name": {
        "type": "string",
        "pattern": "^[a-z0-9][a-z0-9._-]{0,63}$",
        "description": "The name of the consumer.",
    },
    "run_id": {"type": "integer", "minimum": 0, "description": "The number of the run."},
    "statement": {"type": "string", "description": "The name that the gateway gave the statement."},
    "subscription_id": {"type": "string", "description": "The id that the gateway gave the subscription."},
}


def openapi(operations: Iterable[Operation], type_prefix: str) -> dict[str, Any]:
    """The document of these operations; `type_prefix` is what the type of every event begins with."""
    published = sorted(
        {(path_of(each), each.method): each for each in operations if each.tag != PAGES}.items()
    )
    asked = [each for _, each in published]
    types, components = described([*_wanted(asked), ("problem", "serialization", Problem)])
    paths: dict[str, Any] = {}
    for (path, method), each in published:
        paths.setdefault(path, {})[method.lower()] = _operation(each, types)
    faults = sorted({status for each in asked for status in faults_of(each)})
    return {
        "openapi": "3.1.1",
        "info": _info(),
        "servers": [{"url": "/", "description": "The gateway that gives this document."}],
        "tags": [{"name": tag, "description": TAGS.get(tag, tag)} for tag in sorted({e.tag for e in asked})],
        "paths": paths,
        "components": {
            "schemas": dict(sorted((components | event_components(type_prefix)).items())),
            "responses": {_name(status): _fault(status) for status in faults},
            "securitySchemes": dict(_SECURITY),
        },
    }


def path_of(operation: Operation) -> str:
    """The path as OpenAPI writes it: a part that can be one word only is that word."""
    return _PART.sub(_plain_part, operation.path)


def faults_of(operation: Operation) -> Sequence[int]:
    """Every status that the operation refuses with, in order."""
    found = {*operation.refuses, 503}
    found |= {401, 403, 429} if operation.scope else set()
    found |= {400} if operation.query else set()
    found |= {409, 413, 415, 422} if operation.body else set()
    return sorted(found - {status for status, _ in operation.also})


def identity_of(operation: Operation) -> str:
    """The operation's own name, from its method and its path."""
    words = re.findall(r"\w+", path_of(operation).removeprefix("/v1"))
    return "_".join([operation.method.lower(), *words])


def told_by(operation: Operation) -> str:
    """What the handler says of itself and what of its query, and the scope that it asks for."""
    docs = [operation.answer_with.__doc__, operation.query.__doc__ if operation.query else None]
    told = [re.split(r"\n\s*Raises:", inspect.cleandoc(each))[0] for each in docs if each]
    scope = [f"Scope: `{operation.scope}`."] if operation.scope else []
    return "\n\n".join([*(each.strip() for each in told), *scope])


def _plain_part(found: re.Match[str]) -> str:
    pattern = found[2]
    return pattern if pattern and re.fullmatch(r"[\w-]+", pattern) else "{" + found[1] + "}"


def _info() -> dict[str, Any]:
    return {
        "title": "Certification gateway",
        "summary": "Departments' sealed records become explained certification events.",
        "description": (
            "Days are `yyyy-MM-dd`, instants have their offset, +08:00. Every fault is "
            "`application/problem+json` (RFC 9457). Pass over what an answer says beyond this "
            "document: a later version may say more. What is sent by webhook and stream is in "
            "`/asyncapi.json`."
        ),
        "version": version("certification-gateway"),
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _wanted(operations: Iterable[Operation]) -> Iterator[Any]:
    for each in operations:
        name = identity_of(each)
        if each.body is not None:
            yield f"{name} body", "validation", each.body
        for status, answer in _answers(each):
            if answer is not None:
                yield f"{name} {status}", "serialization", answer


def _answers(operation: Operation) -> Iterator[tuple[int, Any]]:
    yield operation.status, operation.answer
    yield from operation.also


def _operation(operation: Operation, types: Mapping[str, Schema]) -> dict[str, Any]:
    name = identity_of(operation)
    asked = [*_in_the_path(operation), *_in_the_query(operation)]
    body = {"required": True, "content": {"application/json": {"schema": types.get(f"{name} body")}}}
    answers = {str(status): _answer(operation, status, types) for status, _ in _answers(operation)}
    refusals = {str(status): _reference(status) for status in faults_of(operation)}
    return {
        "operationId": name,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": told_by(operation),
        **({"parameters": asked} if asked else {}),
        **({"requestBody": body} if operation.body else {}),
        "responses": dict(sorted((answers | refusals).items())),
        "security": _security(operation),
        **({"x-scope": operation.scope} if operation.scope else {}),
    }


def _security(operation: Operation) -> list[dict[str, list[str]]]:
    if operation.scope is None:
        return []
    return [{"token": []}, {"token": [], "certificate": []}]


def _in_the_path(operation: Operation) -> Iterator[dict[str, Any]]:
    for name, pattern in _PART.findall(operation.path):
        if "{" + name + "}" in path_of(operation):
            text = {"type": "string"} | ({"pattern": f"^(?:{pattern})$"} if pattern else {})
            yield _parameter(name, "path", _IN_THE_PATH.get(name, text), required=True)


def _in_the_query(operation: Operation) -> Iterator[dict[str, Any]]:
    if operation.query is None:
        return
    found = parameters(operation.query)
    for name, schema in found["properties"].items():
        yield _parameter(name, "query", schema, required=name in found.get("required", ()))


def _parameter(name: str, where: str, described_as: Schema, *, required: bool) -> dict[str, Any]:
    told = described_as.get("description")
    return {
        "name": name,
        "in": where,
        "required": required,
        **({"description": told} if told else {}),
        "schema": {key: value for key, value in described_as.items() if key != "description"},
    }


def _answer(operation: Operation, status: int, types: Mapping[str, Schema]) -> dict[str, Any]:
    described_as = types.get(f"{identity_of(operation)} {status}")
    told = operation.summary if status == operation.status else HTTPStatus(status).phrase
    if described_as is None and operation.media == "application/json":
        return {"description": told}
    if operation.media == STREAM:  # OpenAPI 3.1 has no words for the events of a stream
        return {"description": told, "content": {operation.media: {}}}
    return {"description": told, "content": {operation.media: {"schema": described_as or {"type": "string"}}}}


def _name(status: int) -> str:
    return HTTPStatus(status).phrase.title().replace(" ", "").replace("-", "")


def _reference(status: int) -> dict[str, str]:
    return {"$ref": f"#/components/responses/{_name(status)}"}


def _fault(status: int) -> dict[str, Any]:
    headers = {
        name: {"description": told, "schema": {"type": "string"}}
        for name, told in _HEADERS.get(status, {}).items()
    }
    content = {PROBLEM: {"schema": {"$ref": TEMPLATE.format(model="Problem")}}}
    told = FAULTS.get(status, HTTPStatus(status).phrase)
    return {"description": told, **({"headers": headers} if headers else {}), "content": content}
