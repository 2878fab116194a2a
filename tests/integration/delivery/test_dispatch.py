"""Deliveries over real sockets: what fails, what waits, what goes on, and that nothing is lost."""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlalchemy import update
from standardwebhooks import Webhook

from gateway.delivery.retry import DELAYS_S
from gateway.delivery.secrets import make_secret, rotated
from gateway.store.database import Store
from gateway.store.subscriptions import put_secrets, subscription
from gateway.store.tables import SUBSCRIPTIONS
from tests.support.deliveries import BEGAN, World, sequences, subject_of, until
from tests.support.receiver import Received, Receiver, answers, redirects, resets, slow
from tests.support.serving import KEYS


@pytest.fixture
def world(store: Store) -> World:
    return World(store)


def first_receipts(received: Sequence[Received]) -> dict[str, list[int]]:
    """The events of each benefit in the order in which they first came."""
    found: dict[str, list[int]] = defaultdict(list)
    for each in received:
        body = json.loads(each.body)
        for event in body if isinstance(body, list) else [body]:
            if event["sequence"] not in found[event["subject"]]:
                found[event["subject"]].append(event["sequence"])
    return found


def delivered(world: World, count: int) -> bool:
    return world.states().count("delivered") == count


async def test_every_released_event_is_delivered_once_and_in_order(world: World) -> None:
    world.publish(["a", "b", "a", "c", "a", "b"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: delivered(world, 6))
    assert sorted(sequences(receiver.received)) == [1, 2, 3, 4, 5, 6]
    assert first_receipts(receiver.received) == {"a": [1, 3, 5], "b": [2, 6], "c": [4]}
    assert world.subscription("position") == 6


async def test_the_body_is_the_stored_bytes_and_an_independent_library_verifies_it(
    world: World,
) -> None:
    world.publish(["a"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: delivered(world, 1))
    (one,) = receiver.received
    assert one.headers["content-type"] == "application/cloudevents+json"
    assert one.body == json.dumps({"id": "e1", "subject": "a", "sequence": 1}).encode()
    assert verifies(world.told["sub_a"], one)


async def test_during_a_rotation_both_secrets_verify(world: World) -> None:
    world.publish(["a"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        new = make_secret("hmac", "sub_a", KEYS)
        with world.store.begin() as conn:
            seen = subscription(conn, "sub_a")
            grace = BEGAN - BEGAN.replace(hour=5)
            put_secrets(conn, seen, rotated(seen.secrets, new.kept, BEGAN, grace), world.time.now())
        async with world.sending():
            await until(lambda: delivered(world, 1))
            world.time.passed += 3601
            world.publish(["b"])
            await until(lambda: delivered(world, 2))
    during, after = receiver.received
    old = world.told["sub_a"]
    assert (verifies(old, during), verifies(new.told, during)) == (True, True)
    assert (verifies(old, after), verifies(new.told, after)) == (False, True)


async def test_a_held_event_and_what_is_behind_it_wait_for_its_release(world: World) -> None:
    world.publish(["a", "b"])
    world.publish(["c"], released=False)
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: delivered(world, 2))
            world.publish(["d"])
            await until(lambda: delivered(world, 4))
    assert sequences(receiver.received) == [1, 2, 3, 4]


async def test_only_what_the_filters_and_counties_want_is_sent(world: World) -> None:
    world.publish(["a", "b"], kind="certification.due")
    world.publish(["c"], county="430103")
    world.publish(["d", "e"])
    async with Receiver() as receiver:
        wanted = [{"exact": {"type": "certification.renewed"}}, {"not": {"prefix": {"subject": "e"}}}]
        world.subscribe(receiver.url, filters=wanted, counties=["430102"])
        async with world.sending():
            await until(lambda: delivered(world, 1))
    assert [subject_of(each) for each in receiver.received] == ["d"]
    assert world.subscription("position") == 5


async def test_a_failing_benefit_holds_back_only_itself(world: World) -> None:
    world.publish(["bad", "a", "bad", "b", "bad", "a"])
    async with Receiver() as receiver:
        receiver.behave_by(lambda each: answers(422 if subject_of(each) == "bad" else 204))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: delivered(world, 3))
            assert world.rows("first_sequence", "attempts", "last_status", "reason")[0] == (
                1,
                1,
                422,
                "HTTP 422",
            )
            receiver.behave(answers(204))
            world.time.passed += 6.1
            await until(lambda: delivered(world, 6))
    assert first_receipts(receiver.received) == {"bad": [1, 3, 5], "a": [2, 6], "b": [4]}


@pytest.mark.parametrize("behaviour", [answers(500), resets(), redirects(307, "http://127.0.0.1:9/")])
async def test_whatever_is_not_2xx_is_tried_again_after_five_seconds(world: World, behaviour: object) -> None:
    world.publish(["a"])
    async with Receiver() as receiver:
        receiver.behave(behaviour, answers(200))  # type: ignore[arg-type] # a Behaviour, as parametrize loses
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: world.rows("attempts") == [(1,)])
            world.time.passed += 4.9
            await asyncio.sleep(0.05)
            assert len(receiver.received) == 1
            world.time.passed += 0.2
            await until(lambda: delivered(world, 1))
    assert world.rows("attempts") == [(2,)]


async def test_an_endpoint_that_is_down_gets_everything_in_order_once_it_is_back(world: World) -> None:
    world.publish(["a", "b", "a", "c", "d", "e", "f", "g", "a"])
    receiver = Receiver()
    await receiver.up()
    await receiver.down()
    world.subscribe(receiver.url, concurrency=1)
    async with world.sending():
        await until(lambda: sum(attempts for (attempts,) in world.rows("attempts")) == 5)
        await asyncio.sleep(0.05)
        assert sum(attempts for (attempts,) in world.rows("attempts")) == 5, (
            "an open circuit burns no attempt"
        )
        await receiver.up()
        world.time.passed += 400
        await until(lambda: delivered(world, 9))
    await receiver.down()
    assert first_receipts(receiver.received)["a"] == [1, 3, 9]
    assert sorted(sequences(receiver.received)) == list(range(1, 10))
    assert world.subscription("failing_since") is None


async def test_a_receiver_that_is_gone_gets_nothing_more_and_its_deliveries_stay(world: World) -> None:
    world.publish(["a", "b", "c"])
    async with Receiver() as receiver:
        receiver.behave(answers(410))
        world.subscribe(receiver.url, concurrency=1)
        async with world.sending():
            await until(lambda: world.subscription("state") == "disabled")
            world.time.passed += 100
            await asyncio.sleep(0.05)
    assert len(receiver.received) == 1
    assert world.states() == ["pending"] * 3
    assert "410" in world.subscription("reason")


async def test_retry_after_is_obeyed_and_the_endpoint_is_slowed(world: World) -> None:
    world.publish(["a"])
    async with Receiver() as receiver:
        receiver.behave(answers(429, {"Retry-After": "120"}), answers(204))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: world.rows("attempts") == [(1,)])
            world.publish(["b"])
            world.time.passed += 119
            await asyncio.sleep(0.05)
            assert len(receiver.received) == 1
            world.time.passed += 2
            await until(lambda: delivered(world, 2))


