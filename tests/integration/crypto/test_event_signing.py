import json
from base64 import urlsafe_b64decode
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from joserfc import jws
from joserfc.errors import BadSignatureError, InvalidKeyIdError
from joserfc.jwk import KeySet

from gateway.crypto.event_signing import EventSigner, load_signer
from gateway.errors import ConfigError

BODY = '{"id":"evt_1","data":{"reason":"户籍注销"}}'.encode()


def private_pem(path: Path, key: Ed25519PrivateKey | X25519PrivateKey) -> str:
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return f"file:{path}"


def public_pem(path: Path, key: Ed25519PrivateKey) -> str:
    path.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return f"file:{path}"


def verify(signature: str, body: bytes, published: Any) -> None:
    jws.deserialize_compact(signature, KeySet.import_key_set(published), algorithms=["Ed25519"], payload=body)


def test_another_library_verifies_the_signature_over_the_bytes_as_they_are() -> None:
    signer = EventSigner(Ed25519PrivateKey.generate())
    (signature,) = signer.sign([BODY])
    verify(signature, BODY, signer.jwks())
    with pytest.raises(BadSignatureError):
        verify(signature, BODY.replace(b" ", b"") + b" ", signer.jwks())


def test_the_signature_is_the_one_that_openssl_makes() -> None:
    key = Ed25519PrivateKey.generate()
    (compact,) = EventSigner(key).sign([BODY])
    header, _, signature = compact.split(".")
    assert urlsafe_b64decode(signature + "==") == key.sign(f"{header}.".encode() + BODY)


def test_the_signature_is_detached_and_names_its_key() -> None:
    signer = EventSigner(Ed25519PrivateKey.generate())
    header, payload, signature = signer.sign([BODY])[0].split(".")
    said = json.loads(urlsafe_b64decode(header + "=="))
    assert payload == ""
    assert len(urlsafe_b64decode(signature + "==")) == 64
    assert said == {"alg": "Ed25519", "b64": False, "crit": ["b64"], "kid": signer.jwks()["keys"][0]["kid"]}


def test_many_bodies_are_signed_in_their_order() -> None:
    signer = EventSigner(Ed25519PrivateKey.generate())
    bodies = [b"%d" % number for number in range(300)]
    for body, signature in zip(bodies, signer.sign(iter(bodies)), strict=True):
        verify(signature, body, signer.jwks())
    assert signer.begin(bodies)() == signer.sign(bodies)


def test_what_an_old_key_signed_verifies_after_the_rotation(tmp_path: Path) -> None:
    old, new = Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
    (before,) = EventSigner(old).sign([BODY])
    signer = load_signer([private_pem(tmp_path / "new", new), public_pem(tmp_path / "old", old)])
    assert signer is not None
    (after,) = signer.sign([BODY])
    assert before.split(".")[0] != after.split(".")[0]
    verify(before, BODY, signer.jwks())
    verify(after, BODY, signer.jwks())


def test_a_key_that_was_taken_out_is_not_published(tmp_path: Path) -> None:
    signer = load_signer([private_pem(tmp_path / "new", Ed25519PrivateKey.generate())])
    (before,) = EventSigner(Ed25519PrivateKey.generate()).sign([BODY])
    assert signer is not None
    with pytest.raises(InvalidKeyIdError):
        verify(before, BODY, signer.jwks())


def test_no_private_part_is_published() -> None:
    (key,) = EventSigner(Ed25519PrivateKey.generate()).jwks()["keys"]
    assert set(key) == {"kty", "crv", "x", "kid", "use", "alg"}


def test_without_a_key_nothing_signs() -> None:
    assert load_signer([]) is None


def test_the_first_key_must_be_private_and_all_must_be_ed25519(tmp_path: Path) -> None:
    first = private_pem(tmp_path / "first", Ed25519PrivateKey.generate())
    with pytest.raises(ConfigError, match="the first key signs"):
        load_signer([public_pem(tmp_path / "public", Ed25519PrivateKey.generate())])
    with pytest.raises(ConfigError, match="no Ed25519 key"):
        load_signer([first, private_pem(tmp_path / "other", X25519PrivateKey.generate())])
