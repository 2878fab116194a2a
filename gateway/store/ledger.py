"""The verification ledger (信息核实工作台账): what people are to look into, and what came of it (POLICY 6).

One entry is open per benefit and cause. It holds a roster number, never a name or an ID number.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import chain
from typing import Any, Final, Literal, Protocol

from sqlalchemy import Connection, bindparam, insert, select, update

from gateway.errors import NotFoundError, RequestError
from gateway.store.chunks import chunks
from gateway.store.parts import BUCKETS
from gateway.store.tables import LEDGER, LEDGER_CHANGES

State = Literal["open", "closed"]
Outcome = Literal["eligible", "ineligible", "duplicate"]
Effect = Literal["stop", "terminate"]
Action = Literal["opened", "evidence_changed", "assigned", "contacted", "resolved", "told_unresolved"]


class Finding(Protocol):
    """A live cause of one benefit, as a decision run found it; `contents` are the rows it rests on."""

    @property
    def benefit_id(self) -> str: ...
    @property
    def person(self) -> int: ...
    @property
    def person_no(self) -> str: ...
    @property
    def benefit(self) -> str: ...
    @property
    def county(self) -> str | None: ...
    @property
    def cause(self) -> str: ...
    @property
    def reason(self) -> str | None: ...
    @property
    def suspected(self) -> bool: ...
    @property
    def contents(self) -> Sequence[int]: ...
    @property
    def evidence(self) -> Sequence[Mapping[str, Any]]: ...


@dataclass(frozen=True, kw_only=True)
class Mark:
    """What the rules read of an entry; `opened_on` is the as-of date of the run that opened it."""

    benefit_id: str
    cause: str
    state: State
    opened_on: date
    contents: list[int]
    told_at: datetime | None
    outcome: Outcome | None
    outcome_on: date | None
    closed_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class Entry(Mark):
    """One entry as it stands; `version` rises with every change, `reason` is that of the newest finding."""

    entry_id: int
    person: int
    person_no: str
    bucket: int
    benefit: str
    county: str | None
    reason: str | None
    suspected: bool
    version: int
    opened_at: datetime
    run_id: int
    evidence: list[dict[str, Any]]
    assignee: str | None
    effect: Effect | None
    ended_on: date | None


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """Which entries to list; `after` is the number of the last one of the page before.

    `counties` are those that may be seen at all; null for every one.
    """

    state: State | Literal["all"] = "open"
    cause: str | None = None
    county: str | None = None
    counties: Collection[str] | None = None
    benefit_id: str | None = None
    assignee: str | None = None
    opened_before: date | None = None
    after: int = 0
    limit: int = 100


@dataclass(frozen=True)
class Change:
    """One line of an entry's history: who did what, when and why."""

    entry_id: int
    action: Action
    at: datetime
    by: str
    note: str
    details: dict[str, Any]


_MARK: Final = [LEDGER.c[name] for name in Mark.__dataclass_fields__]
_CHANGE: Final = [LEDGER_CHANGES.c[name] for name in Change.__dataclass_fields__]
_EVIDENCE: Final = ("reason", "suspected", "contents", "evidence")


def marks(conn: Connection, buckets: Collection[int]) -> list[Mark]:
    """What the rules read of some buckets' entries, open and closed, oldest first."""
    query = select(*_MARK).where(LEDGER.c.bucket.in_(buckets)).order_by(LEDGER.c.entry_id)
    return [Mark(**row._asdict()) for row in conn.execute(query)]


def held_by(conn: Connection) -> list[tuple[str, int]]:
    """Every benefit that ever had an entry, with each holder that one of them names by roster number."""
    query = select(LEDGER.c.benefit_id, LEDGER.c.person).distinct()
    return [(benefit_id, person) for benefit_id, person in conn.execute(query)]


def follow(conn: Connection, holders: Mapping[str, int]) -> None:
    """Let all entries of some benefits follow them to the holders they have now; what was seen stays."""
    of_one = update(LEDGER).where(LEDGER.c.benefit_id == bindparam("of"))
    moved = of_one.values(person=bindparam("to"), bucket=bindparam("into"))
    rows = [{"of": name, "to": person, "into": person % BUCKETS} for name, person in sorted(holders.items())]
    for some in chunks(rows):
        conn.execute(moved, some)


def holders(conn: Connection) -> set[int]:
    """Every person who ever had an entry."""
    return set(conn.scalars(select(LEDGER.c.person).distinct()))


def entries_of(conn: Connection, persons: Collection[int]) -> list[Entry]:
    """Every entry of some persons, open and closed, oldest first."""
    query = select(LEDGER).order_by(LEDGER.c.entry_id)
    rows = chain.from_iterable(
        conn.execute(query.where(LEDGER.c.person.in_(some))) for some in chunks(sorted(persons))
    )
    return [Entry(**row._asdict()) for row in rows]


def entry(conn: Connection, entry_id: int) -> Entry:
    """One entry.

    Raises:
        NotFoundError: there is none of that number.
    """
    row = conn.execute(select(LEDGER).where(LEDGER.c.entry_id == entry_id)).one_or_none()
    if row is None:
        raise no_entry(entry_id)
    return Entry(**row._asdict())