async def test_a_slow_receiver_is_not_waited_for_beyond_the_deadline(world: World) -> None:
    world.settings = world.settings.model_copy(update={"deadline_s": 0.05})
    world.publish(["a"])
    async with Receiver() as receiver:
        receiver.behave(slow(5.0), answers())
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: world.rows("attempts") == [(1,)])
            assert world.rows("reason") == [("deadline: no whole answer in time",)]
            world.time.passed += 6.1
            await until(lambda: delivered(world, 1))


async def test_after_ten_attempts_a_delivery_is_given_up_and_its_benefit_goes_on(world: World) -> None:
    world.publish(["a", "a"])
    async with Receiver() as receiver:
        receiver.behave(*[answers(400)] * 10, answers())
        world.subscribe(receiver.url)
        async with world.sending():
            for delay in (*DELAYS_S[1:], 0.0):
                attempts = world.attempts(1)
                await until(lambda seen=attempts: world.attempts(1) > seen)  # type: ignore[misc] # bound in this round
                world.time.passed += delay + 0.1
            await until(lambda: world.states() == ["failed", "delivered"])
    assert world.rows("reason")[0] == ("given up after 10 attempts: HTTP 400",)


async def test_a_subscription_that_takes_nothing_for_five_days_is_disabled(world: World) -> None:
    world.publish(["a", "b"])
    async with Receiver() as receiver:
        receiver.behave(answers(500))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: world.rows("attempts") == [(1,), (1,)])
            world.time.passed += 5 * 24 * 3600
            await until(lambda: world.subscription("state") == "disabled")
    assert world.states() == ["pending", "pending"]


async def test_batches_carry_up_to_their_size_and_come_in_order(world: World) -> None:
    world.publish([f"b{number % 7}" for number in range(250)])
    async with Receiver() as receiver:
        world.subscribe(receiver.url, batch_size=100)
        async with world.sending():
            await until(lambda: delivered(world, 3))
    assert [len(json.loads(each.body)) for each in receiver.received] == [100, 100, 50]
    assert sequences(receiver.received) == list(range(1, 251))
    first = receiver.received[0].headers
    assert first["content-type"] == "application/cloudevents-batch+json"
    assert first["webhook-id"] == "dlv_1"


