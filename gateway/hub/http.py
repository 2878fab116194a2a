"""The one way out: a POST with a deadline, a cap on what comes back, and errors without a body."""

import asyncio
import json
import ssl
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import aiohttp
import httpx
from httpx_aiohttp import AiohttpTransport

from gateway.errors import ConfigError, HubUnavailable
from gateway.hub.retry import TryAgain

_CONNECT_S: Final = 10.0
_SILENCE_S: Final = 30.0
_GZIP: Final = zlib.MAX_WBITS | 16
_FAILURES: Final = (httpx.HTTPError, httpx.InvalidURL, aiohttp.ClientError, OSError)


@dataclass(frozen=True)
class Reply:
    """What came back; the body is complete and decompressed."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def open_client(
    ca_file: Path | None = None, transport: httpx.AsyncBaseTransport | None = None
) -> httpx.AsyncClient:
    """A client that verifies TLS, keeps no cookies, follows no redirect and ignores the environment.

    `ca_file` replaces the public authorities where the hub has its own; `transport` is for tests.
    """
    return httpx.AsyncClient(
        transport=transport or _transport(_tls(ca_file)),
        trust_env=False,
        follow_redirects=False,
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def _tls(ca_file: Path | None) -> ssl.SSLContext:
    if ca_file is None:
        return httpx.create_ssl_context(verify=True, trust_env=False)
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as failure:  # ssl.SSLError is one
        raise ConfigError(f"ca_file {ca_file} cannot be used ({type(failure).__name__})") from None


def _transport(context: ssl.SSLContext) -> AiohttpTransport:
    def session() -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(ssl=context),
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
        )

    return AiohttpTransport(verify=context, trust_env=False, client=session)


async def post_json(
    client: httpx.AsyncClient,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Mapping[str, object],
    deadline: float,
    max_bytes: int,
) -> Reply:
    """POST a JSON object and read the whole reply within `deadline` seconds.

    Raises:
        TryAgain: no connection, no answer in time, or a body that was cut.
        HubUnavailable: the reply is larger than `max_bytes` or TLS cannot be trusted; trying again is no use.
    """
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    typed = {**headers, "content-type": "application/json"}
    return await _post(client, url, typed, content, deadline, max_bytes)


async def post_form(
    client: httpx.AsyncClient,
    url: str,
    *,
    headers: Mapping[str, str],
    body: Mapping[str, str],
    deadline: float,
    max_bytes: int,
) -> Reply:
    """POST names and values as a form; everything else as `post_json`."""
    typed = {**headers, "content-type": "application/x-www-form-urlencoded"}
    return await _post(client, url, typed, urlencode(body).encode(), deadline, max_bytes)


async def _post(
    client: httpx.AsyncClient,
    url: str,
    headers: Mapping[str, str],
    content: bytes,
    deadline: float,
    max_bytes: int,
) -> Reply:
    request = client.build_request(
        "POST",
        url,
        headers={**headers, "accept-encoding": "gzip"},
        content=content,
        timeout=httpx.Timeout(deadline, connect=min(_CONNECT_S, deadline), read=min(_SILENCE_S, deadline)),
    )
    try:
        return await _exchange(client, request, deadline, max_bytes)
    except _FAILURES as failure:
        named = _named(_origin(failure))
    # Raised here, so that the library's error, which may quote what was received, is not chained to it.
    raise named


async def _exchange(
    client: httpx.AsyncClient, request: httpx.Request, deadline: float, max_bytes: int
) -> Reply:
    async with asyncio.timeout(deadline):
        response = await client.send(request, stream=True)
        try:
            return await _read(response, max_bytes)
        finally:
            await response.aclose()


async def _read(response: httpx.Response, max_bytes: int) -> Reply:
    encoding = response.headers.get("content-encoding", "identity").strip().lower()
    body = Body(encoding, max_bytes)
    received = 0
    async for chunk in _raw(response):
        received += len(chunk)
        body.add(chunk)
    _check_length(response.headers, received)
    return Reply(response.status_code, response.headers, body.complete())


def _raw(response: httpx.Response) -> httpx.AsyncByteStream:
    """The bytes as sent; httpx's own reading would inflate each chunk whole, however much it becomes."""
    if not isinstance(response.stream, httpx.AsyncByteStream):
        raise TypeError("the transport must be an asynchronous one")
    return response.stream


def _check_length(headers: httpx.Headers, received: int) -> None:
    promised = headers.get("content-length", "")
    if "transfer-encoding" not in headers and promised.isdigit() and int(promised) != received:
        raise TryAgain("the hub's reply was cut")


def _origin(failure: Exception) -> BaseException:
    """The error as aiohttp knew it; the transport calls a refused connection a time-out."""
    cause = failure.__cause__
    return cause if isinstance(cause, aiohttp.ClientError | OSError) else failure


def _named(failure: BaseException) -> HubUnavailable:
    if isinstance(failure, aiohttp.ClientConnectorCertificateError):
        return HubUnavailable("the hub's TLS certificate is not trusted: check base_url and ca_file")
    if isinstance(failure, TimeoutError | httpx.TimeoutException):
        return TryAgain("the hub did not answer in time")
    if isinstance(failure, aiohttp.ClientPayloadError | httpx.ReadError | httpx.RemoteProtocolError):
        return TryAgain("the hub's reply was cut")
    return TryAgain(f"the connection to the hub failed ({type(failure).__name__})")


class Body:
    """A reply body that is inflated piece by piece and never grows past its cap."""

    def __init__(self, encoding: str, max_bytes: int) -> None:
        if encoding not in {"", "identity", "gzip", "x-gzip"}:
            raise HubUnavailable("the hub's reply is compressed in a way that was not asked for")
        self._inflater = zlib.decompressobj(_GZIP) if encoding.endswith("gzip") else None
        self._max_bytes = max_bytes
        self._received = 0
        self._parts = bytearray()

    def add(self, chunk: bytes) -> None:
        """Take the next bytes off the wire.

        Raises:
            HubUnavailable: the body is larger than the cap.
            TryAgain: the bytes cannot be inflated.
        """
        self._received += len(chunk)
        if self._received > self._max_bytes:
            raise _too_large(self._max_bytes)
        if self._inflater is None:
            self._parts += chunk
            return
        try:
            self._inflate(self._inflater, chunk)
        except zlib.error:
            raise TryAgain("the hub's reply cannot be decompressed") from None

    def complete(self) -> bytes:
        """The whole body.

        Raises:
            TryAgain: a compressed body ended before its end mark.
        """
        if self._inflater is not None and self._received and not self._inflater.eof:
            raise TryAgain("the hub's reply was cut")
        return bytes(self._parts)

    def _inflate(self, inflater: "zlib._Decompress", chunk: bytes) -> None:
        while chunk:
            if inflater.eof:  # one member of several
                inflater = self._inflater = zlib.decompressobj(_GZIP)
            self._parts += inflater.decompress(chunk, self._max_bytes - len(self._parts) + 1)
            if len(self._parts) > self._max_bytes:
                raise _too_large(self._max_bytes)
            chunk = inflater.unused_data if inflater.eof else inflater.unconsumed_tail


def _too_large(max_bytes: int) -> HubUnavailable:
    return HubUnavailable(
        f"the hub's reply is larger than {max_bytes} bytes: lower page_limit or raise max_bytes"
    )
