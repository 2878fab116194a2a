"""The months of the bench: all of them past, so that a run at any time reads the same."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from bench.data.text import day_number
from gateway.clock import add_months

FIRST: Final = date(2023, 1, 1)
_SECONDS_A_DAY: Final = 86_400


@dataclass(frozen=True)
class Month:
    """One month by its number from 0; times are local and naive."""

    number: int

    @property
    def first(self) -> date:
        """Its first day."""
        return add_months(FIRST, self.number)

    @property
    def since(self) -> datetime:
        """The beginning of its window."""
        return datetime.combine(self.first, time())

    @property
    def until(self) -> datetime:
        """The end of its window, which is the beginning of the next."""
        return datetime.combine(add_months(self.first, 1), time())

    @property
    def as_of(self) -> date:
        """The day that is decided after it: its last."""
        return self.until.date() - timedelta(days=1)

    @property
    def runs_at(self) -> datetime:
        """When its job begins: on the fifth of the next, at three in the morning."""
        return self.until + timedelta(days=4, hours=3)

    @property
    def starts_at(self) -> int:
        """Its beginning in seconds since 1970, local."""
        return day_number(self.first) * _SECONDS_A_DAY

    @property
    def seconds(self) -> int:
        """How long it lasts."""
        return int((self.until - self.since).total_seconds())
