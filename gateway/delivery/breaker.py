"""The circuit breaker: an endpoint that fails again and again is left alone for a while, then probed."""

from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Breaker:
    """How an endpoint stands; every change gives a new one. Times are seconds of the caller's clock.

    Args:
        limit: so many failures in a row open it.
        first_s: how long it is open at first; twice as long after each probe that fails.
        longest_s: and never longer than this.
    """

    limit: int = 5
    first_s: float = 10.0
    longest_s: float = 300.0
    failures: int = 0
    open_s: float = 0.0
    until: float | None = None
    probing: bool = False

    def free_at(self, now: float) -> float | None:
        """When an attempt may be made: now, later, or null while a probe is on its way."""
        if self.until is None:
            return now
        return None if self.probing else max(now, self.until)

    def begun(self) -> "Breaker":
        """An attempt is made; where the circuit is open it is the one probe."""
        return self if self.until is None else replace(self, probing=True)

    def succeeded(self) -> "Breaker":
        """The endpoint answered as one that works: the circuit is closed, whatever was before."""
        if self.failures == 0 and self.until is None:
            return self
        return Breaker(self.limit, self.first_s, self.longest_s)

    def failed(self, now: float) -> "Breaker":
        """The endpoint failed; what was under way when the circuit opened does not open it further."""
        if self.until is None:
            failures = self.failures + 1
            open_s = self.first_s if failures >= self.limit else 0.0
            until = now + open_s if open_s else None
            return replace(self, failures=failures, open_s=open_s, until=until)
        if not self.probing:
            return self
        open_s = min(self.open_s * 2, self.longest_s)
        return replace(self, open_s=open_s, until=now + open_s, probing=False)

    def given_up(self) -> "Breaker":
        """An attempt ended without any outcome: another probe may be made."""
        return replace(self, probing=False)
