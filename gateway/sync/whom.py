"""Whether everybody is decided or only whom something has moved for, and who that is."""

from datetime import date
from typing import Final, Protocol

from gateway.decide.engine import Queries
from gateway.decide.engines import DuckEngine, Engine
from gateway.policy import Policy
from gateway.store.ledger import holders
from gateway.store.parts import live_parts
from gateway.sync.layers import standing
from gateway.sync.since import Since
from gateway.sync.station import Station
from gateway.sync.touching import TOUCHED, Looked, touch

_EVERYBODY: Final = 1.0


class Asked(Protocol):
    """What a decide run says of itself here."""

    @property
    def policy(self) -> Policy: ...
    @property
    def as_of(self) -> date: ...
    @property
    def queries(self) -> Queries: ...
    @property
    def since(self) -> Since: ...


def look(station: Station, engine: Engine, run: Asked) -> float:
    """Make the table TOUCHED in an engine that has none yet; gives the share of the benefits it comes to.

    Where everybody is decided there is no table, and the share is one.
    """
    if run.since.why_full is not None or not isinstance(engine, DuckEngine) or engine.has(TOUCHED):
        return _EVERYBODY
    with station.store.read() as conn:
        held = {*holders(conn), *run.since.revised}
        decided = live_parts(conn, "decided")
        benefits = sum(part.rows for part in live_parts(conn, "roster"))
    found = touch(
        engine.connection,
        Looked(
            folder=station.evidence,
            since=run.since,
            mattering=run.queries.mattering,
            standing=standing(station.evidence, decided),
            held=held,
            as_of=run.as_of,
            certificates=run.policy.identity.certificates_name_one.value,
        ),
    )
    return min(_EVERYBODY, found / max(benefits, 1))
