"""Days of the bench: counted from the first day of the first month, as numpy integers."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

Days = NDArray[np.int64]
NEVER: Final = 10**6
"""A day that never comes."""

YEAR: Final = 365.25
READING_HOUR: Final = 6


@dataclass(frozen=True)
class Calendar:
    """The months of the bench; day 0 is the first day of the first one."""

    first_month: date
    months: int

    @property
    def length(self) -> int:
        """How many days there are."""
        return (self.month_start(self.months) - self.first_month).days

    def month_start(self, month: int) -> date:
        """The first day of a month, counted from 0."""
        count = self.first_month.month - 1 + month
        return date(self.first_month.year + count // 12, count % 12 + 1, 1)

    def as_of(self, month: int) -> date:
        """The day a month is decided for: its last."""
        return self.month_start(month + 1) - timedelta(days=1)

    def read_at(self, month: int) -> datetime:
        """When a month is read and decided, in Asia/Shanghai: the next morning."""
        return datetime.combine(self.month_start(month + 1), time(READING_HOUR))

    def day(self, of: date) -> int:
        """The number of a day."""
        return (of - self.first_month).days

    def date(self, day: int) -> date:
        """The day of a number."""
        return self.first_month + timedelta(days=int(day))

    def dates(self, days: NDArray[np.int64]) -> NDArray[np.datetime64]:
        """Numbers as days; NEVER as not a time."""
        found = np.datetime64(self.first_month, "D") + days.astype("timedelta64[D]")
        return np.where(days >= NEVER, np.datetime64("NaT"), found)

    def instants(self, days: NDArray[np.floating[Any]]) -> NDArray[np.datetime64]:
        """Numbers with fractions as instants in seconds."""
        seconds = np.round(days * 86_400).astype("timedelta64[s]")
        return np.datetime64(self.first_month, "s") + seconds
