import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from prometheus_client import Metric
from prometheus_client.openmetrics.parser import text_string_to_metric_families as openmetrics
from prometheus_client.parser import text_string_to_metric_families as parsed

from gateway.crypto.serving import ServingKeys
from gateway.errors import StoreError
from gateway.store.alarms import Alarm, raise_alarm
from gateway.store.database import Store
from gateway.store.facts import Facts, RunsOf
from gateway.store.tables import COUNTERS, SUBSCRIPTIONS
from gateway.web import health, metrics
from gateway.web.app import make_app
from gateway.web.gauges import gauges
from gateway.web.health import leave
from gateway.web.measuring import METERS, STREAM
from gateway.web.metrics import FRESH_S, Watch
from gateway.web.operations import OPERATIONS, Operation, serve
from tests.support.project import table
from tests.support.serving import KEYS

NOW = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
FACTS = Facts(
    last_sequence=12,
    held=2,
    frontier=10,
    undispatched_since=NOW - timedelta(seconds=90),
    deliveries={"pending": 3, "failed": 1},
    deliveries_made=40,
    subscriptions={"active": 2},
    lags={"sub_1": 4},
    behind={"payroll": 7},
    alarms={"held_run": 1},
    runs=(RunsOf("sync", "done", 5, datetime(1970, 1, 1, 8)),),  # noqa: DTZ001 - the epoch in Asia/Shanghai
    read_until={"deaths": NOW - timedelta(hours=1)},
    refusals={"deaths": 6},
)
Client = TestClient[Any, Any]
Values = dict[tuple[str, tuple[str, ...]], float]


def values(found: list[Metric]) -> Values:
    samples = [sample for metric in found for sample in metric.samples]
    return {(each.name, tuple(each.labels.values())): each.value for each in samples}


@pytest.fixture
async def client(store: Store) -> AsyncIterator[Client]:
    async with TestClient(TestServer(make_app(store, KEYS))) as found:
        yield found


async def scraped(client: Client) -> Values:
    return values(list(parsed(await (await client.get("/metrics")).text())))


def test_every_fact_is_told_in_its_unit() -> None:
    told = values(list(gauges(FACTS, NOW)))
    wanted: Values = {
        ("gateway_store_up", ()): 1,
        ("gateway_events_total", ()): 12,
        ("gateway_events_released_total", ()): 10,
        ("gateway_events_held", ()): 2,
        ("gateway_events_last_sequence", ()): 12,
        ("gateway_oldest_undispatched_event_age_seconds", ()): 90,
        ("gateway_deliveries", ("pending",)): 3,
        ("gateway_deliveries", ("failed",)): 1,
        ("gateway_deliveries_made_total", ()): 40,
        ("gateway_subscriptions", ("active",)): 2,
        ("gateway_subscriptions", ("disabled",)): 0,
        ("gateway_subscription_lag_events", ("sub_1",)): 4,
        ("gateway_consumer_lag_events", ("payroll",)): 7,
        ("gateway_alarms_standing", ("held_run",)): 1,
        ("gateway_alarms_standing", ("missed_run",)): 0,
        ("gateway_runs", ("sync", "done")): 5,
        ("gateway_run_last_ended_timestamp_seconds", ("sync", "done")): 0,
        ("gateway_dataset_read_age_seconds", ("deaths",)): 3600,
        ("gateway_refusals_open", ("deaths",)): 6,
    }
    assert {name: told.get(name) for name in wanted} == wanted


async def test_what_the_store_holds_is_told_when_it_is_asked_for(client: Client, store: Store) -> None:
    with store.begin() as conn:
        raise_alarm(conn, Alarm("held_run", "12", "is held"), NOW)
    found = await scraped(client)
    assert found["gateway_alarms_standing", ("held_run",)] == 1
    assert found["process_open_fds", ()] > 0


async def test_requests_are_counted_by_operation_and_never_by_their_path(client: Client) -> None:
    for path in ("/v1/benefits/B1-of-somebody", "/v1/benefits/B2-of-somebody", "/B3-of-somebody"):
        await client.get(path)
    reply = await client.get("/v1/benefits/B1", headers={"X-Real-IP": "203.0.113.7"})
    assert reply.status == 401
    text = await (await client.get("/metrics")).text()
    found = values(list(parsed(text)))
    about = "GET /v1/benefits/{benefit_id}"
    assert found["gateway_http_requests_total", (about, "404")] == 2
    assert found["gateway_http_requests_total", (about, "401")] == 1
    assert found["gateway_http_requests_total", ("none", "404")] == 1
    assert found["gateway_http_request_duration_seconds_count", (about,)] == 3
    assert "somebody" not in text


async def test_a_stream_is_counted_while_it_is_open_and_its_length_is_not_measured(store: Store) -> None:
    app, over = make_app(store, KEYS), asyncio.Event()

    async def stream(request: web.Request) -> web.StreamResponse:
        answer = web.StreamResponse()
        await answer.prepare(request)
        await over.wait()
        return answer

    serve(app, (Operation("GET", "/stream", stream, None, "events", media=STREAM),))
    async with TestClient(TestServer(app)) as client:
        async with client.get("/stream") as open_one:
            assert (await scraped(client))["gateway_http_streams_open", ()] == 1
            over.set()
            await open_one.read()
        found = await scraped(client)
    assert found["gateway_http_streams_open", ()] == 0
    assert found["gateway_http_requests_total", ("GET /stream", "200")] == 1
    assert ("gateway_http_request_duration_seconds_count", ("GET /stream",)) not in found


