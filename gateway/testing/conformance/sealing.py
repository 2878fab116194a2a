"""Pages and files sealed as a department sends them, opened again, and changed on the way."""

import json
from collections.abc import Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final

from gateway.crypto import nhsa, sm4_fields
from gateway.crypto.file_drop import open_file, read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.intake.page import csv_rows, json_rows, open_page, read_rows
from gateway.sandbox.drop import drop_rows
from gateway.sandbox.keys import Sender, write_senders
from gateway.sandbox.pages import seal_rows, to_json
from gateway.sandbox.sealing import compact, seal_nhsa
from gateway.testing.conformance.case import Case, Row
from gateway.testing.conformance.folders import shared_folder

Parcel = Mapping[str, bytes]
"""What is sent for one page: its payload, or each file of a drop by its name."""

_PAGE: Final = "page"
_FILE: Final = ".zip.enc"
_MANIFEST: Final = ".manifest.json"
_STAMP_MS: Final = 1_790_000_000_000
_LAST: Final = ("op", "tong_time")


@cache
def senders(envelope: str) -> tuple[Sender, ...]:
    """Who seals an envelope: one sender for each of two generations of keys.

    Raises:
        ConfigError: nothing here seals that envelope.
    """
    return write_senders(shared_folder("keys"), f"any_{envelope}", envelope)


@cache
def ring(envelope: str) -> KeyRing:
    """The gateway's keys for an envelope; both generations are valid."""
    return KeyRing([entry for sender in senders(envelope) for entry in sender.entries])


def sent_rows(case: Case) -> list[object]:
    """The rows that a page of the samples must open to; a number is read as it is written."""
    if case.dataset.shape == "file_drop":
        names = _columns(case)
        return [{name: _cell(row.get(name)) for name in names} for row in case.rows]
    rows: list[object] = json.loads(json.dumps(case.rows), parse_int=str, parse_float=str)
    return rows


def document_of(case: Case) -> Path | None:
    """The department's document beside the samples, where the envelope leaves the form of a page open."""
    fixed = case.dataset.shape == "file_drop" or case.dataset.envelope == sm4_fields.NAME
    return None if fixed else case.package.document(case.dataset)


def sealed(case: Case, sender: Sender) -> Parcel:
    """One page of the accepted samples, or of the department's own document beside them."""
    if case.dataset.shape == "file_drop":
        return _dropped(case, sender)
    document = document_of(case)
    text = document.read_text("utf-8") if document else None
    return {_PAGE: compact(_payload(case, sender, text)).encode()}


def opened(case: Case, parcel: Parcel) -> list[object]:
    """The rows of a parcel, as the gateway opens and reads it.

    Raises:
        EnvelopeError: any doubt about it, or it is not of the form that the dataset reads.
    """
    keys = ring(case.dataset.envelope)
    if _PAGE in parcel:
        return list(read_rows(case.dataset, open_page(case.dataset, parcel[_PAGE], keys), json_rows))
    manifest = next(read_manifest(raw, keys) for name, raw in parcel.items() if name.endswith(_MANIFEST))
    with TemporaryDirectory() as folder:
        path = Path(folder, _FILE)
        path.write_bytes(next(raw for name, raw in parcel.items() if name.endswith(_FILE)))
        return list(read_rows(case.dataset, open_file(path, manifest, keys), csv_rows))


def altered(parcel: Parcel) -> Iterator[tuple[str, Parcel]]:
    """The parcel with one thing changed, and what that is; each part of it in turn."""
    for name, raw in parcel.items():
        if name.endswith(_FILE):
            yield from ((f"byte {place}", {**parcel, name: _flipped(raw, place)}) for place in _places(raw))
        elif raw:
            for what, changed in _changed(json.loads(raw)):
                yield what, {**parcel, name: compact(changed).encode()}


def _payload(case: Case, sender: Sender, document: str | None) -> object:
    envelope = case.dataset.envelope
    if document is not None and envelope == nhsa.NAME:
        return seal_nhsa(json.loads(document), sender, _STAMP_MS)
    if document is not None:
        return seal_rows(envelope, [], sender, timestamp_ms=_STAMP_MS, write=lambda _: document)
    write = partial(to_json, case.dataset.rows_in)
    return seal_rows(envelope, case.rows, sender, timestamp_ms=_STAMP_MS, write=write)


def _dropped(case: Case, sender: Sender) -> Parcel:
    with TemporaryDirectory() as folder:
        rows: list[Row] = [{name: row.get(name) for name in _columns(case)} for row in case.rows]
        path = drop_rows(Path(folder), case.dataset.name, rows, _columns(case), sender)
        return {each.name: each.read_bytes() for each in sorted(path.parent.iterdir())}


def _columns(case: Case) -> list[str]:
    own = [case.dataset.alias(name) for name in case.dataset.row.model_fields]
    return [*(name for name in own if name not in _LAST), *_LAST]


def _cell(value: object) -> str:
    """A value as a CSV holds it."""
    return "" if value is None else str(value)


def _places(raw: bytes) -> tuple[int, ...]:
    return 0, len(raw) // 2, len(raw) - 1


def _flipped(raw: bytes, place: int) -> bytes:
    return raw[:place] + bytes([raw[place] ^ 1]) + raw[place + 1 :]


def _changed(value: Any) -> Iterator[tuple[str, Any]]:
    """A JSON value with one text or number in it changed, or one row of a list left out."""
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from ((f"{name} {what}".strip(), {**value, name: each}) for what, each in _changed(inner))
    elif isinstance(value, list):
        for place, inner in enumerate(value):
            before, after = value[:place], value[place + 1 :]
            yield from ((what, [*before, each, *after]) for what, each in _changed(inner))
            yield "number of rows", [*before, *after]
    elif isinstance(value, int) and not isinstance(value, bool):
        yield "", value + 1
    elif isinstance(value, str) and value:
        yield from _respelt(value.split("."))


def _respelt(parts: list[str]) -> Iterator[tuple[str, str]]:
    """The text with the middle of each of its parts changed; a part is what a dot ends, as in a JWE."""
    for place, part in enumerate(parts):
        if part:
            middle = len(part) // 2
            other = "B" if part[middle] in "aA" else "A"
            turned = f"{part[:middle]}{other}{part[middle + 1 :]}"
            what = f"part {place + 1}" if len(parts) > 1 else ""
            yield what, ".".join([*parts[:place], turned, *parts[place + 1 :]])
