"""Runs the rules over buckets of Parquet parts on in-process DuckDB: memory is bounded by their size."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import lru_cache
from hashlib import sha256
from typing import Final

import duckdb
import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.expression import decide, mattering
from gateway.decide.lives import telling
from gateway.decide.outcome import BucketOutcome
from gateway.decide.references import REFERENCES, TOUCHED, references
from gateway.errors import StoreError
from gateway.evidence.columns import BUCKETS, EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER

_ANY_DAY: Final = "MAKE_DATE(1, 2, 3)"
"""How a template writes the as-of date; no rule names that day."""

_FEW: Final = 0.25
"""Up to this share of changed decisions, what is behind them is read apart from the rest."""


@dataclass(frozen=True)
class BucketSources:
    """What some buckets are decided from: SQL of the evidence that counts, the roster, the last decisions.

    `ledger` (LEDGER) is what people did about their benefits. The others are quicker ways to some rows of the
    evidence: `settled` is all rows there are, `told` and `behind` the counting ones among those of the tables
    `rare` (the telling ones) and `own` (those of people whose decision changed). Where few people are looked
    at, `kept` is SQL of their rows by name: tables are made of it first, and the others read these.
    `revised` are benefits whose row no part has yet, though it may be the last one.
    """

    evidence: str
    roster: str
    decided: str
    ledger: pa.Table = field(repr=False)
    settled: str | None = None
    told: str | None = None
    behind: str | None = None
    kept: Mapping[str, str] = field(default_factory=dict)
    revised: Sequence[str] = field(default=(), repr=False)


@dataclass(frozen=True)
class Queries:
    """The rules compiled to SQL over the views `evidence`, `told`, `roster`, `decided`, `ledger`, `changed`.

    `told` is over `evidence`, `roster` and `ledger` and makes the view of that name, which the others read
    many times; `mattering` is over `evidence` alone: the persons whose decisions some of these rows can
    change. `rules` is a hash of all four, without the day: runs of equal hashes decide by the same rules.
    """

    told: str
    mattering: str
    decide: str
    references: str
    rules: str


def connect(memory_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """An in-process DuckDB that loads nothing from outside; `memory_mb` bounds what it takes."""
    bound: dict[str, str] = {} if memory_mb is None else {"memory_limit": f"{memory_mb}MiB"}
    nothing_loaded = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}
    return duckdb.connect(":memory:", config={**nothing_loaded, **bound})


def compiled(policy: Policy, as_of: date, gaps: Gaps, dialect: str = "duckdb") -> Queries:
    """Compile the rules once for all buckets of a run, to a dialect by Ibis' name."""
    return of_day(compiled_for_any_day(policy, gaps, dialect), as_of)


def of_day(template: Queries, as_of: date) -> Queries:
    """The queries of a day, out of those of any day."""
    day = f"MAKE_DATE({as_of.year}, {as_of.month}, {as_of.day})"
    decide, references = (query.replace(_ANY_DAY, day) for query in (template.decide, template.references))
    return replace(template, decide=decide, references=references)


@lru_cache(maxsize=4)
def compiled_for_any_day(policy: Policy, gaps: Gaps, dialect: str) -> Queries:
    """The queries of any day: to compile takes seconds, and the day stands in them as a constant only."""
    evidence, told = named_table(EVIDENCE, "evidence"), named_table(EVIDENCE, "told")
    roster = named_table(ROSTER, "roster")
    last, ledger = named_table(DECIDED, "decided"), named_table(LEDGER, "ledger")
    any_day = date(1, 2, 3)
    decided = decide(evidence, told, roster, last, ledger, policy, any_day, gaps)
    changed = ibis.table({name: decided.schema()[name] for name in TOUCHED}, name="changed")
    behind = references(changed, evidence, told, roster, ledger, policy, any_day)
    queries = {
        "told": telling(evidence, roster, ledger, policy),
        "mattering": mattering(evidence, policy),
        "decide": decided,
        "references": behind,
    }
    written = {
        name: str(ibis.to_sql(query, dialect=dialect, pretty=False)) for name, query in queries.items()
    }
    return Queries(**written, rules=hash_of_rules(written))


