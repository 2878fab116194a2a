from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from gateway.store.database import Store
from gateway.store.delivery_facts import delivery_facts
from gateway.store.facts import Facts, RunsOf, facts
from gateway.store.outbox import append_events
from gateway.store.runs import finish_run, start_run
from gateway.store.spans import release_events
from gateway.store.tables import CONSUMERS, DELIVERIES, EVENTS, SUBSCRIPTIONS
from gateway.store.windows import NewWindow, close_window, create_window
from tests.support.new_event import NewEvent
from tests.support.plans import plans_of

NOW = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times


def read(store: Store) -> Facts:
    with store.read() as conn:
        return facts(conn, 4.0)


def events(
    store: Store, run_id: int, count: int, *, released_at: datetime | None, subject: str = "B1"
) -> None:
    with store.begin() as conn:
        new = [
            NewEvent(f"evt_{run_id}_{each}", "cn.test", subject, None, NOW, lambda _: b"{}")
            for each in range(count)
        ]
        append_events(conn, run_id, new)
        if released_at:
            release_events(conn, run_id, released_at)


def subscription(store: Store, name: str, position: int, state: str = "active") -> None:
    values: dict[str, Any] = {"subscription_id": name, "sink": "https://example.org", "state": state}
    values |= {"version": 1, "filters": [], "allow": [], "batch_size": 1, "concurrency": 1, "secrets": []}
    values |= {"position": position, "created_at": NOW, "updated_at": NOW}
    with store.begin() as conn:
        conn.execute(sa.insert(SUBSCRIPTIONS).values(**values))


def delivery(store: Store, subscription_id: str, sequence: int, state: str, attempts: int = 0) -> None:
    values = {"first_sequence": sequence, "last_sequence": sequence, "events": 1, "attempts": attempts}
    with store.begin() as conn:
        one = {"subscription_id": subscription_id, "state": state, "created_at": NOW, **values}
        conn.execute(sa.insert(DELIVERIES).values(**one))


def test_an_empty_store_has_nothing_to_tell(store: Store) -> None:
    found = read(store)
    assert (found.last_sequence, found.held, found.frontier, found.undispatched_since) == (0, 0, 0, None)
    assert (found.deliveries, found.deliveries_made) == ({"pending": 0, "failed": 0}, 0)
    assert [found.subscriptions, found.lags, found.behind, found.alarms, found.runs] == [{}, {}, {}, {}, ()]


def test_held_events_are_counted_and_end_what_may_go_out(store: Store) -> None:
    events(store, 1, 3, released_at=NOW)
    events(store, 2, 2, released_at=None)
    events(store, 3, 1, released_at=NOW)
    found = read(store)
    assert (found.last_sequence, found.held, found.frontier) == (6, 2, 3)


def test_the_oldest_undispatched_event_is_the_first_that_an_active_subscription_lacks(store: Store) -> None:
    for run_id in range(1, 6):
        events(store, run_id, 1, released_at=NOW + timedelta(minutes=run_id))
    subscription(store, "taken", 5)
    assert read(store).undispatched_since is None
    subscription(store, "not looked at", 3)
    assert read(store).undispatched_since == NOW + timedelta(minutes=4)
    delivery(store, "taken", 1, "delivered")
    delivery(store, "taken", 1, "failed")
    delivery(store, "taken", 2, "pending")
    delivery(store, "taken", 3, "pending")
    assert read(store).undispatched_since == NOW + timedelta(minutes=2)
    assert read(store).deliveries == {"pending": 2, "failed": 1}
    assert read(store).lags == {"taken": 0, "not looked at": 2}


def test_the_gauge_and_the_alarm_reckon_alike_and_leave_out_what_was_tried_or_waits_behind_it(
    store: Store,
) -> None:
    for run_id, subject in enumerate(("B1", "B1", "B2", "B3"), 1):
        events(store, run_id, 1, released_at=NOW + timedelta(minutes=run_id), subject=subject)
    subscription(store, "one", 4)
    subscription(store, "other", 4)
    delivery(store, "one", 1, "pending", attempts=1)
    delivery(store, "one", 2, "pending")
    delivery(store, "other", 4, "pending")
    for oldest in (4, 3):
        if oldest == 3:
            delivery(store, "one", 3, "pending")
        with store.read() as conn:
            alarm = delivery_facts(conn, NOW + timedelta(minutes=10)).undispatched_s
        assert read(store).undispatched_since == NOW + timedelta(minutes=oldest)
        assert alarm == timedelta(minutes=10 - oldest).total_seconds()


def test_a_subscription_that_takes_nothing_makes_no_event_wait(store: Store) -> None:
    events(store, 1, 2, released_at=NOW)
    for state in ("pending", "paused", "disabled"):
        subscription(store, state, 0, state)
    delivery(store, "paused", 1, "pending")
    assert read(store).undispatched_since is None
    assert read(store).subscriptions == {"pending": 1, "paused": 1, "disabled": 1}


def test_an_event_that_is_held_does_not_wait_to_be_dispatched(store: Store) -> None:
    events(store, 1, 1, released_at=NOW)
    events(store, 2, 1, released_at=None)
    subscription(store, "all taken", 1)
    assert read(store).undispatched_since is None


def test_a_consumer_is_behind_by_what_it_has_not_acknowledged(store: Store) -> None:
    events(store, 1, 3, released_at=NOW)
    with store.begin() as conn:
        for name, acked in (("payroll", 1), ("archive", 9)):
            conn.execute(sa.insert(CONSUMERS).values(name=name, acked=acked, created_at=NOW))
    assert read(store).behind == {"payroll": 2, "archive": 0}


def test_runs_and_windows_are_told_by_their_ends(store: Store) -> None:
    with store.begin() as conn:
        for minutes in (1, 2):
            at = NOW + timedelta(minutes=minutes)
            finish_run(conn, start_run(conn, "sync", NOW), "done", at)
            close_window(conn, create_window(conn, NewWindow("deaths", NOW, at, 1, NOW)).window_id, at)
        start_run(conn, "decide", NOW)
        create_window(conn, NewWindow("deaths", NOW, NOW + timedelta(days=1), 1, NOW))
    found = read(store)
    assert found.runs == (
        RunsOf("decide", "running", 1, None),
        RunsOf("sync", "done", 2, NOW + timedelta(minutes=2)),
    )
    assert found.read_until == {"deaths": NOW + timedelta(minutes=2)}


def test_no_query_walks_the_events_or_the_deliveries(sqlite_store: Store) -> None:
    """Asked of the planner: every step on either table names the rowid or an index it searches."""
    events(sqlite_store, 1, 3, released_at=None)
    subscription(sqlite_store, "one", 0)
    with sqlite_store.read() as conn, plans_of(conn) as steps:
        facts(conn, 4.0)
    of_either = [step for step in steps if step.split()[1:2] in ([EVENTS.name], [DELIVERIES.name])]
    assert len(of_either) > 5
    assert not [step for step in of_either if "USING" not in step and not step.startswith("SEARCH")]