async def test_a_scraper_that_asks_for_openmetrics_gets_it(client: Client) -> None:
    asked = {"Accept": "application/openmetrics-text; version=1.0.0"}
    reply = await client.get("/metrics", headers=asked)
    assert reply.headers["Content-Type"].startswith("application/openmetrics-text; version=1.0.0")
    told = openmetrics(await reply.text())  # type: ignore[no-untyped-call]  # untyped in the library
    assert ("gateway_events_total", ()) in values(list(told))


async def test_metrics_do_not_leave_this_machine_through_a_proxy(client: Client) -> None:
    assert (await client.get("/metrics", headers={"X-Real-IP": "203.0.113.7"})).status == 401


async def test_two_applications_count_apart(store: Store) -> None:
    one, other = make_app(store, KEYS), make_app(store, KEYS)
    assert one[METERS].registry is not other[METERS].registry


async def test_the_store_is_read_once_in_a_while_whoever_asks(store: Store, monkeypatch: Any) -> None:
    read: list[float] = []
    now = 0.0
    monkeypatch.setattr(metrics, "_facts", lambda _store: read.append(now))
    watch = Watch(store, lambda: now)
    await asyncio.gather(*(watch.facts() for _ in range(5)))
    now = FRESH_S - 0.1
    await watch.facts()
    assert len(read) == 1
    now = FRESH_S
    await watch.facts()
    assert len(read) == 2


async def test_a_store_that_cannot_be_read_is_told_and_the_rest_still_is(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(_store: Store) -> Facts:
        raise StoreError

    monkeypatch.setattr(metrics, "_facts", failing)
    await client.get("/v1/events")
    found = await scraped(client)
    assert found["gateway_store_up", ()] == 0
    assert found["gateway_http_requests_total", ("GET /v1/events", "200")] == 1
    assert ("gateway_events_total", ()) not in found


async def test_a_store_that_answers_too_late_is_not_waited_for(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never(*_: object) -> Facts:
        await asyncio.Event().wait()
        raise AssertionError

    monkeypatch.setattr(metrics, "DEADLINE_S", 0.01)
    monkeypatch.setattr(asyncio, "to_thread", never)
    assert await Watch(store).facts() is None


async def test_the_page_names_every_metric_and_no_other(client: Client) -> None:
    text = await (await client.get("/metrics")).text()
    live = {line.split()[2] for line in text.splitlines() if line.startswith("# TYPE gateway_")}
    told = {name.strip("`") for name, *_ in table("docs/how-to/watch.md", "## What is measured")}
    assert {name for name in live if not name.endswith("_created")} == told


async def ready(client: Client) -> tuple[int, list[str]]:
    reply = await client.get("/readyz")
    return reply.status, (await reply.json())["reasons"]


async def test_a_gateway_that_can_serve_is_ready(client: Client) -> None:
    reply = await client.get("/readyz", headers={"X-Real-IP": "203.0.113.7"})
    assert (reply.status, await reply.json()) == (200, {"status": "ready", "reasons": []})


async def test_alarms_do_not_keep_requests_away(client: Client, store: Store) -> None:
    with store.begin() as conn:
        raise_alarm(conn, Alarm("held_run", "12", "is held"), NOW)
    assert await ready(client) == (200, [])


async def test_a_store_that_lacks_a_migration_is_not_ready(client: Client, store: Store) -> None:
    with store.begin() as conn:
        conn.execute(sa.text("UPDATE alembic_version SET version_num = '0001'"))
    status, [reason] = await ready(client)
    assert status == 503
    assert "its tables are at version 0001" in reason


async def test_a_store_that_nothing_can_be_written_to_is_not_ready(client: Client, store: Store) -> None:
    with store.begin() as conn:
        conn.execute(
            sa.text(f"CREATE TRIGGER no BEFORE UPDATE ON {COUNTERS.name} BEGIN SELECT RAISE(FAIL, ''); END")
        )
        conn.execute(sa.insert(COUNTERS).values(name="one", value=1))
    status, [_] = await ready(client)
    assert status == 503


async def test_a_store_that_is_busy_for_long_is_not_ready(
    client: Client, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "DEADLINE_S", 0.05)
    with store.begin():
        status, [reason] = await ready(client)
    assert (status, reason) == (503, "the store could not be written to within 0.05 s")


async def test_keys_that_open_no_secret_of_a_subscriber_are_not_ready(client: Client, store: Store) -> None:
    values = {"subscription_id": "sub_1", "sink": "https://example.org", "state": "active", "version": 1}
    values |= {"filters": [], "allow": [], "batch_size": 1, "concurrency": 1, "position": 0}
    values |= {"created_at": NOW, "updated_at": NOW}
    for keys, status in ((KEYS, 200), (ServingKeys(b"another"), 503)):
        secrets = [{"kind": "v1", "sealed": keys.seal(b"secret", "sub_1"), "until": None}]
        with store.begin() as conn:
            conn.execute(sa.delete(SUBSCRIPTIONS))
            conn.execute(sa.insert(SUBSCRIPTIONS).values(values | {"secrets": secrets}))
        assert (await ready(client))[0] == status


async def test_a_gateway_that_is_stopping_is_not_ready(client: Client) -> None:
    assert client.app
    await leave(client.app)
    assert await ready(client) == (503, ["the gateway is stopping"])


def test_every_operation_here_says_who_may_ask(store: Store) -> None:
    served = make_app(store, KEYS)[OPERATIONS].values()
    scopes = {each.path: each.scope for each in served}
    assert (scopes["/metrics"], scopes["/readyz"], scopes["/healthz"]) == ("admin", None, None)
