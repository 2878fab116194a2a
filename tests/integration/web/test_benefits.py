import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from yarl import URL

from gateway.decide.changes import DecisionText, decision_rows
from gateway.decide.compared import Gaps
from gateway.store.database import Store
from gateway.store.decisions import ByRun, advance
from gateway.store.ledger import open_or_update
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.web.app import make_app
from tests.integration.store.test_ledger import DEATH
from tests.support.new_event import NewEvent
from tests.support.serving import KEYS
from tests.unit.decide.decided import AS_OF, POLICY, outcome, reference, row

NOW = datetime(2026, 7, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
Client = TestClient[Any, Any]


def decision(**given: Any) -> DecisionText:
    found = outcome([row(**given)], [reference(1)])
    [decided] = decision_rows(found, POLICY, AS_OF, Gaps())
    return decided


def new_event(number: int) -> NewEvent:
    return NewEvent(f"evt_{number}", "cn.test.eligibility.suspected", "B1", None, NOW, lambda _: b"{}")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(f"sqlite:///{tmp_path / 'gateway.db'}")
    found.migrate()
    with found.begin() as conn:
        advance(conn, ByRun(1, AS_OF, NOW), [decision()])
        advance(
            conn, ByRun(2, AS_OF, NOW), [decision(decision="suspected", causes=["death"], holds=["death"])]
        )
        append_events(conn, 2, [new_event(1)])
        release_events(conn, 2, NOW)
        append_events(conn, 3, [new_event(2)])
    return found


@pytest.fixture
async def client(store: Store) -> AsyncIterator[Client]:
    async with TestClient(TestServer(make_app(store, KEYS))) as found:
        yield found


async def test_a_benefit_is_explained_with_its_events_and_its_history(client: Client) -> None:
    reply = await client.get("/v1/benefits/B1")
    found = await reply.json()
    assert reply.status == 200
    assert (found["decision"], found["reason"], found["holds"]) == ("suspected", "death", ["death"])
    assert [cause["cause"] for cause in found["causes"]] == ["death", "certification"]
    assert [evidence["department"] for evidence in found["evidence"]] == ["health"]
    assert (found["as_of"], found["decided_at"]) == ("2026-06-30", "2026-07-01T06:00:00+08:00")
    assert [(before["decision"], before["run_id"]) for before in found["history"]] == [("uncovered", 1)]


async def test_an_event_that_was_not_let_out_is_not_shown(client: Client) -> None:
    found = await (await client.get("/v1/benefits/B1")).json()
    assert found["events"] == [
        {
            "sequence": 1,
            "id": "evt_1",
            "type": "cn.test.eligibility.suspected",
            "time": "2026-07-01T06:00:00+08:00",
            "replaces": None,
        }
    ]


async def test_a_benefit_that_was_never_decided_is_a_problem_that_does_not_repeat_its_id(
    client: Client,
) -> None:
    reply = await client.get("/v1/benefits/B2-unheard-of")
    assert reply.status == 404
    assert reply.content_type == "application/problem+json"
    assert "unheard" not in await reply.text()


@pytest.mark.parametrize("header", ["Forwarded", "X-Forwarded-For", "X-Real-IP"])
async def test_an_explanation_does_not_leave_this_machine_through_a_proxy(
    client: Client, header: str
) -> None:
    reply = await client.get("/v1/benefits/B1", headers={header: "203.0.113.7"})
    assert reply.status == 401
    assert "health" not in await reply.text()


async def test_a_benefit_is_explained_with_its_entries_in_the_ledger(client: Client, store: Store) -> None:
    assert (await (await client.get("/v1/benefits/B1")).json())["ledger"] == []
    with store.begin() as conn:
        open_or_update(conn, 2, NOW, AS_OF, [DEATH])
    found = await (await client.get("/v1/benefits/B1")).json()
    assert found["ledger"] == [
        {
            "entry": 1,
            "cause": "death",
            "reason": "death",
            "state": "open",
            "opened_on": "2026-06-30",
            "assignee": None,
            "outcome": None,
            "outcome_on": None,
            "effect": None,
            "ended_on": None,
        }
    ]
    assert "a person closes the verification of death, ledger entry 1" in found["would_change"]


@pytest.mark.parametrize("path", ["/v1/benefits/B1%00", "/v1/benefits/%ED%A0%80"])
async def test_an_id_that_nothing_can_have_is_not_found(client: Client, path: str) -> None:
    reply = await client.get(URL(path, encoded=True))
    assert (reply.status, reply.content_type) == (404, "application/problem+json")


async def test_what_is_explained_is_what_was_stored(client: Client) -> None:
    stored = json.loads(decision(decision="suspected", causes=["death"], holds=["death"]).body)
    found = await (await client.get("/v1/benefits/B1")).json()
    assert {name: found[name] for name in stored} == stored
