"""How far events may go, read on one connection while another numbers, holds and releases them."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from threading import Event

import pytest
from sqlalchemy import func, select

from gateway.errors import StoreError
from gateway.store.database import Store
from gateway.store.outbox import append_events, events_after, last_released
from gateway.store.spans import release_events
from gateway.store.tables import EVENT_SPANS
from tests.support.new_event import NewEvent

pytestmark = pytest.mark.server

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
RUNS = 150


def number(store: Store, run_id: int, many: int = 3) -> int:
    """Number events of a run, which stay held."""
    events = [
        NewEvent(f"{run_id}-{each}", "x.due", f"B{each}", None, NOW, lambda sequence: b"%d" % sequence)
        for each in range(many)
    ]
    with store.begin() as conn:
        return append_events(conn, run_id, events)


def release(store: Store, run_id: int) -> None:
    with store.begin() as conn:
        release_events(conn, run_id, NOW)


def test_a_connection_that_ends_in_the_middle_leaves_nothing_and_says_so(postgres_store: Store) -> None:
    with pytest.raises(StoreError, match="it cannot be reached"):
        append_on_a_dying_connection(postgres_store)
    assert number(postgres_store, 1) == 3


def append_on_a_dying_connection(store: Store) -> None:
    def end(process: int | None, sequence: int) -> bytes:
        with store.begin() as other:
            other.execute(select(func.pg_terminate_backend(process)))
        return b"%d" % sequence

    with store.begin() as conn:
        process = conn.scalar(select(func.pg_backend_pid()))
        append_events(conn, 1, [NewEvent("a", "x.due", "B1", None, NOW, partial(end, process))])


def test_one_transaction_sees_each_step_of_another_and_passes_nothing_held(postgres_store: Store) -> None:
    number(postgres_store, 1)
    release(postgres_store, 1)
    with postgres_store.read() as conn:
        assert last_released(conn) == 3
        assert number(postgres_store, 2) == 6
        assert last_released(conn) == 3
        assert number(postgres_store, 3) == 9
        release(postgres_store, 3)
        assert last_released(conn) == 3
        assert events_after(conn, 3, 10) == []
        release(postgres_store, 2)
        assert last_released(conn) == 9


def test_numbers_that_are_not_committed_are_not_there_for_a_reader(postgres_store: Store) -> None:
    number(postgres_store, 1)
    release(postgres_store, 1)
    with postgres_store.begin() as writing, postgres_store.read() as reading:
        append_events(writing, 2, [NewEvent("n", "x.due", "B1", None, NOW, lambda _: b"n")])
        release_events(writing, 2, NOW)
        assert last_released(writing) == 4
        assert last_released(reading) == 3


def test_a_reader_beside_publishers_passes_nothing_that_is_held_and_never_goes_back(
    postgres_store: Store,
) -> None:
    """One holds each run's events for a moment, one lets them out as it numbers them; a third reads on."""
    over = Event()

    def hold_then_release() -> None:
        for run_id in range(1, RUNS):
            number(postgres_store, run_id)
            release(postgres_store, run_id)

    def release_at_once() -> None:
        for run_id in range(RUNS, 2 * RUNS):
            with postgres_store.begin() as conn:
                append_events(conn, run_id, [NewEvent(f"{run_id}", "x.due", "B", None, NOW, lambda _: b"n")])
                release_events(conn, run_id, NOW)

    def read_on() -> list[tuple[int, int | None]]:
        return list(seen(postgres_store, over))

    with ThreadPoolExecutor(3) as pool:
        reader = pool.submit(read_on)
        publishers = [pool.submit(hold_then_release), pool.submit(release_at_once)]
        try:
            for publisher in publishers:
                publisher.result(timeout=120)
        finally:
            over.set()
        read = reader.result(timeout=30)
    reached = [last for last, _ in read]
    assert reached == sorted(reached)
    assert [(last, held) for last, held in read if held is not None and held <= last] == []
    assert len(set(reached)) > RUNS // 10, "the reader was beside them"
    with postgres_store.read() as conn:
        assert last_released(conn) == 3 * (RUNS - 1) + RUNS


def seen(store: Store, over: Event) -> Iterator[tuple[int, int | None]]:
    """How far events may go, and the first that is held just after: nothing released is held again."""
    first_held = select(func.min(EVENT_SPANS.c.first_sequence)).where(EVENT_SPANS.c.released_at.is_(None))
    while not over.is_set():
        with store.read() as conn:
            last = last_released(conn)
            yield last, conn.scalar(first_held)
