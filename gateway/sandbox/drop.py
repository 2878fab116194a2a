"""The justice department's folder: one sealed CSV per dataset and month, announced by an empty `.ok`."""

import csv
import io
import json
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path

from gateway.sandbox.columns import DATASETS, FILE_DATASETS
from gateway.sandbox.keys import SandboxKeys, Sender, forger_of
from gateway.sandbox.month import months_later
from gateway.sandbox.province import Province
from gateway.sandbox.sealing import Json, digest, sign_manifest, sm4_cbc_with_iv

_SUFFIX = ".zip.enc"
_BOMB = 16 * 2**20


class DropFault(StrEnum):
    """One way for a file to be refused (the last: not yet to be read)."""

    WRONG_DIGEST = "wrong_digest"
    BAD_SIGNATURE = "bad_signature"
    WRONG_ROW_COUNT = "wrong_row_count"
    SEQUENCE_GAP = "sequence_gap"
    PATH_IN_ZIP = "path_in_zip"
    ZIP_BOMB = "zip_bomb"
    MISSING_OK = "missing_ok"


@dataclass(frozen=True, slots=True)
class _File:
    """One file to be dropped."""

    dataset: str
    first: date
    seq: int
    mode: str
    rows: list[Json]
    columns: Sequence[str]

    @property
    def stem(self) -> str:
        return f"{self.dataset}_{self.first:%Y%m}_{self.seq:04d}"


def write_drop(
    folder: Path,
    province: Province,
    keys: SandboxKeys,
    *,
    until: datetime,
    generation: int = 0,
    fault: DropFault | None = None,
    fault_in: str = FILE_DATASETS[0],
) -> list[Path]:
    """Write the files of every month that ended by `until` (naive, Asia/Shanghai) and are not there yet.

    A fault spoils the newest file written for the dataset `fault_in`. Returns the sealed files written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sender = keys.senders["justice"][generation]
    written = []
    for dataset in FILE_DATASETS:
        files = list(_missing(folder, province, dataset, until))
        for file in files:
            spoilt = fault if file is files[-1] and dataset == fault_in else None
            written.append(_write(folder, file, sender, spoilt))
    return written


def drop_rows(
    folder: Path,
    dataset: str,
    rows: list[Json],
    columns: Sequence[str],
    sender: Sender,
    month: date = date(2026, 1, 1),
) -> Path:
    """Drop one file of rows as number 1 and of that month, and return the sealed file's path."""
    folder.mkdir(parents=True, exist_ok=True)
    return _write(folder, _File(dataset, month, 1, "full", rows, columns), sender, None)


def _missing(folder: Path, province: Province, dataset: str, until: datetime) -> Iterator[_File]:
    """Yield the files that a dataset lacks, month by month, their numbers going on from the last one."""
    present = {path.name.split("_")[-2]: path for path in folder.glob(f"{dataset}_*{_SUFFIX}")}
    seqs = [int(path.name.removesuffix(_SUFFIX).split("_")[-1]) for path in present.values()]
    seq, first = max(seqs, default=0), province.first_month
    while (after := months_later(first, 1)) <= until.date():
        if f"{first:%Y%m}" not in present:
            seq += 1
            since, end = (datetime.combine(day, time.min) for day in (first, after))
            rows = [row.fields for row in province.window(dataset, since, end, now=end)]
            mode = "full" if first == province.first_month else "increment"
            yield _File(dataset, first, seq, mode, rows, DATASETS[dataset].names)
        first = after


def _write(folder: Path, file: _File, sender: Sender, fault: DropFault | None) -> Path:
    if fault is DropFault.SEQUENCE_GAP:
        file = replace(file, seq=file.seq + 1)
    sealed = sm4_cbc_with_iv(sender.sm4, _zipped(file, fault))
    manifest = _manifest(file, sealed, sender, fault)
    path = folder / f"{file.stem}{_SUFFIX}"
    path.write_bytes(sealed)
    (folder / f"{file.stem}.manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    if fault is not DropFault.MISSING_OK:
        (folder / f"{file.stem}.ok").touch()
    return path


def _manifest(file: _File, sealed: bytes, sender: Sender, fault: DropFault | None) -> Json:
    manifest: Json = {
        "dataset": file.dataset,
        "period": f"{file.first:%Y%m}",
        "seq": file.seq,
        "mode": file.mode,
        "rows": len(file.rows) + (fault is DropFault.WRONG_ROW_COUNT),
        "bytes": len(sealed),
        "sm3": digest(sealed + b"." if fault is DropFault.WRONG_DIGEST else sealed),
        "kid": sender.kid,
    }
    return sign_manifest(manifest, forger_of(sender) if fault is DropFault.BAD_SIGNATURE else sender)


def _zipped(file: _File, fault: DropFault | None) -> bytes:
    name = f"../{file.dataset}.csv" if fault is DropFault.PATH_IN_ZIP else f"{file.dataset}.csv"
    content = _csv(file) + (b"\r\n" * (_BOMB // 2) if fault is DropFault.ZIP_BOMB else b"")
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        entry = zipfile.ZipInfo(name, (file.first.year, file.first.month, 28, 0, 0, 0))
        archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _csv(file: _File) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, file.columns)
    writer.writeheader()
    writer.writerows(file.rows)
    return text.getvalue().encode("gb18030")
