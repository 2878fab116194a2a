import json
from collections.abc import AsyncIterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.store.alarms import Alarm, raise_alarm
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.web.app import make_app
from tests.support.new_event import NewEvent
from tests.support.serving import KEYS

NOW = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times


def new_event(name: str, kind: str = "certification.renewed") -> NewEvent:
    return NewEvent(name, kind, f"B{name}", None, NOW, lambda n: json.dumps({"id": name, "n": n}).encode())


def remove_database(folder: Path) -> None:
    for file in folder.glob("gateway.db*"):
        file.unlink()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    found = Store(f"sqlite:///{tmp_path / 'gateway.db'}")
    found.migrate()
    with found.begin() as conn:
        append_events(conn, 1, [new_event("a"), new_event("b", "eligibility.suspected"), new_event("c")])
        release_events(conn, 1, NOW)
    return found


@pytest.fixture
async def client(store: Store) -> AsyncIterator[TestClient[Any, Any]]:
    async with TestClient(TestServer(make_app(store, KEYS))) as found:
        yield found


async def test_the_feed_gives_events_after_a_cursor_and_the_next_cursor(client: TestClient[Any, Any]) -> None:
    first = await (await client.get("/v1/events", params={"limit": "2"})).json()
    assert [event["id"] for event in first["events"]] == ["a", "b"]
    rest = await (await client.get("/v1/events", params={"after": first["next"]})).json()
    assert [event["id"] for event in rest["events"]] == ["c"]
    end = await (await client.get("/v1/events", params={"after": rest["next"]})).json()
    assert end == {"events": [], "signatures": [], "next": rest["next"], "more": False}
    assert (first["more"], rest["more"]) == (True, False)


async def test_the_feed_can_be_narrowed_to_types(client: TestClient[Any, Any]) -> None:
    found = await (await client.get("/v1/events", params={"types": "eligibility.suspected"})).json()
    assert [event["id"] for event in found["events"]] == ["b"]


async def test_a_held_event_is_not_in_the_feed(client: TestClient[Any, Any], store: Store) -> None:
    with store.begin() as conn:
        append_events(conn, 2, [new_event("held")])
    found = await (await client.get("/v1/events", params={"after": KEYS.cursor(3)})).json()
    assert (found["events"], found["next"], found["more"]) == ([], KEYS.cursor(3), False)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", "-1"),
        ("after", "x"),
        ("after", "٣"),
        ("after", "99999999999999999999"),
        ("after", "3"),
        ("after", KEYS.cursor(3)[:-1] + "!"),
        ("after", KEYS.cursor(2**40)),
        ("types", "certification.invented"),
        ("types", "renewed"),
        ("wait", "31"),
        ("wait", "nan"),
        ("limit", "0"),
        ("limit", "10001"),
        ("limit", "9" * 400),
    ],
)
async def test_an_unusable_parameter_is_named_in_a_problem(
    client: TestClient[Any, Any], name: str, value: str
) -> None:
    reply = await client.get("/v1/events", params={name: value})
    assert reply.status == 400
    assert reply.content_type == "application/problem+json"
    assert name in (await reply.json())["detail"]


async def test_an_unknown_path_is_a_problem(client: TestClient[Any, Any]) -> None:
    reply = await client.get("/v2")
    assert reply.status == 404
    assert (await reply.json())["status"] == 404


async def test_health_follows_the_store(client: TestClient[Any, Any], tmp_path: Path) -> None:
    healthy = await client.get("/healthz")
    assert healthy.status == 200
    assert (await healthy.json())["status"] == "pass"
    remove_database(tmp_path)
    ill = await client.get("/healthz")
    assert ill.status == 503
    assert (await ill.json())["faults"]


async def test_an_alarm_says_since_when_as_every_instant_is_said(
    client: TestClient[Any, Any], store: Store
) -> None:
    with store.begin() as conn:
        raise_alarm(conn, Alarm("stale_source", "cremations", "nothing since August"), NOW)
    found = await (await client.get("/healthz")).json()
    assert (found["status"], found["alarms"]) == (
        "warn",
        [
            {
                "name": "stale_source",
                "subject": "cremations",
                "message": "nothing since August",
                "raised_at": "2026-10-01T06:00:00+08:00",
            }
        ],
    )


async def test_a_store_that_fails_shows_no_internals(client: TestClient[Any, Any], store: Store) -> None:
    with store.begin() as conn:
        conn.exec_driver_sql("DROP TABLE events")
    reply = await client.get("/v1/events")
    assert reply.status == 503
    text = await reply.text()
    assert "events" not in json.loads(text)["detail"]
    assert "sqlite" not in text.lower()
