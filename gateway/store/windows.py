"""Windows over a dataset's load time, or dropped files: how far each has been read, page by page."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal

import numpy as np
from sqlalchemy import Connection, Select, func, insert, select, update

from gateway.errors import StoreError
from gateway.store.tables import PAGES, RUNS, WINDOWS

State = Literal["open", "closed", "short", "refused"]

_HASH: Final = np.dtype("<u8")
_NO_HASH: Final = np.empty(0, _HASH)
_MOST_HASHES: Final = 4_000_000
"""So many are counted at a time: 32 MB, and as much again while they are put in order."""

_PAGES_AT_ONCE: Final = 64
FIRST_START = "0"


@dataclass(frozen=True)
class NewWindow:
    """A window to be read: half-open `[since, until)`; a dropped file also has its period and number."""

    dataset: str
    since: datetime
    until: datetime
    run_id: int
    opened_at: datetime
    period: str | None = None
    seq: int | None = None


@dataclass(frozen=True)
class Window:
    """A window as it stands; `next_start` is null once its last page is taken.

    `total` is what was promised for it, `distinct_rows` how many row versions came, once it has ended.
    """

    window_id: int
    dataset: str
    since: datetime
    until: datetime
    period: str | None
    seq: int | None
    state: State
    attempt: int
    next_start: str | None
    total: int | None
    run_id: int
    opened_at: datetime
    closed_at: datetime | None
    reason: str | None
    distinct_rows: int | None = None


@dataclass(frozen=True)
class Page:
    """What one page brought; `total` is the hub's promise for the whole window.

    `row_hashes` are numpy int64 bytes, one per (key, load time), kept until the window closes. `drift` holds
    `unknown_fields` and `changed_types` by name, and `drifted`, the rows with any; null where there is none.
    """

    window_id: int
    attempt: int
    start: str
    next_start: str | None
    total: int
    received: int
    accepted: int
    refused: int
    matched: int
    strangers: int
    unknown_codes: dict[str, int]
    row_hashes: bytes | None
    taken_at: datetime
    drift: dict[str, Any] | None = None


_NOT_COLUMNS = {"next_start", "total"}


def create_window(conn: Connection, window: NewWindow) -> Window:
    """Open a window at its first page."""
    values = vars(window) | {"state": "open", "attempt": 1, "next_start": FIRST_START}
    return Window(**conn.execute(insert(WINDOWS).values(**values).returning(*WINDOWS.c)).one()._asdict())


def open_window(conn: Connection, dataset: str) -> Window | None:
    """The window that was being read when the last run stopped, to be continued."""
    return next(iter(_windows(conn, dataset=dataset, state="open")), None)


def get(conn: Connection, window_id: int) -> Window:
    """One window, which must exist."""
    return _windows(conn, window_id=window_id)[0]


def of_run(conn: Connection, run_id: int) -> list[Window]:
    """The windows of a run, in the order they were opened."""
    return _windows(conn, run_id=run_id)


def read_in(conn: Connection, run_id: int, dataset: str) -> list[Window]:
    """What a run has itself begun to read of a dataset, and read completely; without what it took up."""
    began = select(RUNS.c.started_at).where(RUNS.c.run_id == run_id).scalar_subquery()
    closed = select(WINDOWS).filter_by(run_id=run_id, dataset=dataset, state="closed")
    return [Window(**row._asdict()) for row in conn.execute(closed.where(WINDOWS.c.opened_at >= began))]


def adopt_window(conn: Connection, window_id: int, run_id: int) -> None:
    """Let a later run continue a window; its pages then count for that run."""
    conn.execute(update(WINDOWS).where(WINDOWS.c.window_id == window_id).values(run_id=run_id))


def take_page(conn: Connection, page: Page) -> None:
    """Note a page and move the window to the next, in the transaction of the page's parts and refusals.

    The first page's total stands: a page that promises another one is the caller's to notice.

    Raises:
        StoreError: the window is not at this page; another sync has taken it.
    """
    at_page = update(WINDOWS).where(
        WINDOWS.c.window_id == page.window_id,
        WINDOWS.c.state == "open",
        WINDOWS.c.attempt == page.attempt,
        WINDOWS.c.next_start == page.start,
    )
    total = func.coalesce(WINDOWS.c.total, page.total)
    if conn.execute(at_page.values(next_start=page.next_start, total=total)).rowcount != 1:
        raise StoreError(
            "another sync is reading the same window: wait until it has finished, then run again"
        )
    values = {name: value for name, value in vars(page).items() if name not in _NOT_COLUMNS}
    conn.execute(insert(PAGES).values(**values))


def restart_window(conn: Connection, window_id: int) -> Window:
    """Read the window again from its first page."""
    _forget_row_hashes(conn, window_id)
    values = {"attempt": WINDOWS.c.attempt + 1, "next_start": FIRST_START, "total": None}
    conn.execute(update(WINDOWS).where(WINDOWS.c.window_id == window_id).values(**values))
    return get(conn, window_id)


def distinct_rows(conn: Connection, window_id: int, attempt: int, most: int = _MOST_HASHES) -> int:
    """How many different row versions the pages of one attempt brought.

    Counted in shares of at most about `most`, so that memory is bounded however long the window is.
    """
    pages = (PAGES.c.window_id == window_id, PAGES.c.attempt == attempt, PAGES.c.row_hashes.is_not(None))
    size = conn.scalar(select(func.sum(func.length(PAGES.c.row_hashes))).where(*pages)) or 0
    shares = 1 + int(size) // (most * _HASH.itemsize)
    query = select(PAGES.c.row_hashes).where(*pages)
    return sum(_distinct(conn, query, share, shares) for share in range(shares))


def _distinct(conn: Connection, query: Select[Any], share: int, shares: int) -> int:
    """How many different hashes there are that leave this remainder."""
    streamed = conn.scalars(query.execution_options(yield_per=_PAGES_AT_ONCE))
    pages = (np.frombuffer(bytes(page), _HASH) for page in streamed)
    hashes = np.concatenate([_NO_HASH, *(page[page % shares == share] for page in pages)])
    hashes.sort()
    return int(np.count_nonzero(hashes[1:] != hashes[:-1])) + bool(len(hashes))


def close_window(conn: Connection, window_id: int, at: datetime, distinct: int | None = None) -> None:
    """The window is complete, with so many different row versions; the watermark now reaches to its end."""
    _end(conn, window_id, "closed", at, None, distinct)


def mark_short(
    conn: Connection, window_id: int, reason: str, at: datetime, distinct: int | None = None
) -> None:
    """The window never matched its promised total; the watermark stays where it was."""
    _end(conn, window_id, "short", at, reason, distinct)


def mark_refused(conn: Connection, window_id: int, reason: str, at: datetime) -> None:
    """The window or file cannot be trusted; the watermark stays where it was."""
    _end(conn, window_id, "refused", at, reason)


def watermark(conn: Connection, dataset: str) -> datetime | None:
    """How far the dataset has been read completely: the latest end of its closed windows."""
    query = select(func.max(WINDOWS.c.until)).where(WINDOWS.c.dataset == dataset, WINDOWS.c.state == "closed")
    until: datetime | None = conn.scalar(query)
    return until


def last_seq(conn: Connection, dataset: str) -> int | None:
    """The highest number of the dataset's dropped files that were read completely."""
    query = select(func.max(WINDOWS.c.seq)).where(WINDOWS.c.dataset == dataset, WINDOWS.c.state == "closed")
    seq: int | None = conn.scalar(query)
    return seq


