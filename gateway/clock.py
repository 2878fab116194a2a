"""The one place that knows what time it is; everything else is told."""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
"""Asia/Shanghai; China has kept one offset without summer time since 1991."""

Clock = Callable[[], datetime]
"""Gives the present instant, with its time zone."""

_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def system_clock() -> datetime:
    """The present instant in Asia/Shanghai."""
    return datetime.now(UTC).astimezone(CHINA)


def local(instant: datetime) -> datetime:
    """The same instant as a naive Asia/Shanghai time, the form kept in columns."""
    return instant.astimezone(CHINA).replace(tzinfo=None) if instant.tzinfo else instant


def written(instant: datetime) -> str:
    """An instant as programs are told it: ISO 8601 with +08:00; a naive one is in Asia/Shanghai."""
    return local(instant).replace(tzinfo=CHINA).isoformat()


def day_of(text: str) -> date:
    """A day written yyyy-MM-dd and in no other way.

    Raises:
        ValueError: it is not one; what was written is not repeated.
    """
    if not _DAY.fullmatch(text):
        raise ValueError("not a day: write yyyy-MM-dd")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ValueError("not a day: there is none such in the calendar") from None


def add_months(day: date, months: int) -> date:
    """Calendar months later, clipped to the last day of the month (31 Aug + 6 = last of February)."""
    years, month = divmod(day.month - 1 + months, 12)
    first = date(day.year + years, month + 1, 1)
    after = date(first.year + (first.month == 12), first.month % 12 + 1, 1)  # noqa: PLR2004 - December
    return first.replace(day=min(day.day, (after - first).days))
