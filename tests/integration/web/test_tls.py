import asyncio
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import trustme
from aiohttp import ClientConnectionError, ClientSession, web
from pydantic import ValidationError

from gateway.errors import ConfigError
from gateway.settings import ServeSettings, TlsSettings
from gateway.web.server import listening
from gateway.web.tls import server_context


@dataclass(frozen=True)
class Files:
    """An authority of servers and one of callers, with what each of them signed."""

    folder: Path
    servers: trustme.CA
    callers: trustme.CA

    def settings(self, *, require: bool = False, ca: bool = True) -> TlsSettings:
        return TlsSettings(
            certificate=self.folder / "server.pem",
            key=f"file:{self.folder / 'server.key'}",
            client_ca=self.folder / "callers.pem" if ca else None,
            require_client=require,
        )

    def client(self, signed_by: trustme.CA | None = None) -> ssl.SSLContext:
        context = ssl.create_default_context()
        self.servers.configure_trust(context)
        if signed_by:
            signed_by.issue_cert("caller@example.invalid").configure_cert(context)
        return context


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Files:
    folder = tmp_path_factory.mktemp("tls")
    servers, callers = trustme.CA(), trustme.CA()
    made = servers.issue_cert("127.0.0.1")
    made.cert_chain_pems[0].write_to_path(folder / "server.pem")
    made.private_key_pem.write_to_path(folder / "server.key")
    callers.cert_pem.write_to_path(folder / "callers.pem")
    servers.issue_cert("127.0.0.1").private_key_pem.write_to_path(folder / "other.key")
    return Files(folder, servers, callers)


@asynccontextmanager
async def served(tls: TlsSettings, head_timeout_s: float = 5) -> AsyncIterator[int]:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(text="answered")

    app = web.Application()
    app.router.add_get("/", answer)
    settings = ServeSettings(port=0, head_timeout_s=head_timeout_s)
    async with listening(app, settings, server_context(tls)) as port:
        yield port


async def asked(port: int, context: ssl.SSLContext) -> str:
    async with ClientSession() as session, session.get(f"https://127.0.0.1:{port}/", ssl=context) as reply:
        return await reply.text()


async def test_a_caller_that_brings_a_certificate_of_the_authority_is_served(files: Files) -> None:
    async with served(files.settings(require=True)) as port:
        assert await asked(port, files.client(files.callers)) == "answered"


async def test_a_caller_without_a_certificate_is_refused_where_one_is_required(files: Files) -> None:
    async with served(files.settings(require=True)) as port:
        with pytest.raises((ClientConnectionError, ssl.SSLError)):
            await asked(port, files.client())


@pytest.mark.parametrize("require", [True, False])
async def test_a_certificate_of_a_strange_authority_is_refused(files: Files, *, require: bool) -> None:
    async with served(files.settings(require=require)) as port:
        with pytest.raises((ClientConnectionError, ssl.SSLError)):
            await asked(port, files.client(trustme.CA()))


@pytest.mark.parametrize("ca", [True, False])
async def test_a_caller_without_a_certificate_is_served_where_none_is_required(
    files: Files, *, ca: bool
) -> None:
    async with served(files.settings(ca=ca)) as port:
        assert await asked(port, files.client()) == "answered"


async def test_openssl_is_served_over_tls_1_2_and_not_below(files: Files) -> None:
    async with served(files.settings()) as port:
        assert b"answered" in await s_client(port, "-tls1_2")
        assert b"answered" not in await s_client(port, "-tls1_1", "-cipher", "ALL:@SECLEVEL=0")


async def s_client(port: int, *options: str) -> bytes:
    process = await asyncio.create_subprocess_exec(
        "openssl",
        *("s_client", "-quiet", "-connect", f"127.0.0.1:{port}", *options),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    got, _ = await process.communicate(b"GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return got


async def test_a_handshake_that_is_not_begun_is_closed_in_time(files: Files) -> None:
    async with served(files.settings(), head_timeout_s=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        writer.close()


async def test_a_slow_head_inside_tls_is_closed_in_time(files: Files) -> None:
    async with served(files.settings(), head_timeout_s=0.3) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=files.client())
        writer.write(b"GET / HTTP/1.1\r\n")
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 408 ")
        writer.close()


async def test_a_key_may_come_from_the_environment(files: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SERVER_KEY", (files.folder / "server.key").read_text("ascii"))
    async with served(files.settings().model_copy(update={"key": "env:SERVER_KEY"})) as port:
        assert await asked(port, files.client()) == "answered"


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"certificate": "nowhere.pem"}, "serve.tls: .*nowhere.pem"),
        ({"key": "other.key"}, "serve.tls: .*other.key"),
        ({"key": "encrypted.key"}, "without a password"),
        ({"client_ca": "server.key"}, "serve.tls.client_ca: .*server.key"),
    ],
)
def test_files_that_cannot_be_used_are_named(files: Files, changed: dict[str, str], named: str) -> None:
    subprocess.run(
        ["openssl", "pkey", "-in", "server.key", "-aes256", "-passout", "pass:x", "-out", "encrypted.key"],
        cwd=files.folder,
        check=True,
    )
    values = {
        name: f"file:{files.folder / file}" if name == "key" else files.folder / file
        for name, file in changed.items()
    }
    with pytest.raises(ConfigError, match=named):
        server_context(files.settings().model_copy(update=values))


def test_a_certificate_cannot_be_required_of_no_authority() -> None:
    with pytest.raises(ValidationError, match="require_client needs client_ca"):
        TlsSettings(certificate=Path("a"), key="file:b", require_client=True)


def test_without_tls_there_is_no_context() -> None:
    assert server_context(None) is None
