import asyncio
from unittest.mock import Mock

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.delivery.exchange import MAX_BODY, Connection, Heard
from gateway.delivery.outcome import NoAnswer, Reason

ANSWERS = {
    "a length": b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nRetry-After: 7\r\n\r\nhello",
    "chunks": b"HTTP/1.1 200 OK\r\nRetry-After: 7\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"2\r\nhe\r\n3\r\nllo\r\n0\r\nRetry-After: 9\r\n\r\n",
    "an interim answer": b"HTTP/1.1 103 Early Hints\r\nRetry-After: 1\r\n\r\n"
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nretry-after: 7\r\nRetry-After: 8\r\n\r\nhello",
}
HELLO = Heard(200, {"retry-after": "7"}, b"hello")
WITHOUT_LENGTH = b"HTTP/1.1 200 OK\r\nRetry-After: 7\r\n\r\nhello"


def connected(unsent: int = 0) -> tuple[Connection, Mock]:
    transport = Mock(spec=asyncio.Transport)
    transport.get_write_buffer_size.return_value = unsent
    connection = Connection()
    connection.connection_made(transport)
    return connection, transport


async def hear(connection: Connection, *pieces: bytes, ends: bool = False) -> Heard:
    asking = asyncio.ensure_future(connection.ask(b"synthetic"))
    await asyncio.sleep(0)
    for piece in pieces:
        connection.data_received(piece)
    if ends:
        connection.connection_lost(None)
    return await asking


@pytest.mark.parametrize("form", ANSWERS)
@given(cuts=st.lists(st.integers(0, 150), max_size=8).map(sorted))
def test_an_answer_is_the_same_however_it_is_cut_up(form: str, cuts: list[int]) -> None:
    whole = ANSWERS[form]
    pieces = [whole[a:b] for a, b in zip([0, *cuts], [*cuts, len(whole)], strict=True) if whole[a:b]]

    async def run() -> None:
        connection, transport = connected()
        assert await hear(connection, *pieces) == HELLO
        assert connection.usable
        assert await hear(connection, whole) == HELLO
        transport.abort.assert_not_called()

    asyncio.run(run())


async def test_an_answer_without_a_length_lasts_until_the_end() -> None:
    connection, _ = connected()
    assert await hear(connection, WITHOUT_LENGTH, ends=True) == HELLO
    assert not connection.usable


async def test_an_answer_that_says_so_ends_the_connection() -> None:
    connection, transport = connected()
    closing = ANSWERS["a length"].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert await hear(connection, closing) == HELLO
    assert not connection.usable
    transport.abort.assert_called()


@pytest.mark.parametrize("after", [ANSWERS["a length"], b"garbage", b"\r\n\r\nHTTP/1.1 "])
async def test_what_follows_an_answer_is_not_taken_for_the_next_one(after: bytes) -> None:
    connection, _ = connected()
    assert await hear(connection, ANSWERS["a length"] + after) == HELLO
    assert not connection.usable


async def test_what_comes_unasked_ends_the_connection() -> None:
    connection, _ = connected()
    assert await hear(connection, ANSWERS["a length"]) == HELLO
    connection.data_received(ANSWERS["a length"])
    assert not connection.usable
    with pytest.raises(NoAnswer) as told:
        await hear(connection)
    assert told.value.reason is Reason.CONNECTION


async def test_an_answer_before_the_request_was_sent_whole_ends_the_connection() -> None:
    connection, _ = connected(unsent=1)
    assert await hear(connection, ANSWERS["a length"]) == HELLO
    assert not connection.usable


async def test_a_large_piece_is_read_to_its_cap_and_headers_to_theirs() -> None:
    connection, _ = connected()
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n"
    assert (await hear(connection, head + b"x" * 200_000)).body == b"x" * MAX_BODY
    connection, _ = connected()
    with pytest.raises(NoAnswer) as told:
        await hear(connection, b"HTTP/1.1 200 OK\r\nX-A: " + b"x" * 200_000)
    assert told.value.reason is Reason.TOO_LARGE
