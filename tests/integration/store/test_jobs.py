from datetime import datetime, timedelta

from gateway.store import jobs
from gateway.store.database import Store
from gateway.store.jobs import Job

NOW = datetime(2026, 10, 5, 3)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
ALIVE = NOW + timedelta(minutes=5)


def known(store: Store, cron: str = "0 3 5 * *", now: datetime = NOW) -> Job:
    with store.begin() as conn:
        return jobs.known_job(conn, "run", cron, now)


def start(store: Store, seen: Job, due_at: datetime = NOW) -> Job | None:
    with store.begin() as conn:
        begun = jobs.start(conn, seen, due_at, NOW, ALIVE)
        return jobs.remembered(conn)["run"] if begun else None


def test_a_job_is_known_from_when_it_was_first_seen(store: Store) -> None:
    known(store)
    assert known(store, now=ALIVE).known_at == NOW
    assert known(store, cron="0 4 5 * *", now=ALIVE).known_at == ALIVE


def test_a_job_is_started_by_one_of_those_that_saw_it(store: Store) -> None:
    seen = known(store)
    begun = start(store, seen)
    assert begun
    assert (begun.state, begun.due_at, begun.attempt) == ("running", NOW, 1)
    assert start(store, seen) is None


def test_attempts_are_counted_for_the_same_time_only(store: Store) -> None:
    begun = start(store, known(store))
    assert begun
    with store.begin() as conn:
        assert jobs.finish(conn, begun, "failed", ALIVE, 20)
        failed = jobs.remembered(conn)["run"]
    assert (failed.state, failed.exit_code, failed.finished_at) == ("failed", 20, ALIVE)
    again = start(store, failed)
    assert again
    assert again.attempt == 2
    with store.begin() as conn:
        jobs.finish(conn, again, "failed", ALIVE, 20)
        failed = jobs.remembered(conn)["run"]
    later = start(store, failed, due_at=NOW + timedelta(days=31))
    assert later
    assert later.attempt == 1


def test_an_end_is_noted_once(store: Store) -> None:
    begun = start(store, known(store))
    assert begun
    with store.begin() as conn:
        assert jobs.stay_alive(conn, begun, ALIVE + timedelta(minutes=1))
        assert jobs.finish(conn, begun, "stopped", ALIVE, None)
        assert not jobs.finish(conn, begun, "done", ALIVE, 0)
        assert not jobs.stay_alive(conn, begun, ALIVE)
