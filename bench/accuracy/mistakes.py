"""Reports of a death that name somebody who lives, and their corrections."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pandas as pd
from numpy.random import Generator

from bench.accuracy.calendar import NEVER
from bench.accuracy.chance import Flags, Indices, log_normal
from bench.accuracy.population import People
from bench.accuracy.rates import MistakeRates
from bench.accuracy.rows import Draft

_KINDS = ("wrong_id", "namesake", "wrong_row")
_VICTIMS = ("dataset", "victim", "kind", "loaded", "corrected")
_TRIES = 40


class Mistakes:
    """Lets a share of reports be about somebody else, and remembers whom."""

    def __init__(self, people: People, rates: MistakeRates, rng: Generator) -> None:
        self._people = people
        self._rates = rates
        self._rng = rng
        self._victims: list[pd.DataFrame] = []
        self._by_name = np.argsort(people.name_code, kind="stable")
        self._names = people.name_code[self._by_name]

    def about_the_living(self) -> pd.DataFrame:
        """Every report about somebody who lives: dataset, victim, kind, loaded, corrected (days)."""
        if not self._victims:
            return pd.DataFrame({name: [] for name in _VICTIMS})
        return pd.concat(self._victims, ignore_index=True)

    def among(self, draft: Draft) -> Iterator[tuple[Draft, bool]]:
        """A channel's rows as they are loaded, in parts; with each whether they name the right person."""
        wrong = self._rng.random(len(draft.person)) < self._rates.about_the_living
        wrong &= draft.operation == "I"
        yield draft.only(~wrong), True
        if wrong.any():
            yield from self._wrong(draft.only(wrong))

    def _wrong(self, right: Draft) -> Iterator[tuple[Draft, bool]]:
        count = len(right.person)
        shares = np.array([self._rates.wrong_id, self._rates.namesake, self._rates.wrong_row])
        kind = self._rng.choice(len(_KINDS), count, p=shares / shares.sum())
        victim = self._anybody(right)
        namesakes = self._namesakes(right)
        alone = (kind == 1) & (namesakes < 0)
        kind = np.where(alone, 2, kind)
        victim = np.where((kind == 1) & ~alone, namesakes, victim)
        named = np.where(kind == 0, right.person, victim)
        contact = None if right.contact is None else replace(right.contact, genuine=False)
        yield replace(right, person=victim, named=named, contact=contact), False
        corrected = self._rng.random(count) < self._rates.corrected
        delay = log_normal(
            self._rng, self._rates.corrected_after_median, self._rates.corrected_after_sigma, count
        )
        loaded = np.where(corrected, right.loaded + np.maximum(delay, 0.5), NEVER)
        self._remember(right, victim, kind, loaded)
        yield replace(right.only(corrected), loaded=loaded[corrected], operation="U"), True

    def _remember(self, right: Draft, victim: Indices, kind: Indices, corrected: np.ndarray) -> None:
        columns = {
            "dataset": right.dataset,
            "victim": victim,
            "kind": np.array(_KINDS)[kind],
            "loaded": right.loaded,
            "corrected": corrected,
        }
        self._victims.append(pd.DataFrame(columns))

    def _anybody(self, right: Draft) -> Indices:
        """For each row somebody who lives when it is loaded and after."""
        found = np.full(len(right.person), -1)
        for _ in range(_TRIES):
            candidate = self._rng.integers(0, len(self._people), len(found))
            fits = (found < 0) & self._lives(candidate, right)
            found[fits] = candidate[fits]
        return found

    def _namesakes(self, right: Draft) -> Indices:
        """For each row somebody else of the same name who lives; -1 where there is nobody."""
        code = self._people.name_code[right.person]
        start, end = (np.searchsorted(self._names, code, side) for side in ("left", "right"))
        found = np.full(len(code), -1)
        for _ in range(_TRIES):
            place = self._rng.integers(start, end)
            candidate = self._by_name[place]
            fits = (found < 0) & self._lives(candidate, right) & (candidate != right.person)
            found[fits] = candidate[fits]
        return found

    def _lives(self, candidate: Indices, right: Draft) -> Flags:
        """On the roster and alive when the report is loaded, and for a year more: truly a wrong report."""
        found: Flags = (self._people.died[candidate] > right.loaded) & (
            self._people.joins[candidate] < right.loaded
        )
        return found
