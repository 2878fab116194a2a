"""What a worker does with one sealed page or file: open, read, interpret, key, write.

Only bytes, paths and counts cross between the processes; every worker builds its own bench.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from gateway.crypto.envelopes import open_envelope
from gateway.crypto.file_drop import Manifest, open_file, read_manifest
from gateway.crypto.keyring import KeyRing
from gateway.crypto.references import resolve
from gateway.department import Dataset
from gateway.errors import ConfigError, EnvelopeError, GatewayError, RowsChanged
from gateway.evidence.files import Written, write_part
from gateway.fields import NumberText, rule_of
from gateway.host import Host, build_host
from gateway.identity import Keyer
from gateway.intake.by_row import RowTaker
from gateway.intake.columns.taking import ColumnTaker
from gateway.intake.drift import Drift, is_past, sentence
from gateway.intake.interpret import TOLERANCE
from gateway.intake.keying import KeyedPage, Refusal
from gateway.roster.keymap import KeyMap
from gateway.settings import DatasetSettings, Settings


@dataclass(frozen=True)
class Taken:
    """What one page or file came to; the part is written but not yet committed.

    `contents` is an int64 hash of every row as it was sent, `accepted_keys` 16 bytes for every row taken.
    """

    part: Written | None
    received: int
    accepted: int
    refused: int
    matched: int
    strangers: int
    unknown_codes: dict[str, int]
    row_hashes: bytes = field(repr=False)
    refusals: tuple[Refusal, ...] = ()
    drift: Drift = field(default_factory=Drift)
    contents: bytes = field(default=b"", repr=False)
    accepted_keys: bytes = field(default=b"", repr=False)


class Bench:
    """Everything a worker needs: departments, key rings, the identity key and the roster's key map."""

    def __init__(
        self, settings: Settings, keymap: Path, host: Host | None = None, tolerance: timedelta = TOLERANCE
    ) -> None:
        self._settings = settings
        self._tolerance = tolerance
        self._host = host or build_host()
        self._keyer = Keyer(resolve(settings.gateway.identity_key))
        self._people = KeyMap.open(keymap)
        self._takers: dict[tuple[str, str], RowTaker | ColumnTaker] = {}
        self._rings = {name: KeyRing(found.keys) for name, found in settings.departments.items()}

    def page(self, department: str, dataset: str, payload: bytes, received_at: datetime) -> Taken:
        """Take one sealed page of a service.

        Raises:
            EnvelopeError: the page cannot be trusted or is not what the dataset says it is.
            RowsChanged: the dataset is to freeze where its rows change, and they have.
            StoreError: the part could not be written.
        """
        return self._store(*self.opened(department, dataset, payload, received_at))

    def opened(
        self, department: str, dataset: str, payload: bytes, received_at: datetime
    ) -> tuple[KeyedPage, Drift]:
        """What one sealed page of a service says; nothing is written.

        Raises:
            EnvelopeError, RowsChanged: as `page`.
        """
        described = self._dataset(department, dataset)
        keyed, drift = self._read(department, described, payload, received_at)
        self._freeze(department, described, keyed, drift)
        return keyed, drift

    def _read(
        self, department: str, dataset: Dataset, payload: bytes, received_at: datetime
    ) -> tuple[KeyedPage, Drift]:
        taker = self._taker(department, dataset)
        if not payload:
            return taker.take_rows([], received_at)
        plaintext = open_page(dataset, payload, self._rings[department])
        found = taker.take_text(plaintext, received_at) if dataset.read is None else None
        return found or taker.take_rows(read_rows(dataset, plaintext, json_rows), received_at)

    def manifest(self, department: str, raw: bytes) -> Manifest:
        """Read and verify a dropped file's manifest."""
        return read_manifest(raw, self._rings[department])

    def file(
        self, department: str, dataset: str, path: Path, manifest: Manifest, received_at: datetime
    ) -> Taken:
        """Take one dropped file.

        Raises:
            EnvelopeError: digest, signature, zip or row count are not what the manifest says.
            RowsChanged: as `page`.
            StoreError: the part could not be written.
        """
        described = self._dataset(department, dataset)
        plaintext = open_file(path, manifest, self._rings[department])
        rows = read_rows(described, plaintext, csv_rows)
        check_count(path.name, manifest, rows)
        taker = self._taker(department, described)
        return self._taken(department, described, *taker.take_rows(rows, received_at))

    def _dataset(self, department: str, dataset: str) -> Dataset:
        described = self._host.department(department).dataset(dataset)
        own = self._settings.departments[department].datasets.get(dataset, DatasetSettings())
        described = replace(described, name_check=own.name_check) if own.name_check else described
        if described.name_check == "masked" and not self._people.knows_shapes:
            raise ConfigError(f"{dataset}: its names are masked: import the roster again to compare them")
        return described

    def _taker(self, department: str, dataset: Dataset) -> RowTaker | ColumnTaker:
        """By column wherever that can be shown to come to the same, else row by row."""
        if (department, dataset.name) not in self._takers:
            means = (department, dataset, self._tolerance, self._keyer, self._people)
            self._takers[department, dataset.name] = ColumnTaker.of(*means) or RowTaker(*means)
        return self._takers[department, dataset.name]

    def _taken(self, department: str, dataset: Dataset, keyed: KeyedPage, drift: Drift) -> Taken:
        self._freeze(department, dataset, keyed, drift)
        return self._store(keyed, drift)

    def _freeze(self, department: str, dataset: Dataset, keyed: KeyedPage, drift: Drift) -> None:
        """Take nothing of a page whose rows have changed, if the dataset is set so."""
        rule = self._settings.drift(department, dataset.name)
        if rule.mode == "freeze" and is_past(drift.drifted, keyed.received, rule.share):
            what = sentence(keyed.unknown_codes, drift, keyed.received)
            step = (
                f"describe it in plugin {department}, or set `drift: warn` in departments/{department}.yaml"
            )
            raise RowsChanged(
                f"{dataset.name}: {what}: frozen, nothing of this page is taken; {step}, then run again"
            )

    def _store(self, keyed: KeyedPage, drift: Drift) -> Taken:
        folder = self._settings.gateway.evidence
        part = write_part(folder, "arrived", keyed.evidence) if keyed.evidence.num_rows else None
        return Taken(
            part=part,
            received=keyed.received,
            accepted=keyed.accepted,
            refused=keyed.refused,
            matched=keyed.matched,
            strangers=keyed.strangers,
            unknown_codes=keyed.unknown_codes,
            row_hashes=keyed.versions.tobytes(),
            refusals=keyed.refusals,
            drift=drift,
            contents=keyed.contents.tobytes(),
            accepted_keys=keyed.accepted_keys,
        )


