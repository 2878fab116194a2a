import pytest

from gateway.delivery.posting import MAX_BODY, Sender
from tests.support.posting import answer, post, to
from tests.support.receiver import Receiver, answers, endless, sends


@pytest.mark.parametrize(("size", "connections"), [(MAX_BODY - 1, 1), (10 * MAX_BODY, 2), (99 * MAX_BODY, 2)])
async def test_sixteen_kilobytes_of_a_body_are_read(
    sender: Sender, receiver: Receiver, size: int, connections: int
) -> None:
    content = bytes(number % 251 for number in range(size))
    receiver.behave(answers(500, body=content))
    for _ in range(2):
        assert answer(await post(sender, to(receiver))).body == content[:MAX_BODY]
    assert receiver.connections == connections


async def test_an_endless_body_is_cut(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(endless(503))
    found = answer(await post(sender, to(receiver)))
    assert (found.status, found.body) == (503, b"x" * MAX_BODY)


async def test_a_compressed_body_is_not_inflated(sender: Sender, receiver: Receiver) -> None:
    receiver.behave(answers(200, {"Content-Encoding": "gzip"}, b"\x1f\x8b not inflated"))
    assert answer(await post(sender, to(receiver))).body == b"\x1f\x8b not inflated"


async def test_an_answer_is_cut_off_from_what_follows_it(sender: Sender, receiver: Receiver) -> None:
    """A second answer that nobody asked for must not be taken for that of the next delivery."""
    receiver.behave(sends(b"HTTP/1.1 204 No Content\r\n\r\n" * 2), answers(500))
    outcomes = [await post(sender, to(receiver)) for _ in range(2)]
    assert [answer(outcome).status for outcome in outcomes[1:]] == [500]
