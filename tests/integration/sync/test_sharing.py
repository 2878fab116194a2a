"""Steps of a run that instances share: each is done once, whoever does it, dies at it or is replaced."""

import re
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, update

from gateway.clock import local, system_clock
from gateway.errors import ConfigError, StoreError
from gateway.settings import SharingSettings
from gateway.store import instances, runs
from gateway.store.alarms import standing_alarms
from gateway.store.database import Store
from gateway.store.instances import LeaseLost
from gateway.store.leases import present
from gateway.store.proposals import drop_proposals, proposals
from gateway.store.tables import LEASES
from gateway.sync.lock import at_work
from gateway.sync.sharing import Joint, Share, shared
from gateway.sync.station import Station
from tests.integration.schedule.doubles import MovedClock, station_of
from tests.integration.sync.proposed import Proposed, propose

LEASE_S = 20.0  # longer than a busy machine lets a thread wait
SILENT_S = 1.0


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.server)])
def station(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Station]:
    """A station whose runs are shared, with an empty store of each kind."""
    if request.param == "sqlite":
        yield sharing_station(request.getfixturevalue("store"), tmp_path)
        return
    with Store(request.getfixturevalue("postgres_url")) as store:
        yield sharing_station(store, tmp_path)


def sharing_station(store: Store, folder: Path) -> Station:
    found = station_of(store, folder, MovedClock(local(system_clock())))
    sharing = SharingSettings(enabled=True, lease_s=LEASE_S)
    gateway = found.settings.gateway.model_copy(update={"sharing": sharing})
    return replace(found, settings=found.settings.model_copy(update={"gateway": gateway}))


def part(station: Station, policy: str | None = None, command: str = "sync") -> AbstractContextManager[Share]:
    def start(conn: Connection) -> int:
        return runs.start_run(conn, "sync", station.now(), policy_version=policy)

    return shared(station, Joint("sync", command, start, policy_version=policy))


def state(station: Station, run_id: int) -> tuple[str, str | None]:
    with station.store.read() as conn:
        run = runs.get(conn, run_id)
    return run.state, run.reason


def silent(share: Share) -> Share:
    """The same run's instance of another machine, about which nothing is heard any more."""
    other = instances.Instance("elsewhere", "host-2, process 2", timedelta(seconds=SILENT_S))
    with share.station.store.begin() as conn:
        instances.arrive(conn, other, "sync")
    return replace(share, me=other)


def test_who_starts_while_a_run_is_under_way_joins_it(station: Station) -> None:
    with part(station) as first:
        with part(station) as second:
            assert first.run_id == second.run_id
        assert state(station, first.run_id) == ("running", None)
    with part(station) as third:
        assert third.run_id != first.run_id


def test_a_step_is_done_once_and_all_know_what_it_came_to(station: Station) -> None:
    done: list[str] = []

    def work(name: str) -> Callable[[Station], Mapping[str, Any]]:
        def note(_: Station) -> Mapping[str, Any]:
            time.sleep(0.2)
            done.append(name)
            return {"by": name}

        return note

    with part(station) as first, part(station) as second, ThreadPoolExecutor(2) as pool:
        outcomes = [
            pool.submit(share.once, "settle", work(name)) for share, name in ((first, "a"), (second, "b"))
        ]
        assert [each.result(timeout=20) for each in outcomes] == [{"by": done[0]}] * 2
        assert len(done) == 1
        assert first.once("settle", work("again")) == {"by": done[0]}


def by(share: Share, _: Connection) -> Mapping[str, Any]:
    return {"by": share.me.token}


def test_what_all_go_by_is_made_by_one(station: Station) -> None:
    with part(station) as first, part(station) as second:
        made = [share.agreed("choose", partial(by, share)) for share in (first, second)]
    assert made == [{"by": first.me.token}] * 2


def test_who_dies_at_a_step_is_replaced_once_its_lease_has_run_out(station: Station) -> None:
    with part(station) as share:
        dead = silent(share)
        assert dead.take("settle")
        begun = time.monotonic()
        assert share.once("settle", lambda _: {"by": "the living"}) == {"by": "the living"}
        assert 0.3 * SILENT_S < time.monotonic() - begun < 20
        with pytest.raises(LeaseLost):
            dead.take("publish")


def test_that_an_instance_died_is_an_alarm_until_the_next_run(station: Station) -> None:
    with part(station) as share:
        silent(share).take("settle")
        share.once("settle", lambda _: {})
        said = (
            f"host-2, process 2 gave no sign of life and is replaced (run {share.run_id} settle): see its log"
        )
        assert alarms(station) == [("lease_lost", said)]
    with part(station):
        assert alarms(station) == []


def alarms(station: Station) -> list[tuple[str, str]]:
    with station.store.read() as conn:
        return [(alarm.name, alarm.message) for alarm in standing_alarms(conn)]


def test_what_a_dead_instance_was_at_is_named_while_it_is_waited_for(
    station: Station, caplog: pytest.LogCaptureFixture
) -> None:
    with part(station) as share, caplog.at_level("INFO", "gateway.sync.sharing"):
        silent(share).take("settle")
        share.once("settle", lambda _: {})
    assert f"run {share.run_id} waits for host-2, process 2: settle" in caplog.messages


def test_a_step_that_fails_can_be_taken_up_by_another_at_once(station: Station) -> None:
    def fail(_: Station) -> Mapping[str, Any]:
        raise StoreError("the disk is full")

    with part(station) as left:
        begun = time.monotonic()
        with pytest.raises(StoreError, match="the disk is full"), part(station) as leaving:
            leaving.once("settle", fail)
        assert state(station, left.run_id) == ("running", None)
        left.once("settle", lambda _: {})
        assert time.monotonic() - begun < LEASE_S


