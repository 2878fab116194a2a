"""Is anything missing? The question has an answer, and what is missing can be sent again."""

from typing import Any

import pytest
from sqlalchemy import delete

from gateway.delivery.again import resend_failed, resend_missing
from gateway.errors import RequestError
from gateway.store import audit
from gateway.store.database import Store
from gateway.store.resending import UNDELIVERED, Which, delivery, list_deliveries, resend
from gateway.store.tables import DELIVERIES
from tests.support.deliveries import World, sequences, until
from tests.support.receiver import Receiver, answers

BY = "operator"


def audited(world: World) -> list[tuple[str, str, str, dict[str, Any]]]:
    with world.store.read() as conn:
        found = audit.list_entries(conn, audit.Wanted())
    return [(each.actor, each.action, each.subject, each.details) for each in found]


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def give_up(world: World, *delivery_ids: int) -> None:
    with world.store.begin() as conn:
        given_up = {"state": "failed", "finished_at": world.time.now(), "next_at": None}
        conn.execute(DELIVERIES.update().where(DELIVERIES.c.delivery_id.in_(delivery_ids)).values(given_up))


async def test_what_is_undelivered_is_one_query(world: World) -> None:
    world.publish(["a", "b", "c"])
    async with Receiver() as receiver:
        receiver.behave_by(lambda each: answers(422 if b'"b"' in each.body else 204))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: world.states().count("delivered") == 2 and world.attempts(2) == 1)
    with world.store.read() as conn:
        (found,) = list_deliveries(conn, Which(UNDELIVERED), 10)
    assert (found.first_sequence, found.attempts, found.last_status) == (2, 1, 422)


async def test_all_that_failed_are_sent_again_once_while_the_gateway_sends(world: World) -> None:
    world.publish(["a", "b", "c"])
    async with Receiver() as receiver:
        receiver.behave(answers(400))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: [made for (made,) in world.rows("attempts")] == [1, 1, 1])
        give_up(world, 1, 3)
        receiver.behave(answers())
        received = len(receiver.received)
        async with world.sending():
            assert resend_failed(world.store, Which(since=world.time.now()), world.time.now(), BY) == 2
            assert resend_failed(world.store, Which(since=world.time.now()), world.time.now(), BY) == 0
            await until(lambda: world.states().count("delivered") == 2)
    assert sorted(sequences(receiver.received[received:])) == [1, 3]
    assert world.rows("again_for")[3:] == [(1,), (3,)]
    assert audited(world) == [(BY, "deliveries.resent", "sub_a", {"deliveries": 2, "from": 4, "to": 5})]


async def test_what_has_no_delivery_is_found_and_sent_again(world: World) -> None:
    world.publish(["a", "b", "c", "d"], kind="certification.due")
    world.publish(["e"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url, filters=[{"exact": {"type": "certification.due"}}])
        async with world.sending():
            await until(lambda: world.states().count("delivered") == 4)
            with world.store.begin() as conn:
                conn.execute(delete(DELIVERIES).where(DELIVERIES.c.first_sequence.in_([2, 3])))
            since = world.time.now()
            assert resend_missing(world.store, "sub_a", since, since, BY) == 2
            assert resend_missing(world.store, "sub_a", since, since, BY) == 0
            await until(lambda: world.states() == ["delivered"] * 4)
    assert sequences(receiver.received)[4:] == [2, 3]
    assert audited(world) == [(BY, "deliveries.resent", "sub_a", {"deliveries": 2, "from": 5, "to": 6})]


async def test_what_is_still_to_be_sent_cannot_be_sent_again(world: World) -> None:
    world.publish(["a"])
    async with Receiver() as receiver:
        receiver.behave(answers(400))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: world.attempts(1) == 1)
    with world.store.begin() as conn, pytest.raises(RequestError, match="still to be sent"):
        resend(conn, delivery(conn, 1), world.time.now(), BY)
    assert audited(world) == []
