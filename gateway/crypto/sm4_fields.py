"""civil affairs: rows in clear but for names and numbers, all under one HMAC-SM3."""

import base64
from typing import Any, Final

from gateway.crypto.ciphers import hmac_sm3_matches, open_sm4_cbc
from gateway.crypto.key_forms import mac_key, sm4_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sealed import MAC, Sealed, doubt, opened, read_sealed
from gateway.crypto.strict_json import canonical_json

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
    clear = [{field: _clear(key, field, value) for field, value in row.items()} for row in rows]
    sealed = [row[field] for row in clear for field in row if is_sealed(field) and row[field] not in _EMPTY]
    if sealed and all(value == NOT_OPENED for value in sealed):
        raise ValueError("no sealed field opens")
    return canonical_json(clear).encode()


def _clear(key: bytes, field: str, value: Any) -> Any:
    if not is_sealed(field) or (isinstance(value, str | None) and value in _EMPTY):
        return value
    try:
        return open_sm4_cbc(key, base64.b64decode(value, validate=True)).decode()
    except (ValueError, TypeError):
        return NOT_OPENED
