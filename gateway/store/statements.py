"""What other channels say about a person: certifications, deaths and visits, until they are evidence."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy import Connection, insert, select, update

from gateway.errors import NotFoundError, StoreError
from gateway.store.chunks import chunks
from gateway.store.tables import STATEMENTS

_TICK: Final = timedelta(microseconds=1)


@dataclass(frozen=True)
class Statement:
    """One statement; `statement_id` names its key among its dataset's, whoever repeats it.

    `exact` is false for a death that happened at the latest on that day. `pending` says that the newest
    version, a withdrawal included, is not evidence yet.
    """

    statement_id: str
    dataset: str
    benefit_id: str
    person: int
    happened_on: date
    exact: bool
    method: str | None
    certificate: bytes | None = field(repr=False)
    reference: str | None
    content: int
    made_by: str
    accepted_at: datetime
    withdrawn_at: datetime | None = None
    withdrawn_by: str | None = None
    pending: bool = True

    @property
    def state(self) -> str:
        """`accepted` until the next run takes it, then `taken`; `withdrawn` from then on."""
        if self.withdrawn_at:
            return "withdrawn"
        return "accepted" if self.pending else "taken"


def add_statement(conn: Connection, statement: Statement) -> None:
    """Keep a statement that was never made before."""
    conn.execute(insert(STATEMENTS).values(**vars(statement)))


def find_statement(conn: Connection, statement_id: str) -> Statement | None:
    """The statement of that name."""
    row = conn.execute(select(STATEMENTS).where(STATEMENTS.c.statement_id == statement_id)).one_or_none()
    return None if row is None else Statement(**row._asdict())


def statement(conn: Connection, statement_id: str) -> Statement:
    """The statement of that name.

    Raises:
        NotFoundError: there is none.
    """
    found = find_statement(conn, statement_id)
    if found is None:
        raise NotFoundError("there is no statement of that name: see `gateway statements list BENEFIT_ID`")
    return found


def statements_about(conn: Connection, benefit_id: str) -> list[Statement]:
    """Every statement made about a benefit, oldest first."""
    query = select(STATEMENTS).where(STATEMENTS.c.benefit_id == benefit_id)
    query = query.order_by(STATEMENTS.c.accepted_at, STATEMENTS.c.statement_id)
    return [Statement(**row._asdict()) for row in conn.execute(query)]


def pending_statements(conn: Connection) -> list[Statement]:
    """The statements whose newest version is not evidence yet."""
    query = select(STATEMENTS).where(STATEMENTS.c.pending).order_by(STATEMENTS.c.statement_id)
    return [Statement(**row._asdict()) for row in conn.execute(query)]


def withdraw_statement(conn: Connection, seen: Statement, by: str, at: datetime) -> None:
    """Take a statement back; it counts as made later than the statement itself, whatever the clock says.

    Raises:
        StoreError: somebody else withdrew it in the meantime.
    """
    same = (STATEMENTS.c.statement_id == seen.statement_id, STATEMENTS.c.withdrawn_at.is_(None))
    values = {"withdrawn_at": max(at, seen.accepted_at + _TICK), "withdrawn_by": by, "pending": True}
    if conn.execute(update(STATEMENTS).where(*same).values(**values)).rowcount != 1:
        raise StoreError("the statement was withdrawn in the meantime")


def mark_taken(conn: Connection, taken: Sequence[Statement]) -> None:
    """Note that these versions are evidence now.

    Raises:
        StoreError: one of them was withdrawn in the meantime; nothing is taken, run again.
    """
    for as_withdrawn in (False, True):
        names = [each.statement_id for each in taken if bool(each.withdrawn_at) == as_withdrawn]
        of_version = STATEMENTS.c.withdrawn_at.is_not(None) == as_withdrawn
        for some in chunks(names):
            query = update(STATEMENTS).where(STATEMENTS.c.statement_id.in_(some), of_version)
            if conn.execute(query.values(pending=False)).rowcount != len(some):
                raise StoreError("a statement was withdrawn in the meantime: run again")
