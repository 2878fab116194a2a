"""Pages as a department sends them: its plaintext shape inside its envelope."""

from typing import Any
from xml.sax.saxutils import escape

from gateway.sandbox.columns import DATASETS
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


def seal_page(
    dataset: str, rows: list[Fields], sender: Sender, *, timestamp_ms: int, style: int = 0
) -> object:
    """Return the payload of one page; `style` varies what the contract leaves open."""
    department = DATASETS[dataset].department
    if department == "police":
        return seal_sm4_cbc_mac(compact(rows).encode(), sender)
    if department == "courts":
        return seal_jwe(compact(rows).encode(), sender)
    if department == "civil_affairs":
        return seal_sm4_fields(rows, sender)
    if department == "medical_insurance":
        return seal_nhsa({"rows": rows}, sender, timestamp_ms, style)
    plaintext = to_xml(rows) if dataset == "death_certificates" else compact(rows)
    return seal_sm2_sm4_gcm(plaintext.encode(), sender, style)


def to_xml(rows: list[Fields]) -> str:
    """Return rows as the death-certificate document; nothing becomes an empty element."""
    data = "".join(f"<data>{_elements(row)}</data>" for row in rows)
    return f'<?xml version="1.0" encoding="UTF-8"?><MDEML><body>{data}</body></MDEML>'


def _elements(row: Fields) -> str:
    return "".join(f"<{name}>{escape(value or '')}</{name}>" for name, value in row.items())
