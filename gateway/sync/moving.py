"""Benefits whose holder has another number now: what stands about them lies in the bucket of the one before.

Buckets are decided apart from each other. A corrected roster may name another holder, and so another bucket;
the last decision and the ledger's entries must come along, or the benefit would be told about as a new one
and what holds it forgotten.
"""

from collections.abc import Collection
from typing import Final, Protocol

import pyarrow as pa

from gateway.decide.columns import DECIDED
from gateway.decide.engines import DuckEngine, Engine
from gateway.evidence.columns import BUCKETS
from gateway.evidence.live import scan
from gateway.roster.columns import ROSTER
from gateway.store import ledger
from gateway.store.parts import live_parts
from gateway.store.revisions import revisions_of
from gateway.sync.layers import standing
from gateway.sync.since import Since
from gateway.sync.standing import with_revisions
from gateway.sync.station import Station

MOVED: Final = "moved"
"""The table of the last decisions of benefits that are no longer on the roster of their bucket: DECIDED."""

_COLUMNS: Final = ", ".join(DECIDED.names)


class Asked(Protocol):
    """What a decide run says of itself here."""

    @property
    def since(self) -> Since: ...


def follow(station: Station, engine: Engine, run: Asked) -> bool:
    """Make the table MOVED in an engine that has none, and let the ledger's entries follow their benefits.

    Says whether there is the table: not where the roster is that of the last run, nor where the engine
    decides all buckets at once.
    """
    if not run.since.roster_changed:
        return False
    if not isinstance(engine, DuckEngine):
        _move_entries(station, engine)
        return False
    if not engine.has(MOVED):
        _move_entries(station, engine)
        _gather(station, engine)
    return True


def with_moved(last: str, roster: str, buckets: Collection[int]) -> str:
    """SQL of the last decisions of some buckets, and of those made in others about who is here now."""
    here = ", ".join(map(str, buckets))
    elsewhere = f"SELECT {_COLUMNS} FROM {MOVED} WHERE person % {BUCKETS} NOT IN ({here})"  # noqa: S608 - our own
    return (
        f"SELECT {_COLUMNS} FROM ({last}) UNION ALL "  # noqa: S608 - our own SQL
        f"SELECT {_COLUMNS} FROM ({elsewhere}) "
        f"SEMI JOIN (SELECT benefit_id FROM ({roster})) USING (benefit_id)"
    )


def moved_from(bucket: int) -> str:
    """SQL of the last decisions that a bucket has about benefits no longer on its roster."""
    return f"FROM {MOVED} WHERE person % {BUCKETS} = {bucket}"


def _gather(station: Station, engine: DuckEngine) -> None:
    """Bucket by bucket, so that memory holds one roster at a time."""
    folder = station.evidence
    engine.keep(MOVED, scan(folder, [], DECIDED))
    for bucket in range(BUCKETS):
        with station.store.read() as conn:
            decided, roster = (live_parts(conn, stage, bucket) for stage in ("decided", "roster"))
            last = with_revisions(engine, standing(folder, decided), revisions_of(conn, bucket))
        here = f"SELECT benefit_id FROM ({scan(folder, roster, ROSTER)})"  # noqa: S608 - our own SQL
        gone = f"SELECT {_COLUMNS} FROM ({last}) ANTI JOIN ({here}) USING (benefit_id)"  # noqa: S608 - our own
        engine.connection.execute(f"INSERT INTO {MOVED} {gone}")


def _move_entries(station: Station, engine: Engine) -> None:
    with station.store.read() as conn:
        known = ledger.held_by(conn)
        parts = live_parts(conn, "roster")
    if not known:
        return
    engine.register("entries_about", pa.table({"benefit_id": pa.array([benefit for benefit, _ in known])}))
    roster = scan(station.evidence, parts, ROSTER)
    found = engine.table(
        f"SELECT benefit_id, person FROM ({roster}) SEMI JOIN entries_about USING (benefit_id)"  # noqa: S608 - our own
    )
    now = dict(zip(found["benefit_id"].to_pylist(), found["person"].to_pylist(), strict=True))
    turned = {benefit: now[benefit] for benefit, person in known if now.get(benefit, person) != person}
    if turned:
        with station.store.begin() as conn:
            ledger.follow(conn, turned)
