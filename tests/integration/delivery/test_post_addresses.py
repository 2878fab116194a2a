import asyncio
import contextlib
import socket
from collections.abc import Sequence

import pytest

from gateway.delivery import connecting
from gateway.delivery.addresses import Address, AddressRules, read_rules
from gateway.delivery.posting import Reason, Sender
from tests.support.posting import (
    NAME,
    NONE,
    SHORT,
    Names,
    answer,
    failure,
    post,
    target,
    to,
)
from tests.support.receiver import (
    Receiver,
    answers,
)


@pytest.mark.parametrize("rules", [NONE, AddressRules(public=True), read_rules(["10.0.0.0/8"])])
async def test_an_address_that_the_rules_do_not_open_is_not_connected_to(
    receiver: Receiver, rules: AddressRules
) -> None:
    async with Sender(lookup=Names(["127.0.0.1"])) as sender:
        for where in (to(receiver), to(receiver, NAME)):
            found = failure(await post(sender, where, rules))
            assert (found.reason, "loopback" in found.detail) == (Reason.REFUSED_ADDRESS, True)
    assert receiver.connections == 0


async def test_only_the_permitted_ones_of_mixed_addresses_are_connected_to(receiver: Receiver) -> None:
    mixed = ["127.0.0.2", "169.254.169.254", "::1", "127.0.0.1", "10.0.0.1"]
    async with Receiver(host="127.0.0.2", port=receiver.port) as victim:
        async with Sender(lookup=Names(mixed)) as sender:
            assert answer(await post(sender, to(receiver, NAME))).status == 204
        assert (receiver.connections, victim.connections) == (1, 0)


async def test_a_name_that_turns_into_another_address_is_judged_again_at_the_next_connection(
    receiver: Receiver,
) -> None:
    receiver.behave(answers(headers={"Connection": "close"}))
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with Receiver(host="127.0.0.2", port=receiver.port) as victim:
        async with Sender(lookup=names) as sender:
            answer(await post(sender, to(receiver, NAME)))
            assert failure(await post(sender, to(receiver, NAME))).reason is Reason.REFUSED_ADDRESS
        assert (receiver.connections, victim.connections) == (1, 0)


async def test_a_name_is_resolved_once_for_a_connection_and_what_was_judged_is_connected_to(
    receiver: Receiver,
) -> None:
    names = Names(["127.0.0.1"], ["127.0.0.2"])
    async with Receiver(host="127.0.0.2", port=receiver.port) as victim:
        async with Sender(lookup=names) as sender:
            for _ in range(2):
                answer(await post(sender, to(receiver, NAME)))
        assert (names.asked, receiver.connections, victim.connections) == (1, 1, 0)


async def test_a_connection_that_one_subscribers_rules_opened_is_not_used_for_another(
    receiver: Receiver,
) -> None:
    async with Sender(lookup=Names(["127.0.0.1"])) as sender:
        for where in (to(receiver), to(receiver, NAME)):
            answer(await post(sender, where))
            assert failure(await post(sender, where, NONE)).reason is Reason.REFUSED_ADDRESS
            answer(await post(sender, where))
    assert (len(receiver.received), receiver.connections) == (4, 2)


async def test_a_name_without_an_address_is_told() -> None:
    async with Sender(lookup=Names([])) as sender:
        found = failure(await post(sender, target(f"http://{NAME}/")))
    assert (found.reason, found.detail) == (Reason.NO_ADDRESS, "the name has no address")


async def test_the_operating_system_is_asked_for_a_name(sender: Sender, receiver: Receiver) -> None:
    rules = read_rules(["127.0.0.1", "::1"])
    assert answer(await post(sender, to(receiver, "localhost"), rules)).status == 204
    assert failure(await post(sender, to(receiver, "localhost"), NONE)).reason is Reason.REFUSED_ADDRESS


async def test_a_name_server_that_hangs_is_covered_by_the_deadline(receiver: Receiver) -> None:
    async def hangs(host: str) -> Sequence[Address]:
        await asyncio.sleep(60)
        raise OSError(host)

    async with Sender(lookup=hangs) as sender:
        assert failure(await post(sender, to(receiver, NAME), deadline=SHORT)).reason is Reason.DEADLINE


async def test_a_silent_address_gives_way_to_the_next(
    receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connecting, "_NEXT_AFTER_S", 0.1)
    full = socket.socket()
    with full, contextlib.ExitStack() as held:
        full.bind(("127.0.0.2", receiver.port))
        full.listen(0)
        for _ in range(4):  # the queue of those who wait is full: the next one hears nothing
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(full.getsockname())
        async with Sender(lookup=Names(["127.0.0.2", "127.0.0.1"])) as sender:
            where = to(receiver, NAME)
            assert answer(await post(sender, where, read_rules(["127.0.0.0/8"]))).status == 204
