import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_hex
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import Connection

from gateway.clock import local
from gateway.settings import ServeSettings
from gateway.store.audit import Wanted, list_entries
from gateway.store.ledger import open_or_update
from gateway.store.tokens import Token, create_token, find_token, revoke_token
from gateway.web import access as of_access
from gateway.web.access import LONGEST_KEPT_S, Access, allowed_counties, caller_of, still_allowed
from gateway.web.app import make_app
from gateway.web.operations import Operation
from gateway.web.operations import serve as serve_operations
from gateway.web.stream import STREAMS
from tests.integration.ledger.office import TODAY, Office, open_office
from tests.integration.store.test_ledger import DEATH
from tests.integration.web.outbox import tell
from tests.support.serving import KEYS

NOW = datetime(2026, 10, 1, 1, tzinfo=UTC)
PROXIED = {"X-Forwarded-For": "192.0.2.7"}
EVERYTHING = ["events:read", "ledger:write", "subscriptions:write"]
Client = TestClient[Any, Any]


class Ticking:
    """A clock and a stopwatch that go on by hand."""

    def __init__(self) -> None:
        self.passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def ticks(self) -> float:
        return self.passed


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    with open_office(tmp_path) as found:
        found.roster(
            {"benefit_id": "B1", "insured_county": "990101"}, {"benefit_id": "B2", "insured_county": "990102"}
        )
        with found.station.store.begin() as conn:
            open_or_update(conn, 1, found.clock.now, TODAY, [DEATH])
        yield found


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


Serving = Callable[..., AbstractAsyncContextManager[Client]]


@pytest.fixture
def serving(office: Office, ticking: Ticking) -> Serving:
    @asynccontextmanager
    async def served(**serve: Any) -> AsyncIterator[Client]:
        settings = ServeSettings(**serve)
        access = Access(office.station.store, settings, ticking.now, ticking.ticks)
        app = make_app(office.station.store, KEYS, office.station, access)
        serve_operations(app, [Operation("GET", "/v1/told", told, "events:read", "told")])
        app.router.add_get("/v1/undeclared", undeclared)
        async with TestClient(TestServer(app)) as client:
            yield client

    return served


async def told(request: web.Request) -> web.Response:
    caller, counties = caller_of(request), allowed_counties(request)
    return web.json_response(
        {
            "name": caller.name,
            "token": caller.token_id,
            "counties": None if counties is None else sorted(counties),
            "still": await still_allowed(request),
        }
    )


async def undeclared(_: web.Request) -> web.Response:
    return web.Response()


def token(office: Office, *scopes: Any, **given: Any) -> tuple[str, dict[str, str]]:
    with office.station.store.begin() as conn:
        made, text = create_token(conn, "county hall", scopes, local(NOW), **given)
    return made.token_id, {"Authorization": f"Bearer {text}"}


def revoke(office: Office, token_id: str) -> None:
    with office.station.store.begin() as conn:
        revoke_token(conn, token_id, local(NOW))


async def status(client: Client, path: str, headers: dict[str, str] | None = None) -> int:
    async with client.get(path, headers=headers) as reply:
        return reply.status


async def test_whoever_asks_from_this_machine_may_do_everything(serving: Serving) -> None:
    async with serving() as client, client.get("/v1/told") as reply:
        assert await reply.json() == {"name": "this machine", "token": None, "counties": None, "still": True}


async def test_this_machine_needs_a_token_where_it_is_not_trusted(serving: Serving, office: Office) -> None:
    async with serving(trust_this_machine=False) as client:
        assert await status(client, "/v1/told") == 401
        assert await status(client, "/v1/told", token(office, "events:read")[1]) == 200


