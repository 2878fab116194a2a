import asyncio
import json
import time
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from joserfc import jws
from joserfc.jwk import KeySet

from gateway.crypto.event_signing import EventSigner
from gateway.store import feed as stored_feed
from gateway.store.database import Store
from gateway.store.outbox import events_about
from gateway.web import reading
from gateway.web.jwks import JWKS
from tests.integration.web.outbox import (
    PREFIX,
    RENEWED,
    SUSPECTED,
    forget,
    hold,
    let_out,
    new_event,
    tell,
)
from tests.support.serving import KEYS

Asking = TestClient[Any, Any]


async def pull(asking: Asking, **query: Any) -> dict[str, Any]:
    reply = await asking.get("/v1/events", params=query)
    assert reply.status == 200, await reply.text()
    found: dict[str, Any] = await reply.json()
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [event["id"] for event in page["events"]]


async def test_the_events_are_the_very_bytes_that_are_stored(asking: Asking, outbox: Store) -> None:
    tell(outbox, "甲", "b")
    text = await (await asking.get("/v1/events")).read()
    with outbox.read() as conn:
        bodies = [events_about(conn, f"B{name}")[0].body for name in ("甲", "b")]
    assert text.startswith(b'{"events":[' + b",".join(bodies) + b'],"signatures":[null,null],')


async def test_a_long_poll_is_answered_once_something_is_let_out(asking: Asking, outbox: Store) -> None:
    waiting = asyncio.create_task(pull(asking, wait=20))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    began = time.monotonic()
    await asyncio.to_thread(tell, outbox, "a")
    assert ids(await waiting) == ["a"]
    assert time.monotonic() - began < 1


async def test_a_long_poll_does_not_see_what_is_held(asking: Asking, outbox: Store) -> None:
    hold(outbox, [new_event("a")])
    assert ids(await pull(asking, wait=0.5)) == []
    waiting = asyncio.create_task(pull(asking, wait=20))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(let_out, outbox)
    assert ids(await waiting) == ["a"]


async def test_a_long_poll_waits_on_past_what_its_filter_leaves_out(asking: Asking, outbox: Store) -> None:
    waiting = asyncio.create_task(pull(asking, wait=20, types=SUSPECTED))
    await asyncio.sleep(0.3)
    await asyncio.to_thread(tell, outbox, "a")
    await asyncio.sleep(0.5)
    assert not waiting.done()
    hold(outbox, [new_event("b", SUSPECTED)])
    let_out(outbox)
    assert ids(await waiting) == ["b"]


async def test_a_long_poll_ends_empty_when_its_time_is_over(asking: Asking) -> None:
    began = time.monotonic()
    page = await pull(asking, wait=0.4)
    assert (page["events"], page["next"]) == ([], KEYS.cursor(0))
    assert 0.4 <= time.monotonic() - began < 2


async def test_who_waits_is_answered_when_the_gateway_stops(
    outbox: Store, application: web.Application
) -> None:
    server: TestServer = TestServer(application)
    asking: Asking = TestClient(server)
    async with server, asking:
        waiting = asyncio.create_task(pull(asking, wait=30))
        await asyncio.sleep(0.3)
        began = time.monotonic()
        await server.close()
        assert ids(await waiting) == []
        assert time.monotonic() - began < 2
    tell(outbox, "a")


async def test_a_filter_that_nothing_passes_still_moves_the_cursor(
    asking: Asking, outbox: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored_feed, "SCANNED", 4)
    tell(outbox, *"abcdefghij")
    seen, after = [], KEYS.cursor(0)
    while True:
        page = await pull(asking, after=after, types=SUSPECTED)
        assert page["events"] == []
        after = page["next"]
        seen.append((KEYS.sequence(after), page["more"]))
        if not page["more"]:
            break
    assert seen == [(4, True), (8, True), (10, False)]


async def test_a_full_page_ends_at_its_last_event(asking: Asking, outbox: Store) -> None:
    tell(outbox, *"abcd")
    page = await pull(asking, limit=2, types=RENEWED)
    assert (ids(page), KEYS.sequence(page["next"]), page["more"]) == (["a", "b"], 2, True)
    rest = await pull(asking, limit=2, after=page["next"])
    assert (ids(rest), rest["more"]) == (["c", "d"], False)


@pytest.mark.parametrize("types", [SUSPECTED, PREFIX + SUSPECTED, f"certification.due,{SUSPECTED}"])
async def test_a_type_is_named_with_its_prefix_or_without(asking: Asking, outbox: Store, types: str) -> None:
    hold(outbox, [new_event("a"), new_event("b", PREFIX + SUSPECTED)])
    let_out(outbox)
    assert ids(await pull(asking, types=types)) == ["b"]


