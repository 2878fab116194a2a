import logging
from datetime import datetime, timedelta

import pytest

from gateway.store.alarms import Alarm, Name, Raised, settle_alarms, standing_alarms
from gateway.store.database import Store

NOW = datetime(2026, 10, 5, 3)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
MISSED = Alarm("missed_run", "run", "was due")
STALE = Alarm("stale_source", "settlements", "too old")


def settle(store: Store, *found: Alarm, at: datetime = NOW) -> list[Raised]:
    with store.begin() as conn:
        settle_alarms(conn, ("missed_run", "stale_source"), found, at)
        return standing_alarms(conn)


def test_an_alarm_is_raised_once_and_logged_once(store: Store, caplog: pytest.LogCaptureFixture) -> None:
    settle(store, MISSED)
    assert settle(store, MISSED, at=NOW + timedelta(hours=1)) == [Raised("missed_run", "run", "was due", NOW)]
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["ALARM missed_run run: was due"]


def test_an_alarm_is_over_when_it_is_found_no_more_and_may_come_again(store: Store) -> None:
    settle(store, MISSED, STALE)
    assert [each.subject for each in settle(store, STALE)] == ["settlements"]
    again = NOW + timedelta(days=1)
    assert settle(store, MISSED, at=again)[0].raised_at == again


def test_alarms_that_others_judge_are_left_alone(store: Store) -> None:
    others: list[Name] = ["lease_lost"]
    with store.begin() as conn:
        settle_alarms(conn, others, [Alarm("lease_lost", "work", "taken over")], NOW)
    assert [each.name for each in settle(store)] == ["lease_lost"]
