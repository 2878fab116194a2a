"""What happens to people run by run, counted for one rule."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from bench.accuracy.calendar import NEVER
from bench.accuracy.chance import Flags, Indices

Label = tuple[str, str]
"""A cause, and how surely: `corroborated`, `single_source`, or blank where a rule does not say."""


@dataclass
class Tally:
    """One rule's record.

    `suspected_at` and `conflict_at` are the days on which each dead person was first suspected of being so,
    and first in conflict; `conflicts` counts people by (cause, whether they live). `rightly` and `wrongly`
    count people by (cause, confidence) in the run that first suspected them, with and without a ground,
    `wrong_months` the months that living people spent wrongly suspected. `certified_months` are months of
    living people under a silent certification, `dead_certified` months of benefits of the dead by what
    certified them, `corrupted` the living suspected for the corrupted file.
    """

    people: int
    suspected_at: Indices = field(init=False)
    conflict_at: Indices = field(init=False)
    rightly: Counter[Label] = field(default_factory=Counter)
    wrongly: Counter[Label] = field(default_factory=Counter)
    wrong_months: int = 0
    conflicts: Counter[tuple[str, bool]] = field(default_factory=Counter)
    living_months: int = 0
    certified_months: int = 0
    dead_certified: Counter[str] = field(default_factory=Counter)
    corrupted: int = 0
    _was_right: Flags = field(init=False)
    _was_wrong: Flags = field(init=False)
    _was_disputed: Flags = field(init=False)

    def __post_init__(self) -> None:
        self.suspected_at = np.full(self.people, NEVER)
        self.conflict_at = np.full(self.people, NEVER)
        self._was_right = np.zeros(self.people, bool)
        self._was_wrong = np.zeros(self.people, bool)
        self._was_disputed = np.zeros(self.people, bool)

    def note_deaths(self, suspected: Flags, day: int) -> None:
        """Dead people who are suspected of it on a day."""
        self.suspected_at[suspected] = np.minimum(self.suspected_at[suspected], day)

    def note_conflicts(self, causes: Mapping[int, str], alive: Flags, day: int) -> None:
        """People whose data disagree, with the cause; counted in the run that finds it."""
        people = np.array(sorted(causes), int)
        new = people[~self._was_disputed[people]]
        self.conflicts.update((causes[person], bool(alive[person])) for person in new.tolist())
        dead = people[~alive[people]]
        self.conflict_at[dead] = np.minimum(self.conflict_at[dead], day)
        self._was_disputed = np.zeros(self.people, bool)
        self._was_disputed[people] = True

    def note_suspected(self, right: Flags, wrong: Flags, labels: Mapping[int, Label]) -> Indices:
        """People suspected with and without a ground; `labels` says of what, and how surely.

        Returns those who are newly suspected without one.
        """
        known = self._was_right | self._was_wrong
        self.rightly.update(labels[int(person)] for person in np.flatnonzero(right & ~known))
        new = np.flatnonzero(wrong & ~known)
        self.wrongly.update(labels[int(person)] for person in new)
        self.wrong_months += int(wrong.sum())
        self._was_right, self._was_wrong = right, wrong
        return new

    def note_living(self, living: Flags, certified: Flags) -> None:
        """How many of the living are certified without having done anything."""
        self.living_months += int(living.sum())
        self.certified_months += int((living & certified).sum())
