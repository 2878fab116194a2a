import logging
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.schedule.opening import scheduler_of
from gateway.store import instances, jobs, leases
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.instances import Instance
from gateway.store.jobs import Job
from gateway.store.leases import LENGTH, WORK, Claim
from tests.integration.schedule.doubles import Launches, MovedClock, PlayedProcess, station_of

SYNCS = ["sync --dataset happenings", "sync --dataset weddings"]
OTHER = Claim(WORK, "other", "host-2, process 2", "elsewhere")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(datetime(2026, 10, 5))  # noqa: DTZ001 - naive Asia/Shanghai inside


class Schedule:
    """A scheduler that looks when it is told to."""

    def __init__(self, store: Store, folder: Path, clock: MovedClock, **schedule: object) -> None:
        self.launches = Launches()
        self._store = store
        self._clock = clock
        self.scheduler = scheduler_of(station_of(store, folder, clock, **schedule), self.launches)

    async def look(self, **after: float) -> list[str]:
        """Let time pass and look once; gives the commands begun by that."""
        self._clock.move(**after)
        before = len(self.launches.words)
        await self.scheduler.tick()
        return self.launches.words[before:]

    async def end(self, exit_code: int = 0) -> list[str]:
        """Let the job at work end; gives what is begun after it."""
        self.at_work.exit_code = exit_code
        return await self.look(seconds=1)

    @property
    def at_work(self) -> PlayedProcess:
        return self.launches.processes[-1]

    def job(self, name: str = "run") -> Job:
        with self._store.read() as conn:
            return jobs.remembered(conn)[name]

    def alarms(self) -> list[tuple[str, str]]:
        with self._store.read() as conn:
            return [(alarm.name, alarm.subject) for alarm in standing_alarms(conn)]


@pytest.fixture
async def monthly(store: Store, tmp_path: Path, clock: MovedClock) -> Schedule:
    """Only the monthly job, known since three hours before it is due."""
    schedule = Schedule(store, tmp_path, clock, sync={})
    assert await schedule.look() == []
    return schedule


async def test_jobs_begin_at_their_time_one_after_the_other(
    store: Store, tmp_path: Path, clock: MovedClock
) -> None:
    schedule = Schedule(store, tmp_path, clock)
    assert await schedule.look() == []
    assert await schedule.look(hours=1, minutes=29) == []
    assert await schedule.look(minutes=1) == SYNCS[:1]
    assert await schedule.look(minutes=5) == []
    assert await schedule.end() == SYNCS[1:]
    assert await schedule.end() == []
    assert await schedule.look(hours=2) == ["run"]
    assert await schedule.end() == []
    assert {schedule.job(name).state for name in ("run", "sync happenings", "sync weddings")} == {"done"}
    assert schedule.alarms() == []


async def test_after_a_downtime_each_job_runs_once(store: Store, tmp_path: Path, clock: MovedClock) -> None:
    await Schedule(store, tmp_path, clock).look()
    clock.move(days=40)
    schedule = Schedule(store, tmp_path, clock)
    assert await schedule.look() == ["run"]
    missed = [("missed_run", name) for name in ("sync happenings", "sync weddings", "run")]
    assert sorted(schedule.alarms()) == sorted(missed)
    assert [await schedule.end(), await schedule.end(), await schedule.end()] == [SYNCS[:1], SYNCS[1:], []]
    assert schedule.alarms() == []


async def test_while_somebody_else_is_at_work_jobs_wait(monthly: Schedule, store: Store) -> None:
    await monthly.look(hours=3, minutes=-1)
    with store.begin() as conn:
        leases.take(conn, OTHER, monthly._clock.now)
    assert await monthly.look(minutes=1) == []
    assert await monthly.look(minutes=3) == []
    assert await monthly.look(minutes=1) == ["run"]


