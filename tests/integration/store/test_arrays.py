"""Batches of events as they leave: put together by the database, in order, or not at all."""

from datetime import datetime

from gateway.store.ahead import subjects_ahead
from gateway.store.database import Store
from gateway.store.deliveries import arrays
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from tests.support.new_event import NewEvent

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
SUBJECTS = ["B1", "乙-2", 'B"3', "B,4\\", "B 5", "B6", "B7", "B8", "B9", "B10", "B11", "B12"]


def tell(store: Store) -> None:
    events = [
        NewEvent(f"e{place}", "x.due", subject, "990101" if place % 2 else None, NOW, _body)
        for place, subject in enumerate(SUBJECTS)
    ]
    with store.begin() as conn:
        append_events(conn, 1, events)
        release_events(conn, 1, NOW)


def _body(sequence: int) -> bytes:
    return f'{{"sequence":{sequence},"said":"二（一）, [{"x" * sequence}]"}}'.encode()


def test_the_events_of_a_batch_have_commas_between_and_their_order(store: Store) -> None:
    tell(store)
    batches = [range(1, 4), (2, 5, 11, 12), [7]]
    with store.read() as conn:
        assert arrays(conn, batches) == [b",".join(map(_body, numbers)) for numbers in batches]
        assert arrays(conn, []) == []


def test_a_batch_of_which_an_event_is_gone_has_nothing(store: Store) -> None:
    tell(store)
    with store.read() as conn:
        assert arrays(conn, [range(11, 14), (1, 99), range(1, 3)])[:2] == [None, None]


def test_subjects_are_given_whatever_is_in_them(store: Store) -> None:
    tell(store)
    numbered = list(enumerate(SUBJECTS, 1))
    with store.read() as conn:
        assert list(subjects_ahead(conn, 0, 100).rows) == numbered
        assert list(subjects_ahead(conn, 2, 3).rows) == numbered[2:5]
        assert list(subjects_ahead(conn, 0, 3, ["990101"]).rows) == numbered[1:6:2]
        assert list(subjects_ahead(conn, 12, 3).rows) == []
