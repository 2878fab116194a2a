import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.store import leases
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.leases import LENGTH, WORK, Claim, Lease
from gateway.sync import lock, renewal
from gateway.sync.lock import at_work
from gateway.sync.station import Station
from tests.integration.schedule.doubles import MovedClock, station_of

OTHER = Claim(WORK, "other", "host-2, process 2", "elsewhere")


@pytest.fixture
def clock() -> MovedClock:
    return MovedClock(datetime(2026, 10, 5, 3))  # noqa: DTZ001 - naive Asia/Shanghai inside


@pytest.fixture
def station(store: Store, tmp_path: Path, clock: MovedClock) -> Station:
    return station_of(store, tmp_path, clock)


def held(station: Station) -> Lease | None:
    with station.store.read() as conn:
        return leases.holder(conn, WORK, station.now())


def take_over(station: Station, claim: Claim = OTHER) -> None:
    with station.store.begin() as conn:
        assert leases.take(conn, claim, station.now()).token == claim.token


def alarms(station: Station) -> list[str]:
    with station.store.read() as conn:
        return [alarm.name for alarm in standing_alarms(conn)]


def work_until_interrupted(station: Station) -> None:
    with at_work(station):
        station.clock.move(minutes=6)  # type: ignore[attr-defined] # the moved clock
        take_over(station)
        for _ in range(1000):
            time.sleep(0.01)
        pytest.fail("nobody has ended the work")


def test_the_lease_is_held_for_as_long_as_the_work_lasts(station: Station) -> None:
    with at_work(station):
        assert held(station)
    assert held(station) is None


def test_work_within_work_is_part_of_it(station: Station) -> None:
    with at_work(station):
        outer = held(station)
        with at_work(station):
            assert held(station) == outer
        assert held(station) == outer
    assert held(station) is None


def test_a_run_that_fails_gives_its_lease_back(station: Station) -> None:
    with pytest.raises(KeyError), at_work(station):
        raise KeyError
    assert held(station) is None


def test_a_run_on_another_machine_is_named(station: Station) -> None:
    take_over(station)
    line = r"at work since 2026-10-05 03:00 \(host-2, process 2\).* the way is free at 03:05:00"
    with pytest.raises(StoreError, match=line), at_work(station):
        pytest.fail("two runs at once")


def test_two_evidence_folders_over_one_store_do_not_work_at_once(station: Station, tmp_path: Path) -> None:
    gateway = station.settings.gateway.model_copy(update={"evidence": tmp_path / "copy"})
    other = replace(station, settings=station.settings.model_copy(update={"gateway": gateway}))
    with at_work(station), pytest.raises(StoreError, match="another run is at work"), at_work(other):
        pytest.fail("two runs at once")


def test_a_run_that_was_killed_here_holds_nobody_up(station: Station) -> None:
    with at_work(station):
        killed = leases.claim(leases.WORK, lock._lock_file(station.work).stat())
    take_over(station, killed)
    with at_work(station):
        pass


def test_a_run_that_died_elsewhere_holds_others_up_for_minutes_only(
    station: Station, clock: MovedClock
) -> None:
    take_over(station)
    clock.now += LENGTH
    with at_work(station):
        pass


def test_the_lease_is_renewed_while_the_work_lasts(
    station: Station, clock: MovedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "RENEWED_EVERY_S", 0.01)
    with at_work(station):
        clock.move(minutes=3)
        deadline = time.monotonic() + 10
        while (lease := held(station)) and lease.until < clock.now + LENGTH and time.monotonic() < deadline:
            time.sleep(0.01)
        assert lease
        assert lease.until == clock.now + LENGTH


def test_work_ends_where_its_lease_was_taken_over(station: Station, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(renewal, "RENEWED_EVERY_S", 0.01)
    with pytest.raises(StoreError, match="another run took over the lease, this one stopped"):
        work_until_interrupted(station)
    lease = held(station)
    assert lease
    assert lease.holder == OTHER.holder
    assert alarms(station) == ["lease_lost"]


def test_the_alarm_of_a_lost_lease_is_over_with_the_next_run(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(renewal, "RENEWED_EVERY_S", 0.01)
    with pytest.raises(StoreError):
        work_until_interrupted(station)
    with station.store.begin() as conn:
        leases.release(conn, OTHER)
    with at_work(station):
        assert alarms(station) == []
