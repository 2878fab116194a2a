"""A roster file becomes the live roster: in one transaction, or not at all."""

import shutil
import tempfile
import uuid
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import duckdb

from gateway.clock import local
from gateway.errors import ConfigError, StoreError
from gateway.identity import Keyer
from gateway.places import Place, local_folder
from gateway.roster.encoding import Source, examine
from gateway.roster.fingerprint import check_fingerprint, fingerprint
from gateway.roster.keying import ColumnKeys
from gateway.roster.merging import Merge, Merged, Previous, merge
from gateway.roster.shapes import SUFFIX
from gateway.roster.staging import REPORTED, RefusedRow, Staged, stage
from gateway.store import counters
from gateway.store.database import Store
from gateway.store.faults import explain
from gateway.store.imports import RosterImport, add_import, last_import
from gateway.store.parts import BUCKETS, NO_BUCKET, Part, add_parts, live_parts, retire_parts

ROSTER_STAGE: Final = "roster"
KEYMAP_STAGE: Final = "keymap"
NUMBERS_STAGE: Final = "numbers"
SHAPES_STAGE: Final = "names"
_STAGES: Final = (ROSTER_STAGE, KEYMAP_STAGE, NUMBERS_STAGE, SHAPES_STAGE)
_COUNTER: Final = "roster"
_WORK: Final = ".import-"
_ABANDONED: Final = timedelta(days=1)


@dataclass(frozen=True)
class RosterReport:
    """What an import did.

    `rows` are those of the file, the refused ones included; of these, `new`, `changed` and `unmatchable`
    count benefits now live, `gone` those that no longer are. `refused` lists the first by line,
    `refused_total` counts all. `warnings` counts by column the values that could not be read and were left
    empty. `same` says that the file is byte for byte the last one.
    """

    rows: int
    new: int
    changed: int
    gone: int
    unmatchable: int
    refused: tuple[RefusedRow, ...]
    refused_total: int
    warnings: dict[str, int]
    same: bool


@dataclass(frozen=True)
class _Before:
    """The live roster an import starts from; `turn` tells whether another import came between."""

    turn: int
    parts: list[Part]
    last: RosterImport | None


def _silent(_: int) -> None:
    return


def import_roster(  # noqa: PLR0913 - what an import needs from its caller, each named
    path: Path,
    *,
    store: Store,
    folder: Place,
    keyer: Keyer,
    received_at: datetime,
    progress: Callable[[int], None] = _silent,
    encoding: str | None = None,
    benefits: Collection[str] | None = None,
    new_key: bool = False,
    shapes: bool = False,
) -> RosterReport:
    """Replace the live roster by a file's.

    `folder`: the evidence folder. `progress`: told the rows read so far. `benefits`: the known codes, a
    row with another is refused. `new_key`: take the identity key although another was used before; roster
    numbers stay, every benefit counts as changed, and datasets have to be read again. `shapes`: keep what
    masked names are compared with.

    Raises:
        ConfigError: the file is not a roster, holds no usable row, or the identity key is another.
        StoreError: the database or the disk failed, or another import came between; the old roster stands.
    """
    before = _before(store, keyer, new_key=new_key)
    source = examine(path, encoding)
    with _work_folder(local_folder(folder), received_at) as work:
        keyed = ColumnKeys(keyer, shapes=shapes)
        staged = stage(source, work / "staged.parquet", keyed, benefits, progress)
        with merge(
            work / "staged.parquet", _files(before, folder), local(received_at).date(), work
        ) as merged:
            found = merged.found()
            if found.rows == 0:
                raise ConfigError(
                    f"{path.name}: no usable row{_first(staged.refused)}; the roster stays as it was"
                )
            report = _report(source, before, staged, found)
            _commit(
                store,
                before,
                _written(merged, folder, received_at, shapes=shapes),
                _entry(source, report, keyer, received_at),
            )
    return report


