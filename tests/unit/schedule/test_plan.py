from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from gateway.errors import ConfigError
from gateway.schedule.plan import Planned, due, last_time, planned_jobs, upcoming
from gateway.settings import ScheduleSettings
from gateway.store.jobs import Job, State

RULES = ScheduleSettings(retry_after_minutes=30, attempts=3)
KNOWN = datetime(2026, 10, 1, 8)  # noqa: DTZ001 - instants are naive Asia/Shanghai times
JOB = Job("run", "0 3 5 * *", KNOWN, None, 0, "new", None, None, None, None)


def at(day: int, hour: int = 0, minute: int = 0, month: int = 10) -> datetime:
    return KNOWN.replace(month=month, day=day, hour=hour, minute=minute)


def ended(state: State, exit_code: int | None = None, attempt: int = 1) -> Job:
    begun: dict[str, Any] = {"due_at": at(5, 3), "started_at": at(5, 3), "finished_at": at(5, 4)}
    return replace(JOB, state=state, exit_code=exit_code, attempt=attempt, **begun)


def settings(**sections: object) -> ScheduleSettings:
    return ScheduleSettings.model_validate(sections)


def test_every_dataset_is_read_at_the_usual_time_or_its_own() -> None:
    sync = {"default": "30 1 * * *", "datasets": {"deaths": "0 */6 * * *", "stays": None}}
    assert planned_jobs(settings(run="0 3 5 * *", sync=sync), ["deaths", "stays", "visits"]) == [
        Planned("sync deaths", "0 */6 * * *", ("sync", "--dataset", "deaths")),
        Planned("sync visits", "30 1 * * *", ("sync", "--dataset", "visits")),
        Planned("run", "0 3 5 * *", ("run",)),
    ]


def test_without_a_schedule_nothing_runs() -> None:
    assert planned_jobs(ScheduleSettings(), ["deaths"]) == []


@pytest.mark.parametrize(
    ("sections", "key"),
    [
        ({"sync": {"datasets": {"death": "0 1 * * *"}}}, "sync"),
        ({"stale_after_days": {"datasets": {"death": 9}}}, "stale_after_days"),
    ],
)
def test_a_dataset_that_is_not_there_is_named(sections: dict[str, Any], key: str) -> None:
    line = rf"gateway\.yaml: schedule\.{key}\.datasets\.death: .* there are deaths"
    with pytest.raises(ConfigError, match=line):
        planned_jobs(settings(**sections), ["deaths"])


def test_the_last_time_is_the_present_minute_at_the_latest() -> None:
    assert last_time("0 3 * * *", at(2, 2, 59)) == at(1, 3)
    assert last_time("0 3 * * *", at(2, 3).replace(second=59)) == at(2, 3)


def test_the_next_times_of_all_jobs_are_told_in_order() -> None:
    jobs = [Planned("run", "0 3 5 * *", ()), Planned("sync deaths", "0 2,4 * * *", ())]
    told = [(each.at, each.job) for each in upcoming(jobs, at(5), 3)]
    assert told == [(at(5, 2), "sync deaths"), (at(5, 3), "run"), (at(5, 4), "sync deaths")]


def test_a_job_is_due_from_its_time_on_until_it_is_started() -> None:
    assert due(JOB, at(5, 2, 59), RULES) is None
    assert due(JOB, at(5, 3), RULES) == at(5, 3)
    assert due(JOB, at(30), RULES) == at(5, 3)
    assert due(ended("done"), at(30), RULES) is None


def test_a_new_job_has_missed_nothing() -> None:
    assert due(JOB, at(4), RULES) is None


def test_however_many_times_were_missed_the_job_runs_once_for_the_last() -> None:
    assert due(JOB, at(6, month=12), RULES) == at(5, 3, month=12)


def test_a_job_at_work_is_not_due() -> None:
    assert due(replace(ended("done"), state="running"), at(6, month=12), RULES) is None


@pytest.mark.parametrize(
    ("state", "exit_code"), [("failed", 20), ("failed", 30), ("failed", -9), ("killed", -9)]
)
def test_what_may_pass_by_itself_is_tried_again_after_a_rest(state: State, exit_code: int) -> None:
    assert due(ended(state, exit_code), at(5, 4, 29), RULES) is None
    assert due(ended(state, exit_code), at(5, 4, 30), RULES) == at(5, 3)


def test_it_is_tried_so_many_times_and_then_at_its_next_time() -> None:
    assert due(ended("failed", 20, attempt=3), at(20), RULES) is None
    assert due(ended("failed", 20, attempt=3), at(5, 3, month=11), RULES) == at(5, 3, month=11)


@pytest.mark.parametrize(("state", "exit_code"), [("failed", 10), ("failed", 22), ("held", 40), ("done", 0)])
def test_what_a_person_must_mend_is_not_tried_again(state: State, exit_code: int) -> None:
    assert due(ended(state, exit_code), at(20), RULES) is None


def test_a_job_that_was_stopped_with_its_scheduler_is_taken_up_at_once() -> None:
    assert due(ended("stopped", attempt=9), at(5, 4), RULES) == at(5, 3)
