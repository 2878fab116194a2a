"""Pages in each department's own envelope, a whole page at a time: what the sandbox seals row by row."""

import base64
import json
import secrets
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from numpy.typing import NDArray

from bench.data.departments import Columns
from bench.data.render import json_rows, pages, xml_document, xml_rows
from bench.data.text import as_arrow
from gateway.sandbox.columns import DATASETS
from gateway.sandbox.keys import SIX, Sender
from gateway.sandbox.primitives import sm2_sign, sm3_hmac
from gateway.sandbox.sealing import (
    USER_ID,
    nhsa_key,
    seal_jwe,
    seal_sm2_sm4_gcm,
    seal_sm4_cbc_mac,
)

PAGE_ROWS: Final = 4_000
_BLOCK: Final = 16
_SEALED_AT: Final = "1700000000000"
_PERSONAL: Final = ("NAME", "ID_CARD", "name_man", "cert_num_man", "name_woman", "cert_num_woman")

Blocks = NDArray[np.uint8]


def sealed_pages(dataset: str, columns: Columns, sender: Sender) -> list[bytes]:
    """The rows in pages of 4 000, each as the JSON of a payload."""
    return _SEALERS[SIX[DATASETS[dataset].department]](dataset, columns, sender)


def plain_pages(dataset: str, columns: Columns, size: int = PAGE_ROWS) -> list[bytes]:
    """The same rows as JSON arrays in clear."""
    del dataset
    return [b"[" + page + b"]" for page in pages(json_rows(columns), size)]


def _sm4_cbc_mac(dataset: str, columns: Columns, sender: Sender) -> list[bytes]:
    return [_json(seal_sm4_cbc_mac(page, sender)) for page in plain_pages(dataset, columns)]


def _jwe(dataset: str, columns: Columns, sender: Sender) -> list[bytes]:
    return [_json(seal_jwe(page, sender)) for page in plain_pages(dataset, columns)]


def _sm2_sm4_gcm(dataset: str, columns: Columns, sender: Sender) -> list[bytes]:
    if dataset == "death_certificates":
        plain = [xml_document(page) for page in pages(xml_rows(columns), PAGE_ROWS, "")]
    else:
        plain = plain_pages(dataset, columns)
    return [_json(seal_sm2_sm4_gcm(page, sender, style)) for style, page in enumerate(plain)]


def _nhsa(dataset: str, columns: Columns, sender: Sender) -> list[bytes]:
    """Rows with sorted names and no nulls are already what is signed, so nothing is parsed again."""
    del dataset
    rows = json_rows(columns, in_order=True)
    return [_in_nhsa(b'{"rows":[' + page + b"]}", sender) for page in pages(rows, PAGE_ROWS)]


def _in_nhsa(plaintext: bytes, sender: Sender) -> bytes:
    envelope = {
        "appId": sender.kid,
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": _SEALED_AT,
        "version": "2.0.1",
    }
    members = envelope | {"data": plaintext.decode()}
    signed = "&".join(f"{name}={members[name]}" for name in sorted(members)) + f"&key={sender.app_secret}"
    signature = sm2_sign(*sender.sm2, signed.encode(), USER_ID)
    key = nhsa_key(sender.kid, sender.app_secret)
    sealed = _ecb(key, _padded(plaintext)).hex().upper()
    return _json(envelope | {"encData": sealed, "signData": base64.b64encode(signature).decode()})


def _sm4_fields(dataset: str, columns: Columns, sender: Sender) -> list[bytes]:
    """Sorted names are the canonical form the mac is over."""
    del dataset
    sealed = {
        name: _sealed_texts(column, sender) if name in _PERSONAL and column is not None else column
        for name, column in columns.items()
    }
    kid = sender.kid.encode()
    found = []
    for page in pages(json_rows(sealed, in_order=True), PAGE_ROWS):
        mac = sm3_hmac(sender.mac, b"[" + page + b"]").hex().encode()
        found.append(b'{"kid":"' + kid + b'","rows":[' + page + b'],"mac":"' + mac + b'"}')
    return found


def _sealed_texts(column: pa.Array, sender: Sender) -> pa.Array:
    """Every text by itself: base64(iv ‖ SM4-CBC-PKCS7); the first blocks of all rows at once, and so on."""
    texts = [text.encode() for text in column.to_pylist()]
    lengths = np.array([len(text) // _BLOCK + 1 for text in texts])
    longest = int(lengths.max()) * _BLOCK
    padded = b"".join(_padded(text).ljust(longest, b"\0") for text in texts)
    blocks = np.frombuffer(padded, np.uint8).reshape(len(texts), -1, _BLOCK)
    chained = [np.frombuffer(secrets.token_bytes(_BLOCK * len(texts)), np.uint8).reshape(-1, _BLOCK)]
    for place in range(blocks.shape[1]):
        mixed = np.ascontiguousarray(blocks[:, place] ^ chained[-1])
        sealed = np.frombuffer(_ecb(sender.sm4, mixed.tobytes()), np.uint8)
        chained.append(sealed.reshape(-1, _BLOCK))
    return _in_base64(np.concatenate(chained, axis=1), (lengths + 1) * _BLOCK)


def _in_base64(content: Blocks, lengths: NDArray[np.int64]) -> pa.Array:
    """Base64 of the first so many bytes of each row: rows of one length are encoded together.

    A row is filled up to a multiple of three bytes; of a number of blocks one or two bytes are missing.
    """
    texts = np.zeros((len(content), 4 * -(-int(lengths.max()) // 3)), np.uint8)
    for length in np.unique(lengths):
        rows = np.flatnonzero(lengths == length)
        missing = -int(length) % 3
        filled = np.zeros((len(rows), int(length) + missing), np.uint8)
        filled[:, : int(length)] = content[rows, : int(length)]
        encoded = np.frombuffer(base64.b64encode(filled.tobytes()), np.uint8).reshape(len(rows), -1).copy()
        if missing:
            encoded[:, -missing:] = ord("=")
        texts[rows, : encoded.shape[1]] = encoded
    return as_arrow(texts)


def _padded(text: bytes) -> bytes:
    missing = _BLOCK - len(text) % _BLOCK
    return text + bytes([missing]) * missing


def _ecb(key: bytes, blocks: bytes) -> bytes:
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the platform's mode
    return encryptor.update(blocks) + encryptor.finalize()


def _json(payload: object) -> bytes:
    return json.dumps(payload, separators=(",", ":")).encode()


_SEALERS: Final[Mapping[str, Callable[[str, Columns, Sender], list[bytes]]]] = MappingProxyType(
    {
        "sm4_cbc_mac": _sm4_cbc_mac,
        "jwe": _jwe,
        "sm2_sm4_gcm": _sm2_sm4_gcm,
        "nhsa": _nhsa,
        "sm4_fields": _sm4_fields,
    }
)
