"""Spans of events: held and let out, in a new store and in one from before there were spans."""

from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.store.consumers import before
from gateway.store.database import Store
from gateway.store.decisions import current, history
from gateway.store.feed import reach
from gateway.store.outbox import append_events, events_after
from gateway.store.retention import remove_events
from gateway.store.spans import first_since, held, release_events, released_at
from gateway.store.tables import DECISIONS, EVENT_SPANS
from tests.support.migrating import migrate
from tests.support.new_event import NewEvent

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
LATER = NOW + timedelta(hours=1)


def numbered(store: Store, run_id: int, names: str) -> None:
    events = [NewEvent(f"{run_id}{name}", "x.due", "B1", None, NOW, lambda _: b"body") for name in names]
    with store.begin() as conn:
        append_events(conn, run_id, events)


def spans(store: Store) -> list[tuple[Any, ...]]:
    with store.read() as conn:
        rows = conn.execute(sa.select(EVENT_SPANS).order_by(EVENT_SPANS.c.last_sequence))
        return [(row.first_sequence, row.last_sequence, row.run_id, row.released_at) for row in rows]


def test_a_span_is_held_until_its_run_lets_it_out(store: Store) -> None:
    for run_id, names in ((1, "abc"), (2, "d"), (1, "ef"), (3, "")):
        numbered(store, run_id, names)
    with store.begin() as conn:
        assert held(conn) == 6
        assert release_events(conn, 1, NOW) == 5
        assert release_events(conn, 1, LATER) == 0
        assert held(conn) == 1
        assert [released_at(conn, number) for number in range(1, 8)] == [NOW, NOW, NOW, None, NOW, NOW, None]
        assert (first_since(conn, NOW), first_since(conn, LATER)) == (1, None)
        release_events(conn, 2, LATER)
        assert first_since(conn, LATER) == 4
    assert spans(store) == [(1, 3, 1, NOW), (4, 4, 2, LATER), (5, 6, 1, NOW)]


def test_a_span_begins_with_the_first_event_that_is_left_and_goes_with_the_last(store: Store) -> None:
    for run_id in (1, 2):
        numbered(store, run_id, "abc")
    with store.begin() as conn:
        for run_id in (1, 2):
            release_events(conn, run_id, NOW)
        assert remove_events(conn, 2) == 2
        assert first_since(conn, NOW) == 3
        assert before(conn, NOW, reach(conn)) == reach(conn).earliest == 2
    assert spans(store) == [(3, 3, 1, NOW), (4, 6, 2, NOW)]
    with store.begin() as conn:
        assert remove_events(conn, 3) == 1
        left = [(event.sequence, event.run_id, event.released_at) for event in events_after(conn, 0, 9)]
    assert left == [(4, 2, NOW), (5, 2, NOW), (6, 2, NOW)]
    assert spans(store) == [(4, 6, 2, NOW)]


EVENTS_BEFORE = [
    (1, 1, NOW),
    (2, 1, NOW),
    (3, 2, LATER),
    (4, 1, NOW),
    (5, 3, None),
    (6, 3, None),
    (7, 1, NOW),
]
LATEST_RUN = 3
LATEST = {
    "decision_id": 4,
    "benefit_id": "B1",
    "person_no": "P1",
    "run_id": LATEST_RUN,
    "decision": "certified",
    "as_of": date(2026, 4, 30),
    "decided_at": LATER,
    "month": 202604,
    "body": {},
}
DECISIONS_BEFORE = [(1, "B1", 1, False), (2, "B2", 1, True), (3, "B1", 2, True)]


def test_an_older_store_is_migrated_with_all_it_holds_and_can_go_back(new_url: str) -> None:
    with Store(new_url) as store:
        store.migrate()
        migrate(store, to="0009")
        write_before(store)
        migrate(store, to="0010")
        assert spans(store) == [
            (1, 2, 1, NOW),
            (3, 3, 2, LATER),
            (4, 4, 1, NOW),
            (5, 6, 3, None),
            (7, 7, 1, NOW),
        ]
        with store.read() as conn:
            found = events_after(conn, 0, 9)
        assert [(event.sequence, event.run_id, event.released_at) for event in found] == EVENTS_BEFORE[:4]
        assert [(event.event_id, event.body) for event in found] == [(f"e{n}", b"body") for n in range(1, 5)]
        migrate(store, to="0009")
        assert read_before(store) == (EVENTS_BEFORE, DECISIONS_BEFORE)


def test_decisions_of_an_older_store_are_found_by_month_and_can_go_back(new_url: str) -> None:
    with Store(new_url) as store:
        store.migrate()
        migrate(store, to="0009")
        write_before(store)
        migrate(store, to="0012")
        with store.read() as conn:
            assert [decision.run_id for decision in history(conn, "B1")] == [2, 1]
            assert conn.scalars(sa.select(DECISIONS.c.month).distinct()).all() == [0]
        with store.begin() as conn:
            conn.execute(sa.insert(DECISIONS), LATEST)
            assert [decision.run_id for decision in history(conn, "B1")] == [LATEST_RUN, 2, 1]
            assert current(conn, "B1") == history(conn, "B1")[0]
            conn.execute(sa.delete(DECISIONS).where(DECISIONS.c.run_id == LATEST_RUN))
        migrate(store, to="0009")
        assert read_before(store) == (EVENTS_BEFORE, DECISIONS_BEFORE)


OLD_EVENTS = sa.table(
    "events",
    *map(sa.column, ("event_id", "type", "subject")),
    sa.column("sequence", sa.BigInteger),
    sa.column("run_id", sa.Integer),
    sa.column("time", sa.DateTime),
    sa.column("released_at", sa.DateTime),
    sa.column("body", sa.LargeBinary),
)
OLD_DECISIONS = sa.table(
    "decisions",
    *map(sa.column, ("decision_id", "benefit_id", "person_no", "run_id", "decision")),
    sa.column("as_of", sa.Date),
    sa.column("decided_at", sa.DateTime),
    sa.column("body", sa.JSON),
    sa.column("current", sa.Boolean),
)


def write_before(store: Store) -> None:
    said = {"type": "x.due", "subject": "B1", "time": NOW, "body": b"body"}
    decided = {"person_no": "P1", "decision": "due", "as_of": NOW.date(), "decided_at": NOW, "body": {}}
    events = [
        said | {"event_id": f"e{number}", "sequence": number, "run_id": run, "released_at": at}
        for number, run, at in EVENTS_BEFORE
    ]
    decisions = [
        decided | dict(zip(("decision_id", "benefit_id", "run_id", "current"), row, strict=True))
        for row in DECISIONS_BEFORE
    ]
    with store.begin() as conn:
        conn.execute(sa.insert(OLD_EVENTS), events)
        conn.execute(sa.insert(OLD_DECISIONS), decisions)


def read_before(store: Store) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    events, decisions = OLD_EVENTS.c, OLD_DECISIONS.c
    told = sa.select(events.sequence, events.run_id, events.released_at).order_by(events.sequence)
    own = (decisions.decision_id, decisions.benefit_id, decisions.run_id, decisions.current)
    with store.read() as conn:
        decided = conn.execute(sa.select(*own).order_by(decisions.decision_id))
        return [tuple(row) for row in conn.execute(told)], [tuple(row) for row in decided]
