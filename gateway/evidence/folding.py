"""What becomes of each row of a bucket when it is written anew: kept, superseded, folded, expired or closed.

Superseded is a fleeting row that a newer version replaced. Folded is one that a decision cannot tell from
missing: a later day of its own sort counts (of the same person, department, dataset, kind, basis, strength,
origin and identity), and so do three later days of the person's rows of its strength and identity. Every rule
asks for the newest day of some sorts; three in all are there should some be taken back. Expired and closed
are the fleeting and the adverse rows that retention lets go. Everything else is kept:

- adverse rows and grounds, in every version, and all that is known of a person with a live adverse row;
- rows of a day on which a standing decision of the person rests;
- rows received within the last month, which do not count among the three either: a dataset that takes back
  a whole month's file still leaves three days before it;
- rows that are withdrawn, since a withdrawal may be taken back, and those that nothing was decided by yet.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final, Literal, get_args

import duckdb
import pyarrow as pa

from gateway.evidence.columns import EVIDENCE, RETIRED
from gateway.evidence.fleeting import FLEETING
from gateway.evidence.live import live, quoted, scan, withdrawn
from gateway.places import Place
from gateway.store.parts import Part

Fate = Literal["kept", "superseded", "folded", "expired", "closed"]
FATES: Final[tuple[Fate, ...]] = get_args(Fate)

FEWEST: Final = 3
"""Days of evidence of one strength and identity that a person keeps, whatever reported them."""

RECENT: Final = timedelta(days=31)
"""What was received so lately is neither folded nor counted among the days that are kept."""

VERSION: Final = ", ".join(RETIRED.names)
LOOKED_AT: Final = pa.schema([("person", pa.int64()), ("content", pa.int64())])
_SORT: Final = "hash(department, dataset, kind, basis, strength, origin, identity)"
_WORTH: Final = "hash(strength, identity)"
_ROWS_OF_A_PART: Final = 40
"""Bits of a place that say where in its part a row is."""

_NOW_GONE: Final = "kind IN ('nothing', 'withdrawal')"


@dataclass(frozen=True)
class BucketParts:
    """The parts of a bucket, and the settled and retired parts of the strangers' bucket.

    `settled` and `retired` are those that a run has decided by; `later` came since, settled and retired.
    """

    bucket: int
    settled: Sequence[Part]
    retired: Sequence[Part]
    later: tuple[Sequence[Part], Sequence[Part]]
    strangers: tuple[Sequence[Part], Sequence[Part]]


@dataclass(frozen=True)
class Standing:
    """What the decisions of a bucket rest on, as SQL: (`person`, `day`) and (`person`, `content`)."""

    days: str = "SELECT NULL::BIGINT AS person, NULL::DATE AS day WHERE false"
    facts: str = "SELECT NULL::BIGINT AS person, NULL::BIGINT AS content WHERE false"


@dataclass(frozen=True)
class Expiry:
    """What retention lets go: fleeting rows of days before `before`, and adverse rows looked at and closed.

    `closed` has the LOOKED_AT columns: rows whose last entry of the ledger was closed long enough ago.
    """

    before: date
    closed: pa.Table


def judge(
    connected: duckdb.DuckDBPyConnection,
    folder: Place,
    parts: BucketParts,
    standing: Standing,
    decided_on: date,
    now: datetime,
    expiry: Expiry | None = None,
) -> None:
    """Make the table `fates`: what is not kept of `parts.settled`, by `place` (of `placed`) and version.

    `decided_on` is the last day that was decided: no later run decides an earlier one, and rows of later days
    count for none of the three. `now` is naive Asia/Shanghai.
    """
    connected.register("closed_entries", expiry.closed if expiry else LOOKED_AT.empty_table())
    connected.execute(_tables(folder, parts, standing))
    connected.execute(_ranks(decided_on, now - RECENT))
    # once, and narrow: what is kept, listed and let go is all found by it, and most rows are kept
    connected.execute(
        "CREATE OR REPLACE TEMP TABLE fates AS SELECT * FROM ("
        f"SELECT place, {VERSION}, CASE {_cases(expiry, now - RECENT)} END AS fate FROM found "
        "LEFT JOIN newest ON newest.person = found.person AND newest.sort = found.sort "
        "LEFT JOIN thirds ON thirds.person = found.person AND thirds.worth = found.worth"
        ") WHERE fate <> 'kept'"
    )


def placed(folder: Place, parts: Sequence[Part]) -> str:
    """SQL of the rows of EVIDENCE in these parts, each with its own `place`: which part, and where in it."""
    names = ", ".join(EVIDENCE.names)
    each = (
        f"SELECT {names}, {number << _ROWS_OF_A_PART} + file_row_number AS place "
        f"FROM read_parquet({quoted(str(folder / part.path))}, file_row_number = true)"
        for number, part in enumerate(parts)
    )
    return " UNION ALL ".join(each)


def _tables(folder: Place, parts: BucketParts, standing: Standing) -> str:
    everything = [*parts.settled, *parts.later[0]], [*parts.retired, *parts.later[1]]
    sources = {
        "dead": f"SELECT DISTINCT {VERSION} FROM ({scan(folder, parts.retired, RETIRED)})",
        "dying": f"SELECT DISTINCT {VERSION} FROM ({scan(folder, parts.later[1], RETIRED)})",
        "undone": f"SELECT DISTINCT * FROM ({withdrawn(live(folder, *parts.strangers))})",
        "accused": f"SELECT DISTINCT person FROM ({live(folder, *everything)}) "
        "WHERE polarity = 'adverse' AND person IS NOT NULL",
        "pins": f"SELECT DISTINCT person, day FROM ({standing.days}) WHERE day IS NOT NULL",
        "firsts": "SELECT person, min(day) AS day FROM pins GROUP BY person",
        "facts": f"SELECT DISTINCT person, content FROM ({standing.facts})",
        "closed": "SELECT DISTINCT person, content FROM closed_entries "
        "ANTI JOIN facts USING (person, content)",
    }
    tables = [f"CREATE OR REPLACE TEMP TABLE {name} AS {query};" for name, query in sources.items()]
    return "\n".join([*tables, _found(folder, parts)])


def _found(folder: Place, parts: BucketParts) -> str:
    """The rows with what is known of each; every table beside them has a key once."""
    own = ", ".join(f"part.{name}" for name in ("place", *EVIDENCE.names))
    return f"""
        CREATE OR REPLACE TEMP VIEW found AS
        SELECT {own}, {_SORT} AS sort, {_WORTH} AS worth, {FLEETING} AS fleeting,
            dead.content IS NOT NULL AS is_dead, dying.content IS NOT NULL AS is_dying,
            undone.key_hash IS NOT NULL AS is_undone, accused.person IS NOT NULL AS is_accused,
            pins.person IS NOT NULL AS is_pinned, closed.person IS NOT NULL AS is_closed,
            firsts.day AS rests_on
        FROM ({placed(folder, parts.settled)}) AS part
        LEFT JOIN dead USING ({VERSION})
        LEFT JOIN dying USING ({VERSION})
        LEFT JOIN undone USING (dataset, key_hash)
        LEFT JOIN accused ON accused.person = part.person
        LEFT JOIN pins ON pins.person = part.person AND pins.day = part.happened_on
        LEFT JOIN firsts ON firsts.person = part.person
        LEFT JOIN closed ON closed.person = part.person AND closed.content = part.content;
    """


def _ranks(decided_on: date, recent: datetime) -> str:
    """The newest day of each sort of evidence of a person, and the third newest of each worth."""
    counted = (
        "SELECT DISTINCT person, sort, worth, happened_on AS day FROM found "
        "WHERE fleeting AND person IS NOT NULL AND NOT (is_dead OR is_dying OR is_undone OR is_accused) "
        f"AND happened_on <= DATE '{decided_on}' AND received_at < TIMESTAMP '{recent}'"
    )
    return f"""
        CREATE OR REPLACE TEMP TABLE counted AS {counted};
        CREATE OR REPLACE TEMP TABLE newest AS
        SELECT person, sort, max(day) AS day FROM counted GROUP BY person, sort HAVING count(*) > 1;
        CREATE OR REPLACE TEMP TABLE thirds AS
        SELECT person, worth, max(day, {FEWEST})[{FEWEST}] AS day
        FROM (SELECT DISTINCT person, worth, day FROM counted)
        GROUP BY person, worth HAVING count(*) > {FEWEST};
        DROP TABLE counted;
    """


def _cases(expiry: Expiry | None, recent: datetime) -> str:
    old = f"received_at < TIMESTAMP '{recent}'"
    told = f"({_NOW_GONE} AND certificate IS NULL AND {old})"
    free = "NOT (is_dying OR is_undone OR is_accused)"
    return f"""
        WHEN is_dead AND (fleeting OR {told}) THEN 'superseded'
        {_expired(expiry) if expiry else ""}
        WHEN kind = 'nothing' AND {told} AND NOT is_dying THEN 'folded'
        WHEN fleeting AND {free} AND NOT is_pinned AND {old}
            AND happened_on < newest.day AND happened_on < thirds.day THEN 'folded'
        ELSE 'kept'
    """


def _expired(expiry: Expiry) -> str:
    """Not what a decision rests on: to lose that would take the certification back, with an event."""
    before = f"DATE '{expiry.before}'"
    day = "coalesce(happened_on, published_at::DATE)"
    return f"""
        WHEN fleeting AND NOT (is_dying OR is_accused) AND {day} < {before}
            AND (rests_on IS NULL OR {day} < rests_on) THEN 'expired'
        WHEN is_closed AND NOT (fleeting OR is_dying OR {_NOW_GONE}) THEN 'closed'
    """
