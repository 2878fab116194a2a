"""Several gateways on one PostgreSQL share a run, and one that dies or falls silent is replaced."""

import json
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from gateway.errors import ConfigError, StoreError
from gateway.policy import load_policy
from gateway.sandbox.faults import FaultKind
from gateway.store import instances, windows
from gateway.store.database import Store
from gateway.store.leases import Lease
from gateway.store.runs import Run, list_runs, start_run
from gateway.store.steps import lease_of
from gateway.store.tables import LEASES, METADATA, PAGES, WINDOWS
from tests.support.instances import GATEWAY, Process, done_by, held_by, sharing, steps, stopped_at, until
from tests.support.site import AS_OF, Digest, Supplies, Trial, open_trial

DECIDE = ("decide", "--as-of", str(AS_OF))
RUN = ("run", "--as-of", str(AS_OF))


@dataclass(frozen=True)
class Taken:
    """What one gateway alone reads: pages and rows by dataset, and the state it reaches."""

    windows: dict[str, int]
    pages: dict[str, int]
    rows: dict[str, int]
    state: Digest
    said: str = field(default="", compare=False)


@pytest.fixture(scope="module")
def alone(supplies: Supplies, tmp_path_factory: pytest.TempPathFactory) -> Taken:
    """The month of one gateway, as its own command does it."""
    folder = tmp_path_factory.mktemp("alone")
    with open_trial(folder, supplies, **SITE) as trial:
        trial.take_roster(supplies.roster)
        process = Process(RUN, trial.site.config, folder / "log")
        assert process.ended() == 0, process.said
        return replace(taken(trial), said=report(process))


SITE: dict[str, Any] = {"page_limit": 20}


@pytest.fixture
def trial(supplies: Supplies, postgres_url: str, tmp_path: Path) -> Iterator[Trial]:
    """A site on PostgreSQL with a roster; its hub takes its time, so that many may be at work at once."""
    with open_trial(tmp_path, supplies, store=postgres_url, **SITE) as opened:
        opened.take_roster(supplies.roster)
        slow(opened, 10)
        yield opened


def slow(trial: Trial, seconds: float) -> None:
    """Let the hub take so long over each answer."""
    trial.hub.faults.clear()
    trial.hub.faults.add(FaultKind.SLOW, times=None, value=seconds)


def pages(store: Store) -> dict[str, int]:
    """The pages that were taken, by dataset; none of them twice."""
    with store.read() as conn:
        columns = (WINDOWS.c.dataset, PAGES.c.window_id, PAGES.c.attempt, PAGES.c.start)
        found = [tuple(row) for row in conn.execute(select(*columns).select_from(PAGES.join(WINDOWS)))]
    assert len(found) == len(set(found))
    return dict(Counter(dataset for dataset, *_ in found))


def rows(store: Store) -> dict[str, int]:
    """The rows that were received, by dataset."""
    query = select(WINDOWS.c.dataset, func.sum(PAGES.c.received)).select_from(PAGES.join(WINDOWS))
    with store.read() as conn:
        return {name: int(count) for name, count in conn.execute(query.group_by(WINDOWS.c.dataset))}


def taken(trial: Trial) -> Taken:
    store = trial.station.store
    return Taken(windows_of(store), pages(store), rows(store), reached(trial))


def reached(trial: Trial) -> Digest:
    """The state, but for how far was read: that is when it was read."""
    return {name: part for name, part in trial.state().items() if name != "reach"}


def windows_of(store: Store) -> dict[str, int]:
    with store.read() as conn:
        return dict(Counter(conn.scalars(select(WINDOWS.c.dataset))))


def all_at_work(processes: Sequence[Process], store: Store) -> None:
    for process in processes:
        until(partial(at_a_step, process, store), f"every process to be at a step: {process.log}")


def at_a_step(process: Process, store: Store) -> bool | None:
    return bool(held_by(process, store)) or None


def test_three_share_a_month_and_come_to_what_one_comes_to(trial: Trial, alone: Taken) -> None:
    store = trial.station.store
    with sharing(trial.site) as start:
        processes = [start(*RUN) for _ in range(3)]
        all_at_work(processes, store)
        steps_shown, findings = asked(trial, "runs", "show", "3")["steps"], asked(trial, "doctor", "--no-hub")
        trial.hub.faults.clear()
        assert [process.ended() for process in processes] == [0, 0, 0], [each.said for each in processes]
    assert taken(trial) == alone
    holders = {process.holder for process in processes}
    at_work = {step["instance"] for step in steps_shown if step["state"] == "at work"}
    assert at_work
    assert at_work <= holders
    assert {f"instance {holder}" for holder in holders} <= {finding["subject"] for finding in findings}
    month, reading, deciding = latest_runs(trial)
    assert (month.kind, month.state) == ("run", "done")
    assert (reading.state, deciding.state) == ("done", "done")
    assert set(done_by(store, reading.run_id, "read ")) == holders
    assert set(done_by(store, deciding.run_id, "decide ")) <= holders
    assert {report(process) for process in processes} == {alone.said}
    with store.read() as conn:
        assert instances.shared(conn) == []


def test_who_is_only_to_join_begins_nothing(trial: Trial) -> None:
    before = everything(trial.station.store)
    alone = Process((*RUN, "--join"), trial.site.config, trial.site.folder / "alone.log")
    assert alone.ended() == ConfigError.exit_code
    assert "sharing.enabled" in alone.said
    with sharing(trial.site) as start:
        words = [(*RUN, "--join"), (*DECIDE, "--join"), ("sync", "--dataset", "settlements", "--join")]
        processes = [start(*each) for each in words]
        assert [process.ended() for process in processes] == [StoreError.exit_code] * len(words)
        assert all("nothing to join" in process.said for process in processes)
    assert everything(trial.station.store) == before


