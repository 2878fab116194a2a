from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway.schedule.judging import Facts, judged
from gateway.schedule.listing import listed
from gateway.schedule.plan import Planned
from gateway.settings import ScheduleSettings, StaleAfter
from gateway.store.alarms import Raised
from gateway.store.jobs import Job
from gateway.store.leases import Lease
from gateway.store.runs import Run

NOW = datetime(2026, 10, 5, 12)  # noqa: DTZ001 - instants are naive Asia/Shanghai times
RULES = ScheduleSettings(
    late_after_minutes=60, stale_after_days=StaleAfter(default=3, datasets={"custody": 40})
)
JOB = Job("run", "0 3 5 * *", NOW - timedelta(days=30), None, 0, "new", None, None, None, None)
DONE = replace(JOB, state="done", due_at=NOW.replace(hour=3), started_at=NOW.replace(hour=3), attempt=1)
QUIET = Facts(
    now=NOW,
    jobs={"run": DONE},
    datasets=("deaths", "custody"),
    reached={"deaths": date(2026, 10, 4), "custody": date(2026, 8, 31)},
    unpublished=None,
    at_work=None,
    standing=(),
)


def told(facts: Facts) -> dict[tuple[str, str], str]:
    return {(alarm.name, alarm.subject): alarm.message for alarm in judged(facts, RULES)}


def with_job(job: Job, **changes: Any) -> Facts:
    return replace(QUIET, jobs={"run": replace(job, **changes)})


def test_all_is_well() -> None:
    assert told(QUIET) == {}


def test_a_job_that_has_not_begun_in_time_is_missed() -> None:
    assert told(replace(with_job(JOB), now=NOW.replace(hour=4))) == {}
    message = told(with_job(JOB))["missed_run", "run"]
    assert message == "was due at 2026-10-05 03:00, has not begun: the schedule was not running"


def test_a_job_that_waits_for_another_says_for_whom() -> None:
    lease = Lease("work", "t", "host-1, process 7", "p", NOW.replace(hour=1), NOW + timedelta(minutes=3))
    message = told(replace(with_job(JOB), at_work=lease))["missed_run", "run"]
    assert message.endswith("has not begun: host-1, process 7 is at work since 2026-10-05 01:00")


def test_a_job_that_does_not_end_is_late() -> None:
    at_work = with_job(DONE, state="running")
    assert told(replace(at_work, now=NOW.replace(hour=4))) == {}
    assert told(at_work) == {("late_run", "run"): "began at 2026-10-05 03:00, has not ended"}


@pytest.mark.parametrize(
    ("state", "exit_code", "said"),
    [
        ("failed", 10, "ended with 10 (ConfigError): The configuration is not usable"),
        ("failed", 20, "ended with 20 (HubUnavailable)"),
        ("failed", 1, "ended with 1: see the log"),
        ("failed", -9, "ended by signal 9"),
        ("killed", -9, "worked for longer than it may"),
        ("stopped", None, "stopped with the scheduler"),
    ],
)
def test_a_job_that_failed_says_how(state: str, exit_code: int | None, said: str) -> None:
    assert told(with_job(DONE, state=state, exit_code=exit_code))["failed_job", "run"].startswith(said)


def test_a_failed_job_stays_an_alarm_while_it_is_tried_again() -> None:
    facts = replace(with_job(DONE, state="running"), now=NOW.replace(hour=3, minute=30))
    standing = Raised("failed_job", "run", "ended with 20", NOW)
    assert told(replace(facts, standing=(standing,))) == {("failed_job", "run"): "ended with 20"}
    assert told(replace(QUIET, standing=(standing,))) == {}


def test_a_source_without_a_complete_window_for_too_long_is_stale() -> None:
    later = replace(QUIET, now=NOW + timedelta(days=3))
    assert told(later) == {
        ("stale_source", "deaths"): "complete until 2026-10-04, 3 days are allowed: see its sync, "
        "ask its department"
    }


def test_a_source_that_was_never_read_is_stale_once_the_schedule_is_old_enough() -> None:
    unread = replace(QUIET, reached={"custody": NOW.date()})
    assert told(unread)["stale_source", "deaths"].startswith("never read completely")
    assert told(replace(unread, jobs={"run": replace(DONE, known_at=NOW - timedelta(days=2))})) == {}


def test_where_nothing_is_scheduled_no_source_is_stale() -> None:
    assert told(replace(QUIET, jobs={}, reached={})) == {}


def test_a_held_run_is_an_alarm_until_a_person_has_looked() -> None:
    run = Run(7, "decide", NOW.date(), "held", NOW, NOW, "looks like a mass error", "v", None)
    message = told(replace(QUIET, unpublished=run))["held_run", "run 7"]
    assert message == "see `gateway runs show 7`, then approve or discard it"
    assert told(replace(QUIET, unpublished=replace(run, state="publishing"))) == {}


@pytest.mark.parametrize(
    ("job", "state"),
    [
        (DONE, "waiting"),
        (JOB, "missed"),
        (replace(DONE, state="running"), "late"),
        (replace(DONE, state="running", started_at=NOW), "running"),
        (replace(DONE, state="failed", exit_code=10), "failed"),
        (replace(DONE, state="stopped"), "due"),
    ],
)
def test_the_list_names_the_state_of_a_job(job: Job, state: str) -> None:
    (row,) = listed([Planned("run", JOB.cron, ("run",))], with_job(job), RULES)
    assert row.state == state
    assert row.next == datetime(2026, 11, 5, 3)  # noqa: DTZ001 - naive Asia/Shanghai


def test_a_job_that_was_never_noted_is_listed_as_waiting() -> None:
    (row,) = listed([Planned("sync deaths", "30 1 * * *", ())], QUIET, RULES)
    assert (row.state, row.last_started, row.outcome) == ("waiting", None, None)
