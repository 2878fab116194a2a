"""Gateways that serve share a job of the schedule by themselves, and what one leaves the other ends."""

import os
import signal
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from gateway.clock import local, system_clock
from gateway.sandbox.faults import FaultKind
from gateway.store import instances, jobs
from gateway.store.database import Store
from gateway.store.leases import present
from gateway.store.runs import list_runs
from tests.support.instances import Process, sharing, until
from tests.support.site import Supplies, Trial, open_trial

SERVE = ("serve", "--no-delivery", "--port", "0")


@pytest.fixture
def trial(supplies: Supplies, postgres_url: str, tmp_path: Path) -> Iterator[Trial]:
    """A site on PostgreSQL whose monthly job was due half a day ago; its hub takes its time."""
    with open_trial(tmp_path, supplies, store=postgres_url, page_limit=20) as opened:
        opened.take_roster(supplies.roster)
        opened.hub.faults.add(FaultKind.SLOW, times=None, value=10.0)
        due = local(system_clock()) - timedelta(hours=12)
        cron = f"{due:%-M %-H} * * *"
        file = opened.site.config / "gateway.yaml"
        schedule = {"schedule": {"run": cron, "sync": {}}}
        file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text("utf-8")) | schedule), "utf-8")
        with opened.station.store.begin() as conn:
            jobs.known_job(conn, "run", cron, due - timedelta(days=1))
        yield opened


def at_work(store: Store) -> set[int] | None:
    """The processes that are at a step of a run, once there are two."""
    with store.read() as conn:
        now = present(conn)
        holders = {lease.holder for lease in instances.held(conn) if lease.until > now}
    here = f"{socket.gethostname()}, process "
    found = {int(holder.removeprefix(here)) for holder in holders}
    return found if len(found) == 2 else None


def parent(process_id: int) -> int:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return int(fields[1])


def ended(store: Store) -> jobs.Job | None:
    with store.read() as conn:
        job = jobs.remembered(conn)["run"]
    return None if job.state == "running" else job


def test_two_that_serve_share_the_months_job_and_one_that_dies_leaves_it_to_the_other(trial: Trial) -> None:
    store = trial.station.store
    with sharing(trial.site, lease_s=4) as start:
        both = [start(*SERVE), start(*SERVE)]
        working = until(lambda: at_work(store), f"both to be at it: {[each.said for each in both]}")
        served = {parent(each): each for each in working}
        assert set(served) == {each.process.pid for each in both}
        (first,) = (each for each in both if "run begins" in each.said)
        (other,) = (each for each in both if each is not first)
        killed(first, served[first.process.pid])
        trial.hub.faults.clear()
        job = until(lambda: ended(store), f"the job to end: {other.said}")
        other.signal(signal.SIGTERM)
        assert other.ended() == 0, other.said
    assert "run is under way elsewhere, this instance joins it" in other.said
    assert (job.state, job.attempt) in {("done", 1), ("held", 1)}
    with store.read() as conn:
        months = [(run.kind, run.state) for run in list_runs(conn, kind="run")]
    assert months == [("run", "done")]


def killed(gateway: Process, job: int) -> None:
    """As a machine dies: what serves and its job at once."""
    gateway.signal(signal.SIGKILL)
    os.kill(job, signal.SIGKILL)
