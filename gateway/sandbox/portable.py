"""SM2 by pure-Python `gmssl`, SM3 and SM4 by `cryptography`: slow, for machines without `gmssl-pyx`."""

import secrets

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from gmssl.sm2 import CryptSM2, default_ecc_table

from gateway.sandbox.der import integer, octets, sequence

_ORDER = int(default_ecc_table["n"], 16)
_PLACES = 64


def sm3(message: bytes) -> bytes:
    """Return the 32-byte SM3 digest."""
    digest = hashes.Hash(hashes.SM3())
    digest.update(message)
    return digest.finalize()


def sm3_hmac(key: bytes, message: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3."""
    code = hmac.HMAC(key, hashes.SM3())
    code.update(message)
    return code.finalize()


def _encrypt(key: bytes, mode: modes.CBC | modes.ECB, plaintext: bytes) -> bytes:
    padder, encryptor = PKCS7(128).padder(), Cipher(algorithms.SM4(key), mode).encryptor()
    padded = padder.update(plaintext) + padder.finalize()
    return encryptor.update(padded) + encryptor.finalize()


def sm4_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Encrypt with SM4-CBC and PKCS#7 padding."""
    return _encrypt(key, modes.CBC(iv), plaintext)


def sm4_ecb(key: bytes, plaintext: bytes) -> bytes:
    """Encrypt with SM4-ECB and PKCS#7 padding."""
    return _encrypt(key, modes.ECB(), plaintext)  # noqa: S305 - the medical-insurance envelope demands ECB


def sm4_gcm(key: bytes, iv: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """Encrypt with SM4-GCM and return ciphertext and 16-byte tag."""
    encryptor = Cipher(algorithms.SM4(key), modes.GCM(iv)).encryptor()
    ciphertext = encryptor.update(plaintext) + encryptor.finalize()
    return ciphertext, encryptor.tag


def sm2_new_pair() -> tuple[bytes, bytes]:
    """Return a private key (32 bytes) and its public key (64 bytes)."""
    number = secrets.randbelow(_ORDER - 2) + 1
    public = _curve(b"", b"")._kg(number, default_ecc_table["g"])  # noqa: SLF001 - gmssl makes keys nowhere else
    return number.to_bytes(32, "big"), bytes.fromhex(public)


def sm2_sign(private: bytes, public: bytes, message: bytes, user_id: bytes) -> bytes:
    """Return the SM2-with-SM3 signature, DER."""
    parameters = bytes.fromhex("".join(default_ecc_table[name] for name in "abg"))
    signer = sm3((len(user_id) * 8).to_bytes(2, "big") + user_id + parameters + public)
    digest, curve, signature = sm3(signer + message), _curve(private, public), None
    while signature is None:
        signature = curve.sign(digest, f"{secrets.randbelow(_ORDER - 1) + 1:064x}")
    return sequence(integer(int(signature[:_PLACES], 16)), integer(int(signature[_PLACES:], 16)))


def sm2_encrypt(public: bytes, plaintext: bytes) -> bytes:
    """Encrypt a short text to a public key; DER."""
    sealed = None
    while sealed is None:
        sealed = _curve(b"", public).encrypt(plaintext)
    x, y, digest, ciphertext = sealed[:32], sealed[32:64], sealed[64:96], sealed[96:]
    numbers = (integer(int.from_bytes(part, "big")) for part in (x, y))
    return sequence(*numbers, octets(digest), octets(ciphertext))


def _curve(private: bytes, public: bytes) -> CryptSM2:
    """Return gmssl's curve; the public key is set afterwards because its constructor may cut off a start."""
    curve = CryptSM2(private.hex(), "", mode=1)
    curve.public_key = public.hex()
    return curve
