import calendar
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.clock import CHINA, add_months, day_of, local, system_clock, written

DAYS = st.dates(date(1900, 1, 1), date(2200, 12, 31))


def oracle(day: date, months: int) -> date:
    """Counts month by month through the calendar."""
    year, month = day.year, day.month
    for _ in range(abs(months)):
        month += 1 if months > 0 else -1
        year, month = (year + 1, 1) if month == 13 else (year - 1, 12) if month == 0 else (year, month)
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


@settings(max_examples=60)
@given(DAYS, st.integers(-120, 120))
def test_months_are_calendar_months(day: date, months: int) -> None:
    assert add_months(day, months) == oracle(day, months)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        ("2025-08-31", 6, "2026-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2024-02-29", 12, "2025-02-28"),
        ("2025-12-31", 0, "2025-12-31"),
        ("2025-11-30", 1, "2025-12-30"),
        ("2025-12-15", 12, "2026-12-15"),
        ("2026-01-31", -2, "2025-11-30"),
    ],
)
def test_the_last_day_of_a_month_is_never_passed(day: str, months: int, later: str) -> None:
    assert add_months(date.fromisoformat(day), months) == date.fromisoformat(later)


@settings(max_examples=60)
@given(st.datetimes(), st.integers(-11, 14))
def test_an_instant_is_kept_as_the_wall_clock_of_china(instant: datetime, hours: int) -> None:
    zone = timezone(timedelta(hours=hours))
    if not datetime(2, 1, 1, tzinfo=UTC) < instant.replace(tzinfo=zone) < datetime(9998, 1, 1, tzinfo=UTC):
        return
    kept = local(instant.replace(tzinfo=zone))
    assert kept.tzinfo is None
    assert kept == instant - timedelta(hours=hours) + timedelta(hours=8)
    assert local(instant) == instant


def test_the_clock_is_in_china_and_right() -> None:
    now = system_clock()
    assert now.tzinfo is CHINA
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=10)


def test_an_instant_is_written_with_the_offset_of_shanghai() -> None:
    naive = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - the form kept in columns
    assert written(naive) == "2026-10-01T06:00:00+08:00"
    assert written(datetime(2026, 9, 30, 22, tzinfo=UTC)) == "2026-10-01T06:00:00+08:00"


@pytest.mark.parametrize(
    "text", ["20261001", "2026-10-1", "2026-W40-4", "2026-10-01T00:00", "2026-13-01", "x"]
)
def test_a_day_is_written_in_one_way_only(text: str) -> None:
    assert day_of("2026-10-01") == date(2026, 10, 1)
    with pytest.raises(ValueError, match="not a day") as told:
        day_of(text)
    assert text not in str(told.value).split()
