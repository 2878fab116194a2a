"""courts: a JWS by the sender inside a JWE to us.

Sealing to our public key proves nothing about the sender, so the signature inside is required.
"""

import base64
import sys
from contextlib import suppress
from typing import Any, Final

from joserfc import jwe, jws
from joserfc.errors import JoseError
from joserfc.jwk import RSAKey

from gateway.crypto.key_forms import rsa_private_key, rsa_public_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sealed import OPENED, SIGNATURE, doubt, known_kid, opened
from gateway.crypto.strict_json import read_json

NAME: Final = "jwe"
_SEALED_AS: Final = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT"}
_SIGNED_AS: Final = {"alg": "PS256"}
# Parameters that change how the rest is read; nobody has agreed to them.
_REFUSED: Final = frozenset({"zip", "crit", "b64"})


class _Jwe(jwe.JWERegistry):
    # joserfc's 64 KiB are meant for tokens; the hub's client has capped the page already.
    max_ciphertext_length = sys.maxsize


class _Jws(jws.JWSRegistry):
    max_payload_length = sys.maxsize


_JWE: Final = _Jwe(algorithms=["RSA-OAEP-256", "A256GCM"], strict_check_header=False)
_JWS: Final = _Jws(algorithms=["PS256"], strict_check_header=False)


def open_jwe(payload: bytes, keys: KeyRing) -> bytes:
    """Open a JSON string with a compact JWE around a compact JWS; return the JWS's payload."""
    sealed = _compact(payload)
    ours = known_kid(NAME, _header(sealed, _SEALED_AS).get("kid"), keys, "private_key")
    signed = _decrypted(sealed, keys.read(ours, "private_key", rsa_private_key))
    if signed is None:
        raise doubt(NAME, OPENED, ours)
    theirs = known_kid(NAME, _header(signed, _SIGNED_AS).get("kid"), keys, "public_key")
    page = _verified(signed, keys.read(theirs, "public_key", rsa_public_key))
    if page is None:
        raise doubt(NAME, SIGNATURE, theirs)
    return opened(NAME, theirs, bytes, page)


def _compact(payload: bytes) -> bytes:
    with suppress(ValueError):
        compact = read_json(payload)
        if isinstance(compact, str):
            return compact.encode("ascii")
    raise doubt(NAME, "form: not a JSON string with a compact JWE")


def _header(compact: bytes, expected: dict[str, str]) -> dict[str, Any]:
    header = None
    with suppress(ValueError):
        header = _read_header(compact.split(b".", 1)[0])
    if not isinstance(header, dict) or _REFUSED & header.keys():
        raise doubt(NAME, "form: a header is no JSON object, or holds `zip`, `crit` or `b64`")
    if any(header.get(name) != value for name, value in expected.items()):
        wanted = ", ".join(f"{name} {value}" for name, value in expected.items())
        raise doubt(NAME, f"form: a header does not say {wanted}")
    return header


def _read_header(segment: bytes) -> Any:
    return read_json(base64.b64decode(segment + b"=" * (-len(segment) % 4), altchars=b"-_", validate=True))


def _decrypted(compact: bytes, key: RSAKey) -> bytes | None:
    with suppress(JoseError, ValueError):
        return jwe.decrypt_compact(compact, key, registry=_JWE).plaintext
    return None


def _verified(compact: bytes, key: RSAKey) -> bytes | None:
    with suppress(JoseError, ValueError):
        return jws.deserialize_compact(compact, key, registry=_JWS).payload
    return None
