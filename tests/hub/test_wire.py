"""The real client, through the real transport, to a loopback server that misbehaves byte by byte."""

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import ConfigError, HubUnavailable
from gateway.hub.client import HubClient, SealedPage
from gateway.hub.service import Service
from gateway.hub.waiting import Timing, Waiting
from tests.support.openssl import openssl

SINCE, UNTIL = datetime(2025, 2, 1), datetime(2025, 3, 1)  # noqa: DTZ001 - naive Asia/Shanghai
GOOD = json.dumps({"code": "0", "data": {"total": 1, "next": None, "payload": {"data": "x"}}}).encode()

Answer = Callable[[asyncio.StreamWriter], Awaitable[None]]


def whole(body: bytes, *headers: str, status: str = "200 OK") -> Answer:
    head = [f"HTTP/1.1 {status}", f"content-length: {len(body)}", *headers, "", ""]

    async def answer(writer: asyncio.StreamWriter) -> None:
        writer.write("\r\n".join(head).encode() + body)

    return answer


def raw(content: bytes, pause_s: float = 0.0, repeat: int = 1) -> Answer:
    async def answer(writer: asyncio.StreamWriter) -> None:
        for _ in range(repeat):
            writer.write(content)
            await writer.drain()
            await asyncio.sleep(pause_s)
        writer.close()

    return answer


class Server:
    """Answers each request with the next of its answers; the last one stays."""

    def __init__(self, *answers: Answer) -> None:
        self.answers = list(answers)
        self.requests: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while not writer.is_closing() and (head := await reader.readuntil(b"\r\n\r\n")):
                length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
                self.requests.append(head + await reader.readexactly(length))
                answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
                await answer(writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serving(server: Server, context: ssl.SSLContext | None = None) -> AsyncIterator[str]:
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        yield f"{'https' if context else 'http'}://127.0.0.1:{port}"


async def ask(url: str, ca_file: Path | None = None, **changes: Any) -> SealedPage:
    said: list[Waiting] = []
    service = Service("deaths", url, rid="r", sid="s", app_key="k", auth="none", **changes)
    timing = Timing(sleep=lambda _: asyncio.sleep(0), told=said.append)
    async with HubClient(timing=timing, ca_file=ca_file) as hub:
        return await hub.page(service, SINCE, UNTIL, "0")


async def test_a_page_comes_through() -> None:
    server = Server(whole(GOOD))
    async with serving(server) as url:
        got = await ask(url)
    assert got == SealedPage("deaths", "0", None, 1, b'{"data": "x"}')
    assert server.requests[0].startswith(b"POST /httpproxy HTTP/1.1\r\n")
    assert b"cookie" not in server.requests[0].lower()


async def test_a_compressed_page_comes_through() -> None:
    async with serving(Server(whole(gzip.compress(GOOD), "content-encoding: gzip"))) as url:
        assert (await ask(url)).payload == b'{"data": "x"}'


CUTS = {
    "a shorter body than promised": b"HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n" + GOOD,
    "a chunked body without its end": b'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{"cod',
    "no length at all": b"HTTP/1.1 200 OK\r\n\r\n" + GOOD[:-4],
    "half a header": b"HTTP/1.1 200 OK\r\ncontent-le",
    "nothing": b"",
    "no HTTP": b"SSH-2.0-OpenSSH_9.9\r\n",
    "gzip without its end": b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n" + gzip.compress(GOOD)[:-9],
}


@pytest.mark.parametrize("cut", CUTS.values(), ids=CUTS.keys())
async def test_a_page_cut_in_the_middle_is_asked_again(cut: bytes) -> None:
    server = Server(raw(cut), whole(GOOD))
    async with serving(server) as url:
        assert (await ask(url)).total == 1
    assert len(server.requests) == 2


async def test_always_cut_it_is_one_clear_line() -> None:
    async with serving(Server(raw(CUTS["a shorter body than promised"]))) as url:
        with pytest.raises(HubUnavailable) as caught:
            await ask(url, max_attempts=2)
    assert str(caught.value) == "deaths: the hub's reply was cut (given up after attempt 2); run again later"


async def test_a_bomb_is_stopped_without_another_attempt() -> None:
    bomb = gzip.compress(bytes(8 * 1024 * 1024))
    server = Server(whole(bomb, "content-encoding: gzip"))
    async with serving(server) as url:
        with pytest.raises(HubUnavailable, match="larger than 100000 bytes"):
            await ask(url, max_bytes=100_000)
    assert len(server.requests) == 1


async def test_a_drip_ends_at_the_deadline_although_the_socket_is_never_silent() -> None:
    drip = raw(b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n" + b" " * 10, 0.02, repeat=500)
    async with serving(Server(drip)) as url, asyncio.timeout(5):
        with pytest.raises(HubUnavailable, match="did not answer in time"):
            await ask(url, request_timeout_s=0.3, max_attempts=1)


async def test_a_silent_hub_ends_at_the_deadline() -> None:
    async with serving(Server(raw(b"", 10))) as url, asyncio.timeout(5):
        with pytest.raises(HubUnavailable, match="did not answer in time"):
            await ask(url, request_timeout_s=0.3, max_attempts=1)


async def test_a_dead_hub() -> None:
    async with serving(Server(whole(GOOD))) as url:
        pass
    with pytest.raises(HubUnavailable, match=r"connection to the hub failed \(ClientConnectorError\)"):
        await ask(url, max_attempts=2)


async def test_a_redirect_is_not_followed() -> None:
    elsewhere = Server(whole(GOOD))
    async with serving(elsewhere) as target:
        away = whole(b"", f"location: {target}/httpproxy", status="307 Temporary Redirect")
        async with serving(Server(away)) as url:
            with pytest.raises(HubUnavailable, match="HTTP 307"):
                await ask(url)
    assert elsewhere.requests == []


async def test_cookies_and_the_proxy_of_the_environment_stay_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    server = Server(whole(b"", "set-cookie: a=b; Path=/", status="503 Busy"), whole(GOOD))
    async with serving(server) as url:
        await ask(url.replace("127.0.0.1", "localhost"))  # no jar keeps the cookies of an address
    assert len(server.requests) == 2
    assert b"cookie" not in server.requests[1].lower()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    key, crt = folder / "key.pem", folder / "crt.pem"
    openssl(
        *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=hub"),
        *("-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", crt),
    )
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(crt, key)
    return crt, context


async def test_tls_is_verified(tmp_path: Path) -> None:
    crt, context = certificate(tmp_path)
    server = Server(whole(GOOD))
    async with serving(server, context) as url:
        with pytest.raises(HubUnavailable, match="certificate is not trusted"):
            await ask(url)
        assert server.requests == []
        assert (await ask(url, ca_file=crt)).total == 1
        with pytest.raises(HubUnavailable, match="certificate is not trusted"):
            await ask(url.replace("127.0.0.1", "localhost"), ca_file=crt)


async def test_an_authority_that_cannot_be_read_is_a_fault_of_the_configuration(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("gone.pem", "empty.pem"):
        with pytest.raises(ConfigError, match=name):
            HubClient(ca_file=tmp_path / name)
