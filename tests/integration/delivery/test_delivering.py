"""The whole of sending as `gateway serve` runs it, and what is told of it."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from functools import partial
from getpass import getuser
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from typer.testing import CliRunner

from gateway.cli import deliveries
from gateway.cli.app import app
from gateway.clock import local, system_clock
from gateway.delivery import opening
from gateway.delivery.opening import Delivering
from gateway.delivery.supervise import Supervision
from gateway.errors import StoreError
from gateway.store import audit, leases
from gateway.store import deliveries as store_deliveries
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.tokens import create_token
from gateway.web.app import make_app
from tests.integration.ledger.office import open_office
from tests.support.deliveries import BEGAN, SETTINGS, World, sequences, until
from tests.support.receiver import Receiver
from tests.support.serving import KEYS


async def test_it_takes_the_lease_sends_and_gives_the_lease_back(store: Store, tmp_path: Path) -> None:
    world = World(store)
    world.publish(["a", "b"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        file = tmp_path / "delivery.lock"
        task = asyncio.create_task(Delivering(store, KEYS, SETTINGS, file, system_clock).run())
        await until(lambda: world.states() == ["delivered", "delivered"])
        task.cancel()
        await asyncio.wait({task})
    assert sorted(sequences(receiver.received)) == [1, 2]
    with store.read() as conn:
        assert leases.holder(conn, "delivery", world.time.now()) is None


async def test_what_was_taken_while_the_store_was_away_is_not_sent_again(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world, faults = World(store), iter(range(3))

    def commit_later(*given: Any) -> None:
        if next(faults, None) is not None:
            raise StoreError("it cannot be reached")
        note_delivered(*given)

    note_delivered = store_deliveries.note_delivered
    monkeypatch.setattr(store_deliveries, "note_delivered", commit_later)
    monkeypatch.setattr(opening, "Supervision", partial(Supervision, look_s=0.02, rest_s=0.02))
    world.publish(["a", "b", "a"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        running = Delivering(store, KEYS, SETTINGS, tmp_path / "delivery.lock", system_clock).run()
        task = asyncio.create_task(running)
        await until(lambda: world.states() == ["delivered"] * 3)
        task.cancel()
        await asyncio.wait({task})
    assert next(faults, None) is None
    assert sorted(sequences(receiver.received)) == [1, 2, 3]


async def test_a_subscription_whose_token_has_expired_is_stopped(store: Store, tmp_path: Path) -> None:
    world = World(store)
    with store.begin() as conn:
        made = local(BEGAN) - timedelta(days=1)
        token, _ = create_token(conn, "old", ["events:read"], made, expires_at=local(BEGAN))
    world.subscribe("http://127.0.0.1:9/", owner=token.token_id)
    running = Delivering(store, KEYS, SETTINGS, tmp_path / "delivery.lock", system_clock).run()
    task = asyncio.create_task(running)
    await until(lambda: world.subscription("state") == "disabled")
    task.cancel()
    await asyncio.wait({task})
    with store.read() as conn:
        assert [each.name for each in standing_alarms(conn)] == ["subscription_disabled"]


def audited(world: World) -> list[tuple[str, dict[str, Any]]]:
    """What was audited about the first delivery."""
    with world.store.read() as conn:
        found = audit.list_entries(conn, audit.Wanted(subject="1"))
    assert {each.action for each in found} <= {"delivery.resent"}
    return [(each.actor, each.details) for each in found]


async def test_deliveries_are_told_and_sent_again_over_http(tmp_path: Path) -> None:
    with open_office(tmp_path) as office:
        world = World(office.station.store)
        world.publish(["a", "b"])
        async with Receiver() as receiver:
            world.subscribe(receiver.url)
            async with world.sending():
                await until(lambda: world.states() == ["delivered", "delivered"])
        server = TestServer(make_app(office.station.store, KEYS, replace(office.station)))
        async with TestClient(server) as client:
            listed = await (await client.get("/v1/deliveries", params={"limit": "1"})).json()
            assert [each["first_sequence"] for each in listed["deliveries"]] == [2]
            assert listed["next"] == 2
            again = await client.post("/v1/deliveries/1/resend")
            made = await again.json()
            assert (again.status, made["state"], made["again_for"]) == (201, "pending", 1)
            undelivered = await client.get("/v1/deliveries", params={"undelivered": "true"})
            assert [each["delivery_id"] for each in (await undelivered.json())["deliveries"]] == [3]
            assert (await client.post("/v1/deliveries/3/resend")).status == 409
            assert (await client.get("/v1/deliveries/9")).status == 404
            assert (await client.get("/v1/deliveries", params={"since": "0.5"})).status == 400
            at = {"since": "2026-10-01T00:00:00+08:00"}
            assert len((await (await client.get("/v1/deliveries", params=at)).json())["deliveries"]) == 3
        assert audited(world) == [("this machine", {"subscription": "sub_a", "as": 3})]


def test_a_resend_without_saying_what_is_refused() -> None:
    found = CliRunner().invoke(app, ["deliveries", "resend"])
    assert "say one of" in str(found.exception)


async def test_at_the_command_line_the_undelivered_are_listed_and_what_is_missing_is_sent_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_office(tmp_path) as office:
        monkeypatch.setattr(deliveries, "open_station", lambda _: office.station)
        world = World(office.station.store)
        world.publish(["a", "b"])
        async with Receiver() as receiver:
            world.subscribe(receiver.url)
            async with world.sending():
                await until(lambda: world.states() == ["delivered", "delivered"])
        assert CliRunner().invoke(app, ["deliveries", "list", "--undelivered", "--json"]).output == ""
        resend = ["deliveries", "resend", "--missing", "--since", "2026-10-01", "--json"]
        found = CliRunner().invoke(app, [*resend, "--subscription", "sub_a"])
        assert json.loads(found.stdout) == {"resent": 0}
        found = CliRunner().invoke(app, ["deliveries", "resend", "1", "--json"])
        assert json.loads(found.stdout) == {"resent": 1}
        (listed,) = (
            CliRunner().invoke(app, ["deliveries", "list", "--undelivered", "--json"]).stdout.splitlines()
        )
        assert (json.loads(listed)["delivery_id"], json.loads(listed)["again_for"]) == (3, 1)
        assert audited(world) == [(getuser(), {"subscription": "sub_a", "as": 3})]
