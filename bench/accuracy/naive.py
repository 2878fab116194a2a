"""Two rules that need no reading of the notice, on the very rows that the gateway has.

Both know a person by the ID number alone and take whatever is newest.
"""

from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa

from bench.accuracy.chance import Flags
from gateway.evidence.columns import STRANGERS
from gateway.evidence.engine import engine
from gateway.evidence.live import counting, scan
from gateway.roster.columns import ROSTER
from gateway.store.parts import BUCKETS, live_parts
from gateway.sync.station import Station

ANY_ADVERSE: Final = "any adverse row"
MAJORITY: Final = "majority of departments"
_MONTHS: Final = 12

_QUERY: Final = """
WITH said AS (
    SELECT person, department, polarity, kind, strength, coalesce(happened_on, latest, began_on) AS day
    FROM ({evidence})
    WHERE person IS NOT NULL AND polarity IN ('adverse', 'of_life')
      AND coalesce(happened_on, latest, began_on) <= DATE '{as_of}'
), votes AS (
    SELECT person, arg_max(polarity, (day, polarity)) AS vote FROM said
    WHERE day > DATE '{as_of}' - INTERVAL {months} MONTH GROUP BY person, department
), counted AS (
    SELECT person, count_if(vote = 'adverse') AS against, count_if(vote = 'of_life') AS alive
    FROM votes GROUP BY person
), facts AS (
    SELECT person, bool_or(polarity = 'adverse') AS adverse,
        coalesce(bool_or(kind = 'death'), false) AS death,
        max(day) FILTER (polarity = 'of_life') AS seen_on
    FROM said GROUP BY person
), people AS (SELECT DISTINCT person, person_no FROM ({roster}))
SELECT person_no, adverse, death, coalesce(against, 0) AS against, coalesce(alive, 0) AS alive,
    coalesce(seen_on > DATE '{as_of}' - INTERVAL {months} MONTH, false) AS seen
FROM people JOIN facts USING (person) LEFT JOIN counted USING (person)
"""


@dataclass(frozen=True)
class Verdict:
    """What a rule says of each person: suspected (of a death, of anything) and silently certified."""

    suspected: Flags
    of_death: Flags
    certified: Flags


def verdicts(station: Station, people: int, as_of: date) -> dict[str, Verdict]:
    """What both rules say on a day."""
    found = _facts(station, as_of)
    person = found["person_no"].str[2:].astype(int).to_numpy()
    adverse, death = found["adverse"].to_numpy(bool), found["death"].to_numpy(bool)
    seen, against, alive = (found[name].to_numpy() for name in ("seen", "against", "alive"))
    outvoted = against > alive
    return {
        ANY_ADVERSE: _verdict(people, person, adverse, death, seen.astype(bool)),
        MAJORITY: _verdict(people, person, outvoted, death, alive > against),
    }


def _verdict(people: int, person: np.ndarray, suspected: Flags, death: Flags, alive: Flags) -> Verdict:
    def spread(flags: Flags) -> Flags:
        found = np.zeros(people, bool)
        found[person] = flags
        return found

    return Verdict(spread(suspected), spread(suspected & death), spread(alive & ~suspected))


def _facts(station: Station, as_of: date) -> pd.DataFrame:
    tables = []
    with engine(station.evidence, station.settings.gateway.decide_memory_mb) as connection:
        for bucket in range(BUCKETS):
            query = _QUERY.format(as_of=as_of, months=_MONTHS, **_sources(station, bucket))
            tables.append(connection.sql(query).to_arrow_table())
    return pa.concat_tables(tables).to_pandas()


def _sources(station: Station, bucket: int) -> dict[str, str]:
    with station.store.read() as conn:
        settled, retired, roster = (
            live_parts(conn, stage, bucket) for stage in ("settled", "retired", "roster")
        )
        strangers = (live_parts(conn, "settled", STRANGERS), live_parts(conn, "retired", STRANGERS))
    return {
        "evidence": counting(station.evidence, settled, retired, strangers),
        "roster": scan(station.evidence, roster, ROSTER),
    }