async def test_two_schedulers_over_one_store_begin_a_job_once(
    monthly: Schedule, store: Store, tmp_path: Path, clock: MovedClock
) -> None:
    other = Schedule(store, tmp_path, clock, sync={})
    assert await monthly.look(hours=3) == ["run"]
    assert await other.look() == []
    await monthly.end()
    assert await other.look(hours=1) == []


async def test_a_job_whose_scheduler_died_is_taken_up_by_another(
    monthly: Schedule, store: Store, tmp_path: Path, clock: MovedClock, caplog: pytest.LogCaptureFixture
) -> None:
    await monthly.look(hours=3)
    other = Schedule(store, tmp_path, clock, sync={})
    assert await other.look(minutes=4) == []
    assert await other.look(minutes=1) == []
    assert other.job().state == "stopped"
    assert await other.look(seconds=15) == ["run"]
    assert "ALARM failed_job run: stopped with the scheduler" in caplog.text
    await other.end()
    assert other.alarms() == []


async def test_a_scheduler_at_work_is_never_given_up(
    monthly: Schedule, store: Store, tmp_path: Path, clock: MovedClock
) -> None:
    other = Schedule(store, tmp_path, clock, sync={})
    await monthly.look(hours=3)
    for _ in range(20):
        await monthly.look(minutes=1)
        assert await other.look(minutes=1) == []
    assert monthly.job().state == "running"


async def test_a_job_that_ends_badly_is_an_alarm_until_it_ends_well(monthly: Schedule) -> None:
    await monthly.look(hours=3)
    assert await monthly.end(20) == []
    assert monthly.alarms() == [("failed_job", "run")]
    assert await monthly.look(minutes=30) == ["run"]
    assert monthly.alarms() == [("failed_job", "run")]
    await monthly.end()
    assert monthly.alarms() == []


async def test_a_job_that_never_ends_is_late_and_then_killed(monthly: Schedule) -> None:
    await monthly.look(hours=3)
    await monthly.look(minutes=61)
    assert monthly.alarms() == [("late_run", "run")]
    for _ in range(60):
        await monthly.look(minutes=3)
    assert monthly.at_work.stopped
    assert monthly.job().state == "killed"
    assert monthly.alarms() == [("failed_job", "run")]


async def test_a_run_that_is_held_did_not_fail(monthly: Schedule) -> None:
    await monthly.look(hours=3)
    await monthly.end(40)
    assert monthly.job().state == "held"
    assert monthly.alarms() == []


async def test_a_job_that_cannot_be_started_is_an_alarm_and_the_schedule_goes_on(
    monthly: Schedule, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_words: object) -> PlayedProcess:
        raise OSError(12, "Cannot allocate memory")

    monkeypatch.setattr(monthly.scheduler, "_launch", fail)
    monthly._clock.move(hours=3)
    await monthly.scheduler._safe_tick()
    assert "the schedule could not look after its jobs, it tries again: OSError" in caplog.text
    await monthly.look()
    assert monthly.alarms() == [("failed_job", "run")]


