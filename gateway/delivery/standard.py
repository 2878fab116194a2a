"""Standard Webhooks: what proves to a receiver that a delivery is ours and is new.

The signed content is `id.timestamp.body`. `v1` is HMAC-SHA256 under a shared secret (`whsec_`), `v1a` is
Ed25519: we sign with `whsk_`, the receiver verifies with `whpk_`. A delivery may carry several signatures.
"""

import base64
import binascii
import hmac
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.clock import CHINA, local
from gateway.errors import ConfigError

ID: Final = "webhook-id"
TIMESTAMP: Final = "webhook-timestamp"
SIGNATURE: Final = "webhook-signature"

_SECRET_BYTES: Final = range(24, 65)
_NEW_SECRET_BYTES: Final = 32
_KEY_BYTES: Final = range(32, 33)
_ID_FORM: Final = re.compile(r"[!-\-/-~]{1,255}")  # printable, without the full stop that ends it


class SigningKey(Protocol):
    """What we sign with."""

    def sign(self, content: bytes) -> str:
        """The signature with its version, as the header says it."""


@dataclass(frozen=True)
class SharedSecret:
    """A `whsec_` secret: both sides hold it, and either could sign."""

    key: bytes = field(repr=False)

    def sign(self, content: bytes) -> str:
        """HMAC-SHA256, as `v1,…`."""
        return "v1," + _mac(self.key, content)


@dataclass(frozen=True)
class PrivateKey:
    """A `whsk_` key: ours alone."""

    key: Ed25519PrivateKey = field(repr=False)

    def sign(self, content: bytes) -> str:
        """Ed25519, as `v1a,…`."""
        return "v1a," + base64.b64encode(self.key.sign(content)).decode("ascii")


def new_secret() -> str:
    """A fresh `whsec_` secret, to be shown to the subscriber once."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(_NEW_SECRET_BYTES)).decode("ascii")


def read_signing_key(text: str) -> SharedSecret | PrivateKey:
    """A `whsec_` secret or a `whsk_` key.

    Raises:
        ConfigError: it is neither; what was written is not repeated.
    """
    if text.startswith("whsk_"):
        return PrivateKey(Ed25519PrivateKey.from_private_bytes(_decoded(text, _KEY_BYTES)))
    if not text.startswith("whsec_"):
        raise ConfigError("a webhook key that signs begins with whsec_ or whsk_")
    return SharedSecret(_decoded(text, _SECRET_BYTES))


def _decoded(text: str, sizes: range) -> bytes:
    prefix, _, encoded = text.partition("_")
    try:
        key = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) not in sizes:
        size = f"{sizes[0]} to {sizes[-1]}" if len(sizes) > 1 else f"{sizes[0]}"
        raise ConfigError(f"a webhook key {prefix}_… is the base64 of {size} bytes")
    return key


def sign(keys: Sequence[SigningKey], message_id: str, at: datetime, body: bytes) -> dict[str, str]:
    """The three headers of a delivery, signed by each key: the current one, and in a rotation the previous.

    Args:
        keys: one or more.
        message_id: the same at every attempt; printable ASCII without a full stop.
        at: when this attempt is made; naive in Asia/Shanghai.
        body: exactly the bytes that are sent.
    """
    if not keys or not _ID_FORM.fullmatch(message_id):
        raise ValueError("a delivery has a key and a printable id without a full stop")
    timestamp = str(int(local(at).replace(tzinfo=CHINA).timestamp()))
    content = _content(message_id, timestamp, body)
    return {ID: message_id, TIMESTAMP: timestamp, SIGNATURE: " ".join(key.sign(content) for key in keys)}


def _content(message_id: str, timestamp: str, body: bytes) -> bytes:
    return b"%b.%b.%b" % (message_id.encode(), timestamp.encode(), body)


def _mac(key: bytes, content: bytes) -> str:
    return base64.b64encode(hmac.digest(key, content, "sha256")).decode("ascii")