def test_a_run_fails_with_its_last_instance(station: Station) -> None:
    with pytest.raises(StoreError), part(station) as share:
        raise StoreError("the disk is full")
    assert state(station, share.run_id) == ("failed", "the disk is full")


def test_a_run_whose_instances_all_died_is_said_to_have_stopped(station: Station) -> None:
    with part(station) as share:
        died = silent(share)
    with station.store.begin() as conn:
        assert [lease.token for lease in instances.shared(conn)] == [died.me.token]
    time.sleep(SILENT_S + 0.1)
    with part(station) as anew:
        assert anew.run_id != share.run_id
    assert state(station, share.run_id) == ("failed", "stopped without ending; taken up again")


def test_a_replaced_instance_writes_nothing_and_says_why(station: Station) -> None:
    line = r"this instance \(.*\) gave no sign of life for 20 s and was replaced: .*; start it again to join"
    with pytest.raises(LeaseLost, match=line), part(station) as share:
        write_as_replaced(share)
    assert state(station, share.run_id) == ("running", None)


def test_who_was_silent_for_too_long_but_was_not_replaced_goes_on(station: Station) -> None:
    with part(station) as share:
        late = present_at(station) - share.me.length
        with station.store.begin() as conn:
            conn.execute(update(LEASES).where(LEASES.c.token == share.me.token).values(until=late))
        assert share.once("settle", lambda _: {"by": "who was late"}) == {"by": "who was late"}
    assert alarms(station) == []


def test_whatever_a_replaced_instance_fails_by_is_told_as_its_replacement(station: Station) -> None:
    with pytest.raises(LeaseLost, match="was replaced"), part(station) as share:
        fail_as_replaced(share)


def test_a_fault_of_an_instance_that_is_alive_is_told_as_it_is(station: Station) -> None:
    with pytest.raises(ConfigError, match="no key"), part(station):
        raise ExceptionGroup("tasks", [ConfigError("no key"), StoreError("and more")])


def write_as_replaced(share: Share) -> None:
    unit = share.take("read settlements")
    assert unit
    replace_it(share)
    with unit.store.begin() as conn:
        runs.fail_running(conn, share.station.now(), "written by who was replaced")


def present_at(station: Station) -> datetime:
    with station.store.read() as conn:
        return present(conn)


def fail_as_replaced(share: Share) -> None:
    replace_it(share)
    raise StoreError("it cannot be reached")


def replace_it(share: Share) -> None:
    """Let another instance find this one silent and take its place, as if the process had been stopped."""
    with share.station.store.begin() as conn:
        late, another = present(conn) + 2 * share.me.length, replace(share.me, token="another")
        instances.bury(conn, late, spared=another)
        instances.arrive(conn, another, "sync")


def test_an_instance_with_other_rules_is_refused_and_leaves_nothing(station: Station) -> None:
    with part(station, policy="2026-11-26.1") as share:
        with pytest.raises(ConfigError, match=re.escape("run 1 was begun with 2026-11-26.1")):
            part(station, policy="2026-12-01.1").__enter__()
        with station.store.read() as conn:
            alive = [lease.token for lease in instances.shared(conn)]
        assert alive == [share.me.token]


def test_another_command_is_refused_while_a_run_is_shared(station: Station) -> None:
    with part(station), pytest.raises(StoreError, match="another run is at work since"):
        part(station, command="sync of another scope").__enter__()


def test_who_must_be_alone_is_refused_while_a_run_is_shared(station: Station, tmp_path: Path) -> None:
    with part(station), ThreadPoolExecutor(1) as another:
        for other, line in ((station, "on this evidence folder"), (elsewhere(station, tmp_path), "since")):
            with pytest.raises(StoreError, match=f"another run is at work {line}"):
                another.submit(at_work(other).__enter__).result(timeout=30)
    with at_work(station):
        pass


def test_work_that_must_be_alone_is_part_of_a_step_that_does_it(station: Station) -> None:
    def remove(own: Station) -> Mapping[str, Any]:
        with at_work(own):
            return {"removed": 3}

    with part(station) as share:
        assert share.once("retain", remove) == {"removed": 3}


def test_nobody_joins_who_must_be_alone(station: Station, tmp_path: Path) -> None:
    with at_work(station):
        with pytest.raises(StoreError, match="another run is at work on this evidence folder"):
            part(station).__enter__()
        with pytest.raises(StoreError, match="another run is at work since"):
            part(elsewhere(station, tmp_path)).__enter__()


def test_who_must_be_alone_need_not_wait_for_the_work_of_the_dead(station: Station) -> None:
    with part(station) as share:
        silent(share)
    time.sleep(SILENT_S + 0.1)
    with at_work(station):
        pass


def elsewhere(station: Station, folder: Path) -> Station:
    """The same store, seen from a machine whose lock nobody here can see."""
    gateway = station.settings.gateway.model_copy(update={"evidence": folder / "mounted"})
    return replace(station, settings=station.settings.model_copy(update={"gateway": gateway}))


def test_a_bucket_that_is_decided_anew_leaves_nothing_of_the_first_time(station: Station) -> None:
    station.store.migrate()
    run_id = propose(station, Proposed(1, ("B1",)), Proposed(2, ("B2",)))
    with station.store.begin() as conn:
        before = {each.state.bucket for each in proposals(conn, run_id)}
        drop_proposals(conn, station.now(), [2])
        left = {each.state.bucket for each in proposals(conn, run_id)}
    assert (before, left) == ({1, 2}, {1})
