"""A run's basis counts once its decisions stand, and follows parts that are written anew."""

from datetime import date, datetime

from gateway.store import runs
from gateway.store.bases import Basis, drop_older_bases, keep_basis, rewritten, standing_basis
from gateway.store.database import Store
from gateway.store.parts import Part

AT = datetime(2026, 9, 30)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times
DAY = date(2026, 9, 30)


def decided(store: Store, state: runs.State, *parts: str) -> int:
    with store.begin() as conn:
        run_id = runs.start_run(conn, "decide", AT, DAY, "1")
        keep_basis(conn, Basis(run_id, DAY, "rules", frozenset(parts)))
        runs.finish_run(conn, run_id, state, AT)
    return run_id


def stands(store: Store) -> Basis | None:
    with store.read() as conn:
        return standing_basis(conn)


def part(part_id: str, stage: str = "settled") -> Part:
    return Part(part_id, stage, None, 1, part_id, 1, 1, AT)


def test_only_the_newest_published_run_counts(store: Store) -> None:
    assert stands(store) is None
    first = decided(store, "done", "a")
    second = decided(store, "done", "b")
    decided(store, "held", "c")
    assert stands(store) == Basis(second, DAY, "rules", frozenset("b"))
    assert first < second


def test_a_published_run_without_a_basis_leaves_none(store: Store) -> None:
    decided(store, "done", "a")
    with store.begin() as conn:
        run_id = runs.start_run(conn, "decide", AT, DAY, "1")
        runs.finish_run(conn, run_id, "done", AT)
    assert stands(store) is None


def test_older_ones_are_forgotten(store: Store) -> None:
    decided(store, "done", "a")
    second = decided(store, "done", "b")
    with store.begin() as conn:
        drop_older_bases(conn, second)
    found = stands(store)
    assert found is not None
    assert found.run_id == second


def test_parts_written_anew_take_the_place_of_those_they_were_made_from(store: Store) -> None:
    decided(store, "done", "a", "b", "c")
    with store.begin() as conn:
        rewritten(conn, [part("a"), part("b")], [part("d"), part("e", "folded")])
    found = stands(store)
    assert found is not None
    assert found.parts == {"c", "d"}


def test_where_one_of_them_came_later_nothing_is_noted(store: Store) -> None:
    decided(store, "done", "a", "b")
    with store.begin() as conn:
        rewritten(conn, [part("a"), part("later")], [part("d")])
    found = stands(store)
    assert found is not None
    assert found.parts == {"a", "b"}
