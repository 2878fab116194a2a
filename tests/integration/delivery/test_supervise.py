"""What dies or hangs is begun anew and told; only one process sends."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from gateway.delivery.heart import Heart
from gateway.delivery.opening import undispatched
from gateway.delivery.supervise import Supervision
from gateway.delivery.tenure import LeaseLost, Tenure
from gateway.store import leases
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.delivery_facts import delivery_facts
from tests.support.deliveries import Time, World, until
from tests.support.receiver import Receiver, answers


class Turns:
    """Turns of sending that each do as they are told: hang, fail, or beat."""

    def __init__(self, *behaviours: str) -> None:
        self.left = list(behaviours)
        self.begun: list[str] = []
        self.ended = 0

    async def __call__(self, heart: Heart) -> None:
        behaviour = self.left.pop(0)
        self.begun.append(behaviour)
        try:
            while behaviour != "hangs":
                if behaviour == "fails":
                    raise ValueError("a defect")
                if behaviour == "loses":
                    raise LeaseLost
                heart.beat("turn")
                await asyncio.sleep(0.002)
            await asyncio.Event().wait()
        finally:
            self.ended += 1


def alarms(store: Store) -> list[str]:
    with store.read() as conn:
        return [alarm.name for alarm in standing_alarms(conn)]


def supervision(store: Store, turns: Turns, time: Time) -> Supervision:
    return Supervision(store, turns, time.now, time.seconds, 60.0, look_s=0.005, rest_s=0.005, end_s=0.1)


async def test_a_turn_that_hangs_is_ended_begun_anew_and_told_until_it_works(store: Store) -> None:
    time, turns = Time(), Turns("hangs", "beats")
    task = asyncio.create_task(supervision(store, turns, time).run())
    await asyncio.sleep(0.03)
    assert turns.begun == ["hangs"]
    time.passed += 61
    await until(lambda: turns.begun == ["hangs", "beats"])
    assert (turns.ended, alarms(store)) == (1, ["delivery_stalled"])
    time.passed += 1
    await until(lambda: alarms(store) == [])
    task.cancel()
    await asyncio.wait({task})
    assert turns.ended == 2


async def test_a_turn_that_dies_is_begun_anew_and_told(store: Store) -> None:
    turns = Turns("fails", "beats")
    task = asyncio.create_task(supervision(store, turns, Time()).run())
    await until(lambda: turns.begun == ["fails", "beats"])
    assert alarms(store) == ["delivery_stalled"]
    task.cancel()
    await asyncio.wait({task})


async def test_losing_the_lease_to_another_process_is_no_alarm(store: Store) -> None:
    turns = Turns("loses", "beats")
    task = asyncio.create_task(supervision(store, turns, Time()).run())
    await until(lambda: turns.begun == ["loses", "beats"])
    assert alarms(store) == []
    task.cancel()
    await asyncio.wait({task})


def test_of_two_processes_one_sends(store: Store, tmp_path: Path) -> None:
    time = Time()
    one, two = (Tenure(store, tmp_path / name, time.now) for name in ("a.lock", "b.lock"))
    assert (one.take(), two.take()) == (True, False)
    time.passed += leases.LENGTH.total_seconds() + 1
    assert two.take(), "a lease that ran out is taken over"
    two.give_back()
    one.give_back()


def test_on_one_machine_nobody_waits_for_the_lease_of_the_dead(store: Store, tmp_path: Path) -> None:
    dead, living = (Tenure(store, tmp_path / "delivery.lock", Time().now) for _ in range(2))
    assert (dead.take(), living.take()) == (True, False)
    assert dead._locked is not None
    dead._locked.close()  # as the operating system does when a process ends
    assert living.take()
    living.give_back()


async def test_who_was_overtaken_stops(store: Store, tmp_path: Path) -> None:
    time = Time()
    one, two = (Tenure(store, tmp_path / name, time.now) for name in ("a.lock", "b.lock"))
    assert one.take()
    time.passed += leases.LENGTH.total_seconds() + 1
    assert two.take()
    with pytest.raises(LeaseLost):
        await one.keep(every_s=0.001)
    one.give_back()
    two.give_back()


async def test_an_event_that_was_never_tried_becomes_an_alarm_and_one_behind_a_retry_does_not(
    store: Store,
) -> None:
    world = World(store)
    async with Receiver() as receiver:
        receiver.behave(answers(422))
        world.subscribe(receiver.url)
        world.publish(["a", "a"])
        async with world.sending():
            await until(lambda: world.attempts(1) == 1)
    later = world.time.now() + timedelta(seconds=90)
    with store.read() as conn:
        assert delivery_facts(conn, later).undispatched_s == 0
    world.publish(["b"])
    with store.read() as conn:
        facts = delivery_facts(conn, later)
    assert (facts.undispatched_s, facts.pending, facts.subscriptions[0].behind) == (90.0, 2, 1)
    assert [alarm.subject for alarm in undispatched(facts, 60.0)] == ["sub_a"]
    assert undispatched(facts, 120.0) == []
