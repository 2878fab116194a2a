"""What reading a row again makes of its refusal: it stands, or it is settled."""

from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Row, bindparam, func, select, update

from gateway.store.chunks import chunks
from gateway.store.refusals import Outcome, Refused
from gateway.store.tables import REFUSALS, WINDOWS


@dataclass(frozen=True)
class ReadRows:
    """The rows of one page that was read: the content of every row, the keys of those that were taken.

    `contents` are as in a refusal, `accepted` are key hashes in hex, `refused` are the page's refusals.
    """

    dataset: str
    window_id: int
    run_id: int
    at: datetime
    contents: AbstractSet[str] = field(repr=False)
    accepted: AbstractSet[str] = field(repr=False)
    refused: Sequence[Refused] = ()


_CANDIDATE: Final = ("refusal_id", "key_hash", "field", "rule", "content", "settled_at")
"""What is looked up by content or key is told open or settled here: asked in SQL, SQLite would go through all
that stand open, for each page."""


def settle_refusals(conn: Connection, rows: ReadRows) -> None:
    """Settle the refusals that these rows answer, in the transaction that takes the rows.

    A refusal is settled once the same row is read without breaking that rule, or once a newer version of
    its row is taken. Which of two versions is newer is told by the windows they came in.
    """
    if not (rows.contents or rows.accepted) or not _any_open(conn, rows.dataset):
        return
    settled = dict(_superseded(conn, rows)) | dict(_answered(conn, rows))
    if not settled:
        return
    by_id = update(REFUSALS).where(REFUSALS.c.refusal_id == bindparam("id"))
    noted = by_id.values(settled_at=rows.at, settled_run_id=rows.run_id, outcome=bindparam("became"))
    conn.execute(noted, [{"id": number, "became": became} for number, became in settled.items()])


def _any_open(conn: Connection, dataset: str) -> bool:
    query = select(REFUSALS.c.refusal_id).where(
        REFUSALS.c.dataset == dataset, REFUSALS.c.settled_at.is_(None)
    )
    return conn.execute(query.limit(1)).first() is not None


def _answered(conn: Connection, rows: ReadRows) -> Iterator[tuple[int, Outcome]]:
    """The refusals of rows that came again and do not break the same rule any more."""
    still = {(r.key_hash or "", r.field or "", r.rule, r.content) for r in rows.refused}
    broken = {refusal.content for refusal in rows.refused}
    columns = [REFUSALS.c[name] for name in _CANDIDATE]
    for some in chunks(sorted(rows.contents)):
        query = select(*columns).where(REFUSALS.c.dataset == rows.dataset, REFUSALS.c.content.in_(some))
        for row in _standing(conn.execute(query)):
            if (row.key_hash, row.field, row.rule, row.content) not in still:
                yield row.refusal_id, "otherwise" if row.content in broken else "accepted"


def _superseded(conn: Connection, rows: ReadRows) -> Iterator[tuple[int, Outcome]]:
    """The refusals of older versions of rows that were taken."""
    here = conn.execute(select(WINDOWS).where(WINDOWS.c.window_id == rows.window_id)).one()
    last = func.coalesce(REFUSALS.c.again_window_id, REFUSALS.c.window_id)
    own = (REFUSALS.c.refusal_id, REFUSALS.c.content, REFUSALS.c.settled_at)
    columns = (*own, WINDOWS.c.window_id, WINDOWS.c.until, WINDOWS.c.seq)
    found = select(*columns).select_from(REFUSALS.join(WINDOWS, WINDOWS.c.window_id == last))
    for some in chunks(sorted(rows.accepted)):
        query = found.where(REFUSALS.c.dataset == rows.dataset, REFUSALS.c.key_hash.in_(some))
        standing = _standing(conn.execute(query))
        yield from ((row.refusal_id, "superseded") for row in _older(standing, here, rows))


def _standing(found: Iterable[Row[Any]]) -> Iterator[Row[Any]]:
    return (row for row in found if row.settled_at is None)


def _older(found: Iterable[Row[Any]], here: Row[Any], rows: ReadRows) -> Iterator[Row[Any]]:
    for row in found:
        if row.content not in rows.contents and _is_later(here, row):
            yield row


def _is_later(here: Row[Any], there: Row[Any]) -> bool:
    """Whether what a window holds is newer: files are numbered, a service serves last versions."""
    if here.seq is not None:
        return there.seq is not None and bool(here.seq > there.seq)
    return bool(here.window_id > there.window_id and here.until >= there.until)