async def test_a_store_that_fails_is_heard_and_does_not_end_the_schedule(
    monthly: Schedule, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise StoreError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(monthly.scheduler._book, "facts", fail)
        await monthly.scheduler._safe_tick()
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["the schedule could not look after its jobs, it tries again: the disk is full"]
    assert await monthly.look(hours=3) == ["run"]


async def test_when_the_schedule_ends_its_job_is_stopped_and_later_taken_up(
    monthly: Schedule, store: Store, tmp_path: Path, clock: MovedClock
) -> None:
    await monthly.look(hours=3)
    await monthly.scheduler._stop()
    assert monthly.at_work.stopped
    assert monthly.job().state == "stopped"
    assert await Schedule(store, tmp_path, clock, sync={}).look(minutes=1) == ["run"]


async def test_a_lease_that_is_never_given_back_runs_out(monthly: Schedule, store: Store) -> None:
    with store.begin() as conn:
        leases.take(conn, OTHER, monthly._clock.now + timedelta(hours=3))
    assert await monthly.look(hours=3) == []
    assert await monthly.look(seconds=LENGTH.total_seconds()) == ["run"]


JOINED = ["run --as-of 2026-10-05 --join"]


class Shared:
    """Two schedulers of instances that share their runs; the first has begun the monthly job."""

    def __init__(self, store: Store, folder: Path, clock: MovedClock) -> None:
        self.first, self.second = (
            Schedule(store, folder, clock, sync={}, sharing={"enabled": True}) for _ in range(2)
        )
        self._store = store
        self._instance = Instance("first", "host-1, process 1", timedelta(seconds=40))

    async def begin(self) -> None:
        """Let the first begin it and be seen at work."""
        await self.first.look()
        assert await self.first.look(hours=3) == ["run"]
        assert await self.second.look() == []
        with self._store.begin() as conn:
            instances.arrive(conn, self._instance, "run --as-of 2026-10-05")

    def nobody_is_at_it(self) -> None:
        """Let the last instance be gone."""
        with self._store.begin() as conn:
            instances.depart(conn, self._instance)


@pytest.fixture
async def shared(store: Store, tmp_path: Path, clock: MovedClock, monkeypatch: pytest.MonkeyPatch) -> Shared:
    """The database's clock is the one that is moved."""
    monkeypatch.setattr(instances, "present", lambda _conn: clock.now)
    found = Shared(store, tmp_path, clock)
    await found.begin()
    return found


async def test_an_instance_that_shares_runs_joins_a_job_that_another_has_begun(shared: Shared) -> None:
    assert await shared.second.look() == JOINED
    assert await shared.first.look() == []
    assert await shared.first.end() == []
    assert await shared.second.end() == []
    assert shared.first.job().state == "done"


async def test_a_job_that_is_not_shared_is_joined_by_nobody(
    monthly: Schedule, store: Store, tmp_path: Path, clock: MovedClock
) -> None:
    other = Schedule(store, tmp_path, clock, sync={}, sharing={"enabled": True})
    await monthly.look(hours=3)
    with store.begin() as conn:
        leases.take(conn, OTHER, clock.now)
    assert await other.look(minutes=1) == []


async def test_who_joined_ends_the_job_of_a_scheduler_that_died_and_nobody_begins_it_anew(
    shared: Shared,
) -> None:
    await shared.second.look()
    for _ in range(10):
        assert await shared.second.look(minutes=1) == []
    assert shared.second.job().state == "running"
    shared.nobody_is_at_it()
    assert await shared.second.end() == []
    assert shared.second.job().state == "done"
    assert await shared.second.look(hours=1) == []


@pytest.mark.parametrize("exit_code", [-9, 1, 10, 30])
async def test_an_instance_that_fails_by_itself_leaves_the_job_to_the_others_and_joins_again(
    shared: Shared, exit_code: int
) -> None:
    await shared.second.look()
    assert await shared.first.end(exit_code) == []
    assert shared.first.job().state == "running"
    assert shared.first.alarms() == []
    assert await shared.first.look(seconds=61) == JOINED
    assert await shared.second.end(exit_code) == []
    assert await shared.second.look(seconds=61) == JOINED
    assert await shared.second.end(40) == []
    assert shared.first.job().state == "held"


async def test_an_instance_that_is_stopped_leaves_the_job_to_the_others(shared: Shared) -> None:
    await shared.second.look()
    await shared.first.scheduler._stop()
    assert shared.first.at_work.stopped
    assert shared.first.job().state == "running"
    assert await shared.second.end() == []
    assert shared.second.job().state == "done"


async def test_what_the_run_itself_ended_with_is_noted_whoever_ends_first(shared: Shared) -> None:
    await shared.second.look()
    assert await shared.first.end(20) == []
    assert shared.first.alarms() == [("failed_job", "run")]
    assert await shared.second.end(20) == []
    assert shared.first.job().attempt == 1


async def test_a_job_of_which_the_last_instance_fails_has_failed(shared: Shared) -> None:
    shared.nobody_is_at_it()
    await shared.first.end(30)
    assert shared.first.job().state == "failed"
