"""Runs the rules over buckets of Parquet parts on in-process DuckDB: memory is bounded by their size."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.expression import decide
from gateway.decide.outcome import BucketOutcome
from gateway.decide.references import REFERENCES, TOUCHED, references
from gateway.errors import StoreError
from gateway.evidence.columns import BUCKETS, EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER

_ANY_DAY: Final = "MAKE_DATE(1, 2, 3)"
"""How a template writes the as-of date; no rule names that day."""


@dataclass(frozen=True)
class BucketSources:
    """What some buckets are decided from: SQL of the evidence that counts, the roster, the last decisions.

    `ledger` (LEDGER) is what people did about their benefits.
    """

    evidence: str
    roster: str
    decided: str
    ledger: pa.Table


@dataclass(frozen=True)
class Queries:
    """The rules compiled to SQL over the views `evidence`, `roster`, `decided`, `ledger`, `changed`."""

    decide: str
    references: str


def connect(memory_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-process DuckDB that loads nothing from outside; `memory_mb` bounds what it takes."""
    bound: dict[str, str] = {} if memory_mb is None else {"memory_limit": f"{memory_mb}MiB"}
    nothing_loaded = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(":memory:", config={**nothing_loaded, **bound})


def compiled(policy: Policy, as_of: date, gaps: Gaps) -> Queries:
    """Compile the rules once for all buckets of a run."""
    template = _template(policy, gaps)
    day = f"MAKE_DATE({as_of.year}, {as_of.month}, {as_of.day})"
    return Queries(template.decide.replace(_ANY_DAY, day), template.references.replace(_ANY_DAY, day))


@lru_cache(maxsize=4)
def _template(policy: Policy, gaps: Gaps) -> Queries:
    """The queries of any day: to compile takes seconds, and the day stands in them as a constant only."""
    evidence, roster = named_table(EVIDENCE, "evidence"), named_table(ROSTER, "roster")
    last, ledger = named_table(DECIDED, "decided"), named_table(LEDGER, "ledger")
    any_day = date(1, 2, 3)
    decided = decide(evidence, roster, last, ledger, policy, any_day, gaps)
    changed = ibis.table({name: decided.schema()[name] for name in TOUCHED}, name="changed")
    behind = references(changed, evidence, roster, ledger, policy, any_day)
    return Queries(*(str(ibis.to_sql(query, dialect="duckdb", pretty=False)) for query in (decided, behind)))


def decide_bucket(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries
) -> BucketOutcome:
    """Decide every benefit of a bucket with the rules as compiled.

    Raises:
        StoreError: a part cannot be read, or memory or disk ran out.
    """
    return _outcome(*_run(connection, sources, queries))


def decide_buckets(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries, buckets: Sequence[int]
) -> Iterator[tuple[int, BucketOutcome]]:
    """Decide several buckets at once, since to plan the rules costs more than to decide a small bucket.

    Raises:
        StoreError: as `decide_bucket`.
    """
    decided, behind = _run(connection, sources, queries)
    numbers = decided["person"].to_numpy() % BUCKETS
    for bucket in buckets:
        here = decided.filter(pa.array(numbers == bucket))
        own = behind.filter(pc.is_in(behind["benefit_id"], value_set=here["benefit_id"]))
        yield bucket, _outcome(here, own)


def _run(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries
) -> tuple[pa.Table, pa.Table]:
    try:
        return _queried(connection, sources, queries)
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException) as error:
        raise StoreError(f"a bucket could not be decided ({type(error).__name__})") from None


def _queried(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries
) -> tuple[pa.Table, pa.Table]:
    """Every decision, and the evidence behind the changed ones."""
    for name in ("evidence", "roster", "decided"):
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {getattr(sources, name)}")
    connection.register("ledger", sources.ledger)
    decided = connection.sql(queries.decide).to_arrow_table()
    changed = decided.filter(decided["changed"])
    connection.register("changed", changed.select(TOUCHED))
    return decided, connection.sql(queries.references).to_arrow_table().cast(REFERENCES)


def _outcome(decided: pa.Table, behind: pa.Table) -> BucketOutcome:
    state = decided.select(DECIDED.names).cast(DECIDED)
    return BucketOutcome(state, decided.filter(decided["changed"]), behind)


def named_table(schema: pa.Schema, name: str) -> ir.Table:
    """A named table of this schema; Ibis knows no binary of a fixed size, unites nullable columns."""
    return ibis.table(
        ibis.Schema.from_pyarrow(pa.schema([_known_to_ibis(field) for field in schema])), name=name
    )


def _known_to_ibis(field: pa.Field) -> pa.Field:
    kept = pa.binary() if pa.types.is_fixed_size_binary(field.type) else field.type
    return pa.field(field.name, kept)
