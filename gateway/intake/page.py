"""What a worker does with one sealed page or file: open, read, interpret, key, write.

Only bytes, paths and counts cross between the processes; every worker builds its own bench.
"""

import csv
import io
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

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
from gateway.intake.drift import Drift, DriftWatch, is_past, sentence
from gateway.intake.interpret import TOLERANCE, RowReader
from gateway.intake.keying import Keyed, Refusal, RowKeyer
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
        self._rings = {name: KeyRing(found.keys) for name, found in settings.departments.items()}

    def page(self, department: str, dataset: str, payload: bytes, received_at: datetime) -> Taken:
        """Take one sealed page of a service.

        Raises:
            EnvelopeError: the page cannot be trusted or is not what the dataset says it is.
            RowsChanged: the dataset is to freeze where its rows change, and they have.
            StoreError: the part could not be written.
        """
        described = self._dataset(department, dataset)
        if not payload:
            return self._taken(department, described, [], received_at)
        plaintext = open_page(described, payload, self._rings[department])
        return self._taken(department, described, read_rows(described, plaintext, json_rows), received_at)

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
        return self._taken(department, described, rows, received_at)

    def _dataset(self, department: str, dataset: str) -> Dataset:
        described = self._host.department(department).dataset(dataset)
        own = self._settings.departments[department].datasets.get(dataset, DatasetSettings())
        described = replace(described, name_check=own.name_check) if own.name_check else described
        if described.name_check == "masked" and not self._people.knows_shapes:
            raise ConfigError(f"{dataset}: its names are masked: import the roster again to compare them")
        return described

    def _taken(
        self, department: str, dataset: Dataset, rows: Sequence[object], received_at: datetime
    ) -> Taken:
        keyed, drift = self._keyed(department, dataset, rows, received_at)
        self._freeze(department, dataset, keyed, drift)
        return self._store(keyed, drift)

    def _keyed(
        self, department: str, dataset: Dataset, rows: Sequence[object], received_at: datetime
    ) -> tuple[Keyed, Drift]:
        reader = RowReader(dataset, self._tolerance)
        keyer = RowKeyer(department, dataset, self._keyer, self._people)
        watch = DriftWatch(dataset)
        keyed = Keyed()
        for raw in rows:
            reading = reader.read(raw, received_at)
            watch.see(raw, reading)
            keyer.take(keyed, reading, raw, received_at)
        return keyed, watch.found(rows)

    def _freeze(self, department: str, dataset: Dataset, keyed: Keyed, drift: Drift) -> None:
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

    def _store(self, keyed: Keyed, drift: Drift) -> Taken:
        folder = self._settings.gateway.evidence
        part = write_part(folder, "arrived", keyed.evidence()) if keyed.rows else None
        return Taken(
            part=part,
            received=keyed.received,
            accepted=keyed.accepted,
            refused=keyed.refused,
            matched=keyed.matched,
            strangers=keyed.strangers,
            unknown_codes=keyed.unknown_codes,
            row_hashes=keyed.row_hashes(),
            refusals=tuple(keyed.refusals),
            drift=drift,
            contents=keyed.content_hashes(),
            accepted_keys=b"".join(keyed.accepted_keys),
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
    """Cut a plaintext into rows, by the dataset's own `read` or the usual one of its shape.

    Raises:
        EnvelopeError: the plaintext is not what the dataset says; names the rule, never the text.
    """
    try:
        return (dataset.read or usual)(plaintext)
    except GatewayError:
        raise
    except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises, one dataset stops
        raise EnvelopeError(f"{dataset.name}: the opened page cannot be read ({rule_of(error)})") from None


def json_rows(plaintext: bytes) -> Sequence[object]:
    """A JSON array in UTF-8 as rows; a number stays as it is written, however long.

    Raises:
        ValueError: `json_form` or `json_array`.
    """
    try:
        rows = json.loads(plaintext, parse_int=NumberText, parse_float=NumberText)
    except ValueError:
        raise ValueError("json_form") from None
    if not isinstance(rows, list):
        raise ValueError("json_array")  # noqa: TRY004 - a rule of reading, taken as ValueError by read_rows
    return rows


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
