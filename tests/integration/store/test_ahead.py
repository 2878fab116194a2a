from collections.abc import Sequence
from datetime import datetime

import pytest

from gateway.store import ahead
from gateway.store.ahead import seen_ahead, subjects_ahead
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from tests.support.new_event import NewEvent

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
HERE, THERE = "990101", "990102"


def publish(store: Store, counties: Sequence[str | None], run_id: int = 1) -> None:
    """An event of each county in turn, about benefits B1, B2, …; released but for run 2's."""
    events = [
        NewEvent(f"{run_id}-{number}", "x.due", f"B{number}", county, NOW, lambda n: b"body %d" % n)
        for number, county in enumerate(counties, 1)
    ]
    with store.begin() as conn:
        append_events(conn, run_id, events)
        if run_id == 1:
            release_events(conn, 1, NOW)


def test_every_released_event_is_ahead_and_no_held_one(store: Store) -> None:
    publish(store, [HERE, None, THERE])
    publish(store, [HERE], run_id=2)
    with store.read() as conn:
        everything = subjects_ahead(conn, 0, 10)
        assert [*map(tuple, everything.rows)] == [(1, "B1"), (2, "B2"), (3, "B3")]
        assert everything.to == 3
        seen = seen_ahead(conn, 1, 10)
        assert [(each.sequence, each.event_id, each.body) for each in seen.rows] == [
            (2, "1-2", b"body 2"),
            (3, "1-3", b"body 3"),
        ]
        assert seen.rows[0][2:5] == ("x.due", "B2", NOW)
        assert not seen_ahead(conn, 3, 10).rows
        assert subjects_ahead(conn, 3, 10).to == 3


def test_what_is_of_other_counties_or_of_none_is_passed_and_not_read(store: Store) -> None:
    publish(store, [THERE, HERE, None, HERE, THERE])
    with store.read() as conn:
        for look in (subjects_ahead, seen_ahead):
            some = look(conn, 0, 1, {HERE})
            assert ([row[0] for row in some.rows], some.to) == ([2], 2)
            rest = look(conn, some.to, 10, {HERE})
            assert ([row[0] for row in rest.rows], rest.to) == ([4], 5)
            nothing = look(conn, 0, 10, set())
            assert ([*nothing.rows], nothing.to) == ([], 5)


def test_one_look_goes_a_bounded_way(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "SCANNED", 2)
    publish(store, [THERE, THERE, THERE, HERE])
    with store.read() as conn:
        first = subjects_ahead(conn, 0, 10, [HERE])
        assert ([*first.rows], first.to) == ([], 2)
        second = subjects_ahead(conn, first.to, 10, [HERE])
        assert ([*map(tuple, second.rows)], second.to) == ([(4, "B4")], 4)
