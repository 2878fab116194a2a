"""civil affairs: rows in clear but for names and numbers, all under one HMAC-SM3."""

import binascii
from functools import lru_cache
from typing import Any, Final

from gateway.crypto.canonical import canonical_json
from gateway.crypto.ciphers import hmac_sm3_matches, open_many_sm4_cbc
from gateway.crypto.key_forms import mac_key, sm4_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sealed import MAC, Sealed, doubt, opened, read_sealed

NAME: Final = "sm4_fields"
_SEALED_NAMES: Final = frozenset({"NAME", "ID_CARD"})
_SEALED_PREFIXES: Final = ("name_", "cert_num_")
# HUB's empty values: nobody seals nothing, and none of them could be a ciphertext.
_EMPTY: Final = (None, "", "-", "null")
NOT_OPENED: Final[list[str]] = []
"""Stands for a sealed field that does not open: no text, so that the row's reader refuses it there."""


def open_sm4_fields(payload: bytes, keys: KeyRing) -> bytes:
    """Open `{kid, rows, mac}`: the rows as canonical JSON, with the sealed fields in clear."""
    page = read_sealed(NAME, payload)
    kid = page.kid("kid", keys, "sm4", "mac")
    if not hmac_sm3_matches(keys.read(kid, "mac", mac_key), _rows_as_sent(page), page.hex("mac")):
        raise doubt(NAME, MAC, kid)
    return opened(NAME, kid, _clear_rows, page.members["rows"], keys.read(kid, "sm4", sm4_key))


def is_sealed(field: str) -> bool:
    """Tell whether a field of this name travels sealed."""
    return field in _SEALED_NAMES or field.startswith(_SEALED_PREFIXES)


def _rows_as_sent(page: Sealed) -> bytes:
    rows = page.members.get("rows")
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise doubt(NAME, "form: `rows` is missing or not a list of rows")
    return page.canonical(rows)


def _clear_rows(rows: list[dict[str, Any]], key: bytes) -> bytes:
    """Open every sealed field; one that does not open costs its row, all of them the page (a wrong key)."""
    clear = [row.copy() for row in rows]
    sealed = [(row, name) for row in clear for name in _sealed_names(tuple(row)) if row[name] not in _EMPTY]
    opened = [_text(plain) for plain in open_many_sm4_cbc(key, [_decoded(row[name]) for row, name in sealed])]
    if opened and all(text is None for text in opened):
        raise ValueError("no sealed field opens")
    for (row, name), text in zip(sealed, opened, strict=True):
        row[name] = NOT_OPENED if text is None else text
    return canonical_json(clear).encode()


@lru_cache(maxsize=512)
def _sealed_names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(filter(is_sealed, names))


def _decoded(value: Any) -> bytes:
    """What was sealed; nothing where it is not base64, and nothing opens from that."""
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except (ValueError, TypeError):
        return b""


def _text(plain: bytes | None) -> str | None:
    try:
        return None if plain is None else plain.decode()
    except UnicodeDecodeError:
        return None
