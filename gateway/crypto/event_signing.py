"""Detached signatures of events: JWS over the stored bytes as they are (RFC 7797), Ed25519 (RFC 9864)."""

import json
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from joserfc.jwk import OKPKey
from nacl.signing import SigningKey

from gateway.crypto.references import resolve
from gateway.errors import ConfigError


class EventSigner:
    """Signs with the first key and publishes all of them, so that a new key and an old one overlap.

    libsodium signs: it takes half the time of OpenSSL, and makes the same bytes (RFC 8032).
    """

    def __init__(self, first: Ed25519PrivateKey, others: Sequence[Ed25519PublicKey] = ()) -> None:
        self._key = SigningKey(first.private_bytes_raw())
        self._published = [_jwk(key) for key in (first.public_key(), *others)]
        header = {"alg": "Ed25519", "b64": False, "crit": ["b64"], "kid": self._published[0]["kid"]}
        self._header = _base64url(json.dumps(header, separators=(",", ":")).encode())

    def jwks(self) -> dict[str, Any]:
        """The public keys as a JWK Set (RFC 7517), the signing one first."""
        return {"keys": self._published}

    def sign(self, bodies: Iterable[bytes]) -> list[str]:
        """The detached JWS of each body in compact form, `header..signature`, in order."""
        start, sign = f"{self._header}.".encode(), self._key.sign
        return [f"{self._header}..{_base64url(sign(start + body).signature)}" for body in bodies]

    def begin(self, bodies: Sequence[bytes]) -> Callable[[], list[str]]:
        """What gives the signatures of these bodies when it is called, and makes them then."""
        return lambda: self.sign(bodies)


def load_signer(references: Sequence[str]) -> EventSigner | None:
    """The signer of `events.signing_keys`: the first is a private key, the others may be public; PEM.

    Raises:
        ConfigError: a reference leads nowhere or to no Ed25519 key.
    """
    if not references:
        return None
    first = _private(references[0])
    if first is None:
        raise ConfigError(f"{references[0]} is no private Ed25519 key in PEM: the first key signs")
    return EventSigner(first, [_public(reference) for reference in references[1:]])


def _public(reference: str) -> Ed25519PublicKey:
    private = _private(reference)
    if private is not None:
        return private.public_key()
    try:
        key = load_pem_public_key(resolve(reference))
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise ConfigError(
            f"{reference} is no Ed25519 key in PEM: `gateway keys event-signing FILE` makes one"
        )
    return key


def _private(reference: str) -> Ed25519PrivateKey | None:
    try:
        key = load_pem_private_key(resolve(reference), password=None)
    except (ValueError, TypeError):
        return None
    return key if isinstance(key, Ed25519PrivateKey) else None


def _jwk(key: Ed25519PublicKey) -> dict[str, Any]:
    found = OKPKey.import_key({"kty": "OKP", "crv": "Ed25519", "x": _base64url(key.public_bytes_raw())})
    return {**found.as_dict(private=False), "kid": found.thumbprint(), "use": "sig", "alg": "Ed25519"}


def _base64url(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
