import asyncio
import time

import pytest

from gateway.delivery.posting import Reason, Sender
from tests.support.posting import (
    HEADERS,
    LOOPBACK,
    PATIENT,
    SHORT,
    answer,
    failure,
    post,
    target,
    to,
)
from tests.support.receiver import (
    Behaviour,
    Receiver,
    answers,
    closes,
    drips,
    drips_headers,
    hangs_up,
    huge_header,
    many_headers,
    resets,
    sends,
    slow,
)

FAILING: dict[str, tuple[Behaviour, Reason]] = {
    "slow": (slow(60), Reason.DEADLINE),
    "drips": (drips(0.02), Reason.DEADLINE),
    "drips a header": (drips_headers(0.02), Reason.DEADLINE),
    "many interim answers": (sends(b"HTTP/1.1 102 Processing\r\n\r\n" * 1000), Reason.BROKEN_REPLY),
    "resets": (resets(), Reason.CONNECTION),
    "resets after the headers": (resets(200), Reason.BROKEN_REPLY),
    "hangs up": (hangs_up(), Reason.CONNECTION),
    "hangs up in the headers": (sends(b"HTTP/1.1 200 OK\r\nX-A"), Reason.BROKEN_REPLY),
    "hangs up in the body": (sends(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nab"), Reason.BROKEN_REPLY),
    "hangs up in a chunk": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nab"),
        Reason.BROKEN_REPLY,
    ),
    "a bad chunk": (
        sends(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nab"),
        Reason.BROKEN_REPLY,
    ),
    "garbage": (sends(b"\x16\x03\x01 not HTTP at all\r\n\r\n"), Reason.BROKEN_REPLY),
    "another protocol": (sends(b"SSH-2.0-OpenSSH_9.6\r\n"), Reason.BROKEN_REPLY),
    "two lengths": (
        sends(b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        Reason.BROKEN_REPLY,
    ),
    "endless interim answers": (sends(b"HTTP/1.1 102 Processing\r\n\r\n" * 9999), Reason.TOO_LARGE),
    "another protocol from now on": (
        sends(b"HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n"),
        Reason.BROKEN_REPLY,
    ),
    "a huge header": (huge_header(), Reason.TOO_LARGE),
    "many headers": (many_headers(), Reason.TOO_LARGE),
}


@pytest.mark.parametrize("mode", FAILING)
async def test_a_failing_receiver_is_told_in_time(sender: Sender, receiver: Receiver, mode: str) -> None:
    behaviour, reason = FAILING[mode]
    receiver.behave(behaviour)
    deadline = SHORT if reason is Reason.DEADLINE else PATIENT
    began = time.monotonic()
    found = failure(await post(sender, to(receiver), deadline=deadline))
    assert found.reason is reason, found
    assert time.monotonic() - began < deadline + 1
    assert (len(receiver.received), receiver.connections) == (1, 1)


@pytest.mark.parametrize("mode", FAILING)
async def test_a_failing_receiver_leaves_nothing_behind(
    sender: Sender, receiver: Receiver, mode: str
) -> None:
    receiver.behave(FAILING[mode][0], answers())
    await post(sender, to(receiver), deadline=SHORT)
    assert answer(await post(sender, to(receiver))).status == 204
    assert receiver.connections == 2


async def test_a_receiver_that_takes_no_connection_is_told(sender: Sender, receiver: Receiver) -> None:
    await receiver.down()
    found = failure(await post(sender, to(receiver)))
    assert (found.reason, found.detail) == (Reason.CONNECTION, "Connection refused")


async def test_a_connection_that_ends_at_once_is_told(sender: Sender, receiver: Receiver) -> None:
    receiver.shuns = True
    found = failure(await post(sender, to(receiver)))
    assert (found.reason, receiver.received) == (Reason.CONNECTION, [])


async def test_a_receiver_that_comes_back_is_reached_again(sender: Sender, receiver: Receiver) -> None:
    answer(await post(sender, to(receiver)))
    await receiver.down()
    failure(await post(sender, to(receiver)))
    await receiver.up()
    assert answer(await post(sender, to(receiver))).status == 204


async def test_a_kept_connection_that_has_ended_is_replaced_at_once(
    sender: Sender, receiver: Receiver
) -> None:
    receiver.behave(answers(), hangs_up(), answers(202))
    answer(await post(sender, to(receiver)))
    assert answer(await post(sender, to(receiver))).status == 202
    assert [request.connection for request in receiver.received] == [1, 1, 2]


async def test_a_receiver_that_always_hangs_up_is_not_asked_a_third_time(
    sender: Sender, receiver: Receiver
) -> None:
    receiver.behave(answers(), hangs_up())
    answer(await post(sender, to(receiver)))
    assert failure(await post(sender, to(receiver))).reason is Reason.CONNECTION
    assert len(receiver.received) == 3


async def test_a_receiver_that_closes_without_saying_so_is_no_failure(
    sender: Sender, receiver: Receiver
) -> None:
    receiver.behave(closes())
    outcomes = [await post(sender, to(receiver)) for _ in range(5)]
    assert [answer(outcome).status for outcome in outcomes] == [204] * 5


async def test_a_receiver_that_reads_nothing_is_let_go_at_the_deadline(sender: Sender) -> None:
    gone = asyncio.Event()

    async def stares(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await gone.wait()
        writer.close()

    server = await asyncio.start_server(stares, "127.0.0.1", 0)
    async with server:
        where = target(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/")
        large = bytes(20_000_000)
        found = failure(await sender.post(where, HEADERS, large, LOOPBACK, SHORT))
        gone.set()
    assert found.reason is Reason.DEADLINE
