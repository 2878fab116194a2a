"""The page of the HTTP API and the two contracts, read from the application that is served."""

from collections.abc import Iterable
from itertools import groupby
from unittest.mock import MagicMock

from gateway.testing.event_schemas import PREFIX
from gateway.web.app import make_app
from gateway.web.asyncapi import asyncapi
from gateway.web.openapi import FAULTS, PAGES, TAGS, faults_of, openapi, path_of
from gateway.web.operations import OPERATIONS, Operation
from gateway.web.pages import as_text
from tests.support.reference.markdown import code, table
from tests.support.serving import KEYS

_HEAD = """# HTTP API

`gateway serve` answers at these paths. The whole contract is [openapi.json](openapi.json) (OpenAPI 3.1),
served at `/openapi.json`; `/docs` shows it as a page to read and to try, without a network.
What is sent by webhook and stream is [asyncapi.json](asyncapi.json) (AsyncAPI 3.0), served at
`/asyncapi.json`; the [events](events.md) have a page of their own.

Days are `yyyy-MM-dd`, instants have their offset. A token is sent as `Authorization: Bearer …` and must have
the scope; `admin` allows everything. A key of a query or a body that is not named in the contract is a fault.

"""


def page() -> str:
    """The whole page."""
    by_tag = groupby(sorted(operations(), key=_place), key=lambda each: each.tag)
    sections = [f"## {tag.capitalize()}\n\n{TAGS.get(tag, '')}\n\n{_table(found)}" for tag, found in by_tag]
    faults = [[str(status), told] for status, told in FAULTS.items()]
    told = "Every fault is `application/problem+json` (RFC 9457); its `detail` says what to do.\n"
    return _HEAD + "\n".join([*sections, f"## Faults\n\n{told}", table(["status", "why"], faults)])


def contracts() -> dict[str, str]:
    """Both documents as text, by their file's name."""
    return {
        "openapi.json": as_text(openapi(operations(), PREFIX)),
        "asyncapi.json": as_text(asyncapi(PREFIX)),
    }


def operations() -> list[Operation]:
    """Everything that is served by an application that can do everything; nothing is opened for it."""
    app = make_app(MagicMock(), KEYS, MagicMock())
    return [each for each in dict.fromkeys(app[OPERATIONS].values()) if each.tag != PAGES]


def _place(operation: Operation) -> tuple[str, str, str]:
    return operation.tag, path_of(operation), operation.method


def _table(found: Iterable[Operation]) -> str:
    rows = [
        [
            f"{code(each.method)} {code(path_of(each))}",
            code(each.scope) if each.scope else "nobody is asked",
            each.summary,
            ", ".join(map(str, faults_of(each))),
        ]
        for each in found
    ]
    return table(["operation", "scope", "what it does", "faults"], rows)