async def test_a_failing_batch_is_split_so_that_only_the_failing_benefit_waits(world: World) -> None:
    world.publish(["a", "bad", "b", "a"])
    async with Receiver() as receiver:
        receiver.behave_by(lambda each: answers(422 if b'"bad"' in each.body else 204))
        world.subscribe(receiver.url, batch_size=100)
        async with world.sending():
            await until(lambda: world.states() == ["canceled", *["pending"] * 4])
            world.time.passed += 6.1
            await until(lambda: delivered(world, 3))
            world.publish(["c", "bad", "c"])
            await until(lambda: delivered(world, 5))
            receiver.behave(answers())
            world.time.passed += 400
            await until(lambda: delivered(world, 7))
    accepted = first_receipts(receiver.received)
    assert accepted == {"a": [1, 4], "bad": [2, 6], "b": [3], "c": [5, 7]}


async def test_the_parts_of_a_split_batch_are_sent_once_when_more_events_come_meanwhile(
    world: World,
) -> None:
    world.publish(["a", "b", "c", "a"])
    async with Receiver() as receiver:
        receiver.behave(answers(307, {"Location": "/elsewhere"}))
        world.subscribe(receiver.url, batch_size=100)
        async with world.sending():
            await until(lambda: world.states() == ["canceled", *["pending"] * 4])
            world.publish(["d"])
            await until(lambda: world.attempts(6) == 1)
            receiver.received.clear()
            receiver.behave(answers())
            world.time.passed += 400
            await until(lambda: delivered(world, 5))
            world.publish(["e"])
            await until(lambda: delivered(world, 6))
    assert sorted(sequences(receiver.received)) == [1, 2, 3, 4, 5, 6]


async def test_an_answer_that_was_not_committed_is_repeated_and_nothing_is_lost_or_overtaken(
    world: World,
) -> None:
    world.publish([f"b{number % 5}" for number in range(40)])
    async with Receiver() as receiver:
        world.subscribe(receiver.url, concurrency=3)
        async with world.sending(killed=True):
            await until(lambda: len(receiver.received) >= 20)
        assert world.states().count("delivered") == 0
        async with world.sending():
            await until(lambda: delivered(world, 40))
    assert set(sequences(receiver.received)) == set(range(1, 41))
    for subject, found in first_receipts(receiver.received).items():
        assert found == sorted(found), subject


async def test_what_is_under_way_when_it_is_stopped_may_end_and_is_written_down(world: World) -> None:
    world.publish(["a", "b"])
    async with Receiver() as receiver:
        receiver.behave(slow(0.1))
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: len(receiver.received) == 2)
    assert world.states() == ["delivered", "delivered"]


async def test_at_most_as_many_attempts_as_the_subscription_allows_are_under_way(world: World) -> None:
    world.publish([f"b{number}" for number in range(20)])
    under_way, most = 0, 0

    async def count(visit: object) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.01)
        under_way -= 1
        await answers()(visit)  # type: ignore[arg-type] # a Visit

    async with Receiver() as receiver:
        receiver.behave(count)
        world.subscribe(receiver.url, concurrency=3)
        async with world.sending():
            await until(lambda: delivered(world, 20))
    assert most == 3


async def test_a_paused_subscription_rests_and_goes_on_where_it_was(world: World) -> None:
    world.publish(["a", "a"])
    async with Receiver() as receiver:
        world.subscribe(receiver.url)
        async with world.sending():
            await until(lambda: delivered(world, 2))
            _set_state(world, "paused")
            await asyncio.sleep(0.05)
            world.publish(["a", "b"])
            await asyncio.sleep(0.05)
            assert len(receiver.received) == 2
            _set_state(world, "active")
            await until(lambda: delivered(world, 4))
    assert sequences(receiver.received) == [1, 2, 3, 4]


@pytest.mark.server
async def test_on_postgresql_too_everything_is_delivered_in_order(postgres_url: str) -> None:
    with Store(postgres_url) as store:
        store.migrate()
        world = World(store)
        world.publish(["bad", *[f"b{number % 5}" for number in range(60)], "bad"])
        async with Receiver() as receiver:
            receiver.behave_by(lambda each: answers(500 if b'"bad"' in each.body else 204))
            world.subscribe(receiver.url, batch_size=7)
            async with world.sending():
                await until(lambda: world.attempts(1) > 0, 20)
                receiver.behave(answers())
                world.time.passed += 400
                await until(lambda: "pending" not in world.states(), 20)
        # what a thread still reads would keep its connection past the pool
        await asyncio.get_running_loop().shutdown_default_executor()
        for subject, found in first_receipts(receiver.received).items():
            assert found == sorted(found), subject
        assert set(sequences(receiver.received)) == set(range(1, 63))


def _set_state(world: World, state: str) -> None:
    with world.store.begin() as conn:
        conn.execute(update(SUBSCRIPTIONS).values(state=state, version=SUBSCRIPTIONS.c.version + 1))


def verifies(secret: str, received: Received) -> bool:
    """Whether an independent library makes the same signature with this secret."""
    at = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    signed = Webhook(secret).sign(received.headers["webhook-id"], at, received.body.decode())
    return signed in received.headers["webhook-signature"].split(" ")