def compared_until(conn: Connection) -> dict[str, date]:
    """Per dataset the last day, Asia/Shanghai, that its closed windows reach into."""
    query = select(WINDOWS.c.dataset, func.max(WINDOWS.c.until)).where(WINDOWS.c.state == "closed")
    # a window ends before its `until`: one that ends at midnight does not reach into the new day
    just_before = timedelta(microseconds=1)
    return {
        dataset: (until - just_before).date()
        for dataset, until in conn.execute(query.group_by(WINDOWS.c.dataset))
    }


def _windows(conn: Connection, **equal: object) -> list[Window]:
    query = select(WINDOWS).filter_by(**equal).order_by(WINDOWS.c.window_id)
    return [Window(**row._asdict()) for row in conn.execute(query)]


def _end(
    conn: Connection,
    window_id: int,
    state: State,
    at: datetime,
    reason: str | None,
    distinct: int | None = None,
) -> None:
    _forget_row_hashes(conn, window_id)
    values = {"state": state, "closed_at": at, "reason": reason, "distinct_rows": distinct}
    conn.execute(update(WINDOWS).where(WINDOWS.c.window_id == window_id).values(**values))


def _forget_row_hashes(conn: Connection, window_id: int) -> None:
    conn.execute(update(PAGES).where(PAGES.c.window_id == window_id).values(row_hashes=None))
