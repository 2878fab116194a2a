"""`gateway serve` does by itself what is due, and says what is wrong."""

import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
import yaml

from gateway.clock import local, system_clock
from gateway.store import jobs, runs
from gateway.sync.lock import at_work
from tests.support.site import Trial

GATEWAY = (sys.executable, "-m", "gateway.cli")
LATE_AFTER_MINUTES = 60


@pytest.fixture
def now() -> datetime:
    """Commands have no other clock than the machine's."""
    return local(system_clock())


@pytest.fixture
def scheduled(insurance: Trial, now: datetime) -> Trial:
    """A site whose schedule has been known for two days, in which nothing ran.

    Whatever the time is, a sync was due half a day ago, which is late, and is due again in half a day.
    """
    insurance.clock.now = now
    half_a_day_ago = now - timedelta(hours=12)
    daily = f"{half_a_day_ago:%-M %-H} * * *"
    monthly = f"{half_a_day_ago:%-M %-H} 5 * *"
    sync = {"default": daily, "datasets": {"terminations": None}}
    schedule = {"run": monthly, "sync": sync, "late_after_minutes": LATE_AFTER_MINUTES}
    file = insurance.site.config / "gateway.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    file.write_text(yaml.safe_dump(content | {"schedule": schedule}), "utf-8")
    insurance.reopen()
    with insurance.station.store.begin() as conn:
        jobs.known_job(conn, "sync settlements", daily, now - timedelta(days=2))
        jobs.known_job(conn, "run", monthly, now)
    return insurance


@contextmanager
def serving(trial: Trial) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = [*GATEWAY, "serve", "--config", str(trial.site.config), "--port", str(port)]
    with subprocess.Popen(words, stderr=subprocess.PIPE) as process:
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)
    assert process.returncode == 0


def gateway(trial: Trial, *words: str) -> subprocess.CompletedProcess[str]:
    command = [*GATEWAY, *words, "--config", str(trial.site.config)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)


def listed(trial: Trial) -> dict[str, Any]:
    done = gateway(trial, "schedule", "list", "--json")
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def health(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{url}/healthz", timeout=5) as reply:  # noqa: S310 - loopback
        found: dict[str, Any] = json.load(reply)
        return found


def alarms_of(found: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [alarm for alarm in found["alarms"] if alarm["name"] == name]


def wait_for(trial: Trial, state: str) -> jobs.Job:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with trial.station.store.read() as conn:
            job = jobs.remembered(conn)["sync settlements"]
        if job.state == state:
            return job
        time.sleep(0.2)
    pytest.fail(f"the job is {job.state}, not {state}")


def test_what_was_missed_is_done_once_the_gateway_serves_again(scheduled: Trial, now: datetime) -> None:
    (sync, run) = listed(scheduled)["jobs"]
    assert (sync["job"], sync["state"], sync["last_started"]) == ("sync settlements", "missed", None)
    assert (run["job"], run["state"]) == ("run", "waiting")
    with serving(scheduled) as url:
        job = wait_for(scheduled, "done")
        assert health(url)["status"] in {"pass", "warn"}
    assert job.started_at
    assert job.started_at >= now
    (sync, run) = listed(scheduled)["jobs"]
    assert (sync["state"], sync["outcome"], run["last_started"]) == ("waiting", "done", None)
    with scheduled.station.store.read() as conn:
        latest = runs.list_runs(conn, kind="sync")
    assert [run.state for run in latest] == ["done"]


def test_a_job_that_fails_warns_whoever_asks_for_the_health(scheduled: Trial) -> None:
    scheduled.reopen(app_key="env:A_KEY_THAT_IS_NOT_THERE")
    with serving(scheduled) as url:
        wait_for(scheduled, "failed")
        deadline = time.monotonic() + 20
        while not (failed := alarms_of(found := health(url), "failed_job")) and time.monotonic() < deadline:
            time.sleep(0.2)
    assert found["status"] == "warn"
    (alarm,) = failed
    assert alarm["subject"] == "sync settlements"
    assert alarm["message"].startswith("ended with 10 (ConfigError)")


def test_a_command_is_refused_while_a_run_is_at_work(scheduled: Trial) -> None:
    with at_work(scheduled.station):
        done = gateway(scheduled, "sync")
    assert done.returncode == 30
    assert "another run is at work" in done.stderr


def test_the_next_times_are_told_without_doing_anything(scheduled: Trial, now: datetime) -> None:
    done = gateway(scheduled, "schedule", "next", "--count", "3", "--json")
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert len(told) == 3
    assert {each["job"] for each in told} <= {"sync settlements", "run"}
    assert [each["at"] for each in told] == sorted(each["at"] for each in told)
    assert {datetime.fromisoformat(each["at"]).utcoffset() for each in told} == {timedelta(hours=8)}
    assert local(datetime.fromisoformat(told[0]["at"])) > now