def asked(trial: Trial, *words: str) -> Any:
    """What a command says to programs, asked while processes are at work."""
    command = [*GATEWAY, *words, "--json", "--config", str(trial.site.config)]
    return json.loads(subprocess.run(command, capture_output=True, check=True).stdout)


def report(process: Process) -> str:
    """What a process printed of the run, without what it said on the way."""
    return process.said[process.said.index("dataset received") :]


def latest_runs(trial: Trial) -> list[Run]:
    """The month, its sync and its decision run."""
    with trial.station.store.read() as conn:
        return list(reversed(list_runs(conn, limit=3)))


def some_pages(trial: Trial) -> Callable[[Lease], bool]:
    """Whether a dataset that somebody is at has had a page taken and not its last."""

    def begun(lease: Lease) -> bool:
        with trial.station.store.read() as conn:
            window = windows.open_window(conn, lease.name.rpartition(" ")[2])
        return window is not None and window.next_start not in {None, windows.FIRST_START}

    return begun


def any_bucket(lease: Lease) -> bool:
    return " decide bucket " in lease.name


def taken_over(store: Store, step: Lease, by: Process) -> float:
    """Seconds until somebody else has a step, or has done it."""
    begun = time.monotonic()
    run_id, name = step.name.removeprefix("run ").split(" ", 1)

    def look() -> bool | None:
        done = any(each.name == name and each.holder == by.holder for each in steps(store, int(run_id)))
        return done or any(lease.name == step.name for lease in held_by(by, store)) or None

    until(look, f"{name} to be taken over: {by.said}")
    return time.monotonic() - begun


def test_a_gateway_that_is_killed_while_it_reads_is_replaced_within_a_minute(
    trial: Trial, alone: Taken
) -> None:
    """With leases as they are shipped."""
    store = trial.station.store
    with sharing(trial.site) as start:
        both = [start(*RUN), start(*RUN)]
        all_at_work(both, store)
        slow(trial, 1)
        killed, step = stopped_at(both, store, some_pages(trial))
        killed.signal(signal.SIGKILL)
        (other,) = (process for process in both if process is not killed)
        assert taken_over(store, step, other) < 60
        trial.hub.faults.clear()
        assert other.ended() == 0, other.said
    assert taken(trial) == alone


def test_a_gateway_that_is_stopped_and_replaced_takes_no_page_any_more(trial: Trial, alone: Taken) -> None:
    store = trial.station.store
    with sharing(trial.site, lease_s=4) as start:
        both = [start("sync"), start("sync")]
        all_at_work(both, store)
        slow(trial, 1)
        stopped, step = stopped_at(both, store, some_pages(trial))
        (other,) = (process for process in both if process is not stopped)
        assert taken_over(store, step, other) < 60
        replaced(stopped)
        trial.hub.faults.clear()
        assert other.ended() == 0, other.said
    assert (pages(store), rows(store)) == (alone.pages, alone.rows)
    assert reached(trial)["evidence"] == alone.state["evidence"]


def test_gateways_that_die_or_are_stopped_in_a_bucket_change_no_decision(trial: Trial, alone: Taken) -> None:
    store = trial.station.store
    trial.hub.faults.clear()
    assert trial.sync().exit_code == 0
    with sharing(trial.site, lease_s=4) as start:
        with begun_for_all(trial) as all_here:
            three = [start(*DECIDE) for _ in range(3)]
            until(partial(all_here, three), "every process to have joined")
        killed, first = stopped_at(three, store, any_bucket)
        killed.signal(signal.SIGKILL)
        stopped, second = stopped_at([each for each in three if each is not killed], store, any_bucket)
        (last,) = (process for process in three if process not in {killed, stopped})
        assert max(taken_over(store, step, last) for step in (first, second)) < 60
        assert last.ended() == 0, last.said
        before = everything(store)
        replaced(stopped)
    assert everything(store) == before
    assert reached(trial) == alone.state


@contextmanager
def begun_for_all(trial: Trial) -> Iterator[Callable[[Sequence[Process]], bool | None]]:
    """A decision run that was begun, and waits at its first step until the block ends for all to join it."""
    store, me = trial.station.store, instances.Instance("a test", "a test", timedelta(minutes=10))
    version = load_policy(trial.site.config).version
    with store.begin() as conn:
        instances.arrive(conn, me, f"decide --as-of {AS_OF}")
        run_id = start_run(conn, "decide", trial.station.now(), AS_OF, version)
        instances.take(conn, me, lease_of(run_id, "take in"))

    def all_here(processes: Sequence[Process]) -> bool | None:
        with store.read() as conn:
            alive = {lease.holder for lease in instances.shared(conn)}
        return {process.holder for process in processes} <= alive or None

    yield all_here
    with store.begin() as conn:
        instances.depart(conn, me)


def replaced(stopped: Process) -> None:
    """Let a process go on that was replaced meanwhile: it has to notice, and say so."""
    stopped.signal(signal.SIGCONT)
    assert stopped.ended() == StoreError.exit_code, stopped.said
    assert f"({stopped.holder}) gave no sign of life for 4 s and was replaced" in stopped.said


def everything(store: Store) -> dict[str, int]:
    """How many rows each table has, but for the leases."""
    with store.read() as conn:
        return {
            table.name: conn.scalar(select(func.count()).select_from(table)) or 0
            for table in METADATA.sorted_tables
            if table is not LEASES
        }
