"""The order in which one subscription's deliveries may leave: a lane for each benefit.

A delivery leaves when it is the first in the lane of every benefit that it is about and is not on its way.
One that failed stays the first, so that it holds back its own benefits alone.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import pairwise
from typing import Final

AT_ONCE: Final = 0.0
"""Due without waiting."""


@dataclass(slots=True, eq=False)
class Waiting:
    """A pending delivery in its lanes; `subjects` are the benefits of its events, in order.

    `due` is in seconds of the caller's clock. The last three fields are the lanes' own: whether it is on its
    way, and what stands next to it in each lane.
    """

    delivery_id: int
    sequences: Sequence[int]
    subjects: Sequence[str]
    attempts: int = 0
    due: float = AT_ONCE
    taken: bool = False
    behind: dict[str, "Waiting"] = field(default_factory=dict, repr=False)
    ahead_of: dict[str, "Waiting"] = field(default_factory=dict, repr=False)


class Lanes:
    """The pending deliveries of one subscription, each about one benefit or more; no clock, no waiting."""

    def __init__(self) -> None:
        self.events = 0
        self.taken = 0
        self._last: dict[str, Waiting] = {}
        self._ready: deque[Waiting] = deque()
        self._later: list[tuple[float, int, Waiting]] = []
        self._failing: set[str] = set()
        self._held_up: list[Waiting] = []

    @property
    def ready(self) -> int:
        """How many may leave without waiting."""
        return len(self._ready)

    @property
    def next_due(self) -> float | None:
        """When the next one that waits for its time may leave."""
        return self._later[0][0] if self._later else None

    def add(self, row: Waiting) -> None:
        """Behind everything that is about its benefits."""
        self.events += len(row.subjects)
        self._append(row)
        if len(row.subjects) == 1:
            if row.due > AT_ONCE:
                self._failing.add(row.subjects[0])
        elif not self._failing.isdisjoint(row.subjects):
            self._held_up.append(row)

    def take(self, now: float) -> Waiting | None:
        """The next that may leave; it is on its way until it is told what came of it."""
        while self._later and self._later[0][0] <= now:
            self._ready.append(heappop(self._later)[2])
        if not self._ready:
            return None
        return self._take(self._ready.popleft())

    def done(self, row: Waiting) -> None:
        """It is settled, in whatever way: the next ones of its benefits may leave."""
        self._give_back(row)
        self.events -= len(row.subjects)
        self._failing.difference_update(row.subjects)
        followers, row.ahead_of = row.ahead_of, {}
        for subject, follower in followers.items():
            self._let_on(follower, subject)
        last = self._last
        for subject in row.subjects:
            if last.get(subject) is row:
                del last[subject]

    def again(self, row: Waiting, due: float) -> None:
        """It failed: it stays the first of its lanes, and may leave again when it is due."""
        self.put_back(row, due)
        if len(row.subjects) == 1:
            self._failing.add(row.subjects[0])
            self._look_behind(row, row.subjects[0])

    def put_back(self, row: Waiting, due: float = AT_ONCE) -> None:
        """It was not tried after all."""
        self._give_back(row)
        row.due = due
        self._place(row)

    def held_up(self) -> list[Waiting]:
        """The batches that wait behind a single failing delivery; taken, so that they can be split."""
        found = [row for row in dict.fromkeys(self._held_up) if row.behind and not row.taken]
        self._held_up = []
        return [self._take(row) for row in found]

    def split(self, batch: Waiting, singles: Sequence[Waiting]) -> None:
        """Put single deliveries, one for each event and in order, in the place of a batch that was taken."""
        self._give_back(batch)
        for subject, chain in _by_subject(singles).items():
            self._replace(batch, subject, chain)
        batch.behind, batch.ahead_of = {}, {}
        for single in singles:
            if not single.behind:
                self._place(single)

    def _take(self, row: Waiting) -> Waiting:
        row.taken = True
        self.taken += 1
        return row

    def _give_back(self, row: Waiting) -> None:
        if not row.taken:
            raise ValueError("only of a delivery that was taken can be told what came of it")
        row.taken = False
        self.taken -= 1

    def _append(self, row: Waiting) -> None:
        last = self._last
        for subject in row.subjects:
            before = last.get(subject)
            if before is not None and before is not row:
                _join(before, row, subject)
            last[subject] = row
        if not row.behind:
            self._place(row)

    def _place(self, row: Waiting) -> None:
        if row.due > AT_ONCE:
            heappush(self._later, (row.due, row.delivery_id, row))
        else:
            self._ready.append(row)

    def _let_on(self, row: Waiting, subject: str) -> None:
        del row.behind[subject]
        if not row.behind and not row.taken:
            self._place(row)

    def _replace(self, batch: Waiting, subject: str, chain: Sequence[Waiting]) -> None:
        for before, after in pairwise(chain):
            _join(before, after, subject)
        if (before_all := batch.behind.get(subject)) is not None:
            _join(before_all, chain[0], subject)
        if (after_all := batch.ahead_of.get(subject)) is not None:
            _join(chain[-1], after_all, subject)
        else:
            self._last[subject] = chain[-1]
        if subject in self._failing:
            self._look_behind(chain[-1], subject)

    def _look_behind(self, row: Waiting, subject: str) -> None:
        """Find the first batch in a lane that a failing delivery holds up."""
        behind = row.ahead_of.get(subject)
        while behind is not None and len(behind.subjects) == 1:
            behind = behind.ahead_of.get(subject)
        if behind is not None:
            self._held_up.append(behind)


def _join(before: Waiting, after: Waiting, subject: str) -> None:
    before.ahead_of[subject] = after
    after.behind[subject] = before


def _by_subject(singles: Sequence[Waiting]) -> dict[str, list[Waiting]]:
    chains: dict[str, list[Waiting]] = {}
    for single in singles:
        chains.setdefault(single.subjects[0], []).append(single)
    return chains
