from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import pytest

from gateway.store import consumers
from gateway.store.database import Store
from gateway.store.feed import PagePart, Reach, Wanted, part_after, reach, read_after, released_event
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from tests.integration.web.outbox import NOW, forget, hold, new_event, tell
from tests.support.new_event import NewEvent

LATER: datetime = NOW + timedelta(hours=1)


def test_a_read_is_raw_rows_up_to_the_first_held_event(store: Store) -> None:
    tell(store, "a", "b")
    hold(store, [new_event("held")], run_id=2)
    with store.read() as conn:
        found = read_after(conn, None, 10, Wanted(types=("certification.renewed",), counties=("990101",)))
        assert reach(conn) == Reach(0, 2)
        assert released_event(conn, "held") is None
    assert [(row[0], type(row[2]), row[3]) for row in found.events] == [(1, bytes, None), (2, bytes, None)]
    assert (found.looked_to, found.more) == (2, False)


@pytest.mark.parametrize("wanted", [Wanted(), Wanted(counties=("990101",)), Wanted(types=("none.such",))])
def test_a_part_is_what_the_rows_are_with_commas_between(store: Store, wanted: Wanted) -> None:
    events = [told_of(number) for number in range(300)]
    with store.begin() as conn:
        append_events(conn, 1, events, signed_but_each_third)
        release_events(conn, 1, NOW)
    hold(store, [new_event("held")], run_id=2)
    with store.read() as conn:
        for after, limit in ((None, 1000), (0, 7), (120, 50), (299, 1), (300, 10)):
            rows = read_after(conn, after, limit, wanted)
            signatures = ["null" if each is None else f'"{each}"' for *_, each in rows.events]
            bodies = b",".join(body for _, _, body, _ in rows.events)
            whole = PagePart(rows.looked_to, rows.reach, len(rows.events), bodies, ",".join(signatures))
            assert part_after(conn, after, limit, wanted) == whole


def told_of(number: int) -> NewEvent:
    body = f'{{"n":{number},"said":"二（一）, \\\\u0000"}}'.encode() * (1 + number % 40)
    county = "990101" if number % 3 else None
    return NewEvent(f"evt_{number}", "certification.renewed", "B1", county, NOW, lambda _: body)


def signed_but_each_third(bodies: Sequence[bytes]) -> Callable[[], list[str | None]]:
    return lambda: [f"h..{place}" if place % 3 else None for place in range(len(bodies))]


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
