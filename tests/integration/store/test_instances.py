"""Who shares a run, and who has which of its steps: on both databases, with connections side by side."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from threading import Barrier, Event
from typing import TypeVar

import pytest
from sqlalchemy import Connection, update

from gateway.clock import local, system_clock
from gateway.errors import StoreError
from gateway.store import instances, leases
from gateway.store.database import Store
from gateway.store.instances import Instance, LeaseLost
from gateway.store.leases import WORK, AtWork, Claim
from gateway.store.tables import LEASES

T = TypeVar("T")

LENGTH = timedelta(seconds=30)
A, B = (Instance(f"token-{name}", f"host-{name}, process 1", LENGTH) for name in "ab")
STEP = "run 1 read settlements"


def arrive(store: Store, me: Instance, key: str = "sync") -> list[str]:
    with store.begin() as conn:
        return [lease.holder for lease in instances.arrive(conn, me, key)]


def take(store: Store, me: Instance, name: str = STEP) -> bool:
    with store.begin() as conn:
        return instances.take(conn, me, name)


def hold(store: Store, me: Instance, name: str = STEP) -> None:
    with store.begin() as conn:
        instances.hold(conn, me, name)


def fall_silent(store: Store, me: Instance) -> None:
    """As if it had said nothing for as long as its leases last."""
    with store.begin() as conn:
        past = leases.present(conn) - timedelta(seconds=1)
        conn.execute(update(LEASES).where(LEASES.c.token == me.token).values(until=past))


def work(store: Store) -> str | None:
    with store.read() as conn:
        found = leases.holder(conn, WORK, leases.present(conn))
    return found.token if found else None


def test_the_present_is_that_of_shanghai(store: Store) -> None:
    with store.read() as conn:
        assert abs(leases.present(conn) - local(system_clock())) < timedelta(minutes=1)


def test_the_second_to_arrive_sees_the_first_and_the_last_to_go_ends_the_work(store: Store) -> None:
    assert arrive(store, A) == []
    assert arrive(store, B) == [A.holder]
    with store.begin() as conn:
        assert not instances.depart(conn, A)
    assert work(store) == "shared sync"
    with store.begin() as conn:
        assert instances.depart(conn, B)
    assert work(store) is None


def test_only_the_same_work_is_shared(store: Store) -> None:
    arrive(store, A)
    with pytest.raises(AtWork, match=r"another run is at work since .* \(host-a, process 1\)"):
        arrive(store, B, "decide 2026-09-30")
    with store.read() as conn:
        assert [lease.holder for lease in instances.shared(conn)] == [A.holder]


def test_nobody_joins_who_works_alone(store: Store) -> None:
    alone = Claim(WORK, "alone", "host-c, process 1", "a locked file")
    with store.begin() as conn:
        assert leases.take(conn, alone, leases.present(conn)).token == "alone"
    with pytest.raises(AtWork):
        arrive(store, A)


def test_work_of_instances_that_are_all_gone_is_free_for_any_other(store: Store) -> None:
    arrive(store, A)
    take(store, A)
    fall_silent(store, A)
    assert arrive(store, B, "decide 2026-09-30") == []
    with store.begin() as conn:
        assert not instances.renew(conn, A)
        assert [lease.holder for lease in instances.shared(conn)] == [B.holder]


def test_a_step_is_of_one_until_it_is_given_back(store: Store) -> None:
    arrive(store, A)
    arrive(store, B)
    assert take(store, A)
    assert not take(store, B)
    assert take(store, B, "run 1 read terminations")
    with store.begin() as conn:
        instances.let_go(conn, A, STEP)
    assert take(store, B)
    with pytest.raises(LeaseLost):
        hold(store, A)


def test_who_is_silent_is_replaced_and_holds_nothing_any_more(store: Store) -> None:
    arrive(store, A)
    arrive(store, B)
    take(store, A)
    fall_silent(store, A)
    assert take(store, B)
    for act in (hold, take):
        with pytest.raises(LeaseLost):
            act(store, A)
    with store.begin() as conn:
        assert not instances.renew(conn, A)
    with pytest.raises(LeaseLost), store.begin() as conn:
        instances.let_go(conn, A, STEP)
    hold(store, B)


def test_who_was_silent_and_not_replaced_goes_on(store: Store) -> None:
    arrive(store, A)
    take(store, A)
    fall_silent(store, A)
    with store.begin() as conn:
        assert instances.renew(conn, A)
    arrive(store, B)
    assert not take(store, B)
    hold(store, A)


def test_a_guarded_store_writes_nothing_without_its_lease(store: Store) -> None:
    arrive(store, A)
    arrive(store, B)
    take(store, A)
    guarded = store.guarded(lambda conn: instances.hold(conn, A, STEP))
    with guarded.begin() as conn:
        conn.execute(update(LEASES).where(LEASES.c.name == STEP).values(holder="written"))
    fall_silent(store, A)
    take(store, B)
    with pytest.raises(LeaseLost), guarded.begin() as conn:
        pytest.fail("it was begun")
    hold(store, B)


def test_of_many_who_arrive_at_once_one_is_the_first(store: Store) -> None:
    crowd = [Instance(f"token-{number}", f"process {number}", LENGTH) for number in range(6)]
    seen = at_once(6, lambda number: arrive(store, crowd[number]))
    assert sorted(len(others) for others in seen) == list(range(6))


def test_of_many_who_want_a_step_at_once_one_has_it(store: Store) -> None:
    crowd = [Instance(f"token-{number}", f"process {number}", LENGTH) for number in range(4)]
    for each in crowd:
        arrive(store, each)
    for turn in range(8):
        name = f"run 1 decide bucket {turn}"
        assert sum(at_once(4, partial(take_as, store, crowd, name))) == 1


def take_as(store: Store, crowd: Sequence[Instance], name: str, number: int) -> bool:
    return take(store, crowd[number], name)


def test_of_many_who_go_at_once_one_is_the_last(store: Store) -> None:
    crowd = [Instance(f"token-{number}", f"process {number}", LENGTH) for number in range(4)]
    for each in crowd:
        arrive(store, each)

    def depart(number: int) -> bool:
        with store.begin() as conn:
            return instances.depart(conn, crowd[number])

    assert sum(at_once(4, depart)) == 1
    assert work(store) is None


def test_nobody_is_replaced_in_the_middle_of_a_commit(store: Store) -> None:
    """Whoever comes for the step finds it free or held by a commit, never both."""
    arrive(store, A)
    arrive(store, B)
    take(store, A)
    fall_silent(store, A)
    order: list[str] = []
    with (
        ThreadPoolExecutor(1) as pool,
        beginning(pool, lambda: _take_until_had(store, order)) as taking,
        store.begin() as conn,
    ):
        instances.hold(conn, A, STEP)
        taking.set()
        time.sleep(0.3)
        order.append("committed")
    assert order == ["committed", "taken"]


def _take_until_had(store: Store, order: list[str]) -> None:
    end = time.monotonic() + 20
    while not take(store, B):
        assert time.monotonic() < end
        time.sleep(0.02)
    order.append("taken")


def test_a_renewal_does_not_wait_for_a_long_commit_of_its_own(postgres_store: Store) -> None:
    """Else an instance that publishes a large bucket would seem dead."""
    arrive(postgres_store, A)
    take(postgres_store, A)
    with ThreadPoolExecutor(1) as pool, postgres_store.begin() as conn:
        instances.hold(conn, A, STEP)
        before = leases.present(conn) + LENGTH

        def renew() -> bool:
            with postgres_store.begin() as own:
                return instances.renew(own, A)

        assert pool.submit(renew).result(timeout=10)
        with postgres_store.read() as other:
            assert all(lease.until >= before for lease in instances.shared(other))


def test_a_client_that_falls_silent_in_a_commit_holds_nobody_up(postgres_store: Store) -> None:
    """A machine that is cut off leaves its transaction open: the server ends it with its lease."""
    cut_off = Instance("token-c", "host-c, process 1", timedelta(seconds=1))
    arrive(postgres_store, cut_off)
    arrive(postgres_store, B)
    take(postgres_store, cut_off)
    with pytest.raises(StoreError), postgres_store.begin() as conn:
        _commit_after_a_silence(conn, postgres_store, cut_off)
    with postgres_store.read() as conn:
        assert {lease.holder for lease in instances.shared(conn)} == {B.holder}


def _commit_after_a_silence(conn: Connection, store: Store, me: Instance) -> None:
    instances.hold(conn, me, STEP)
    order: list[str] = []
    _take_until_had(store, order)
    conn.execute(update(LEASES).values(holder="written too late"))


def at_once(many: int, act: Callable[[int], T]) -> list[T]:
    """What comes of doing a thing in so many threads at the same time."""
    barrier = Barrier(many)

    def one(number: int) -> T:
        barrier.wait()
        return act(number)

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(one, range(many)))


@contextmanager
def beginning(pool: ThreadPoolExecutor, act: Callable[[], None]) -> Iterator[Event]:
    """Do a thing in a thread once it is told to begin; its fault is the test's."""
    begin = Event()

    def wait() -> None:
        begin.wait()
        act()

    future: Future[None] = pool.submit(wait)
    yield begin
    future.result(timeout=30)
