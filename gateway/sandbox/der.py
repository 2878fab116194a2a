"""As much DER as SM2 keys, signatures and ciphertexts need."""

_SHORT = 0x80
_INTEGER, _OCTETS, _SEQUENCE = 0x02, 0x04, 0x30
_PRIVATE_HEAD = bytes.fromhex("308187020100301306072a8648ce3d020106082a811ccf5501822d046d306b0201010420")
_PRIVATE_TAIL = bytes.fromhex("a144034200" + "04")
_PUBLIC_HEAD = bytes.fromhex("3059301306072a8648ce3d020106082a811ccf5501822d034200" + "04")
"""PKCS#8 and SubjectPublicKeyInfo around an SM2 key (OID 1.2.156.10197.1.301); only the numbers vary."""


def _element(tag: int, content: bytes) -> bytes:
    size = len(content)
    if size < _SHORT:
        return bytes([tag, size]) + content
    places = (size.bit_length() + 7) // 8
    return bytes([tag, _SHORT | places]) + size.to_bytes(places, "big") + content


def integer(number: int) -> bytes:
    """Return a DER INTEGER of a number that is not negative."""
    return _element(_INTEGER, number.to_bytes(number.bit_length() // 8 + 1, "big"))


def octets(content: bytes) -> bytes:
    """Return a DER OCTET STRING."""
    return _element(_OCTETS, content)


def sequence(*elements: bytes) -> bytes:
    """Return a DER SEQUENCE."""
    return _element(_SEQUENCE, b"".join(elements))


def contents(encoded: bytes) -> list[bytes]:
    """Return the contents of the elements of one SEQUENCE."""
    _, body, _ = _split(encoded)
    found = []
    while body:
        _, content, body = _split(body)
        found.append(content)
    return found


def _split(encoded: bytes) -> tuple[int, bytes, bytes]:
    """Return the first element's tag and content, and what follows it."""
    size, start = encoded[1], 2
    if size & _SHORT:
        start += size & ~_SHORT
        size = int.from_bytes(encoded[2:start], "big")
    return encoded[0], encoded[start : start + size], encoded[start + size :]


def raw_signature(signature: bytes) -> bytes:
    """Return a DER signature as r ‖ s, 64 bytes."""
    return b"".join(part.lstrip(b"\0").rjust(32, b"\0") for part in contents(signature))


def raw_ciphertext(ciphertext: bytes, *, leading_04: bool) -> bytes:
    """Return a DER SM2 ciphertext as C1 ‖ C3 ‖ C2, with or without the 04 in front of C1."""
    x, y, digest, text = contents(ciphertext)
    point = b"".join(part.lstrip(b"\0").rjust(32, b"\0") for part in (x, y))
    return (b"\x04" if leading_04 else b"") + point + digest + text


def sm2_private_der(private: bytes, public: bytes) -> bytes:
    """Return PKCS#8 of an SM2 private key as `openssl pkey` reads it."""
    return _PRIVATE_HEAD + private + _PRIVATE_TAIL + public


def sm2_public_der(public: bytes) -> bytes:
    """Return SubjectPublicKeyInfo of an SM2 public key as `openssl pkey -pubin` reads it."""
    return _PUBLIC_HEAD + public


def sm2_pair_of(private_der: bytes) -> tuple[bytes, bytes]:
    """Return private (32 bytes) and public key (64 bytes) of what `sm2_private_der` wrote."""
    start = len(_PRIVATE_HEAD)
    return private_der[start : start + 32], private_der[-64:]
