import asyncio

import pytest

from gateway.delivery import pool
from gateway.delivery.posting import Sender
from tests.support.posting import answer, post, to
from tests.support.receiver import Receiver


async def test_exchanges_at_a_time_have_a_connection_each_and_all_are_kept(
    sender: Sender, receiver: Receiver
) -> None:
    for _ in range(2):
        outcomes = await asyncio.gather(*(post(sender, to(receiver)) for _ in range(10)))
        assert {answer(outcome).status for outcome in outcomes} == {204}
    assert (len(receiver.received), receiver.connections) == (20, 10)


async def test_an_idle_connection_is_not_used_once_it_is_old(
    sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_KEPT_S", 0.0)
    for _ in range(2):
        answer(await post(sender, to(receiver)))
    assert receiver.connections == 2


async def test_idle_connections_are_ended_without_another_exchange(
    sender: Sender, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pool, "_KEPT_S", 0.05)
    answer(await post(sender, to(receiver)))
    async with asyncio.timeout(5):
        await receiver.left.wait()


async def test_a_closed_sender_leaves_no_connection(receiver: Receiver) -> None:
    async with Sender() as sender:
        answer(await post(sender, to(receiver)))
        assert not receiver.left.is_set()
    async with asyncio.timeout(5):
        await receiver.left.wait()
