"""What of the outbox may be removed: nothing that is young, held, undelivered or still to be taken."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from gateway.store import consumers, retention
from gateway.store.database import Store
from gateway.store.deliveries import add, note_delivered
from gateway.store.feed import Reach, reach
from gateway.store.outbox import last_sequence
from gateway.store.retention import closed_before, removable, remove_events
from gateway.store.subscriptions import NewSubscription, create
from gateway.store.tables import DELIVERIES, LEDGER, SUBSCRIPTIONS
from tests.integration.web.outbox import NOW, hold, new_event, tell

BEFORE: datetime = NOW + timedelta(days=1)
YOUNG: datetime = NOW + timedelta(days=2)


def subscribe(store: Store, position: int, state: str = "active") -> str:
    new = NewSubscription(
        subscription_id="sub_1",
        owner=None,
        sink="https://receiver.example/events",
        filters=[],
        counties=None,
        allow=[],
        batch_size=1,
        concurrency=1,
        rate_per_second=None,
        secrets=[],
        position=position,
    )
    with store.begin() as conn:
        create(conn, new, NOW)
        conn.execute(update(SUBSCRIPTIONS).values(state=state))
    return new.subscription_id


def up_to(store: Store) -> int:
    with store.read() as conn:
        return removable(conn, BEFORE).up_to


def holders(store: Store) -> list[str]:
    with store.read() as conn:
        return [f"{hold.who} {hold.why}" for hold in removable(conn, BEFORE).holds]


def removed(store: Store) -> int:
    with store.begin() as conn:
        return remove_events(conn, removable(conn, BEFORE).up_to)


def test_nothing_is_removable_of_nothing(store: Store) -> None:
    with store.read() as conn:
        assert removable(conn, BEFORE).events == 0
    assert removed(store) == 0


def test_old_events_go_young_ones_stay_and_the_feed_begins_behind(store: Store) -> None:
    tell(store, *"abc")
    tell(store, *"de", at=YOUNG)
    assert removed(store) == 3
    with store.read() as conn:
        assert reach(conn) == Reach(3, 5)
    assert removed(store) == 0


def test_when_all_of_them_are_gone_numbers_go_on(store: Store) -> None:
    tell(store, *"abc")
    assert removed(store) == 3
    with store.read() as conn:
        assert reach(conn) == Reach(3, 3)
        assert last_sequence(conn) == 3
    tell(store, "d")
    with store.read() as conn:
        assert reach(conn) == Reach(3, 4)


def test_a_held_event_stays_with_all_behind_it(store: Store) -> None:
    tell(store, *"ab")
    hold(store, [new_event("held")], run_id=2)
    tell(store, "d")
    assert up_to(store) == 2


@pytest.mark.parametrize("state", ["pending", "active", "paused", "disabled"])
def test_what_a_subscription_has_not_looked_at_stays_for_it(store: Store, state: str) -> None:
    tell(store, *"abc")
    subscribe(store, 1, state)
    assert up_to(store) == 1
    assert holders(store) == [f"subscription sub_1 is {state} and has not come further"]


def test_for_a_subscription_that_was_removed_nothing_stays(store: Store) -> None:
    tell(store, *"abc")
    name = subscribe(store, 1, "removed")
    with store.begin() as conn:
        add(conn, name, [[1]], NOW)
    assert (up_to(store), holders(store)) == (3, [])


def test_an_undelivered_event_stays_until_it_is_taken(store: Store) -> None:
    tell(store, *"abc")
    name = subscribe(store, 3)
    with store.begin() as conn:
        first, second = add(conn, name, [[1], [2]], NOW)
        note_delivered(conn, [first], 204, NOW)
    assert (up_to(store), holders(store)) == (1, ["subscription sub_1 has pending deliveries"])
    with store.begin() as conn:
        conn.execute(update(DELIVERIES).where(DELIVERIES.c.delivery_id == second).values(state="failed"))
    assert (up_to(store), holders(store)) == (1, ["subscription sub_1 has failed deliveries"])
    with store.begin() as conn:
        (again,) = add(conn, name, [[2]], NOW, again_for=second)
        note_delivered(conn, [again], 204, NOW)
    assert (up_to(store), holders(store)) == (3, [])


def test_deliveries_go_with_their_events(store: Store) -> None:
    tell(store, *"ab")
    tell(store, "c", at=YOUNG)
    name = subscribe(store, 3)
    with store.begin() as conn:
        note_delivered(conn, add(conn, name, [[1, 2], [3]], NOW), 204, NOW)
    assert removed(store) == 2
    with store.read() as conn:
        assert conn.scalars(select(DELIVERIES.c.first_sequence)).all() == [3]


def test_a_consumer_that_takes_something_now_and_then_keeps_what_it_has_not_taken(store: Store) -> None:
    tell(store, *"abc")
    with store.begin() as conn:
        consumers.create(conn, "pensions", None, 0, NOW)
        consumers.ack(conn, "pensions", None, 2, YOUNG)
    assert (up_to(store), holders(store)) == (2, ["consumer pensions has not acknowledged more"])


def test_a_new_consumer_keeps_everything_behind_its_beginning(store: Store) -> None:
    tell(store, *"abc")
    with store.begin() as conn:
        consumers.create(conn, "pensions", None, 1, YOUNG)
    assert up_to(store) == 1


def test_a_consumer_that_took_nothing_for_the_whole_retention_is_passed_and_named(store: Store) -> None:
    tell(store, *"abc")
    with store.begin() as conn:
        consumers.create(conn, "pensions", None, 0, NOW)
        consumers.ack(conn, "pensions", None, 1, NOW)
    with store.read() as conn:
        found = removable(conn, BEFORE)
    assert (found.up_to, found.holds, found.passed) == (3, (), ("pensions",))


def test_no_more_than_a_bounded_number_goes_at_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "AT_ONCE", 2)
    tell(store, *"abcde")
    assert [removed(store) for _ in range(4)] == [2, 2, 1, 0]


def entry(
    person: int, contents: list[int], closed_at: datetime | None, cause: str = "death"
) -> dict[str, Any]:
    return {
        "benefit_id": f"B{person}",
        "person": person,
        "person_no": f"P{person}",
        "bucket": person % 16,
        "benefit": "employee_pension",
        "cause": cause,
        "suspected": True,
        "state": "closed" if closed_at else "open",
        "version": 1,
        "opened_on": NOW.date(),
        "opened_at": NOW,
        "run_id": 1,
        "contents": contents,
        "evidence": [],
        "closed_at": closed_at,
    }


def test_a_row_is_closed_when_every_verification_of_it_was_long_ago(store: Store) -> None:
    with store.begin() as conn:
        conn.execute(
            insert(LEDGER),
            [
                entry(1, [1, 2], NOW),
                entry(1, [2], None, "custody"),
                entry(2, [3, 4], NOW),
                entry(2, [4], YOUNG, "custody"),
                entry(3, [1], None),
            ],
        )
        assert sorted(closed_before(conn, BEFORE)) == [(1, 1), (2, 3)]
