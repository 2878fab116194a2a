"""Which windows to ask for next: half-open [since, until) on the hub's load time, in naive Asia/Shanghai."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.clock import local

SETTLING: Final = timedelta(minutes=10)
"""A window ends at least this long ago: rows of the last minutes may still be on their way."""

OVERLAP: Final = timedelta(days=7)
"""So much before the last watermark is read again, for commits that came late."""


@dataclass(frozen=True)
class Window:
    """A half-open stretch of the hub's load time."""

    since: datetime
    until: datetime


@dataclass(frozen=True)
class Plan:
    """How a dataset's time is cut into windows; `longest` slices a long history."""

    history_start: datetime
    overlap: timedelta = OVERLAP
    longest: timedelta | None = None
    settling: timedelta = SETTLING

    def windows(
        self, watermark: datetime | None, now: datetime, until: datetime | None = None
    ) -> list[Window]:
        """The windows from the watermark (None: nothing read yet) to `until`, or to ten minutes ago.

        In order and without gaps; empty when there is nothing to read yet.
        """
        latest = local(now) - self.settling
        end = latest if until is None else min(local(until), latest)
        first = local(self.history_start)
        begin = first if watermark is None else max(first, local(watermark) - self.overlap)
        return slices(begin.replace(microsecond=0), end.replace(microsecond=0), self.longest)


def slices(since: datetime, until: datetime, longest: timedelta | None = None) -> list[Window]:
    """Cut [since, until) into windows no longer than `longest`, a length in whole seconds.

    Raises:
        ValueError: `longest` is shorter than a second or not in whole seconds.
    """
    if longest is None:
        return [Window(since, until)] if since < until else []
    if longest < timedelta(seconds=1) or longest.microseconds:
        raise ValueError("a window's longest length is a number of whole seconds")
    count = -((since - until) // longest) if since < until else 0
    edges = [since + longest * number for number in range(count)]
    return [Window(edge, min(edge + longest, until)) for edge in edges]


def joined(windows: Iterable[Window]) -> list[Window]:
    """The same time in as few windows as can be, in order."""
    found: list[Window] = []
    for window in sorted(windows, key=lambda each: each.since):
        if found and window.since <= found[-1].until:
            found[-1] = Window(found[-1].since, max(found[-1].until, window.until))
        else:
            found.append(window)
    return found


def without(windows: Iterable[Window], gone: Iterable[Window]) -> list[Window]:
    """What of some windows is left when the time of others is taken away."""
    left = joined(windows)
    for each in gone:
        left = [piece for window in left for piece in _outside(window, each)]
    return left


def _outside(window: Window, gone: Window) -> list[Window]:
    before = Window(window.since, min(window.until, gone.since))
    after = Window(max(window.since, gone.until), window.until)
    return [piece for piece in (before, after) if piece.since < piece.until]
