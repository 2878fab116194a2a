"""What the rules are asked of: a Parquet file for each table, from a month that was read and settled."""

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq

from bench.cache import cache_folder, landing_of
from bench.data.calendar import Month
from bench.data.landing import VERSION, land
from bench.hub import serving
from bench.site import ROOT, BenchSite, open_site
from gateway.cli.context import open_station
from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import named_table
from gateway.decide.engines import DuckTables
from gateway.decide.expression import decide
from gateway.decide.lives import telling
from gateway.evidence.columns import BUCKETS, EVIDENCE
from gateway.evidence.engine import engine
from gateway.policy import load_policy
from gateway.roster.columns import ROSTER
from gateway.sync.sources import bucket_input

Say = Callable[[str], None]
MONTH: Final = Month(0)
TABLES: Final = {"evidence": EVIDENCE, "roster": ROSTER, "decided": DECIDED, "ledger": LEDGER}
_MEMORY_MB: Final = 2_048


def inputs(benefits: int, say: Say) -> Path:
    """The folder of the tables; made by a sync of the first month where they are not there yet."""
    folder = cache_folder() / f"tables-v{VERSION}-{benefits}"
    if not folder.exists():
        landing = landing_of(benefits)
        land(landing, MONTH, say)
        with tempfile.TemporaryDirectory(prefix="bench-") as place, serving(landing, [MONTH]) as url:
            site = open_site(Path(place), landing, url)
            site.drop(MONTH)
            say("roster import")
            site.command("roster", "import", str(landing.roster))
            say("sync")
            site.command("sync", "--until", f"{MONTH.until:%Y-%m-%d}")
            _export(site, folder)
    return folder


def _export(site: BenchSite, folder: Path) -> None:
    unfinished = folder.with_suffix(".unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    station = open_station(site.config)
    policy = load_policy(site.config)
    with engine(station.evidence, _MEMORY_MB) as connection, station.store.read() as conn:
        given = bucket_input(
            station, conn, DuckTables(connection), range(BUCKETS), policy, MONTH.as_of
        ).sources
        for name in ("evidence", "roster"):
            connection.sql(getattr(given, name)).write_parquet(str(unfinished / f"{name}.parquet"))
    for name in ("decided", "ledger"):
        pq.write_table(_plain(TABLES[name]).empty_table(), unfinished / f"{name}.parquet")
    unfinished.rename(folder)


def _plain(schema: pa.Schema) -> pa.Schema:
    """Binary columns of any length: not every engine reads those of a fixed one."""
    return pa.schema([_of_any_length(field) for field in schema])


def _of_any_length(field: pa.Field) -> pa.Field:
    return pa.field(field.name, pa.binary()) if pa.types.is_fixed_size_binary(field.type) else field


@dataclass(frozen=True)
class Asked:
    """The rules in an engine's SQL: what is kept as the table `told` first, then decisions, counted."""

    told: str
    counted: str


def asked(dialect: str) -> Asked:
    """The rules over tables of these names."""
    tables = {name: named_table(schema, name) for name, schema in TABLES.items()}
    policy = load_policy(ROOT / "config")
    told = telling(tables["evidence"], tables["roster"], tables["ledger"], policy)
    decided = decide(
        tables["evidence"],
        named_table(EVIDENCE, "told"),
        tables["roster"],
        tables["decided"],
        tables["ledger"],
        policy,
        MONTH.as_of,
        Gaps((), ()),
    )
    both = told, counted(decided)
    return Asked(*(str(ibis.to_sql(each, dialect=dialect, pretty=False)) for each in both))


def counted(decided: ir.Table) -> ir.Table:
    """How many benefits each decision, reason and day has, so that engines can be compared."""
    named = ["decision", "reason", "certified_on"]
    return decided.group_by(named).agg(benefits=decided.count()).select(*named, "benefits")
