"""Months added to many days at once, as the rules add them."""

import numpy as np
from numpy.typing import NDArray

Dates = NDArray[np.datetime64]


def add_months(days: Dates, months: NDArray[np.int64] | int) -> Dates:
    """The same day so many months later; the last day of a month that has no such day."""
    month = days.astype("datetime64[M]")
    within = (days.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(int)
    target = month + np.asarray(months).astype("timedelta64[M]")
    last = (target + 1).astype("datetime64[D]") - np.timedelta64(1, "D")
    found: Dates = np.minimum(target.astype("datetime64[D]") + within.astype("timedelta64[D]"), last)
    return found
