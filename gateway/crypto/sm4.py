"""SM4 behind a provider: whichever deciphers fastest on this machine and answers as `cryptography` does.

Chosen once per process. `GATEWAY_SM4=cryptography` in the environment keeps to `cryptography`.
"""

import os
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import shake_128
from typing import Final, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.algorithms import SM4

from gateway.crypto.libgcrypt import Libgcrypt

CHOICE: Final = "GATEWAY_SM4"
"""The environment variable that keeps to `cryptography`, whatever else there is."""

BLOCK_BYTES: Final = 16
_LONGEST_TRIED: Final = 66
"""In blocks: quick code takes 8, 16 or 32 at a time, and the rest one by one."""


class Sm4Provider(Protocol):
    """Something that deciphers SM4; whatever it cannot is a ValueError.

    `iv` of CBC is one block, ciphertexts of CBC and ECB are one whole block or more, `tag` has 16 bytes.
    """

    @property
    def name(self) -> str:
        """What it is, with its version."""
        ...

    def cbc(self, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
        """Decipher whole blocks of CBC; the padding is still there."""
        ...

    def ecb(self, key: bytes, ciphertext: bytes) -> bytes:
        """Decipher whole blocks of ECB; the padding is still there."""
        ...

    def gcm(self, key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
        """Open GCM without associated data; nothing is returned before the tag is checked."""
        ...


class Cryptography:
    """SM4 by `cryptography`, that is OpenSSL: there on every machine, and what others are compared with."""

    name = "cryptography"

    def cbc(self, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
        """As `Sm4Provider`."""
        return _deciphered(key, modes.CBC(iv), ciphertext)

    def ecb(self, key: bytes, ciphertext: bytes) -> bytes:
        """As `Sm4Provider`."""
        return _deciphered(key, modes.ECB(), ciphertext)  # noqa: S305 - the sender's choice of mode

    def gcm(self, key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
        """As `Sm4Provider`."""
        with suppress(InvalidTag):
            return _deciphered(key, modes.GCM(iv, tag), ciphertext)
        raise ValueError("the tag does not match")


def _deciphered(key: bytes, mode: modes.CBC | modes.ECB | modes.GCM, ciphertext: bytes) -> bytes:
    decryptor = Cipher(SM4(key), mode).decryptor()
    return decryptor.update(ciphertext) + decryptor.finalize()


def agrees(provider: Sm4Provider) -> bool:
    """Whether a provider deciphers as `cryptography` does, in every mode and for lengths of every kind."""
    with suppress(ValueError):
        return all(_deciphers(provider, blocks) for blocks in range(1, _LONGEST_TRIED))
    return False


def _deciphers(provider: Sm4Provider, blocks: int) -> bool:
    key, iv, *text = _pieces(shake_128(bytes([blocks])).digest(BLOCK_BYTES * (blocks + 2)))
    plain = b"".join(text)
    short = plain[: 1 - BLOCK_BYTES]
    gcm = Cipher(SM4(key), modes.GCM(iv[:12])).encryptor()
    sealed = gcm.update(short) + gcm.finalize()
    return (
        provider.cbc(key, iv, _enciphered(key, modes.CBC(iv), plain)) == plain
        and provider.ecb(key, _enciphered(key, modes.ECB(), plain)) == plain  # noqa: S305 - as above
        and provider.gcm(key, iv[:12], sealed, gcm.tag) == short
        and _refuses(provider, key, iv[:12], sealed, bytes(BLOCK_BYTES))
    )


def _enciphered(key: bytes, mode: modes.CBC | modes.ECB, plain: bytes) -> bytes:
    encryptor = Cipher(SM4(key), mode).encryptor()
    return encryptor.update(plain) + encryptor.finalize()


def _refuses(provider: Sm4Provider, key: bytes, iv: bytes, sealed: bytes, tag: bytes) -> bool:
    with suppress(ValueError):
        provider.gcm(key, iv, sealed, tag)
        return False
    return True


def _pieces(text: bytes) -> Iterator[bytes]:
    return (text[at : at + BLOCK_BYTES] for at in range(0, len(text), BLOCK_BYTES))


def choose(choice: str, accelerator: Callable[[], Sm4Provider] = Libgcrypt) -> tuple[Sm4Provider, str | None]:
    """The provider for a value of `GATEWAY_SM4`, and why it is `cryptography` where it could be quicker."""
    if choice == Cryptography.name:
        return Cryptography(), f"as {CHOICE} in the environment asks for"
    try:
        quick = accelerator()
    except OSError as fault:
        return Cryptography(), f"for there is nothing quicker ({fault}): install libgcrypt 1.9 or later"
    if agrees(quick):
        return quick, None
    return Cryptography(), f"for {quick.name} does not decipher as `cryptography` does and is not used"


PROVIDER, WHY_SLOW = choose(os.environ.get(CHOICE, ""))
