"""The same world decided by both engines, and how many rows of each kind differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from gateway.decide.columns import DECIDED
from gateway.decide.compared import Gaps
from gateway.decide.engine import BucketSources, compiled
from gateway.decide.engines import DIALECTS, DuckEngine, Engine
from gateway.decide.outcome import BucketOutcome
from gateway.evidence.columns import BUCKETS, RETIRED, STRANGERS
from gateway.evidence.engine import engine as duckdb_engine
from gateway.evidence.files import as_part, write_part
from gateway.evidence.live import certificates_misnamed, counting, scan
from gateway.policy import Policy
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part
from tests.integration.decide.lives import AS_OF
from tests.spark.world import Columns

_MADE: Final = datetime(2026, 6, 1)  # noqa: DTZ001 - the store holds naive Asia/Shanghai times
_FILES: Final = 4
_MEMORY_MB: Final = 2048
COMPARED: Final = Gaps()
_FIRST_RUN: Final = DECIDED.empty_table()
_MISNAMED: Final = "misnamed"


@dataclass(frozen=True)
class Laid:
    """A world as parts in a folder: what is decided from, and the names that certificates give wrongly."""

    sources: BucketSources
    misnamed: str


def laid(world: Columns, folder: Path, last: pa.Table = DECIDED.empty_table()) -> Laid:  # noqa: B008 - immutable
    """Write a world as parts; one record in a hundred was replaced by a version that is not there."""
    nobodys = pc.is_null(world.evidence["person"])
    settled = [*_parts(folder, "settled", world.evidence.filter(pc.invert(nobodys)), _FILES)]
    strangers = [*_parts(folder, "settled", world.evidence.filter(nobodys), 1, STRANGERS)]
    old = world.evidence.take(pa.array(range(0, world.evidence.num_rows, 100)))
    retired = [*_parts(folder, "retired", old.select(RETIRED.names).cast(RETIRED), 1)]
    roster = [*_parts(folder, "roster", world.roster, _FILES)]
    decided = [*_parts(folder, "decided", last, 1)] if last.num_rows else []
    sources = BucketSources(
        evidence=counting(folder, settled, retired, (strangers, []), _MISNAMED),
        roster=scan(folder, roster, ROSTER),
        decided=scan(folder, decided, DECIDED),
        ledger=world.ledger,
    )
    return Laid(sources, certificates_misnamed(folder, [*settled, *strangers], retired))


def by_duckdb(found: Laid, folder: Path, policy: Policy, gaps: Gaps = COMPARED) -> dict[int, BucketOutcome]:
    """What DuckDB decides."""
    with duckdb_engine(folder, _MEMORY_MB) as connection:
        return dict(decided_on(DuckEngine(connection), found, policy, "duckdb", gaps))


def decided_on(
    engine: Engine, found: Laid, policy: Policy, name: str, gaps: Gaps = COMPARED
) -> Iterator[tuple[int, BucketOutcome]]:
    """What an engine decides, bucket by bucket."""
    engine.keep(_MISNAMED, found.misnamed)
    queries = compiled(policy, AS_OF, gaps, DIALECTS[name])
    return engine.decide(found.sources, queries, range(BUCKETS))


def differing(one: pa.Table, other: pa.Table, key: Sequence[str]) -> int:
    """How many rows differ, whatever order they come in; types count only by what they hold."""
    assert one.column_names == other.column_names
    order = [(name, "ascending") for name in key]
    first, second = one.sort_by(order), other.cast(one.schema).sort_by(order)
    if first.num_rows != second.num_rows:
        return abs(int(first.num_rows) - int(second.num_rows))
    return 0 if first.equals(second) else _rows_apart(first, second)


def _rows_apart(one: pa.Table, other: pa.Table) -> int:
    return sum(mine != theirs for mine, theirs in zip(one.to_pylist(), other.to_pylist(), strict=True))


def _parts(folder: Path, stage: str, rows: pa.Table, files: int, bucket: int = 0) -> Iterator[Part]:
    size = -(-rows.num_rows // files)
    for number in range(files):
        written = write_part(folder, stage, rows.slice(number * size, size))
        yield as_part(written, stage, bucket, 1, _MADE)
