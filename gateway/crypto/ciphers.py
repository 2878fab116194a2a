"""The symmetric steps of the envelopes; what does not open is a ValueError."""

from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.padding import PKCS7

from gateway.crypto.sm4 import BLOCK_BYTES, PROVIDER, Sm4Provider

_TAG_BYTES: Final = 16
_PADDINGS: Final = [b"", *(bytes([length]) * length for length in range(1, BLOCK_BYTES + 1))]


def sm3(message: bytes) -> bytes:
    """Return the SM3 hash."""
    digest = Hash(SM3())
    digest.update(message)
    return digest.finalize()


def hmac_sm3_matches(key: bytes, message: bytes, mac: bytes) -> bool:
    """Compare an HMAC-SM3 in constant time."""
    expected = HMAC(key, SM3())
    expected.update(message)
    with suppress(InvalidSignature):
        expected.verify(mac)
        return True
    return False


def open_sm4_cbc(key: bytes, sealed: bytes, provider: Sm4Provider = PROVIDER) -> bytes:
    """Open iv ‖ ciphertext (SM4-CBC, PKCS#7)."""
    iv, ciphertext = sealed[:BLOCK_BYTES], _whole_blocks(sealed[BLOCK_BYTES:])
    return _unpadded(provider.cbc(key, iv, ciphertext))


def open_many_sm4_cbc(
    key: bytes, sealed: Sequence[bytes], provider: Sm4Provider = PROVIDER
) -> list[bytes | None]:
    """Open many short texts, each iv ‖ ciphertext (SM4-CBC, PKCS#7); None for one that does not open.

    They are deciphered in one go, one behind the other: in CBC a block needs only the block before it, and
    before the first block of a text stands its iv.
    """
    whole = [_is_whole(text) for text in sealed]
    together = b"".join([text for text, sound in zip(sealed, whole, strict=True) if sound])
    plain = provider.cbc(key, bytes(BLOCK_BYTES), together) if together else b""
    found: list[bytes | None] = []
    at = 0
    for text, sound in zip(sealed, whole, strict=True):
        end = at + len(text) if sound else at
        padded = plain[at + BLOCK_BYTES : end]
        length = _padding_of(padded)
        found.append(padded[:-length] if length else None)
        at = end
    return found


def open_sm4_ecb(key: bytes, ciphertext: bytes, provider: Sm4Provider = PROVIDER) -> bytes:
    """Open SM4-ECB with PKCS#7, as the medical-insurance platform prescribes it."""
    return _unpadded(provider.ecb(key, _whole_blocks(ciphertext)))


def seal_sm4_ecb(key: bytes, plaintext: bytes) -> bytes:
    """Seal with SM4-ECB and PKCS#7: the medical-insurance platform derives its key this way."""
    padder = PKCS7(8 * BLOCK_BYTES).padder()
    padded = padder.update(plaintext) + padder.finalize()
    encryptor = Cipher(SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the platform's own choice of mode
    return encryptor.update(padded) + encryptor.finalize()


def open_sm4_gcm(
    key: bytes, iv: bytes, ciphertext: bytes, tag: bytes, provider: Sm4Provider = PROVIDER
) -> bytes:
    """Open SM4-GCM without associated data; nothing is returned before the tag is checked."""
    if len(tag) != _TAG_BYTES:
        raise ValueError("a tag has 16 bytes")
    return provider.gcm(key, iv, ciphertext, tag)


def _whole_blocks(ciphertext: bytes) -> bytes:
    if not ciphertext or len(ciphertext) % BLOCK_BYTES:
        raise ValueError("not a number of whole blocks")
    return ciphertext


def _is_whole(sealed: bytes) -> bool:
    return len(sealed) > BLOCK_BYTES and len(sealed) % BLOCK_BYTES == 0


def _unpadded(padded: bytes) -> bytes:
    length = _padding_of(padded)
    if not length:
        raise ValueError("the padding is wrong")
    return padded[:-length]


def _padding_of(padded: bytes) -> int:
    """The length of the PKCS#7 padding; 0 where there is none."""
    length = padded[-1] if padded else 0
    return length if 0 < length <= BLOCK_BYTES and padded.endswith(_PADDINGS[length]) else 0
