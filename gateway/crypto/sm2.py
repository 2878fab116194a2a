"""SM2 behind a provider, so that an HSM can take the place of the library.

What arrives is brought to one strict form here and checked against the curve, so every provider
sees the same: points as x‖y, signatures as r‖s, ciphertexts as C1‖C3‖C2 without the leading 04.
"""

from collections.abc import Mapping
from contextlib import suppress
from hmac import compare_digest
from types import MappingProxyType
from typing import Final, Protocol

import gmssl.sm2
from cryptography.hazmat.primitives.hashes import SM3
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF

from gateway.crypto import der
from gateway.crypto.ciphers import sm3

try:
    import gmssl_pyx
except ImportError:  # no wheel for this machine; the pure-Python provider remains
    gmssl_pyx = None

DEFAULT_USER_ID: Final = b"1234567812345678"
NUMBER_BYTES: Final = 32
POINT_BYTES: Final = 64
_HASH_BYTES: Final = 32
_UNCOMPRESSED: Final = b"\x04"
_CURVE: Final = {name: int(value, 16) for name, value in gmssl.sm2.default_ecc_table.items() if name != "g"}
_CURVE_BYTES: Final = bytes.fromhex("".join(gmssl.sm2.default_ecc_table[name] for name in "abg"))


class Sm2Provider(Protocol):
    """Something that holds the SM2 arithmetic; inputs are already in strict form and on the curve."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes, user_id: bytes) -> bool:
        """Tell whether r‖s is the signature (SM2 with SM3) of the message."""
        ...

    def decrypt(self, private_key: bytes, ciphertext: bytes) -> bytes:
        """Open C1‖C3‖C2; ValueError where C3 does not match."""
        ...


class GmsslPyx:
    """GmSSL in C. It writes names of its functions, never data, to standard error when a check fails."""

    def verify(self, public_key: bytes, message: bytes, signature: bytes, user_id: bytes) -> bool:
        numbers = der.signature(signature[:NUMBER_BYTES], signature[NUMBER_BYTES:])
        with suppress(gmssl_pyx.GmsslInnerError):
            return bool(gmssl_pyx.sm2_verify(public_key, message, numbers, user_id))
        return False

    def decrypt(self, private_key: bytes, ciphertext: bytes) -> bytes:
        sealed = der.ciphertext(*_split(ciphertext))
        with suppress(gmssl_pyx.GmsslInnerError):
            return bytes(gmssl_pyx.sm2_decrypt(private_key, sealed))
        raise ValueError("SM2 ciphertext does not open")


class Gmssl:
    """Pure-Python gmssl, where there is no wheel: slower by far and not constant-time.

    Only its point arithmetic is used: its constructor strips leading zeros and fours off a public
    key, its `decrypt` never compares C3, and its signing fixes the user id.
    """

    def verify(self, public_key: bytes, message: bytes, signature: bytes, user_id: bytes) -> bool:
        curve = gmssl.sm2.CryptSM2(private_key="", public_key="")
        curve.public_key = public_key.hex()
        identity = sm3((8 * len(user_id)).to_bytes(2, "big") + user_id + _CURVE_BYTES + public_key)
        # TypeError is what gmssl makes of the point at infinity.
        with suppress(TypeError):
            return bool(curve.verify(signature.hex(), sm3(identity + message)))
        return False

    def decrypt(self, private_key: bytes, ciphertext: bytes) -> bytes:
        x, y, c3, c2 = _split(ciphertext)
        curve = gmssl.sm2.CryptSM2(private_key=private_key.hex(), public_key="")
        product = curve._kg(_number(private_key), (x + y).hex())  # noqa: SLF001 - decrypt() never compares C3
        shared = bytes.fromhex(product)
        stream = X963KDF(algorithm=SM3(), length=len(c2), sharedinfo=None).derive(shared)
        plaintext = bytes(a ^ b for a, b in zip(c2, stream, strict=True))
        if not any(stream) or not compare_digest(
            sm3(shared[:NUMBER_BYTES] + plaintext + shared[NUMBER_BYTES:]), c3
        ):
            raise ValueError("SM2 ciphertext does not open")
        return plaintext


PROVIDERS: Mapping[str, Sm2Provider] = MappingProxyType(
    ({"gmssl_pyx": GmsslPyx()} if gmssl_pyx else {}) | {"gmssl": Gmssl()}
)
PROVIDER: Final = next(iter(PROVIDERS.values()))


def verify(
    public_key: bytes,
    message: bytes,
    signature: bytes,
    user_id: bytes = DEFAULT_USER_ID,
    provider: Sm2Provider = PROVIDER,
) -> bool:
    """Tell whether `signature` (DER or raw r‖s) is this key's over the message; a malformed one is not."""
    numbers = None
    with suppress(ValueError):
        numbers = signature_numbers(signature)
    return numbers is not None and provider.verify(public_key, message, numbers, user_id)


