"""Strict DER, as far as SM2 needs it: pyca/cryptography does not know the curve.

Every fault is a ValueError.
"""

from contextlib import suppress
from typing import Any, TypeVar

from Cryptodome.Util.asn1 import (
    DerBitString,
    DerInteger,
    DerObject,
    DerObjectId,
    DerOctetString,
    DerSequence,
)

Kind = TypeVar("Kind", bound=DerObject)


def elements(der: bytes) -> list[bytes]:
    """Return the elements of a SEQUENCE, each in its own DER."""
    sequence: Any = _decoded(DerSequence(), der)
    return [DerInteger(element).encode() if isinstance(element, int) else element for element in sequence]


def integer(der: bytes) -> int:
    """Return an INTEGER."""
    return _decoded(DerInteger(), der).value


def octets(der: bytes) -> bytes:
    """Return an OCTET STRING."""
    return _decoded(DerOctetString(), der).payload


def bits(der: bytes) -> bytes:
    """Return a BIT STRING of whole bytes."""
    return _decoded(DerBitString(), der).value


def oid(der: bytes, *, tag: int | None = None) -> str:
    """Return an OBJECT IDENTIFIER, inside an explicit tag if one is given."""
    return _decoded(DerObjectId(explicit=tag), der).value


def _decoded(kind: Kind, der: bytes) -> Kind:
    # The library meets a length of 0x80, among others, with an IndexError.
    with suppress(ValueError, IndexError):
        kind.decode(der, strict=True)
        return kind
    raise ValueError("not DER")


def signature(r: bytes, s: bytes) -> bytes:
    """Write SEQUENCE { r, s }."""
    return DerSequence([int.from_bytes(r, "big"), int.from_bytes(s, "big")]).encode()


def ciphertext(x: bytes, y: bytes, c3: bytes, c2: bytes) -> bytes:
    """Write SEQUENCE { x, y, hash, ciphertext }."""
    point = [int.from_bytes(x, "big"), int.from_bytes(y, "big")]
    return DerSequence([*point, DerOctetString(c3), DerOctetString(c2)]).encode()