async def test_a_token_counts_even_on_this_machine(serving: Serving, office: Office) -> None:
    token_id, headers = token(office, "events:read", counties=["990102"])
    async with serving() as client:
        async with client.get("/v1/told", headers=headers) as reply:
            assert await reply.json() == {
                "name": "county hall",
                "token": token_id,
                "counties": ["990102"],
                "still": True,
            }
        assert await status(client, "/v1/runs", headers) == 403
        assert await status(client, "/v1/told", {"Authorization": "Bearer gwt_no"}) == 401


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        ({}, ""),
        ({"Authorization": "Bearer gwt_x"}, ', error="invalid_token"'),
        ({"Authorization": "Bearer \u00ff"}, ', error="invalid_token"'),
        ({"Authorization": "Bearer"}, ', error="invalid_token"'),
        ({"Authorization": "Basic eDp5"}, ', error="invalid_token"'),
    ],
)
async def test_without_a_token_that_is_known_nobody_is_let_in_through_a_proxy(
    serving: Serving, sent: dict[str, str], error: str
) -> None:
    async with serving() as client, client.get("/v1/told", headers=PROXIED | sent) as reply:
        assert (reply.status, reply.content_type) == (401, "application/problem+json")
        assert reply.headers["WWW-Authenticate"] == f'Bearer realm="certification gateway"{error}'
        assert "token" in (await reply.json())["detail"]


async def test_an_expired_token_is_refused_from_the_instant_on(
    serving: Serving, office: Office, ticking: Ticking
) -> None:
    headers = token(office, "events:read", expires_at=local(NOW + timedelta(seconds=1)))[1]
    async with serving() as client:
        assert await status(client, "/v1/told", headers) == 200
        ticking.passed = 1.0
        async with client.get("/v1/told", headers=headers) as reply:
            assert (reply.status, (await reply.json())["detail"][:20]) == (401, "the token is expired")


async def test_a_revoked_token_is_refused_within_five_seconds(
    serving: Serving, office: Office, ticking: Ticking
) -> None:
    token_id, headers = token(office, "events:read")
    async with serving() as client:
        assert await status(client, "/v1/told", headers) == 200
        revoke(office, token_id)
        ticking.passed = 5.0
        async with client.get("/v1/told", headers=headers) as reply:
            assert (reply.status, (await reply.json())["detail"][:20]) == (401, "the token is revoked")
    assert LONGEST_KEPT_S <= 5


