"""SM2, SM3 and SM4 by `gmssl-pyx` (GmSSL): the library the gateway does not open pages with."""

import gmssl_pyx

_BLOCK = 16
_ZERO_IV = bytes(_BLOCK)


def sm3(message: bytes) -> bytes:
    """Return the 32-byte SM3 digest."""
    return bytes(gmssl_pyx.sm3_hash(message))


def sm3_hmac(key: bytes, message: bytes) -> bytes:
    """Return the 32-byte HMAC-SM3."""
    return bytes(gmssl_pyx.sm3_hmac(key, message))


def sm4_cbc(key: bytes, iv: bytes, plaintext: bytes) -> bytes:
    """Encrypt with SM4-CBC and PKCS#7 padding."""
    return bytes(gmssl_pyx.sm4_cbc_padding_encrypt(key, iv, plaintext))


def sm4_ecb(key: bytes, plaintext: bytes) -> bytes:
    """Encrypt with SM4-ECB and PKCS#7 padding: GmSSL has no ECB, so each block is CBC with a zero IV."""
    missing = _BLOCK - len(plaintext) % _BLOCK
    padded = plaintext + bytes([missing]) * missing
    blocks = (padded[place : place + _BLOCK] for place in range(0, len(padded), _BLOCK))
    encrypt = gmssl_pyx.sm4_cbc_padding_encrypt
    return b"".join([encrypt(key, _ZERO_IV, block)[:_BLOCK] for block in blocks])


def sm4_gcm(key: bytes, iv: bytes, plaintext: bytes) -> tuple[bytes, bytes]:
    """Encrypt with SM4-GCM and return ciphertext and 16-byte tag."""
    ciphertext, tag = gmssl_pyx.sm4_gcm_encrypt(key, iv, b"", plaintext)
    return bytes(ciphertext), bytes(tag)


def sm2_new_pair() -> tuple[bytes, bytes]:
    """Return a private key (32 bytes) and its public key (64 bytes)."""
    public, private = gmssl_pyx.sm2_key_generate()
    return bytes(private), bytes(public)


def sm2_sign(private: bytes, public: bytes, message: bytes, user_id: bytes) -> bytes:
    """Return the SM2-with-SM3 signature, DER."""
    return bytes(gmssl_pyx.sm2_sign(private, public, message, user_id))


def sm2_encrypt(public: bytes, plaintext: bytes) -> bytes:
    """Encrypt up to 255 bytes to a public key; DER."""
    return bytes(gmssl_pyx.sm2_encrypt(public, plaintext))