def _before(store: Store, keyer: Keyer, *, new_key: bool) -> _Before:
    with store.read() as conn:
        if not new_key:
            check_fingerprint(conn, keyer)
        parts = [part for stage_name in _STAGES for part in live_parts(conn, stage_name)]
        return _Before(counters.value(conn, _COUNTER), parts, last_import(conn))


def _files(before: _Before, folder: Place) -> Previous:
    paths = {
        name: [folder / part.path for part in before.parts if part.stage == name and part.rows]
        for name in _STAGES
    }
    return Previous(paths[ROSTER_STAGE], paths[NUMBERS_STAGE])


@contextmanager
def _work_folder(folder: Path, now: datetime) -> Iterator[Path]:
    """A folder of this import's own beside the evidence, removed in the end; those of killed ones too."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for left in folder.glob(f"{_WORK}*"):
            if left.stat().st_mtime < (now - _ABANDONED).timestamp():
                shutil.rmtree(left, ignore_errors=True)
        with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder) as work:
            yield Path(work)
    except OSError as error:
        raise StoreError(f"evidence folder: {explain(error)}") from None
    except duckdb.OperationalError as error:
        line = f"evidence folder: the import's temporary tables failed ({type(error).__name__})"
        raise StoreError(f"{line}: free some space there, then import again") from None


def _written(merged: Merge, folder: Place, now: datetime, *, shapes: bool) -> list[Part]:
    name = uuid.uuid4().hex

    def part(stage_name: str, bucket: int, path: str, write: Callable[[Place], int]) -> Part:
        return Part(path, stage_name, None, bucket, path, write(folder / path), None, now)

    # beside the key map, under its name: whoever opens that finds it
    names = [part(SHAPES_STAGE, NO_BUCKET, f"roster/{name}{SUFFIX}", merged.write_shapes)] if shapes else []
    return [
        *[
            part(ROSTER_STAGE, bucket, f"roster/{name}-{bucket:02}.parquet", _bucket_writer(merged, bucket))
            for bucket in range(BUCKETS)
        ],
        part(NUMBERS_STAGE, NO_BUCKET, f"roster/{name}-numbers.parquet", merged.write_numbers),
        part(KEYMAP_STAGE, NO_BUCKET, f"roster/{name}.keymap", merged.write_keys),
        *names,
    ]


def _bucket_writer(merged: Merge, bucket: int) -> Callable[[Place], int]:
    return lambda path: merged.write_bucket(bucket, path)


def _commit(store: Store, before: _Before, parts: list[Part], entry: RosterImport) -> None:
    with store.begin() as conn:
        if counters.advance(conn, _COUNTER, 1) != before.turn + 1:
            raise StoreError("another roster import finished in the meantime: import this file again")
        retire_parts(conn, [part.part_id for part in before.parts], entry.imported_at)
        add_parts(conn, parts)
        add_import(conn, entry)


def _report(source: Source, before: _Before, staged: Staged, found: Merged) -> RosterReport:
    repeated = [RefusedRow(line, "benefit_id", "benefit_id_duplicate") for line in found.duplicates]
    refused = sorted([*staged.refused, *repeated], key=lambda each: each.line)[:REPORTED]
    warnings = {name: count for name, count in (staged.warnings | found.unreadable).items() if count}
    return RosterReport(
        rows=staged.rows,
        new=found.new,
        changed=found.changed,
        gone=found.gone,
        unmatchable=found.unmatchable,
        refused=tuple(refused),
        refused_total=staged.refused_total + found.duplicates_total,
        warnings=warnings,
        same=before.last is not None and before.last.file_sha256 == source.sha256,
    )


def _entry(source: Source, report: RosterReport, keyer: Keyer, now: datetime) -> RosterImport:
    return RosterImport(
        file_sha256=source.sha256,
        imported_at=local(now),
        as_of=local(now).date(),
        rows=report.rows,
        new=report.new,
        changed=report.changed,
        gone=report.gone,
        unmatchable=report.unmatchable,
        refused=report.refused_total,
        key_fingerprint=fingerprint(keyer),
    )


def _first(refused: list[RefusedRow]) -> str:
    return f" (line {refused[0].line}: {refused[0].rule})" if refused else ""
