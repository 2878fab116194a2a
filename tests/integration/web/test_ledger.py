from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest
from aiohttp.test_utils import TestClient, TestServer, make_mocked_request

from gateway.store.ledger import open_or_update
from gateway.web.app import make_app
from gateway.web.asking import is_local
from tests.integration.ledger.office import TODAY, Office, open_office
from tests.integration.store.test_ledger import DEATH
from tests.support.serving import KEYS

ID_NUMBER = "990101195001010017"
CERTIFIED = {"benefit_id": "B1", "on": "2026-09-20", "method": "counter", "by": "officer"}


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        found.roster({"benefit_id": "B1"})
        with found.station.store.begin() as conn:
            open_or_update(conn, 1, found.clock.now, TODAY, [DEATH])
        yield found


@pytest.fixture
async def client(office: Office) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(make_app(office.station.store, KEYS, office.station))) as found:
        yield found


async def test_the_ledger_is_listed_in_pages(client: TestClient[Any, Any]) -> None:
    found = await (await client.get("/v1/ledger", params={"cause": "death"})).json()
    (entry,) = found["entries"]
    assert (entry["entry"], entry["benefit_id"], entry["state"]) == (1, "B1", "open")
    assert entry["opened_on"] == "2026-10-01"
    rest = await (await client.get("/v1/ledger", params={"after": str(found["next"])})).json()
    assert rest == {"entries": [], "next": found["next"]}


async def test_an_entry_is_shown_whole_and_without_a_roster_number(client: TestClient[Any, Any]) -> None:
    found = await (await client.get("/v1/ledger/1")).json()
    assert found["evidence"][0]["kind"] == "death"
    assert [(each["action"], each["at"]) for each in found["history"]] == [
        ("opened", "2026-10-01T09:00:00+08:00")
    ]
    assert "person" not in found


async def test_an_entry_is_worked_on_from_assignment_to_outcome(client: TestClient[Any, Any]) -> None:
    given = await client.post("/v1/ledger/1/assign", json={"to": "Li", "by": "Wang"})
    assert (await given.json())["assignee"] == "Li"
    spoken = {"whom": "family", "result": "nobody answered", "by": "Li", "on": "2026-10-01"}
    found = await (await client.post("/v1/ledger/1/contact", json=spoken)).json()
    assert found["contacts"] == [
        {"whom": "family", "on": "2026-10-01", "result": "nobody answered", "by": "Li"}
    ]
    closing = {"outcome": "duplicate", "by": "Li", "note": "see entry 2"}
    found = await (await client.post("/v1/ledger/1/resolve", json=closing)).json()
    assert (found["state"], found["outcome"], found["events"]) == ("closed", "duplicate", [])
    again = await client.post("/v1/ledger/1/resolve", json=closing)
    assert again.status == 409
    assert "closed as duplicate" in (await again.json())["detail"]


