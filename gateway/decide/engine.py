"""Runs the rules over one bucket of Parquet parts on in-process DuckDB; memory is bounded by the bucket."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa

from gateway.decide.columns import DECIDED
from gateway.decide.expression import decide
from gateway.decide.references import REFERENCES, TOUCHED, references
from gateway.errors import StoreError
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER


@dataclass(frozen=True)
class BucketSources:
    """SQL of what a bucket is decided from: the evidence that counts, its roster, its last decisions."""

    evidence: str
    roster: str
    decided: str


@dataclass(frozen=True)
class BucketOutcome:
    """What one bucket was decided to be.

    `state` has the DECIDED columns for all benefits, `changed` those and the BESIDE columns for the changed
    ones only, `references` the rows of evidence behind the changed ones.
    """

    state: pa.Table
    changed: pa.Table
    references: pa.Table


@dataclass(frozen=True)
class Queries:
    """The rules compiled to SQL over the views `evidence`, `roster`, `decided` and `changed`."""

    decide: str
    references: str


def connect(memory_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-process DuckDB that loads nothing from outside; `memory_mb` bounds what it takes."""
    bound: dict[str, str] = {} if memory_mb is None else {"memory_limit": f"{memory_mb}MiB"}
    nothing_loaded = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(":memory:", config={**nothing_loaded, **bound})


def compiled(policy: Policy, as_of: date, uncompared: Sequence[str]) -> Queries:
    """Compile the rules once for all buckets of a run."""
    evidence, roster, last = (
        _table(EVIDENCE, "evidence"),
        _table(ROSTER, "roster"),
        _table(DECIDED, "decided"),
    )
    decided = decide(evidence, roster, last, policy, as_of, uncompared)
    changed = ibis.table({name: decided.schema()[name] for name in TOUCHED}, name="changed")
    behind = references(changed, evidence, policy, as_of)
    return Queries(*(str(ibis.to_sql(query, dialect="duckdb", pretty=False)) for query in (decided, behind)))


def decide_bucket(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries
) -> BucketOutcome:
    """Decide every benefit of a bucket with the rules as compiled.

    Raises:
        StoreError: a part cannot be read, or memory or disk ran out.
    """
    try:
        return _run(connection, sources, queries)
    except (duckdb.IOException, duckdb.InvalidInputException, duckdb.OutOfMemoryException) as error:
        raise StoreError(f"a bucket could not be decided ({type(error).__name__})") from None


def _run(connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries) -> BucketOutcome:
    for name, sql in vars(sources).items():
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {sql}")
    decided = connection.sql(queries.decide).to_arrow_table()
    changed = decided.filter(decided["changed"])
    connection.register("changed", changed.select(TOUCHED))
    behind = connection.sql(queries.references).to_arrow_table()
    return BucketOutcome(
        state=decided.select(DECIDED.names).cast(DECIDED),
        changed=changed,
        references=behind.cast(REFERENCES),
    )


def _table(schema: pa.Schema, name: str) -> ir.Table:
    """A named table of this schema; Ibis knows no binary of a fixed size."""
    fields = [
        field.with_type(pa.binary()) if pa.types.is_fixed_size_binary(field.type) else field
        for field in schema
    ]
    return ibis.table(ibis.Schema.from_pyarrow(pa.schema(fields)), name=name)
