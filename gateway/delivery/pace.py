"""How fast an endpoint is sent to: as fast as its subscription allows, slower where it asks for mercy."""

from dataclasses import dataclass, replace
from typing import Final

LEAST_SHARE: Final = 1 / 64
RECOVERY_S: Final = 60.0
"""So long after it was last slowed, an endpoint is sent to at full pace again."""

SLOWED_RATE: Final = 64.0
"""Attempts a second at full share, where an endpoint without a rate of its own was slowed."""


@dataclass(frozen=True, slots=True)
class Pace:
    """An endpoint's caps and how much of them is used; every change gives a new one. Times are in seconds.

    Args:
        concurrency: attempts under way at a time, at most.
        rate: attempts a second, at most; null for no cap.
    """

    concurrency: int
    rate: float | None = None
    share: float = 1.0
    slowed_at: float | None = None
    next_at: float = 0.0

    def with_caps(self, concurrency: int, rate: float | None) -> "Pace":
        """The same endpoint after its subscription was changed."""
        return replace(self, concurrency=concurrency, rate=rate)

    def share_at(self, now: float) -> float:
        """How much of the caps is used now: it grows evenly from where it was slowed to."""
        if self.slowed_at is None:
            return 1.0
        return min(1.0, self.share + max(0.0, now - self.slowed_at) / RECOVERY_S)

    def width(self, now: float) -> int:
        """Attempts that may be under way now; one at least."""
        return max(1, int(self.concurrency * self.share_at(now)))

    def begun(self, now: float) -> "Pace":
        """An attempt is made: when the next one may be, `next_at`."""
        rate = self._rate(now)
        if rate is None:
            return self
        return replace(self, next_at=max(now, self.next_at) + 1 / rate)

    def slowed(self, now: float, began_at: float, hold_s: float = 0.0) -> "Pace":
        """The endpoint asked for mercy: half the pace, and nothing at all for `hold_s`.

        Attempts that had begun before it was last slowed do not slow it again.
        """
        held = replace(self, next_at=max(self.next_at, now + hold_s))
        if self.slowed_at is not None and began_at < self.slowed_at:
            return held
        return replace(held, share=max(LEAST_SHARE, self.share_at(now) / 2), slowed_at=now)

    def _rate(self, now: float) -> float | None:
        share = self.share_at(now)
        if share >= 1.0:
            return self.rate
        return min(self.rate or SLOWED_RATE, SLOWED_RATE) * share
