"""Who lives in the bench's province: ID numbers and names of anybody, by running number."""

from dataclasses import dataclass
from functools import cached_property
from random import Random
from typing import Final

import numpy as np

from bench.data.chance import Flags, Numbers, below, chosen, shares
from bench.data.text import Letters, beside, chosen_from, compact_days, digits
from gateway.sandbox.id_numbers import COUNTIES
from gateway.sandbox.names import new_name

DEATHS_A_MONTH: Final = 0.0016
"""Of the people on the roster, as the departments come to know them."""

PRISONERS_A_MONTH: Final = 0.0002
MONTHS: Final = 24

_PENSIONERS_A_BENEFIT: Final = 0.8
_STRANGERS: Final = 0.08
"""How many people the departments know beside those on the roster, as a share of these."""

_OLDEST, _YOUNGEST = -16_800, -1_500
"""Birthdays, in days since 1970: 1924 to 1965."""

_SEQUENCES: Final = 999
_PLACES: Final = len(COUNTIES) * (_YOUNGEST - _OLDEST) * _SEQUENCES
_SPREAD: Final = 61_084_507
"""Coprime to the number of places: neighbours by number are no neighbours by county or birthday."""

_WEIGHTS: Final = np.array([2 ** (17 - place) % 11 for place in range(17)])
_CHECK: Final = np.frombuffer(b"10X98765432", np.uint8)
_NAMES: Final = 20_000
_MISNAMED: Final = 0.002


@dataclass(frozen=True)
class People:
    """The people behind so many benefits; numbers from `on_roster` on are strangers to the roster."""

    benefits: int
    seed: int

    @property
    def on_roster(self) -> int:
        """How many people draw benefits."""
        return int(self.benefits * _PENSIONERS_A_BENEFIT)

    @property
    def known(self) -> int:
        """How many people the departments know."""
        return int(self.on_roster * (1 + _STRANGERS))

    @cached_property
    def names(self) -> list[str]:
        """The names there are; many people share one."""
        rng = Random(self.seed)
        return [new_name(rng) for _ in range(_NAMES)]

    def counties(self, people: Numbers) -> Numbers:
        """For each the place of the county in COUNTIES."""
        return _place(people) % len(COUNTIES)

    def born(self, people: Numbers) -> Numbers:
        """Birthdays in days since 1970."""
        return _OLDEST + _place(people) // len(COUNTIES) % (_YOUNGEST - _OLDEST)

    def id_numbers(self, people: Numbers) -> Letters:
        """18 places each, valid by GB 11643, no two alike."""
        sequence = _place(people) // (len(COUNTIES) * (_YOUNGEST - _OLDEST)) + 1
        county = chosen_from(COUNTIES, self.counties(people))
        first17 = beside(county, compact_days(self.born(people)), digits(sequence, 3))
        check = _CHECK[(first17 - ord("0")).astype(np.int64) @ _WEIGHTS % 11]
        return beside(first17, check[:, None])

    def name_places(self, people: Numbers) -> Numbers:
        """For each the place of the name in `names`."""
        return below(_NAMES, self.seed, "name", people)

    def names_as_told(self, people: Numbers, rows: Numbers) -> Numbers:
        """The same as rows have it: now and then another's."""
        wrong = chosen(_MISNAMED, self.seed, "misnamed", rows)
        return np.where(wrong, below(_NAMES, self.seed, "wrong name", rows), self.name_places(people))

    def struck(self, month: int, share: float, what: str) -> Numbers:
        """Who on the roster something befalls in that month (from 0) that befalls this share every month."""
        thrown = shares(self.seed, what, np.arange(self.on_roster))
        return np.flatnonzero((thrown >= month * share) & (thrown < (month + 1) * share))

    def absent(self, people: Numbers, month: int) -> Flags:
        """Who is dead or in prison by the end of that month and leaves no trace of life in it."""
        dead = shares(self.seed, "death", people) < (month + 1) * DEATHS_A_MONTH
        return dead | (shares(self.seed, "prison", people) < (month + 1) * PRISONERS_A_MONTH)


def _place(people: Numbers) -> Numbers:
    return people * _SPREAD % _PLACES