@pytest.mark.parametrize("path", ["/v1/ledger/9", "/v1/ledger/x", "/v1/ledger/" + "9" * 40])
async def test_an_entry_that_is_not_there_is_a_problem(client: TestClient[Any, Any], path: str) -> None:
    reply = await client.get(path)
    assert (reply.status, reply.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("query", [{"state": "some"}, {"limit": "0"}, {"name": "x"}, {"after": "-1"}])
async def test_an_unusable_filter_is_a_problem(client: TestClient[Any, Any], query: dict[str, str]) -> None:
    assert (await client.get("/v1/ledger", params=query)).status == 400


@pytest.mark.parametrize(
    ("path", "sent"),
    [
        ("/v1/ledger/1/resolve", {"outcome": ID_NUMBER, "by": "Li", "note": "x"}),
        ("/v1/ledger/1/assign", {"to": "Li", "by": "Wang", "name": ID_NUMBER}),
        ("/v1/certifications", CERTIFIED | {"on": ID_NUMBER}),
        ("/v1/community-reports", {"benefit_id": "B1", "on": "2026-09-20", "kind": "visit", "latest": True}),
        ("/v1/certifications", []),
        ("/v1/certifications", CERTIFIED | {"on": 1760918400}),
        ("/v1/certifications", CERTIFIED | {"on": "2026-09-20T00:00:00"}),
        ("/v1/certifications", CERTIFIED | {"on": "20260920"}),
        ("/v1/certifications", CERTIFIED | {"benefit_id": "B1\ud800"}),
        ("/v1/certifications", CERTIFIED | {"benefit_id": "B1\u0000"}),
        ("/v1/certifications", CERTIFIED | {"reference": "R\u0000"}),
        ("/v1/community-reports", {"benefit_id": "\ud800", "on": "2026-09-20", "kind": "death"}),
        ("/v1/community-reports", {"benefit_id": "B1", "on": 1760918400, "kind": "death"}),
        ("/v1/ledger/1/assign", {"to": "Li\ud800", "by": "Wang"}),
        ("/v1/ledger/1/assign", {"to": "Li\u0000", "by": "Wang"}),
        ("/v1/ledger/1/contact", {"whom": "self", "result": "well", "by": "Li", "on": 1760918400}),
        ("/v1/ledger/1/resolve", {"outcome": "duplicate", "by": "Li", "note": "x\ud800"}),
        ("/v1/ledger/1/resolve", {"outcome": "duplicate", "by": "Li", "note": "x", "on": 1760918400}),
        ("/v1/ledger/1/resolve", {"outcome": "duplicate", "by": "Li", "note": "x", "version": 2**70}),
    ],
)
async def test_an_unusable_body_is_a_problem_that_repeats_nothing(
    client: TestClient[Any, Any], path: str, sent: object
) -> None:
    reply = await client.post(path, json=sent)
    assert (reply.status, reply.content_type) == (422, "application/problem+json")
    assert ID_NUMBER not in await reply.text()


async def test_a_body_that_is_no_json_is_a_problem(client: TestClient[Any, Any]) -> None:
    assert (await client.post("/v1/certifications", data="x")).status == 415
    headers = {"Content-Type": "application/json"}
    assert (await client.post("/v1/certifications", data="{", headers=headers)).status == 422


async def test_an_id_number_in_a_note_is_a_problem(client: TestClient[Any, Any]) -> None:
    sent = {"whom": "self", "result": f"is {ID_NUMBER}", "by": "Li"}
    reply = await client.post("/v1/ledger/1/contact", json=sent)
    assert reply.status == 409
    assert ID_NUMBER not in await reply.text()


async def test_a_certification_is_accepted_once_and_can_be_asked_for_and_taken_back(
    client: TestClient[Any, Any],
) -> None:
    reply = await client.post("/v1/certifications", json=CERTIFIED)
    made = await reply.json()
    assert (reply.status, made["state"], made["on"]) == (202, "accepted", "2026-09-20")
    assert (await (await client.post("/v1/certifications", json=CERTIFIED)).json()) == made
    path = f"/v1/certifications/{made['statement']}"
    assert await (await client.get(path)).json() == made
    assert (await client.get(path.replace("certifications", "community-reports"))).status == 404
    gone = await (await client.post(f"{path}/withdraw", json={"by": "officer"})).json()
    assert (gone["state"], gone["withdrawn_by"]) == ("withdrawn", "officer")


async def test_what_was_said_about_a_benefit_can_be_asked_for(client: TestClient[Any, Any]) -> None:
    made = await (await client.post("/v1/certifications", json=CERTIFIED)).json()
    sent = {"benefit_id": "B1", "on": "2026-09-21", "kind": "visit"}
    visit = await (await client.post("/v1/community-reports", json=sent)).json()
    found = await (await client.get("/v1/benefits/B1/statements")).json()
    assert sorted(found["statements"], key=repr) == sorted([made, visit], key=repr)
    assert await (await client.get("/v1/benefits/B2/statements")).json() == {"statements": []}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/ledger"),
        ("GET", "/v1/ledger/1"),
        ("POST", "/v1/ledger/1/assign"),
        ("POST", "/v1/ledger/1/resolve"),
        ("GET", "/v1/runs"),
        ("GET", "/v1/runs/1"),
        ("GET", "/v1/events"),
        ("GET", "/v1/benefits/B1"),
        ("GET", "/v1/benefits/B1/statements"),
        ("POST", "/v1/certifications"),
        ("GET", "/v1/certifications/st_1"),
        ("POST", "/v1/community-reports/st_1/withdraw"),
    ],
)
@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP"])
async def test_nothing_but_health_is_given_through_a_proxy_without_a_token(
    client: TestClient[Any, Any], path: str, method: str, header: str
) -> None:
    reply = await client.request(method, path, headers={header: "192.0.2.7"})
    assert (reply.status, reply.content_type) == (401, "application/problem+json")


async def test_health_is_for_whoever_reaches_it(client: TestClient[Any, Any]) -> None:
    assert (await client.get("/healthz", headers={"X-Forwarded-For": "192.0.2.7"})).status == 200


async def test_a_community_report_is_accepted(client: TestClient[Any, Any]) -> None:
    sent = {"benefit_id": "B1", "on": "2026-09-20", "kind": "death", "latest": True, "certificate": "D-1"}
    reply = await client.post("/v1/community-reports", json=sent)
    made = await reply.json()
    assert (reply.status, made["dataset"], made["exact"]) == (202, "community_reports", False)
    assert "D-1" not in await reply.text()


async def test_an_unknown_benefit_is_a_problem(client: TestClient[Any, Any]) -> None:
    reply = await client.post("/v1/certifications", json=CERTIFIED | {"benefit_id": ID_NUMBER})
    assert reply.status == 404
    assert ID_NUMBER not in await reply.text()


@pytest.mark.parametrize(
    ("peer", "local"),
    [
        (("127.0.0.1", 5), True),
        (("::1", 5, 0, 0), True),
        (("192.0.2.7", 5), False),
        (("::ffff:192.0.2.7", 5, 0, 0), False),
        (None, False),
    ],
)
def test_only_the_loopback_is_this_machine(peer: object, *, local: bool) -> None:
    transport = Mock()
    transport.get_extra_info.side_effect = lambda name, default=None: peer if name == "peername" else default
    assert is_local(make_mocked_request("POST", "/v1/ledger/1/assign", transport=transport)) is local


async def test_without_a_station_nothing_can_be_written(office: Office) -> None:
    async with TestClient(TestServer(make_app(office.station.store, KEYS))) as client:
        assert (await client.get("/v1/ledger")).status == 404
