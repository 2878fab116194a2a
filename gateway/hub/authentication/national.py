"""`auth: national`: the national data-sharing platform's sign and secret (HUB contract, section 1)."""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.errors import HubRefused
from gateway.hub.authentication.scheme import Wire, named, signed_message
from gateway.hub.authentication.secrets import Owner, Secret, SecretKeep, valid_until_ms
from gateway.hub.http import post_json
from gateway.hub.reply import read
from gateway.hub.retry import TryAgain
from gateway.hub.service import SecretCipher, Service

_CBC_IV: Final = b"AESCBCPKCS5Paddi"
_REFRESH_BYTES: Final = 64 * 1024


class National:
    """Signs with a secret that the hub seals with the app key.

    A secret belongs to (base URL, rid, sid, app key); however many calls want it, it is fetched once.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._secrets: SecretKeep[Secret] = SecretKeep(wire.now_ms)

    async def headers(self, service: Service) -> dict[str, str]:
        """The four signing headers."""
        secret = await self._secrets.get(_owner(service), lambda _last: self._refresh(service))
        time_ms = str(self._wire.now_ms())
        return named(service, time_ms, _final_sign(secret, service, time_ms))

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """Forget the secret, unless it has been replaced since these headers were made."""
        self._secrets.end(_owner(service), lambda held: _made_with(held, service, used))

    async def close(self) -> None:
        """Cancel refreshes nobody waits for any more."""
        await self._secrets.close()

    async def _refresh(self, service: Service) -> Secret:
        return await self._wire.retry.run(
            lambda: self._ask(service), attempts=service.max_attempts, dataset=service.dataset
        )

    async def _ask(self, service: Service) -> Secret:
        time_ms = str(self._wire.now_ms())
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
        return Secret(text, valid_until_ms(data.get("secretEndTime"), self._wire.now_ms()))


def _owner(service: Service) -> Owner:
    return service.refresh_url, service.rid, service.sid, service.key


def _final_sign(secret: Secret, service: Service, time_ms: str) -> str:
    plain = service.final_sign == "raw_secret"
    return secret.text if plain else sign(secret.text.encode(), service, time_ms)


def _made_with(secret: Secret, service: Service, used: Mapping[str, str]) -> bool:
    time_ms, made = used.get(f"{service.family}_rtime", ""), used.get(f"{service.family}_sign", "")
    return hmac.compare_digest(_final_sign(secret, service, time_ms).encode(), made.encode())


def sign(key: bytes, service: Service, time_ms: str) -> str:
    """Base64 of HMAC-SHA256 over sid, rid and the time in milliseconds, without separators."""
    return base64.b64encode(hmac.digest(key, signed_message(service, time_ms), "sha256")).decode()


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
