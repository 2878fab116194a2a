"""SM4 by libgcrypt, where the machine has it: several times as fast as OpenSSL's, and no lock is held.

The library is called as it stands on the machine, so nothing of it is believed before `sm4` has compared
its answers with those of `cryptography`.
"""

import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import POINTER, byref, c_char, c_char_p, c_int, c_size_t, c_uint, c_void_p
from typing import Final

import numpy as np

_SONAME: Final = "libgcrypt.so.20"
_OLDEST: Final = b"1.9.0"
"""The first version that knows SM4."""

_SM4: Final = 318
_CBC: Final = 3
_GCM: Final = 9
_BLOCK_BYTES: Final = 16
_DISABLE_SECMEM: Final = 37
_INITIALIZATION_FINISHED: Final = 38
_IS_INITIALIZED: Final = 39


class Libgcrypt:
    """SM4 by libgcrypt; every call has a handle of its own, so threads need not wait for each other.

    Raises:
        OSError: the library is not there, too old, or cannot be called as expected.
    """

    def __init__(self) -> None:
        self._library = _loaded()
        version: bytes | None = self._library.gcry_check_version(_OLDEST)
        if version is None:
            raise OSError("libgcrypt is older than 1.9.0")
        self.name = f"libgcrypt {version.decode()}"
        if not self._library.gcry_control(_IS_INITIALIZED):
            self._library.gcry_control(_DISABLE_SECMEM)
            self._library.gcry_control(_INITIALIZATION_FINISHED)

    def cbc(self, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
        """Decipher whole blocks of CBC; the padding is still there."""
        with self._cipher(_CBC, key, iv) as cipher:
            return bytes(self._deciphered(cipher, ciphertext))

    def ecb(self, key: bytes, ciphertext: bytes) -> bytes:
        """Decipher whole blocks of ECB; the padding is still there.

        CBC is ECB with the block before added. Taking it away again costs less than ECB, which libgcrypt
        does block by block.
        """
        with self._cipher(_CBC, key, bytes(_BLOCK_BYTES)) as cipher:
            plain = np.frombuffer(self._deciphered(cipher, ciphertext), np.uint8)
        plain[_BLOCK_BYTES:] ^= np.frombuffer(ciphertext, np.uint8)[:-_BLOCK_BYTES]
        return plain.tobytes()

    def gcm(self, key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
        """Open GCM; nothing is returned before the tag is checked."""
        with self._cipher(_GCM, key, iv) as cipher:
            plain = self._deciphered(cipher, ciphertext)
            _check(self._library.gcry_cipher_checktag(cipher, tag, len(tag)))
            return bytes(plain)

    @contextmanager
    def _cipher(self, mode: int, key: bytes, iv: bytes) -> Iterator[c_void_p]:
        cipher = c_void_p()
        _check(self._library.gcry_cipher_open(byref(cipher), _SM4, mode, 0))
        try:
            _check(self._library.gcry_cipher_setkey(cipher, key, len(key)))
            _check(self._library.gcry_cipher_setiv(cipher, iv, len(iv)))
            yield cipher
        finally:
            self._library.gcry_cipher_close(cipher)

    def _deciphered(self, cipher: c_void_p, ciphertext: bytes) -> bytearray:
        text = bytearray(ciphertext)
        place = (c_char * len(text)).from_buffer(text)
        # without an input it works in place
        _check(self._library.gcry_cipher_decrypt(cipher, place, len(text), None, 0))
        return text


def _loaded() -> ctypes.CDLL:
    """The library with the types of what is called; ctypes would take every argument for an int."""
    library = ctypes.CDLL(_SONAME)
    try:
        library.gcry_check_version.argtypes = [c_char_p]
        library.gcry_check_version.restype = c_char_p
        library.gcry_control.argtypes = [c_int]
        library.gcry_cipher_open.argtypes = [POINTER(c_void_p), c_int, c_int, c_uint]
        library.gcry_cipher_setkey.argtypes = [c_void_p, c_char_p, c_size_t]
        library.gcry_cipher_setiv.argtypes = [c_void_p, c_char_p, c_size_t]
        library.gcry_cipher_decrypt.argtypes = [c_void_p, c_void_p, c_size_t, c_void_p, c_size_t]
        library.gcry_cipher_checktag.argtypes = [c_void_p, c_char_p, c_size_t]
        library.gcry_cipher_close.argtypes = [c_void_p]
        library.gcry_cipher_close.restype = None
    except AttributeError:
        raise OSError("libgcrypt lacks a function") from None
    return library


def _check(code: int) -> None:
    if code:
        raise ValueError(f"libgcrypt refused (code {code & 0xFFFF})")
