"""How a call proves who is calling (login): one scheme by name, with its secret kept fresh."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

import httpx
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.clock import CHINA
from gateway.errors import HubRefused
from gateway.hub.http import post_json
from gateway.hub.reply import read
from gateway.hub.retry import Retry, TryAgain
from gateway.hub.service import SecretCipher, Service

FALL_BACK_MS: Final = 25 * 60 * 1000
_MARGIN_MS: Final = 30_000
_CBC_IV: Final = b"AESCBCPKCS5Paddi"
_MILLISECONDS: Final = re.compile(r"[0-9]{1,15}")
_REFRESH_BYTES: Final = 64 * 1024

SecretOwner = tuple[str, str, str, bytes]


@dataclass(frozen=True)
class Wire:
    """What a scheme may need to reach the hub."""

    client: httpx.AsyncClient
    retry: Retry


class Scheme(Protocol):
    """One way of signing calls."""

    async def headers(self, service: Service) -> dict[str, str]:
        """The headers that sign one call, fetching a secret first where one is needed."""

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """The hub refused these headers: forget the secret they were made with, if it is still held."""

    async def close(self) -> None:
        """End what is still under way."""


class Unsigned:
    """`auth: none`: nothing is signed; for tests and local simulators."""

    async def headers(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the interface's parameter
        """No headers."""
        return {}

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """Nothing to forget."""

    async def close(self) -> None:
        """Nothing to end."""


@dataclass(frozen=True)
class _Secret:
    text: str = field(repr=False)
    until_ms: int


class National:
    """`auth: national`: the national data-sharing platform's sign and secret (HUB contract, section 1).

    A secret belongs to (base URL, rid, sid, app key); however many calls want it, it is fetched once.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._secrets: dict[SecretOwner, _Secret] = {}
        self._flights: dict[SecretOwner, asyncio.Task[_Secret]] = {}

    async def headers(self, service: Service) -> dict[str, str]:
        """The four signing headers."""
        secret = await self._secret(service)
        time_ms = str(self._now_ms())
        plain = service.final_sign == "raw_secret"
        return named(service, time_ms, secret if plain else sign(secret.encode(), service, time_ms))

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """Forget the secret, unless it has been replaced since these headers were made."""
        held = self._secrets.get(_owner(service))
        if held is not None and _made_with(held.text, service, used):
            del self._secrets[_owner(service)]

    async def close(self) -> None:
        """Cancel refreshes nobody waits for any more."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    async def _secret(self, service: Service) -> str:
        owner = _owner(service)
        held = self._secrets.get(owner)
        if held is not None and self._now_ms() < held.until_ms:
            return held.text
        if owner not in self._flights:
            self._flights[owner] = asyncio.create_task(self._refresh(service))
            self._flights[owner].add_done_callback(lambda flight: self._landed(owner, flight))
        # Shielded: one caller that gives up does not take the secret from the others.
        return (await asyncio.shield(self._flights[owner])).text

    def _landed(self, owner: SecretOwner, flight: asyncio.Task[_Secret]) -> None:
        del self._flights[owner]
        if not flight.cancelled() and flight.exception() is None:
            self._secrets[owner] = flight.result()

    async def _refresh(self, service: Service) -> _Secret:
        return await self._wire.retry.run(
            lambda: self._ask(service), attempts=service.max_attempts, dataset=service.dataset
        )

    async def _ask(self, service: Service) -> _Secret:
        time_ms = str(self._now_ms())
        names = named(service, time_ms, sign(service.key, service, time_ms))
        reply = await post_json(
            self._wire.client,
            service.refresh_url,
            headers=names,
            body=names,
            deadline=service.request_timeout_s,
            max_bytes=_REFRESH_BYTES,
        )
        data = read(reply, {"0", *service.success_codes}, self._wire.retry.timing.clock())
        sealed = data.get("secret")
        if not isinstance(sealed, str) or not sealed:
            raise TryAgain("the hub's reply holds no secret")
        text = open_secret(sealed, service.key, service.secret_cipher)
        return _Secret(text, valid_until_ms(data.get("secretEndTime"), self._now_ms()))

    def _now_ms(self) -> int:
        return int(self._wire.retry.timing.clock().timestamp() * 1000)


def _owner(service: Service) -> SecretOwner:
    return (service.refresh_url, service.rid, service.sid, service.key)


def _made_with(secret: str, service: Service, used: Mapping[str, str]) -> bool:
    time_ms, made = used.get(f"{service.family}_rtime", ""), used.get(f"{service.family}_sign", "")
    plain = service.final_sign == "raw_secret"
    expected = secret if plain else sign(secret.encode(), service, time_ms)
    return hmac.compare_digest(expected.encode(), made.encode())


def named(service: Service, time_ms: str, signature: str) -> dict[str, str]:
    """The four names of the national scheme with their values."""
    values = {"rid": service.rid, "sid": service.sid, "rtime": time_ms, "sign": signature}
    return {f"{service.family}_{name}": value for name, value in values.items()}


def sign(key: bytes, service: Service, time_ms: str) -> str:
    """Base64 of HMAC-SHA256 over sid, rid and the time in milliseconds, without separators."""
    message = f"{service.sid}{service.rid}{time_ms}".encode()
    return base64.b64encode(hmac.digest(key, message, "sha256")).decode()


def derived_key(app_key: bytes) -> bytes:
    """The AES-128 key a secret is sealed with: the head of SHA-1 applied twice to the app key."""
    once = hashlib.sha1(app_key, usedforsecurity=False).digest()
    return hashlib.sha1(once, usedforsecurity=False).digest()[:16]


def open_secret(sealed: str, app_key: bytes, cipher: SecretCipher) -> str:
    """Decrypt a secret sent as base64, wrapped at 76 columns or not.

    Raises:
        HubRefused: the app key or the cipher is not the one the hub uses.
    """
    # The hub's protocol fixes both modes; the secret lives for minutes and is one or two blocks long.
    mode = modes.ECB() if cipher == "ecb" else modes.CBC(_CBC_IV)  # noqa: S305 - the hub's protocol fixes ECB
    try:
        ciphertext = base64.b64decode("".join(sealed.split()), validate=True)
        opening = Cipher(algorithms.AES128(derived_key(app_key)), mode).decryptor()
        padded = opening.update(ciphertext) + opening.finalize()
        unpadding = PKCS7(algorithms.AES128.block_size).unpadder()
        text = (unpadding.update(padded) + unpadding.finalize()).decode()
    except (ValueError, binascii.Error):
        text = ""
    if not text or not (text.isascii() and text.isprintable()):
        raise HubRefused("the hub's secret cannot be opened: check app_key and secret_cipher")
    return text


def valid_until_ms(end: object, now_ms: int) -> int:
    """The last moment a secret is used, in milliseconds since 1970.

    `end` is the hub's `secretEndTime`: milliseconds, or a time in Asia/Shanghai. A secret is given up up to
    30 s early, for clocks differ and calls take time. Without a readable end in the future: 25 minutes.
    """
    end_ms = _end_ms(end)
    if end_ms is None or end_ms <= now_ms:
        return now_ms + FALL_BACK_MS
    return end_ms - min(_MARGIN_MS, (end_ms - now_ms) // 10)


def _end_ms(end: object) -> int | None:
    text = str(end).strip()
    if _MILLISECONDS.fullmatch(text):
        return int(text)
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None


SCHEMES: Final[dict[str, Callable[[Wire], Scheme]]] = {"national": National, "none": lambda _: Unsigned()}
"""The schemes a service's `auth` may name; add one here under its name."""
