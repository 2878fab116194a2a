import json
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from gateway.web.app import make_app
from gateway.web.openapi import PAGES, faults_of, identity_of, openapi, path_of
from gateway.web.operations import OPERATIONS, Operation
from tests.integration.ledger.office import Office, died, open_office
from tests.support.project import ROOT
from tests.support.serving import KEYS

Client = TestClient[Any, Any]
KEPT = ROOT / "docs" / "reference"
STATEMENT = {"benefit_id": "B2", "on": "2026-09-20", "by": "officer"}
FOREIGN = ("http:", "https:", "//")

SAID: list[tuple[str, str, Any]] = [
    ("GET", "/healthz", None),
    ("GET", "/v1/events", None),
    ("GET", "/v1/runs", None),
    ("GET", "/v1/runs/1", None),
    ("GET", "/v1/runs/2", None),
    ("GET", "/v1/benefits/B1", None),
    ("GET", "/v1/benefits/B2", None),
    ("POST", "/v1/certifications", STATEMENT | {"method": "counter"}),
    ("POST", "/v1/community-reports", STATEMENT | {"kind": "visit"}),
    ("GET", "/v1/benefits/B2/statements", None),
    ("GET", "/v1/ledger", None),
    ("GET", "/v1/ledger/1", None),
    ("POST", "/v1/ledger/1/assign", {"to": "Li", "by": "Wang"}),
    ("POST", "/v1/ledger/1/contact", {"whom": "family", "result": "nobody answered", "by": "Li"}),
    ("POST", "/v1/ledger/1/resolve", {"outcome": "eligible", "by": "Li", "note": "seen alive"}),
    ("GET", "/v1/ledger?state=closed", None),
    ("GET", "/v1/benefits/B1", None),
    ("GET", "/v1/ledger/99", None),
    ("GET", "/v1/ledger?name=x", None),
    ("POST", "/v1/ledger/1/assign", {"to": "Li"}),
]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        found.roster({"benefit_id": "B1"}, {"benefit_id": "B2"})
        found.compared(found.today)
        found.evidence("B1", "certificate-1", **died(date(2026, 9, 20)))
        found.decide()
        yield found


@pytest.fixture
async def client(office: Office) -> AsyncIterator[Client]:
    async with TestClient(TestServer(make_app(office.station.store, KEYS, office.station))) as found:
        yield found


def operation_at(client: Client, method: str, path: str) -> Operation:
    """What is served there, found by the path's words alone."""
    words = path.partition("?")[0].split("/")
    served: list[Operation] = list(client.app[OPERATIONS].values())
    for each in served:
        pattern = path_of(each).split("/")
        same = len(words) == len(pattern) and all(
            p in (w, f"{{{p[1:-1]}}}") for p, w in zip(pattern, words, strict=True)
        )
        if each.method == method and same:
            return each
    raise LookupError(path)


def described(document: dict[str, Any], operation: Operation, status: int) -> dict[str, Any]:
    """What the document says of an answer, its references followed."""
    found = document["paths"][path_of(operation)][operation.method.lower()]["responses"][str(status)]
    name = found.get("$ref", "").rsplit("/", 1)[-1]
    answer: dict[str, Any] = document["components"]["responses"][name] if name else found
    return answer


async def test_every_answer_is_what_the_served_document_and_its_model_say(client: Client) -> None:
    document = await (await client.get("/openapi.json")).json()
    for method, path, sent in SAID:
        operation = operation_at(client, method, path)
        reply = await client.request(method, path, json=sent) if sent else await client.get(path)
        text = await reply.text()
        content = described(document, operation, reply.status)["content"]
        schema = content[reply.content_type]["schema"] | {"components": document["components"]}
        Draft202012Validator(schema).validate(json.loads(text))
        if reply.status == operation.status:
            TypeAdapter(operation.answer).validate_json(text)


async def test_a_withdrawn_statement_is_told_as_described(client: Client) -> None:
    made = await (await client.post("/v1/certifications", json=STATEMENT | {"method": "counter"})).json()
    path = f"/v1/certifications/{made['statement']}"
    gone = await client.post(f"{path}/withdraw", json={"by": "officer"})
    operation = operation_at(client, "POST", f"{path}/withdraw")
    TypeAdapter(operation.answer).validate_json(await gone.text())


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
async def test_the_served_document_is_the_kept_one_and_is_for_everybody(client: Client, name: str) -> None:
    reply = await client.get(f"/{name}", headers={"X-Forwarded-For": "192.0.2.7"})
    assert reply.status == 200
    assert await reply.text() == (KEPT / name).read_text("utf-8"), "run `make reference`"


async def test_the_document_is_the_same_in_whatever_order_routes_are_added(client: Client) -> None:
    served = list(client.app[OPERATIONS].values())
    assert json.dumps(openapi(served, "x.")) == json.dumps(openapi(reversed(served), "x."))


async def test_every_operation_says_what_it_answers_and_has_a_name_of_its_own(client: Client) -> None:
    served = [each for each in dict.fromkeys(client.app[OPERATIONS].values()) if each.tag != PAGES]
    assert not [
        path_of(e) for e in served if e.answer is None and e.media == "application/json" and e.status == 200
    ]
    names = [identity_of(each) for each in served]
    assert len(set(names)) == len(names)
    assert all(401 in faults_of(each) for each in served if each.scope)


async def test_the_page_fetches_nothing_from_elsewhere_and_says_so_to_the_browser(client: Client) -> None:
    reply = await client.get("/docs")
    page, policy = await reply.text(), reply.headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy
    assert not [word for word in FOREIGN if f'"{word}' in page]
    for name, media in (("swagger-ui-bundle.js", "text/javascript"), ("swagger-ui.css", "text/css")):
        asset = await client.get(f"/docs/{name}")
        assert (asset.status, asset.content_type) == (200, media)
    assert (await client.get("/docs/show.js")).status == 200
    assert (await client.get("/docs/..%2fpages.py")).status == 404
