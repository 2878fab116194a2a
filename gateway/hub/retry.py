"""When to try again, and how long to wait before it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from gateway.errors import HubUnavailable
from gateway.hub.waiting import Timing, Waiting, pause

T = TypeVar("T")
_LONGEST_DIGITS: Final = 9


class TryAgain(HubUnavailable):
    """The hub failed in a way that may pass: the same call is worth another attempt.

    `wait_s` is what the hub asked for; `scale` stretches the back-off where it asked for nothing.
    """

    def __init__(self, message: str, *, wait_s: float | None = None, scale: float = 1.0) -> None:
        super().__init__(message)
        self.wait_s = wait_s
        self.scale = scale


@dataclass(frozen=True)
class Retry:
    """Exponential back-off with full jitter; all limits in seconds.

    A `Retry-After` is obeyed up to `asked_longest_s`. One that asks for more is not cut short, since
    calling early would break the hub's rule: the call ends and the next run takes it up.
    """

    first_s: float = 0.5
    longest_s: float = 60.0
    asked_longest_s: float = 600.0
    in_all_s: float = 3600.0
    timing: Timing = field(default_factory=Timing)

    async def run(self, call: Callable[[], Awaitable[T]], *, attempts: int, dataset: str) -> T:
        """Call until it succeeds, at most `attempts` times and `in_all_s` seconds.

        Raises:
            HubUnavailable: the last failure, with the number of attempts.
        """
        started = self.timing.monotonic()
        attempt = 1
        while True:
            try:
                return await call()
            except TryAgain as failure:
                wait = self.delay(attempt, failure)
                late = self.timing.monotonic() - started + wait > self.in_all_s
                if attempt >= attempts or late or wait > max(self.asked_longest_s, self.longest_s):
                    raise HubUnavailable(_given_up(failure, attempt)) from None
                reason = f"{failure} (attempt {attempt} of {attempts})"
            await pause(Waiting(dataset, wait, reason), self.timing)
            attempt += 1

    def delay(self, attempt: int, failure: TryAgain) -> float:
        """Seconds to wait after the given attempt (counted from 1)."""
        if failure.wait_s is not None:
            return failure.wait_s
        ceiling: float = self.first_s * failure.scale * 2.0 ** min(attempt - 1, 30)
        return min(self.longest_s, ceiling) * self.timing.random()


def _given_up(failure: TryAgain, attempt: int) -> str:
    asked = "" if failure.wait_s is None else f"; the hub asks for a pause of {failure.wait_s:.0f} s"
    return f"{failure} (given up after attempt {attempt}{asked}); run again later"


def retry_after(value: str | None, now: datetime) -> float | None:
    """Seconds a `Retry-After` header asks for (a number of seconds or an HTTP date); None if unreadable."""
    text = (value or "").strip()
    if text.isascii() and text.isdigit() and len(text) <= _LONGEST_DIGITS:
        return float(text)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    instant = until if until.tzinfo else until.replace(tzinfo=UTC)
    return max(0.0, (instant - now) / timedelta(seconds=1))
