from datetime import datetime, timedelta
from typing import Any

import pytest
from aiohttp.test_utils import TestClient

from gateway.store import audit
from gateway.store.database import Store
from gateway.web import consumers, reading
from gateway.web.access import Caller
from tests.integration.web.outbox import NOW, forget, hold, new_event, tell
from tests.support.serving import KEYS

Asking = TestClient[Any, Any]
PENSIONS = "/v1/consumers/pensions"


async def made(asking: Asking, begin: str = "earliest") -> dict[str, Any]:
    reply = await asking.put(PENSIONS, json={"from": begin})
    assert reply.status == 201, await reply.text()
    found: dict[str, Any] = await reply.json()
    return found


async def acked(asking: Asking, sequence: int) -> dict[str, Any]:
    reply = await asking.post(f"{PENSIONS}/ack", json={"cursor": KEYS.cursor(sequence)})
    found: dict[str, Any] = await reply.json()
    return found


def audited(outbox: Store) -> list[tuple[str, str, str, dict[str, Any]]]:
    with outbox.read() as conn:
        found = audit.list_entries(conn, audit.Wanted())
    return [(each.actor, each.action, each.subject, each.details) for each in found]


async def pulled(asking: Asking, **query: str) -> list[str]:
    page = await (await asking.get("/v1/events", params={"consumer": "pensions", **query})).json()
    return [event["id"] for event in page["events"]]


async def test_a_consumer_goes_on_behind_what_it_acked(asking: Asking, outbox: Store) -> None:
    tell(outbox, *"abc")
    assert (await made(asking))["lag"] == 3
    assert await pulled(asking, limit="2") == await pulled(asking, limit="2") == ["a", "b"]
    found = await acked(asking, 2)
    assert (found["moved"], found["cursor"], found["lag"]) == (True, KEYS.cursor(2), 1)
    assert await pulled(asking) == ["c"]
    assert await pulled(asking, after=KEYS.cursor(1)) == ["b", "c"]


async def test_an_older_ack_changes_nothing_and_says_so(asking: Asking, outbox: Store) -> None:
    tell(outbox, *"abc")
    await made(asking)
    assert (await acked(asking, 2))["moved"]
    for older in (1, 2):
        again = await acked(asking, older)
        assert (again["moved"], again["cursor"]) == (False, KEYS.cursor(2))


async def test_lag_says_how_many_events_wait_and_since_when(asking: Asking, outbox: Store) -> None:
    tell(outbox, "a")
    tell(outbox, "b", at=NOW + timedelta(hours=1))
    hold(outbox, [new_event("held")], run_id=2)
    found = await made(asking)
    assert (found["lag"], found["oldest_unacked_at"]) == (2, "2026-10-01T06:00:00+08:00")
    found = await acked(asking, 1)
    assert (found["lag"], found["oldest_unacked_at"]) == (1, "2026-10-01T07:00:00+08:00")
    found = await acked(asking, 2)
    assert (found["lag"], found["oldest_unacked_at"]) == (0, None)
    listed = await (await asking.get("/v1/consumers")).json()
    one = await (await asking.get(PENSIONS)).json()
    assert listed == {"consumers": [one]}
    assert {**one, "moved": True} == found


@pytest.mark.parametrize(("begin", "first"), [("earliest", "b"), ("now", None), (KEYS.cursor(2), "c")])
async def test_a_consumer_begins_where_it_was_told(
    asking: Asking, outbox: Store, begin: str, first: str | None
) -> None:
    tell(outbox, *"abc")
    forget(outbox, 1)
    await made(asking, begin)
    assert (await pulled(asking))[:1] == ([first] if first else [])


async def test_making_a_consumer_again_leaves_it_as_it_is(asking: Asking, outbox: Store) -> None:
    tell(outbox, *"abc")
    await made(asking)
    await acked(asking, 2)
    again = await asking.put(PENSIONS, json={"from": "earliest"})
    assert (again.status, (await again.json())["cursor"]) == (200, KEYS.cursor(2))


