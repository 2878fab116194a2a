"""How departments write down whom a row is about: mostly right, sometimes otherwise spelt or numbered."""

from dataclasses import dataclass
from random import Random

import numpy as np
from numpy.random import Generator

from bench.accuracy.chance import Flags, Floats, Indices
from bench.accuracy.identities import Texts, born_with_short_form, short_forms
from bench.accuracy.population import People
from bench.accuracy.rates import SpellingRates
from gateway.sandbox.names import misspelt, variant


@dataclass(frozen=True)
class Quoted:
    """ID numbers and names as rows have them; `matches` where both still lead to the person."""

    numbers: Texts
    names: Texts
    matches: Flags


class Quoting:
    """Quotes people the way departments do."""

    def __init__(self, people: People, rates: SpellingRates, rng: Generator, seed: int) -> None:
        self._people = people
        self._rates = rates
        self._rng = rng
        self._spelling = Random(seed)
        self._short = short_forms(people.id_number)
        self._has_short = born_with_short_form(people.born, people.calendar.first_month)

    def quote(self, person: Indices, loaded: Floats, named: Indices) -> Quoted:
        """The number of one and the name of the same or another person, for each row."""
        numbers = self._numbers(person)
        names = self._people.name[named].astype(object)
        matches = self._on_roster(person, loaded) & (self._people.name[named] == self._people.name[person])
        for row in np.flatnonzero(self._rng.random(len(person)) < self._rates.variant):
            differs = self._rng.random() < self._rates.truly_different
            names[row] = (misspelt if differs else variant)(self._spelling, str(names[row]))
            matches[row] &= not differs
        return Quoted(numbers, names.astype(str), matches)

    def _numbers(self, person: Indices) -> Texts:
        short = self._has_short[person] & (self._rng.random(len(person)) < self._rates.short_number)
        numbers: Texts = np.where(short, self._short[person], self._people.id_number[person])
        return numbers

    def _on_roster(self, person: Indices, loaded: Floats) -> Flags:
        """Rows with the right number find nobody while the roster still has the wrong one."""
        known: Flags = loaded >= self._people.number_corrected[person]
        return known
