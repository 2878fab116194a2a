"""What the serving side derives from its one secret: signed cursors, and secrets sealed at rest."""

import hashlib
import hmac
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.crypto.references import resolve
from gateway.errors import ConfigError, RequestError

_LEAST_BYTES: Final = 32
_VERSION: Final = b"\x01"
_SEQUENCE_BYTES: Final = 8
_MAC_BYTES: Final = 16
_NONCE_BYTES: Final = 12


class ServingKeys:
    """The keys behind `serve.secret`; one for each use, so that none stands for another."""

    def __init__(self, secret: bytes) -> None:
        self._cursors = _derived(secret, b"cursors")
        self._sealing = AESGCM(_derived(secret, b"subscription secrets"))

    def cursor(self, sequence: int) -> str:
        """A cursor behind the event of this number: opaque, signed, the same for everybody."""
        place = _VERSION + sequence.to_bytes(_SEQUENCE_BYTES, "big")
        return urlsafe_b64encode(place + self._mac(place)).rstrip(b"=").decode()

    def sequence(self, cursor: str) -> int:
        """The number of the event that a cursor stands behind.

        Raises:
            RequestError: it is no cursor of this gateway.
        """
        try:
            found = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
        except ValueError:
            found = b""
        place, mac = found[:-_MAC_BYTES], found[-_MAC_BYTES:]
        whole = len(found) == 1 + _SEQUENCE_BYTES + _MAC_BYTES and found.startswith(_VERSION)
        # base64 has other spellings of the same bytes
        whole = whole and urlsafe_b64encode(found).rstrip(b"=") == cursor.encode()
        if not whole or not hmac.compare_digest(mac, self._mac(place)):
            raise RequestError("is no cursor of this gateway: send back one that it gave", field="after")
        return int.from_bytes(place[1:], "big")

    def seal(self, secret: bytes, owner: str) -> str:
        """A subscriber's secret as it may be stored; it opens for the same owner only."""
        nonce = os.urandom(_NONCE_BYTES)
        return urlsafe_b64encode(nonce + self._sealing.encrypt(nonce, secret, owner.encode())).decode()

    def open(self, sealed: str, owner: str) -> bytes:
        """What was sealed for this owner.

        Raises:
            ConfigError: it was sealed under another `serve.secret`.
        """
        found = urlsafe_b64decode(sealed)
        try:
            return self._sealing.decrypt(found[:_NONCE_BYTES], found[_NONCE_BYTES:], owner.encode())
        except InvalidTag:
            raise ConfigError(
                "a subscription's secret was sealed under another serve.secret: configure that one, or give "
                "the subscription a new secret"
            ) from None

    def _mac(self, place: bytes) -> bytes:
        return hmac.digest(self._cursors, place, hashlib.sha256)[:_MAC_BYTES]


def load_serving_keys(reference: str | None) -> ServingKeys:
    """The keys behind the configured secret.

    Raises:
        ConfigError: none is configured, or it is too short.
    """
    if reference is None:
        raise ConfigError(
            "serve.secret is not set in gateway.yaml: put 32 random bytes or more into a file "
            "(`gateway keys serving FILE`) and name it, as file:PATH"
        )
    secret = resolve(reference)
    if len(secret) < _LEAST_BYTES:
        raise ConfigError(
            f"the secret at {reference} is shorter than {_LEAST_BYTES} bytes: make a longer one"
        )
    return ServingKeys(secret)


def _derived(secret: bytes, use: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=None, info=b"certification-gateway " + use).derive(secret)
