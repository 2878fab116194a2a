"""The list of people whom another channel is to reach, from what was decided last."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from heapq import merge
from itertools import islice
from typing import Any, Final

import duckdb
from sqlalchemy import Connection

from gateway.decide.engines import DuckTables
from gateway.decide.outreach import outreach_query
from gateway.errors import ConfigError
from gateway.evidence.columns import BUCKETS
from gateway.evidence.engine import engine
from gateway.policy import load_policy
from gateway.store import decisions, runs
from gateway.sync.sources import bucket_input, together
from gateway.sync.station import Station

_VIEWS: Final = ("evidence", "roster", "decided")
LISTED: Final = ("benefit_id", "county", "valid_until", "weakly_seen_on", "suggested_channel", "holds")


@dataclass(frozen=True)
class Reach:
    """Whom to list: of one county or of all, at most so many."""

    county: str | None = None
    limit: int = 100


def outreach(station: Station, wanted: Reach) -> list[dict[str, Any]]:
    """The uncovered benefits, whoever was never or longest ago seen by weak evidence first; see LISTED.

    Raises:
        ConfigError: nothing was decided yet.
        StoreError: the evidence folder cannot be read.
    """
    with station.store.read() as conn:
        as_of = runs.last_decided(conn)
    if as_of is None:
        raise ConfigError("nothing was decided yet: run `gateway run` first")
    rows = merge(*_found(station, wanted, as_of), key=_first)  # each bucket's rows are in this order already
    with station.store.read() as conn:
        return [_shown(conn, row) for row in islice(rows, wanted.limit)]


def _found(station: Station, wanted: Reach, as_of: date) -> Iterator[list[dict[str, Any]]]:
    policy = load_policy(station.settings.folder)
    query = outreach_query(policy, as_of, wanted.county, wanted.limit)
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connection:
        with station.store.read() as conn:
            groups = [*together(conn, range(BUCKETS))]
        for group in groups:
            with station.store.read() as conn:
                sources = bucket_input(station, conn, DuckTables(connection), group, policy, as_of).sources
            yield _rows(connection, {name: getattr(sources, name) for name in _VIEWS}, query)


def _rows(connection: duckdb.DuckDBPyConnection, views: dict[str, str], query: str) -> list[dict[str, Any]]:
    for name, rows in views.items():
        connection.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {rows}")
    found: list[dict[str, Any]] = connection.sql(query).to_arrow_table().to_pylist()
    return found


def _first(row: dict[str, Any]) -> tuple[date, date, str]:
    """The order of the query: who was never seen comes before everybody."""
    return row["weakly_seen_on"] or date.min, row["valid_until"] or date.min, row["benefit_id"]


def _shown(conn: Connection, row: dict[str, Any]) -> dict[str, Any]:
    decided = decisions.current(conn, row["benefit_id"])
    body = decided.body if decided else {}
    return row | {"suggested_channel": body.get("suggested_channel"), "holds": body.get("holds", [])}