@pytest.mark.parametrize(
    ("sought", "first"),
    [
        ({"to": "earliest"}, "a"),
        ({"to": "now"}, None),
        ({"to": KEYS.cursor(1)}, "b"),
        ({"sequence": 3}, "c"),
        ({"at": "2026-10-01T07:00:00+08:00"}, "b"),
        ({"at": "2026-09-30T23:30:00Z"}, "c"),
        ({"at": "2030-01-01T00:00:00+08:00"}, None),
    ],
)
async def test_a_consumer_can_be_put_anywhere(
    asking: Asking, outbox: Store, sought: dict[str, Any], first: str | None
) -> None:
    for hours, name in enumerate("abc"):
        tell(outbox, name, at=NOW + timedelta(hours=hours))
    await made(asking)
    await acked(asking, 2)
    assert (await asking.post(f"{PENSIONS}/seek", json=sought)).status == 200
    assert (await pulled(asking))[:1] == ([first] if first else [])
    to = {"a": 0, "b": 1, "c": 2, None: 3}[first]
    assert audited(outbox) == [("this machine", "consumer.sought", "pensions", {"from": 2, "to": to})]


@pytest.mark.parametrize(
    ("sought", "status"),
    [
        ({}, 422),
        ({"to": "now", "sequence": 1}, 422),
        ({"at": "2026-10-01T07:00:00"}, 422),
        ({"sequence": 0}, 422),
        ({"sequence": 99}, 400),
        ({"to": "yesterday"}, 400),
        ({"sequence": 1}, 410),
        ({"to": KEYS.cursor(0)}, 410),
    ],
)
async def test_a_place_that_the_feed_does_not_reach_is_refused(
    asking: Asking, outbox: Store, sought: dict[str, Any], status: int
) -> None:
    tell(outbox, *"abc")
    forget(outbox, 2)
    await made(asking)
    reply = await asking.post(f"{PENSIONS}/seek", json=sought)
    assert (reply.status, reply.content_type) == (status, "application/problem+json")
    assert audited(outbox) == []


async def test_a_consumer_whose_place_was_removed_is_told_so(asking: Asking, outbox: Store) -> None:
    tell(outbox, *"abc")
    await made(asking)
    forget(outbox, 2)
    reply = await asking.get("/v1/events", params={"consumer": "pensions"})
    assert (reply.status, (await reply.json())["earliest"]) == (410, KEYS.cursor(2))


async def test_a_consumer_that_is_removed_is_not_there(asking: Asking) -> None:
    await made(asking)
    assert (await asking.delete(PENSIONS)).status == 204
    gone = [
        await asking.delete(PENSIONS),
        await asking.get(PENSIONS),
        await asking.post(f"{PENSIONS}/ack", json={"cursor": KEYS.cursor(0)}),
        await asking.get("/v1/events", params={"consumer": "pensions"}),
    ]
    assert [reply.status for reply in gone] == [404] * 4


@pytest.mark.parametrize("name", ["A", "-a", "a" * 65, "a%20b", "养老"])
async def test_a_name_is_plain(asking: Asking, name: str) -> None:
    assert (await asking.put(f"/v1/consumers/{name}", json={})).status == 400


@pytest.mark.parametrize("cursor", ["3", "", KEYS.cursor(7)])
async def test_only_what_was_given_can_be_acked(asking: Asking, outbox: Store, cursor: str) -> None:
    tell(outbox, "a")
    await made(asking)
    reply = await asking.post(f"{PENSIONS}/ack", json={"cursor": cursor})
    assert reply.status == 400
    assert "cursor: " in (await reply.json())["detail"]


async def test_a_consumer_is_its_tokens_own(asking: Asking, monkeypatch: pytest.MonkeyPatch) -> None:
    def as_token(token_id: str | None, *scopes: Any) -> None:
        caller = Caller(token_id, "somebody", frozenset(scopes))
        for module in (consumers, reading):
            monkeypatch.setattr(module, "caller_of", lambda _: caller)

    as_token("one", "events:read")
    await made(asking)
    as_token("two", "events:read")
    assert await (await asking.get("/v1/consumers")).json() == {"consumers": []}
    assert (await asking.get("/v1/events", params={"consumer": "pensions"})).status == 404
    assert (await asking.delete(PENSIONS)).status == 404
    assert (await asking.put(PENSIONS, json={})).status == 409
    as_token("three", "admin")
    assert len((await (await asking.get("/v1/consumers")).json())["consumers"]) == 1
    as_token("one", "events:read")
    assert (await asking.delete(PENSIONS)).status == 204


async def test_instants_are_said_as_everywhere(asking: Asking) -> None:
    found = await made(asking)
    assert datetime.fromisoformat(found["created_at"]).utcoffset() == timedelta(hours=8)
    assert found["acked_at"] is None
