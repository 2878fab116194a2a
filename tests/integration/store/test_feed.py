from datetime import datetime, timedelta

from gateway.store import consumers
from gateway.store.database import Store
from gateway.store.feed import Reach, Wanted, reach, read_after, released_event
from tests.integration.web.outbox import NOW, forget, hold, new_event, tell

LATER: datetime = NOW + timedelta(hours=1)


def test_a_read_is_raw_rows_up_to_the_first_held_event(store: Store) -> None:
    tell(store, "a", "b")
    hold(store, [new_event("held")], run_id=2)
    with store.read() as conn:
        found = read_after(conn, None, 10, Wanted(types=["certification.renewed"], counties=["990101"]))
        assert reach(conn) == Reach(0, 2)
        assert released_event(conn, "held") is None
    assert [(row[0], type(row[2]), row[3]) for row in found.events] == [(1, bytes, None), (2, bytes, None)]
    assert (found.looked_to, found.more) == (2, False)


def test_the_feed_reaches_from_behind_what_was_removed(store: Store) -> None:
    with store.read() as conn:
        assert reach(conn) == Reach(0, 0)
    tell(store, *"abc")
    for removed in (2, 3):
        forget(store, removed)
        with store.read() as conn:
            assert reach(conn) == Reach(removed, 3)


def test_a_consumer_is_made_once_moves_forward_and_can_be_put_back(store: Store) -> None:
    tell(store, "a")
    tell(store, "b", at=LATER)
    with store.begin() as conn:
        made = [consumers.create(conn, "pensions", owner, 0, NOW) for owner in ("one", "two")]
        moved = [consumers.ack(conn, "pensions", "one", to, NOW) for to in (1, 1, 0, 2)]
        assert consumers.seek(conn, "pensions", "one", consumers.before(conn, LATER, reach(conn)), NOW)
        found = consumers.consumer(conn, "pensions", "one")
        assert consumers.consumers(conn, "two") == []
        assert not consumers.remove(conn, "pensions", "two")
    assert (made, moved) == ([True, False], [True, False, False, True])
    assert (found.acked, found.lag, found.oldest_unacked_at) == (1, 1, LATER)