async def test_a_token_is_looked_up_once_in_a_while_and_not_each_time(
    serving: Serving, office: Office, ticking: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def look_up(conn: Connection, text: str) -> Token | None:
        asked.append(text)
        return find_token(conn, text)

    monkeypatch.setattr(of_access, "find_token", look_up)
    headers = token(office, "events:read")[1]
    async with serving() as client:
        for _ in range(5):
            assert await status(client, "/v1/told", headers) == 200
        assert len(asked) == 1
        ticking.passed = LONGEST_KEPT_S
        assert await status(client, "/v1/told", headers) == 200
    assert len(asked) == 2


async def test_a_token_without_the_scope_is_told_which_one_is_missing(
    serving: Serving, office: Office
) -> None:
    headers = token(office, "ledger:write")[1]
    async with serving() as client, client.get("/v1/told", headers=headers) as reply:
        assert (reply.status, reply.content_type) == (403, "application/problem+json")
        assert 'error="insufficient_scope", scope="events:read"' in reply.headers["WWW-Authenticate"]


async def test_admin_may_do_everything(serving: Serving, office: Office) -> None:
    headers = token(office, "admin")[1]
    async with serving() as client:
        for path in ("/v1/told", "/v1/runs", "/v1/ledger", "/v1/undeclared"):
            assert await status(client, path, headers) == 200


async def test_a_route_that_does_not_say_who_may_ask_is_for_admin(serving: Serving, office: Office) -> None:
    headers = token(office, *EVERYTHING)[1]
    async with serving() as client:
        assert await status(client, "/v1/undeclared", headers) == 403
        assert await status(client, "/v1/undeclared", PROXIED) == 401
        assert await status(client, "/v1/nowhere", PROXIED) == 404


async def test_no_answer_and_no_log_repeats_a_token(
    serving: Serving, office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    headers = token(office, "ledger:write")[1]
    secret = headers["Authorization"].split("_", 2)[2]
    async with serving() as client:
        for path in ("/v1/told", "/v1/ledger", "/v1/ledger/9"):
            async with client.get(path, headers=headers) as reply:
                assert secret not in await reply.text() + repr(reply.headers)
    assert secret not in caplog.text


async def test_whoever_asks_too_often_is_told_when_to_come_again(
    serving: Serving, office: Office, ticking: Ticking
) -> None:
    headers = token(office, "events:read")[1]
    async with serving(requests_per_second=0.5, burst=3) as client:
        for left in (2, 1, 0):
            async with client.get("/v1/told", headers=headers) as reply:
                assert (reply.status, reply.headers["RateLimit-Policy"]) == (200, '"requests";q=3;w=6')
                assert reply.headers["RateLimit"].startswith(f'"requests";r={left};')
        async with client.get("/v1/told", headers=headers) as reply:
            assert (reply.status, reply.content_type) == (429, "application/problem+json")
            assert (reply.headers["Retry-After"], reply.headers["RateLimit"]) == ("2", '"requests";r=0;t=2')
        ticking.passed = 2.0
        assert await status(client, "/v1/told", headers) == 200


async def test_each_token_has_requests_of_its_own(serving: Serving, office: Office) -> None:
    first, second = token(office, "events:read")[1], token(office, "events:read")[1]
    async with serving(requests_per_second=0.001, burst=3) as client:
        assert [await status(client, "/v1/told", first) for _ in range(4)] == [200, 200, 200, 429]
        assert await status(client, "/v1/told", second) == 200


async def test_guesses_are_counted_by_address_and_soon_ask_the_store_nothing(
    serving: Serving, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(of_access, "find_token", lambda _, text: asked.append(text))
    async with serving(requests_per_second=0.001, burst=3) as client:
        guesses = [{"Authorization": f"Bearer gwt_{n:012x}_{'A' * 43}"} for n in range(10)]
        found = [await status(client, "/v1/told", guess) for guess in guesses]
    assert found == [401] * 3 + [429] * 7
    assert len(asked) == 3


async def test_what_is_for_everybody_is_counted_by_address(serving: Serving) -> None:
    async with serving(requests_per_second=0.001, burst=2) as client:
        assert [await status(client, "/healthz", PROXIED) for _ in range(3)] == [200, 200, 429]


@pytest.mark.parametrize(
    ("first", "second", "same"),
    [
        ("192.0.2.7", "192.0.2.7", True),
        ("192.0.2.7", "192.0.2.8", False),
        ("192.0.2.7", "::ffff:192.0.2.7", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        (None, "192.0.2.7", False),
    ],
)
def test_an_address_is_counted_with_its_neighbours_in_a_subnet_of_version_six(
    office: Office, first: str | None, second: str | None, *, same: bool
) -> None:
    access = Access(office.station.store, ServeSettings(burst=1, requests_per_second=0.001))
    assert access.count(of_access.NOBODY, first).passes
    assert access.count(of_access.NOBODY, second).passes is not same


@pytest.mark.parametrize("busy", [True, False])
async def test_a_stream_ends_once_its_token_is_revoked_however_busy_it_is(
    office: Office, serving: Serving, ticking: Ticking, *, busy: bool
) -> None:
    token_id, headers = token(office, "events:read")
    async with serving() as client:
        assert client.app is not None
        client.app[STREAMS].heartbeat = 3600 if busy else 0.05
        async with client.get("/v1/events/stream", headers=headers) as stream, publishing(office, busy):
            await stream.content.readuntil(b"data: " if busy else b"heartbeat")
            revoke(office, token_id)
            await stream.content.readuntil(b"data: " if busy else b"heartbeat")
            ticking.passed = LONGEST_KEPT_S
            async with asyncio.timeout(5):
                await stream.content.read()


@asynccontextmanager
async def publishing(office: Office, busy: bool) -> AsyncIterator[None]:  # noqa: FBT001 - as the test says it
    """An event every few milliseconds."""

    async def publish() -> None:
        while busy:
            await asyncio.to_thread(tell, office.station.store, token_hex(8))
            await asyncio.sleep(0.005)

    task = asyncio.create_task(publish())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait({task})


SAID = {"benefit_id": "B1", "on": "2026-09-20", "method": "counter", "by": "officer"}


async def seen_by(client: Client, headers: dict[str, str], statement: str) -> dict[str, int]:
    """What a caller is answered wherever benefit B1, of county 990101, is named."""
    close = {"outcome": "duplicate", "by": "Li", "note": "see entry 2"}
    spoken = {"whom": "family", "result": "nobody answered", "by": "Li"}
    asked: dict[str, tuple[str, Any]] = {
        "/v1/benefits/B1/statements": ("GET", None),
        f"/v1/certifications/{statement}": ("GET", None),
        f"/v1/certifications/{statement}/withdraw": ("POST", {"by": "Li"}),
        "/v1/certifications": ("POST", SAID | {"reference": "second"}),
        "/v1/community-reports": ("POST", {"benefit_id": "B1", "on": "2026-09-20", "kind": "visit"}),
        "/v1/ledger/1": ("GET", None),
        "/v1/ledger/1/assign": ("POST", {"to": "Li", "by": "Wang"}),
        "/v1/ledger/1/contact": ("POST", spoken),
        "/v1/ledger/1/resolve": ("POST", close),
    }
    found = {}
    for path, (method, sent) in asked.items():
        async with client.request(method, path, json=sent, headers=headers) as reply:
            found[path.removeprefix("/v1/")] = reply.status
    return found


@pytest.mark.parametrize(
    ("counties", "seen"), [(["990101", "990103"], True), (["990102"], False), (None, True)]
)
async def test_a_benefit_of_another_county_is_not_there(
    serving: Serving, office: Office, counties: list[str] | None, *, seen: bool
) -> None:
    headers = token(office, "ledger:write", counties=counties)[1]
    async with serving() as client:
        async with client.post("/v1/certifications", json=SAID) as reply:
            statement = (await reply.json())["statement"]
        found = await seen_by(client, headers, statement)
        assert {each < 300 for each in found.values()} == {seen}, found
        assert seen or set(found.values()) == {404}
        async with client.get("/v1/ledger?state=all", headers=headers) as reply:
            assert len((await reply.json())["entries"]) == seen


async def test_what_is_hidden_reads_as_what_is_not_there(serving: Serving, office: Office) -> None:
    headers = token(office, "ledger:write", counties=["990102"])[1]
    async with serving() as client:
        for path in ("/v1/benefits/{}", "/v1/benefits/{}/statements"):
            told = [
                await (await client.get(path.format(name), headers=headers)).json() for name in ("B1", "B9")
            ]
            assert told[0] == told[1]
        entries = [await (await client.get(f"/v1/ledger/{n}", headers=headers)).json() for n in (1, 7)]
        assert entries[0]["detail"].replace(" 1:", " 7:") == entries[1]["detail"]


async def test_a_decision_is_explained_to_its_county_alone(serving: Serving, office: Office) -> None:
    office.compared(TODAY)
    office.decide()
    here, elsewhere = (token(office, "ledger:write", counties=[each])[1] for each in ("990101", "990102"))
    async with serving() as client:
        assert await status(client, "/v1/benefits/B1", here) == 200
        assert await status(client, "/v1/benefits/B1", elsewhere) == 404
        assert await status(client, "/v1/benefits/B2", elsewhere) == 200


async def test_a_look_at_a_benefit_is_audited_under_the_token_that_looked(
    serving: Serving, office: Office
) -> None:
    office.compared(TODAY)
    office.decide()
    token_id, headers = token(office, "ledger:write")
    async with serving() as client:
        assert await status(client, "/v1/benefits/B1", headers) == 200
        assert await status(client, "/v1/benefits/B1") == 200
    with office.station.store.read() as conn:
        actors = {each.actor for each in list_entries(conn, Wanted(subject="B1"))}
    assert actors == {f"token {token_id} (county hall)", "this machine"}


async def test_a_benefit_that_left_the_roster_is_where_it_was_looked_into_last(
    serving: Serving, office: Office
) -> None:
    office.roster({"benefit_id": "B2", "insured_county": "990102"})
    here, elsewhere = (token(office, "ledger:write", counties=[each])[1] for each in ("990101", "990102"))
    async with serving() as client:
        assert await status(client, "/v1/benefits/B1/statements", here) == 200
        assert await status(client, "/v1/benefits/B1/statements", elsewhere) == 404


async def test_many_at_once_are_counted_one_by_one(serving: Serving, office: Office) -> None:
    headers = token(office, "events:read")[1]
    async with serving(requests_per_second=0.001, burst=20) as client:
        found = await asyncio.gather(*(status(client, "/v1/told", headers) for _ in range(30)))
    assert found.count(200) <= 20