def hash_of_rules(written: Mapping[str, str]) -> str:
    """A hash of the four queries of any day, in the order of `Queries`."""
    return sha256("\n".join(written.values()).encode()).hexdigest()


def decide_bucket(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries
) -> BucketOutcome:
    """Decide every benefit of a bucket with the rules as compiled, and give the state of each.

    Raises:
        StoreError: a part cannot be read, or memory or disk ran out.
    """
    return _outcome(*_run(connection, sources, queries))


def decide_buckets(
    connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries, buckets: Sequence[int]
) -> Iterator[tuple[int, BucketOutcome]]:
    """Decide several buckets at once, since to plan the rules costs more than to decide a small bucket.

    Of most benefits nothing has become another: only the others' rows leave the engine.

    Raises:
        StoreError: as `decide_bucket`.
    """
    connection.register("revised_now", pa.table({"benefit_id": pa.array(sources.revised, pa.string())}))
    differing = f"SELECT * FROM ({queries.decide}) WHERE stored OR benefit_id IN (FROM revised_now)"  # noqa: S608 - our own
    decided, behind = _run(connection, sources, replace(queries, decide=differing))
    if len(buckets) == 1:
        yield buckets[0], _outcome(decided, behind)
        return
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
    for name, rows in sources.kept.items():
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {rows}")
    connection.register("ledger", sources.ledger)
    _show(connection, roster=sources.roster, decided=sources.decided)
    _tell(connection, sources, queries)
    _show(connection, evidence=sources.evidence)
    decided = connection.sql(queries.decide).to_arrow_table()
    # of a first run every row is a changed one: another copy of what is not needed would double it
    changed = decided.select([*TOUCHED, "person"]).filter(decided["changed"])
    connection.register("changed", changed.select(TOUCHED))
    if sources.behind and changed.num_rows <= _FEW * _count(connection, "roster"):
        _narrow(connection, sources, changed)
    return decided, connection.sql(queries.references).to_arrow_table().cast(REFERENCES)


def _narrow(connection: duckdb.DuckDBPyConnection, sources: BucketSources, changed: pa.Table) -> None:
    """Leave in `evidence` and `roster` what is about the people whose decision changed, read once for it."""
    connection.register("whose", changed.select(["person"]))
    for name, rows in (("own", sources.settled), ("own_roster", sources.roster)):
        mine = f"SELECT * FROM ({rows}) SEMI JOIN whose USING (person)"  # noqa: S608 - our own SQL
        connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {mine}")
    _show(connection, evidence=str(sources.behind), roster="FROM own_roster")


def _tell(connection: duckdb.DuckDBPyConnection, sources: BucketSources, queries: Queries) -> None:
    """The table `told`; where there is a quicker way the parts are read once for it, not for each rule."""
    name, rows = ("rare", sources.settled) if sources.told else ("told", sources.evidence)
    _show(connection, evidence=str(rows))
    connection.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS {queries.told}")
    if sources.told:
        connection.execute(f"CREATE OR REPLACE TEMP TABLE told AS {sources.told}")


def _count(connection: duckdb.DuckDBPyConnection, name: str) -> int:
    ((count,),) = connection.sql(f"SELECT count(*) FROM {name}").fetchall()  # noqa: S608 - our own names
    return int(count)


def _show(connection: duckdb.DuckDBPyConnection, **views: str) -> None:
    """Let the rules see these rows under these names."""
    for name, rows in views.items():
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {rows}")


def _outcome(decided: pa.Table, behind: pa.Table) -> BucketOutcome:
    state = decided.select(DECIDED.names).cast(DECIDED)
    every = pc.all(decided["changed"]).as_py()
    return BucketOutcome(state, decided if every else decided.filter(decided["changed"]), behind)


def named_table(schema: pa.Schema, name: str) -> ir.Table:
    """A named table of this schema; Ibis knows no binary of a fixed size, unites nullable columns."""
    return ibis.table(
        ibis.Schema.from_pyarrow(pa.schema([_known_to_ibis(field) for field in schema])), name=name
    )


def _known_to_ibis(field: pa.Field) -> pa.Field:
    kept = pa.binary() if pa.types.is_fixed_size_binary(field.type) else field.type
    return pa.field(field.name, kept)