def no_entry(entry_id: int) -> NotFoundError:
    """What is said of an entry that is not there."""
    return NotFoundError(f"there is no ledger entry {entry_id}: see `gateway ledger list --state all`")


def list_entries(conn: Connection, wanted: Wanted) -> list[Entry]:
    """The entries that are asked for, oldest first."""
    query = select(LEDGER).where(LEDGER.c.entry_id > wanted.after)
    for name in ("cause", "county", "benefit_id", "assignee"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(LEDGER.c[name] == value)
    if wanted.counties is not None:
        query = query.where(LEDGER.c.county.in_(wanted.counties))
    if wanted.state != "all":
        query = query.where(LEDGER.c.state == wanted.state)
    if wanted.opened_before is not None:
        query = query.where(LEDGER.c.opened_on < wanted.opened_before)
    found = conn.execute(query.order_by(LEDGER.c.entry_id).limit(wanted.limit))
    return [Entry(**row._asdict()) for row in found]


def history(conn: Connection, entry_id: int) -> list[Change]:
    """Everything that was done about an entry, oldest first."""
    query = select(*_CHANGE).where(LEDGER_CHANGES.c.entry_id == entry_id)
    return [Change(**row._asdict()) for row in conn.execute(query.order_by(LEDGER_CHANGES.c.change_id))]


def open_or_update(
    conn: Connection, run_id: int, at: datetime, as_of: date, findings: Sequence[Finding]
) -> None:
    """Open an entry for each new finding, and bring the open ones up to the evidence there is now.

    None is opened where a person closed one as a duplicate or a loss after looking at the same evidence.
    """
    known = _known(conn, {finding.benefit_id for finding in findings})
    new = []
    for finding in findings:
        earlier = known[finding.benefit_id, finding.cause]
        standing = next((each for each in earlier if each.state == "open"), None)
        if standing:
            _update(conn, standing, finding, run_id, at)
        elif not any(_looked_at(each, finding) for each in earlier):
            new.append(_opened(finding, run_id, at, as_of))
    _open(conn, new)


def told_unresolved(conn: Connection, run_id: int, at: datetime, late: Sequence[tuple[str, str]]) -> None:
    """Note of (benefit, cause) that the outside was told that its entry is open too long."""
    known = _known(conn, {benefit_id for benefit_id, _ in late})
    for key in late:
        for each in known[key]:
            if each.state == "open" and each.told_at is None:
                change(conn, each, _by_run(each.entry_id, "told_unresolved", run_id, at), told_at=at)


def change(conn: Connection, seen: Entry, done: Change, **values: object) -> None:
    """Change an entry as it was seen, and note who did it and why.

    Raises:
        RequestError: somebody else changed it in the meantime.
    """
    same = (LEDGER.c.entry_id == seen.entry_id, LEDGER.c.version == seen.version)
    query = update(LEDGER).where(*same).values(version=seen.version + 1, **values)
    if conn.execute(query).rowcount != 1:
        raise RequestError(f"ledger entry {seen.entry_id} was changed in the meantime: look at it again")
    conn.execute(insert(LEDGER_CHANGES).values(**vars(done)))


def _known(conn: Connection, benefit_ids: set[str]) -> defaultdict[tuple[str, str], list[Entry]]:
    found: defaultdict[tuple[str, str], list[Entry]] = defaultdict(list)
    for some in chunks(sorted(benefit_ids)):
        for row in conn.execute(select(LEDGER).where(LEDGER.c.benefit_id.in_(some))):
            found[row.benefit_id, row.cause].append(Entry(**row._asdict()))
    return found


def _looked_at(closed: Entry, finding: Finding) -> bool:
    return closed.outcome in {"duplicate", "ineligible"} and set(finding.contents) <= set(closed.contents)


def _update(conn: Connection, standing: Entry, finding: Finding, run_id: int, at: datetime) -> None:
    now = _evidence(finding)
    if any(getattr(standing, name) != now[name] for name in _EVIDENCE):
        change(conn, standing, _by_run(standing.entry_id, "evidence_changed", run_id, at), **now)


def _evidence(finding: Finding) -> dict[str, Any]:
    return {
        "reason": finding.reason,
        "suspected": finding.suspected,
        "contents": sorted(set(finding.contents)),
        "evidence": [dict(each) for each in finding.evidence],
    }


def _opened(finding: Finding, run_id: int, at: datetime, as_of: date) -> dict[str, Any]:
    same = ("benefit_id", "person", "person_no", "benefit", "county", "cause")
    return {
        **{name: getattr(finding, name) for name in same},
        **_evidence(finding),
        "bucket": finding.person % BUCKETS,
        "state": "open",
        "version": 1,
        "opened_on": as_of,
        "opened_at": at,
        "run_id": run_id,
    }


def _open(conn: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    for some in chunks(rows):
        query = insert(LEDGER).returning(LEDGER.c.entry_id, sort_by_parameter_order=True)
        numbers = conn.scalars(query, some).all()
        opened = [
            _by_run(number, "opened", row["run_id"], row["opened_at"])
            for number, row in zip(numbers, some, strict=True)
        ]
        conn.execute(insert(LEDGER_CHANGES), [vars(each) for each in opened])


def _by_run(entry_id: int, action: Action, run_id: int, at: datetime) -> Change:
    return Change(entry_id, action, at, f"run-{run_id}", "", {})