async def test_events_are_narrowed_to_counties(asking: Asking, outbox: Store) -> None:
    hold(
        outbox,
        [new_event("a", county="990101"), new_event("b", county="990102"), new_event("c", county=None)],
    )
    let_out(outbox)
    assert ids(await pull(asking, county="990102")) == ["b"]
    assert ids(await pull(asking, county="990101,990102")) == ["a", "b"]


async def test_a_caller_of_one_county_sees_no_other(
    asking: Asking, outbox: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "allowed_counties", lambda _: frozenset({"990101"}))
    hold(
        outbox,
        [new_event("a", county="990101"), new_event("b", county="990102"), new_event("c", county=None)],
    )
    let_out(outbox)
    page = await pull(asking)
    assert (ids(page), KEYS.sequence(page["next"])) == (["a"], 3)
    assert (await asking.get("/v1/events", params={"county": "990102"})).status == 403


async def test_a_cursor_behind_what_was_removed_is_gone_and_told_where_to_begin(
    asking: Asking, outbox: Store
) -> None:
    tell(outbox, *"abcd")
    forget(outbox, 2)
    reply = await asking.get("/v1/events", params={"after": KEYS.cursor(1)})
    problem = await reply.json()
    assert (reply.status, reply.content_type) == (410, "application/problem+json")
    assert (problem["status"], problem["earliest"]) == (410, KEYS.cursor(2))
    assert ids(await pull(asking, after=problem["earliest"])) == ["c", "d"]
    assert ids(await pull(asking)) == ["c", "d"]


async def test_where_all_was_removed_the_counter_says_where_to_begin(asking: Asking, outbox: Store) -> None:
    tell(outbox, *"abcd")
    forget(outbox, 4)
    problem = await (await asking.get("/v1/events", params={"after": KEYS.cursor(1)})).json()
    assert problem["earliest"] == KEYS.cursor(4)
    assert await pull(asking, after=problem["earliest"]) == await pull(asking)
    tell(outbox, "e")
    assert ids(await pull(asking, after=problem["earliest"])) == ["e"]


async def test_an_event_that_is_numbered_while_a_page_is_read_is_not_passed(
    asking: Asking, outbox: Store
) -> None:
    hold(outbox, [new_event("a")], run_id=1)
    hold(outbox, [new_event("b")], run_id=2)
    let_out(outbox, run_id=2)
    page = await pull(asking)
    assert (ids(page), KEYS.sequence(page["next"])) == ([], 0)
    let_out(outbox, run_id=1)
    assert ids(await pull(asking, after=page["next"])) == ["a", "b"]


async def test_one_event_is_given_by_its_id(asking: Asking, outbox: Store) -> None:
    signer = EventSigner(Ed25519PrivateKey.generate())
    tell(outbox, "a", signer=signer)
    hold(outbox, [new_event("held")], run_id=2)
    reply = await asking.get("/v1/events/a")
    with outbox.read() as conn:
        (stored,) = events_about(conn, "Ba")
    assert await reply.read() == stored.body
    assert reply.headers["X-JWS-Signature"] == stored.signature
    assert reply.content_type == "application/cloudevents+json"
    assert [(await asking.get(f"/v1/events/{name}")).status for name in ("held", "none")] == [404, 404]


async def test_a_signature_is_verified_by_another_library_with_the_published_keys(
    outbox: Store, application: web.Application
) -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    rotated = EventSigner(new, [old.public_key()])
    application[JWKS] = rotated.jwks()
    tell(outbox, "a", signer=EventSigner(old))
    tell(outbox, "b", signer=rotated)
    async with TestClient(TestServer(application)) as asking:
        reply = await asking.get("/.well-known/jwks.json")
        keys = KeySet.import_key_set(await reply.json())
        page = await pull(asking)
    assert (reply.content_type, reply.headers["Cache-Control"]) == (
        "application/jwk-set+json",
        "public, max-age=300",
    )
    assert len({kid_of(signature) for signature in page["signatures"]}) == 2
    for event, signature in zip(page["events"], page["signatures"], strict=True):
        body = json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode()
        assert jws.deserialize_compact(signature, keys, ["Ed25519"], payload=body).payload == body


def kid_of(signature: str) -> str:
    return str(jws.extract_compact(signature.encode()).headers()["kid"])


async def test_where_nothing_signs_no_key_is_published(asking: Asking) -> None:
    assert await (await asking.get("/.well-known/jwks.json")).json() == {"keys": []}