def decrypt(private_key: bytes, ciphertext: bytes, provider: Sm2Provider = PROVIDER) -> bytes:
    """Open a ciphertext (DER, or raw C1C3C2 with or without 04).

    Raises:
        ValueError: it is malformed, off the curve, or not sealed to this key.
    """
    return provider.decrypt(private_key, plain_ciphertext(ciphertext))


def is_private_key(scalar: bytes) -> bool:
    """Tell whether these are the 32 bytes of a usable private key."""
    return len(scalar) == NUMBER_BYTES and 0 < _number(scalar) < _CURVE["n"] - 1


def is_point(point: bytes) -> bool:
    """Tell whether these are the 64 bytes of a point on the curve."""
    x, y = _number(point[:NUMBER_BYTES]), _number(point[NUMBER_BYTES:])
    prime = _CURVE["p"]
    on_curve = (y * y - x * x * x - _CURVE["a"] * x - _CURVE["b"]) % prime == 0
    return len(point) == POINT_BYTES and max(x, y) < prime and on_curve


def signature_numbers(signature: bytes) -> bytes:
    """Bring a signature, DER or raw, to the 64 bytes r‖s; ValueError if it cannot be one."""
    numbers = _der_signature(signature) or signature
    halves = (_number(numbers[:NUMBER_BYTES]), _number(numbers[NUMBER_BYTES:]))
    if len(numbers) != 2 * NUMBER_BYTES or not all(0 < half < _CURVE["n"] for half in halves):
        raise ValueError("not an SM2 signature")
    return numbers


def plain_ciphertext(ciphertext: bytes) -> bytes:
    """Bring a ciphertext, DER or raw, to C1‖C3‖C2 without 04; ValueError if it cannot be one."""
    candidates = [_der_ciphertext(ciphertext) or b"", ciphertext]
    if ciphertext.startswith(_UNCOMPRESSED):
        candidates.insert(1, ciphertext[1:])
    # A raw x may itself begin with 04: the curve tells which reading is right.
    for candidate in candidates:
        if len(candidate) > POINT_BYTES + _HASH_BYTES and is_point(candidate[:POINT_BYTES]):
            return candidate
    raise ValueError("not an SM2 ciphertext")


def _der_signature(signature: bytes) -> bytes | None:
    with suppress(ValueError, OverflowError):
        return b"".join(
            der.integer(number).to_bytes(NUMBER_BYTES, "big") for number in der.elements(signature)
        )
    return None


def _der_ciphertext(ciphertext: bytes) -> bytes | None:
    with suppress(ValueError, OverflowError):
        x, y, c3, c2 = der.elements(ciphertext)
        point = [der.integer(number).to_bytes(NUMBER_BYTES, "big") for number in (x, y)]
        if len(der.octets(c3)) == _HASH_BYTES:
            return b"".join([*point, der.octets(c3), der.octets(c2)])
    return None


def _split(ciphertext: bytes) -> tuple[bytes, bytes, bytes, bytes]:
    hash_ends = POINT_BYTES + _HASH_BYTES
    x, y = ciphertext[:NUMBER_BYTES], ciphertext[NUMBER_BYTES:POINT_BYTES]
    return x, y, ciphertext[POINT_BYTES:hash_ends], ciphertext[hash_ends:]


def _number(octets: bytes) -> int:
    return int.from_bytes(octets, "big")
