"""The forms a key may have behind its reference; every reader raises ValueError without the key in it."""

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from types import MappingProxyType

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from joserfc.jwk import RSAKey

from gateway.crypto import der, sm2

_SM4_KEY_BYTES = 16
_LEAST_MAC_KEY_BYTES = 16
_LEAST_RSA_BITS = 2048
_PEM = re.compile(rb"-----BEGIN ((?:EC |SM2 )?PRIVATE KEY|PUBLIC KEY)-----([^-]+)-----END \1-----")
_EC_KEY = "1.2.840.10045.2.1"
_SM2_CURVE = "1.2.156.10197.1.301"
# The label under which `openssl pkey` writes PKCS#8; the others hold a bare SEC1 key.
_PKCS8 = b"PRIVATE KEY"
_SPKI = b"PUBLIC KEY"


def sm4_key(text: bytes) -> bytes:
    """Read an SM4 key: 32 hexadecimal digits."""
    key = binascii.unhexlify(text)
    if len(key) != _SM4_KEY_BYTES:
        raise ValueError("an SM4 key has 32 hexadecimal digits")
    return key


def mac_key(text: bytes) -> bytes:
    """Read a key for HMAC-SM3: 32 hexadecimal digits or more."""
    key = binascii.unhexlify(text)
    if len(key) < _LEAST_MAC_KEY_BYTES:
        raise ValueError("a mac key has at least 32 hexadecimal digits")
    return key


def rsa_private_key(text: bytes) -> RSAKey:
    """Read an RSA private key from an unencrypted PEM."""
    key = None
    with suppress(TypeError, UnsupportedAlgorithm):  # TypeError: the key has a password
        key = load_pem_private_key(text, password=None)
    if not isinstance(key, RSAPrivateKey) or key.key_size < _LEAST_RSA_BITS:
        raise ValueError("not an RSA private key of 2048 bits or more")
    return RSAKey.import_key(key)


def rsa_public_key(text: bytes) -> RSAKey:
    """Read an RSA public key from a PEM."""
    key = None
    with suppress(UnsupportedAlgorithm):
        key = load_pem_public_key(text)
    if not isinstance(key, RSAPublicKey) or key.key_size < _LEAST_RSA_BITS:
        raise ValueError("not an RSA public key of 2048 bits or more")
    return RSAKey.import_key(key)


def sm2_private_key(text: bytes) -> bytes:
    """Read the 32 bytes of an SM2 private key from a PEM (PKCS#8 or SEC1) or 64 hexadecimal digits."""
    scalar = _private_scalar(*_pem(text)) if b"-----" in text else binascii.unhexlify(text)
    if not sm2.is_private_key(scalar):
        raise ValueError("not a private key of the SM2 curve")
    return scalar


def sm2_public_key(text: bytes) -> bytes:
    """Read the 64 bytes x, y of an SM2 public key from a PEM or 128 hexadecimal digits (130 with 04)."""
    point = _public_point(*_pem(text)) if b"-----" in text else binascii.unhexlify(text)
    if len(point) == sm2.POINT_BYTES + 1 and point[:1] == b"\x04":
        point = point[1:]
    if not sm2.is_point(point):
        raise ValueError("not a point of the SM2 curve")
    return point


def text(value: bytes) -> bytes:
    """Take the value as it is."""
    return value


# What `gateway doctor` tries for the parts it knows; one reader that succeeds is enough.
FORMS: Mapping[str, tuple[Callable[[bytes], object], ...]] = MappingProxyType(
    {
        "sm4": (sm4_key,),
        "mac": (mac_key,),
        "private_key": (rsa_private_key, sm2_private_key),
        "public_key": (rsa_public_key, sm2_public_key),
    }
)


def _pem(text: bytes) -> tuple[bytes, bytes]:
    blocks = _PEM.findall(text)
    if len(blocks) != 1:
        raise ValueError("not exactly one unencrypted key in the PEM")
    label, body = blocks[0]
    return label, base64.b64decode(b"".join(body.split()), validate=True)


def _private_scalar(label: bytes, document: bytes) -> bytes:
    if label == _SPKI:
        raise ValueError("a public key where a private key belongs")
    if label == _PKCS8:
        _version, algorithm, document, *_attributes = der.elements(document)
        _check_curve(algorithm)
    sec1 = der.octets(document) if label == _PKCS8 else document
    # SEC1: version, the number, [0] curve, [1] public key; PKCS#8 has named the curve outside.
    _version, scalar, *named = der.elements(sec1)
    if label != _PKCS8 and [der.oid(name, tag=0) for name in named[:1]] != [_SM2_CURVE]:
        raise ValueError("a key of another curve than SM2")
    return der.octets(scalar)


def _public_point(label: bytes, document: bytes) -> bytes:
    if label != _SPKI:
        raise ValueError("a private key where a public key belongs")
    algorithm, point = der.elements(document)
    _check_curve(algorithm)
    return der.bits(point)


def _check_curve(algorithm: bytes) -> None:
    if [der.oid(name) for name in der.elements(algorithm)] != [_EC_KEY, _SM2_CURVE]:
        raise ValueError("a key of another curve than SM2")
