"""The symmetric steps of the envelopes; what does not open is a ValueError."""

from contextlib import suppress

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.hashes import SM3, Hash
from cryptography.hazmat.primitives.hmac import HMAC
from cryptography.hazmat.primitives.padding import PKCS7

BLOCK_BYTES = 16


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


def open_sm4_cbc(key: bytes, sealed: bytes) -> bytes:
    """Open iv ‖ ciphertext (SM4-CBC, PKCS#7)."""
    return _open_padded(key, modes.CBC(sealed[:BLOCK_BYTES]), sealed[BLOCK_BYTES:])


def open_sm4_ecb(key: bytes, ciphertext: bytes) -> bytes:
    """Open SM4-ECB with PKCS#7, as the medical-insurance platform prescribes it."""
    return _open_padded(key, modes.ECB(), ciphertext)  # noqa: S305 - the platform's own choice of mode


def seal_sm4_ecb(key: bytes, plaintext: bytes) -> bytes:
    """Seal with SM4-ECB and PKCS#7: the medical-insurance platform derives its key this way."""
    padder = PKCS7(8 * BLOCK_BYTES).padder()
    padded = padder.update(plaintext) + padder.finalize()
    encryptor = Cipher(SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the platform's own choice of mode
    return encryptor.update(padded) + encryptor.finalize()


def open_sm4_gcm(key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
    """Open SM4-GCM without associated data; nothing is returned before the tag is checked."""
    decryptor = Cipher(SM4(key), modes.GCM(iv, tag)).decryptor()
    with suppress(InvalidTag):
        return decryptor.update(ciphertext) + decryptor.finalize()
    raise ValueError("the tag does not match")


def _open_padded(key: bytes, mode: modes.CBC | modes.ECB, ciphertext: bytes) -> bytes:
    decryptor = Cipher(SM4(key), mode).decryptor()
    padded = decryptor.update(ciphertext) + decryptor.finalize()
    unpadder = PKCS7(8 * BLOCK_BYTES).unpadder()
    return unpadder.update(padded) + unpadder.finalize()