Rows = Callable[[bytes], Sequence[object]]


def open_page(dataset: Dataset, payload: bytes, keys: KeyRing) -> bytes:
    """The plaintext of a sealed page, by the dataset's own `open` or the envelope it names.

    Raises:
        EnvelopeError: any doubt about the page; names the rule, never the text.
    """
    if dataset.open is None:
        return open_envelope(dataset.envelope, payload, keys)
    try:
        return dataset.open(payload, keys)
    except GatewayError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises, one dataset stops
        raise EnvelopeError(f"{dataset.name}: the page cannot be opened ({rule_of(error)})") from None


def read_rows(dataset: Dataset, plaintext: bytes, usual: Rows) -> Sequence[object]:
    """Cut a plaintext into rows: by the dataset's own `read`, where it says they are, or as is usual.

    Raises:
        EnvelopeError: the plaintext is not what the dataset says; names the rule, never the text.
    """
    inside = None if dataset.rows_in is None else partial(rows_inside, dataset.rows_in)
    try:
        return (dataset.read or inside or usual)(plaintext)
    except GatewayError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises, one dataset stops
        raise EnvelopeError(f"{dataset.name}: the opened page cannot be read ({rule_of(error)})") from None


def json_rows(plaintext: bytes) -> Sequence[object]:
    """A JSON array in UTF-8 as rows; a number stays as it is written, however long.

    Raises:
        ValueError: `json_form` or `json_array`.
    """
    rows = _json(plaintext)
    if not isinstance(rows, list):
        raise ValueError("json_array")  # noqa: TRY004 - a rule of reading, taken as ValueError by read_rows
    return rows


def rows_inside(member: str, plaintext: bytes) -> Sequence[object]:
    """The rows in a member of a JSON object in UTF-8, as `json_rows`; an empty reply has none.

    Raises:
        ValueError: `json_form` or `rows_form`.
    """
    page = _json(plaintext)
    rows = page.get(member, page) if isinstance(page, dict) else page
    if rows in (None, "", []):
        return []
    if rows is page or not isinstance(rows, list):
        raise ValueError("rows_form")
    return rows


def _json(plaintext: bytes) -> Any:
    try:
        return json.loads(plaintext, parse_int=NumberText, parse_float=NumberText)
    except ValueError:
        raise ValueError("json_form") from None


def check_count(file: str, manifest: Manifest, rows: Sequence[object]) -> None:
    """Check that a file holds the rows that its manifest promises.

    Raises:
        EnvelopeError: naming both numbers.
    """
    if len(rows) != manifest.rows:
        raise EnvelopeError(f"{file}: {len(rows)} rows, but the manifest says {manifest.rows}")


def csv_rows(plaintext: bytes) -> Sequence[object]:
    """A GB18030 CSV with a header row as rows; a row of another length becomes a list, to be refused.

    Raises:
        ValueError: `csv_encoding`, `csv_header` or `csv_form`.
    """
    try:
        text = plaintext.decode("gb18030")
    except UnicodeDecodeError:
        raise ValueError("csv_encoding") from None
    lines = csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    try:
        header = next(lines, [])
        rows = list(_mapped(header, lines))
    except csv.Error:
        raise ValueError("csv_form") from None
    if not header or len(set(header)) != len(header):
        raise ValueError("csv_header")
    return rows


def _mapped(header: list[str], lines: Iterator[list[str]]) -> Iterator[object]:
    for line in lines:
        if line:
            yield dict(zip(header, line, strict=True)) if len(line) == len(header) else line
