from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

import pytest

from gateway.errors import StoreError
from gateway.store import outbox
from gateway.store.database import Store
from gateway.store.outbox import append_events, appending, events_after
from gateway.store.spans import release_events
from tests.support.new_event import NewEvent

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times


def draft(name: str, kind: str = "certification.renewed") -> NewEvent:
    return NewEvent(name, kind, f"B{name}", "430102", NOW, lambda number: f"{number} {name} body".encode())


def append(store: Store, run_id: int, events: Sequence[NewEvent]) -> int:
    with store.begin() as conn:
        return append_events(conn, run_id, events)


def test_events_are_numbered_from_one_and_keep_their_bytes(store: Store) -> None:
    assert append(store, 1, [draft("a"), draft("b")]) == 2
    assert append(store, 1, []) == 2
    assert append(store, 1, [draft("c")]) == 3
    with store.begin() as conn:
        assert release_events(conn, 1, NOW) == 3
        assert release_events(conn, 1, NOW) == 0
        found = events_after(conn, 0, 10)
    assert [(event.sequence, event.body) for event in found] == [
        (1, b"1 a body"),
        (2, b"2 b body"),
        (3, b"3 c body"),
    ]
    assert (found[0].subject, found[0].county, found[0].run_id, found[0].released_at) == (
        "Ba",
        "430102",
        1,
        NOW,
    )


def test_events_are_written_while_those_behind_them_are_being_signed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox, "_A_WRITE", 2)
    monkeypatch.setattr(outbox, "_AHEAD", 2)
    said: list[str] = []

    def sign(bodies: Sequence[bytes]) -> Callable[[], list[str]]:
        said.append(f"begin {bodies[0].decode()}")

        def wait() -> list[str]:
            said.append(f"wait {bodies[0].decode()}")
            return [f"of {body.decode()}" for body in bodies]

        return wait

    with store.begin() as conn, appending(conn, 1, sign) as appended:
        appended.add(draft(name) for name in "abcdefg")
        assert appended.last == 7
        assert said == [
            *("begin 1 a body", "begin 3 c body", "begin 5 e body", "wait 1 a body"),
            *("begin 7 g body", "wait 3 c body"),
        ]
        appended.add([draft("h")])
    with store.begin() as conn:
        release_events(conn, 1, NOW)
        found = events_after(conn, 0, 10)
    assert [event.sequence for event in found] == [*range(1, 9)]
    assert all(event.signature == f"of {event.body.decode()}" for event in found)


def test_a_transaction_that_fails_uses_up_no_number(store: Store) -> None:
    append(store, 1, [draft("a")])
    with pytest.raises(StoreError), store.begin() as conn:
        append_events(conn, 1, [draft("b"), draft("a")])
    assert append(store, 1, [draft("c")]) == 2


def test_events_are_read_by_cursor_kind_and_limit(store: Store) -> None:
    append(store, 1, [draft("a"), draft("b", "certification.due"), draft("c"), draft("d")])
    with store.begin() as conn:
        release_events(conn, 1, NOW)
        assert [event.sequence for event in events_after(conn, 1, 2)] == [2, 3]
        assert [event.sequence for event in events_after(conn, 0, 9, ["certification.due"])] == [2]
        assert events_after(conn, 4, 9) == []
        assert [event.sequence for event in outbox.events_about(conn, "Bc")] == [3]


def test_no_reader_sees_an_event_before_it_is_let_out(store: Store) -> None:
    append(store, 1, [draft("a")])
    with store.begin() as conn:
        release_events(conn, 1, NOW)
    append(store, 2, [draft("b")])
    with store.begin() as conn:
        assert [event.sequence for event in events_after(conn, 0, 9)] == [1]
        release_events(conn, 2, NOW)
        assert [event.sequence for event in events_after(conn, 1, 9)] == [2]


def test_a_run_lets_out_its_own_events_only(store: Store) -> None:
    append(store, 1, [draft("a")])
    append(store, 2, [draft("b")])
    append(store, 1, [draft("c")])
    with store.begin() as conn:
        assert release_events(conn, 1, NOW) == 2
        assert [event.sequence for event in events_after(conn, 0, 9)] == [1]
        assert release_events(conn, 2, NOW) == 1
        assert [event.sequence for event in events_after(conn, 0, 9)] == [1, 2, 3]


def test_two_writers_at_once_number_without_gaps(store: Store) -> None:
    def write(writer: int) -> list[int]:
        return [
            append(store, writer, [draft(f"{writer}-{turn}-{each}") for each in range(3)])
            for turn in range(15)
        ]

    with ThreadPoolExecutor(2) as pool:
        lasts = list(pool.map(write, (1, 2)))
    with store.begin() as conn:
        release_events(conn, 1, NOW)
        release_events(conn, 2, NOW)
        found = events_after(conn, 0, 1000)
    assert [event.sequence for event in found] == list(range(1, 91))
    assert sorted(lasts[0] + lasts[1]) == list(range(3, 91, 3))
    assert all(event.body.startswith(f"{event.sequence} ".encode()) for event in found)


def test_an_event_shows_no_content(store: Store) -> None:
    append(store, 1, [draft("a")])
    with store.read() as conn:
        (event,) = outbox.events_about(conn, "Ba")
    assert " body" not in repr(event)
    assert " body" not in repr(draft("a"))
