"""Pages as a department sends them: its plaintext shape inside its envelope."""

from collections.abc import Callable
from typing import Any
from xml.sax.saxutils import escape

from gateway.errors import ConfigError
from gateway.sandbox.keys import Sender
from gateway.sandbox.sealing import (
    compact,
    seal_jwe,
    seal_nhsa,
    seal_sm2_sm4_gcm,
    seal_sm4_cbc_mac,
    seal_sm4_fields,
)

Fields = dict[str, Any]


def seal_rows(
    envelope: str,
    rows: list[Fields],
    sender: Sender,
    *,
    timestamp_ms: int,
    style: int = 0,
    write: Callable[[list[Fields]], str] = compact,
) -> object:
    """Return the payload of a page: rows sealed in an envelope.

    `write` makes the plaintext where the envelope leaves it open; `style` varies what else it leaves open.

    Raises:
        ConfigError: the envelope is no payload of a page.
    """
    if envelope == "sm4_fields":
        return seal_sm4_fields(rows, sender)
    if envelope == "nhsa":
        return seal_nhsa(_in_nhsa(rows), sender, timestamp_ms, style)
    plaintext = write(rows).encode()
    if envelope == "sm4_cbc_mac":
        return seal_sm4_cbc_mac(plaintext, sender)
    if envelope == "jwe":
        return seal_jwe(plaintext, sender)
    if envelope == "sm2_sm4_gcm":
        return seal_sm2_sm4_gcm(plaintext, sender, style)
    raise ConfigError(f"the sandbox cannot seal a page in the envelope {envelope!r}")


def as_json(envelope: str, rows: list[Fields]) -> str:
    """Return the plaintext of rows in an envelope where it is JSON."""
    return compact(_in_nhsa(rows) if envelope == "nhsa" else rows)


def to_json(rows_in: str | None, rows: list[Fields]) -> str:
    """Return the JSON of rows: an array, or an object with the array in this member."""
    return compact(rows if rows_in is None else {rows_in: rows})


def to_xml(rows: list[Fields]) -> str:
    """Return rows as the death-certificate document; nothing becomes an empty element."""
    data = "".join(f"<data>{_elements(row)}</data>" for row in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?><MDEML><body>{data}</body></MDEML>'


def _in_nhsa(rows: list[Fields]) -> Fields:
    return {"rows": rows}


def _elements(row: Fields) -> str:
    return "".join(f"<{name}>{escape(value or '')}</{name}>" for name, value in row.items())
