"""How often each caller may ask: a token bucket for each, the least recently used forgotten first."""

import math
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import Final

MOST_KEPT: Final = 10_000


@dataclass(frozen=True)
class Rate:
    """So many requests a second in the long run, and `burst` at once after a pause."""

    per_second: float
    burst: int


@dataclass(frozen=True)
class Bucket:
    """What was left at an instant, in requests; `at` is in seconds of a clock that never goes back."""

    left: float
    at: float


@dataclass(frozen=True)
class Verdict:
    """Whether a request may pass, how many more may at once, and in how many seconds the next one may."""

    passes: bool
    left: int
    wait_s: float


def asked(rate: Rate, before: Bucket | None, now: float) -> tuple[Bucket, Verdict]:
    """One more request, at an instant: the bucket after it, and what becomes of it."""
    left = rate.burst if before is None else _refilled(rate, before, now)
    if left < 1:
        return Bucket(left, now), Verdict(passes=False, left=0, wait_s=(1 - left) / rate.per_second)
    rest = left - 1
    wait_s = 0.0 if rest >= 1 else (1 - rest) / rate.per_second
    return Bucket(rest, now), Verdict(passes=True, left=math.floor(rest), wait_s=wait_s)


class Buckets:
    """The buckets of the callers seen last; whoever was forgotten begins with a full one."""

    def __init__(self, rate: Rate, most: int = MOST_KEPT) -> None:
        self.rate = rate
        self._most = most
        self._kept: OrderedDict[Hashable, Bucket] = OrderedDict()

    def ask(self, caller: Hashable, now: float) -> Verdict:
        """Take a request out of the caller's bucket, if there is one in it."""
        bucket, verdict = asked(self.rate, self._kept.get(caller), now)
        self._kept[caller] = bucket
        self._kept.move_to_end(caller)
        if len(self._kept) > self._most:
            self._kept.popitem(last=False)
        return verdict


def _refilled(rate: Rate, before: Bucket, now: float) -> float:
    return min(rate.burst, before.left + max(0.0, now - before.at) * rate.per_second)
