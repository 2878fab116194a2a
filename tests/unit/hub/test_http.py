import gzip
import zlib
from http.cookies import SimpleCookie

import httpx
import pytest
import respx
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import HubUnavailable
from gateway.hub.http import Body, Reply, open_client, post_json
from gateway.hub.retry import TryAgain
from tests.unit.hub.doubles import BASE

MEBIBYTE = 1024 * 1024


async def post(router: respx.MockRouter, times: int = 1) -> Reply:
    async with open_client(transport=httpx.MockTransport(router.async_handler)) as client:
        for _ in range(times - 1):
            await post_json(client, BASE, headers={}, body={}, deadline=5, max_bytes=MEBIBYTE)
        return await post_json(
            client, BASE, headers={"x-a": "b"}, body={"a": "测"}, deadline=5, max_bytes=MEBIBYTE
        )


async def test_a_request_and_its_reply(router: respx.MockRouter) -> None:
    route = router.post(BASE).mock(return_value=httpx.Response(201, content=b"hello", headers={"X-Y": "z"}))
    reply = await post(router)
    assert (reply.status, reply.body, reply.headers["x-y"]) == (201, b"hello", "z")
    request = route.calls.last.request
    assert request.content == '{"a":"测"}'.encode()
    assert (request.headers["x-a"], request.headers["content-type"]) == ("b", "application/json")
    assert "hello" not in repr(reply)


async def test_a_redirect_is_an_answer_like_any_other(router: respx.MockRouter) -> None:
    router.post(BASE).mock(return_value=httpx.Response(307, headers={"location": "https://else.invalid"}))
    assert (await post(router)).status == 307


async def test_cookies_are_not_kept(router: respx.MockRouter) -> None:
    cookie = SimpleCookie({"session": "1"}).output(header="").strip()
    route = router.post(BASE).mock(return_value=httpx.Response(200, headers={"set-cookie": cookie}))
    await post(router, times=2)
    assert "cookie" not in route.calls.last.request.headers


async def test_a_proxy_of_the_environment_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with open_client() as client:
        assert client.trust_env is False
        assert client._mounts == {}


@pytest.mark.parametrize("promised", ["6", "4", "99999"])
async def test_a_length_that_was_not_kept_is_a_cut(router: respx.MockRouter, promised: str) -> None:
    headers = {"content-length": promised}
    router.post(BASE).mock(return_value=httpx.Response(200, content=b"hello", headers=headers))
    with pytest.raises(TryAgain, match="cut"):
        await post(router)


async def test_a_compressed_reply_is_inflated(router: respx.MockRouter) -> None:
    packed = gzip.compress(b"hello" * 1000)
    answer = httpx.Response(200, content=packed, headers={"content-encoding": "GZIP"})
    router.post(BASE).mock(return_value=answer)
    assert (await post(router)).body == b"hello" * 1000


@pytest.mark.parametrize("encoding", ["br", "zstd", "deflate", "gzip, gzip"])
async def test_a_compression_nobody_asked_for_is_refused(encoding: str) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(200, headers={"content-encoding": encoding}, stream=httpx.ByteStream(b"x"))

    transport = httpx.MockTransport(answer)
    async with open_client(transport=transport) as client:
        with pytest.raises(HubUnavailable, match="not asked for"):
            await post_json(client, BASE, headers={}, body={}, deadline=5, max_bytes=MEBIBYTE)


def inflated(packed: bytes, step: int, max_bytes: int, encoding: str = "gzip") -> bytes:
    body = Body(encoding, max_bytes)
    for start in range(0, len(packed), step):
        body.add(packed[start : start + step])
    return body.complete()


@given(st.binary(max_size=5000), st.integers(1, 700), st.integers(0, 9))
def test_it_does_not_matter_how_the_bytes_arrive(content: bytes, step: int, level: int) -> None:
    assert inflated(gzip.compress(content, level), step, 6000) == content
    assert inflated(content, step, 6000, "identity") == content
    half = len(content) // 2
    members = gzip.compress(content[:half]) + gzip.compress(content[half:])
    assert inflated(members, step, 6000) == content


@given(st.binary(min_size=1, max_size=3000), st.integers(1, 700))
def test_the_cap_is_exact(content: bytes, step: int) -> None:
    repeated = content * 100  # so that the compressed form is the smaller one
    for encoding, sent in (("identity", repeated), ("gzip", gzip.compress(repeated))):
        assert inflated(sent, step, len(repeated), encoding) == repeated
        with pytest.raises(HubUnavailable, match="larger than"):
            inflated(sent, step, len(repeated) - 1, encoding)


def test_a_bomb_is_stopped_while_inflating() -> None:
    bomb = zlib.compressobj(9, wbits=zlib.MAX_WBITS | 16)
    packed = b"".join(bomb.compress(bytes(MEBIBYTE)) for _ in range(64)) + bomb.flush()
    assert len(packed) < MEBIBYTE
    body = Body("gzip", MEBIBYTE)
    with pytest.raises(HubUnavailable, match="larger than 1048576 bytes"):
        body.add(packed)
    assert len(body._parts) == MEBIBYTE + 1


def test_empty_members_without_end_are_stopped_too() -> None:
    with pytest.raises(HubUnavailable, match="larger than"):
        inflated(gzip.compress(b"") * 1000, 100, 1000)


@pytest.mark.parametrize("kept", [1, 9, 15, -1, -8])
def test_a_compressed_body_that_was_cut_is_noticed(kept: int) -> None:
    with pytest.raises(TryAgain, match="cut"):
        inflated(gzip.compress(b"hello" * 50)[:kept], 7, 1000)


@pytest.mark.parametrize(
    "packed", [b"<html>nothing compressed", gzip.compress(b"hello", mtime=0)[:-8] + bytes(8)]
)
def test_bytes_that_cannot_be_inflated_are_asked_again(packed: bytes) -> None:
    with pytest.raises(TryAgain, match="decompressed"):
        inflated(packed, 1000, 1000)


def test_an_empty_compressed_body_is_empty() -> None:
    assert Body("gzip", 10).complete() == b""
