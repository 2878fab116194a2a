"""Compares each run's decisions with the truth: who is suspected, and who is so wrongly."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from bench.accuracy.certified import Certified, Coverage
from bench.accuracy.chance import Flags, Indices
from bench.accuracy.core_system import CoreSystem
from bench.accuracy.moment import Moment
from bench.accuracy.naive import Verdict
from bench.accuracy.tally import Label, Tally
from bench.accuracy.truth import Truth

GATEWAY = "gateway"
_CUSTODY = ("detention", "sentence")


@dataclass
class Measure:
    """The gateway's record and the naive rules' beside it.

    `behind` counts the gateway's wrongful suspicions by the mistake behind them.
    """

    truth: Truth
    core: CoreSystem
    tallies: dict[str, Tally]
    behind: Counter[str] = field(default_factory=Counter)
    certified: Certified = field(init=False)

    def __post_init__(self) -> None:
        self.certified = Certified(self.truth, self.core, self.tallies[GATEWAY])

    @property
    def coverage(self) -> Coverage:
        """How the living stand who can be certified."""
        return self.certified.coverage

    def month(self, month: int, decided: pd.DataFrame, naive: dict[str, Verdict]) -> None:
        """Take in one run; `decided` holds the columns of `bench.Run`, a row for each benefit."""
        calendar, people = self.truth.calendar, self.truth.people
        as_of = calendar.day(calendar.as_of(month))
        person = self.core.benefits.person[decided["row"].to_numpy()]
        listed = _those(person, len(people))
        now = Moment(people, as_of, people.alive(as_of), listed)
        for name, verdict in naive.items():
            _naive(self.tallies[name], verdict, now)
        self._findings(decided, person, now)
        self.certified.month(month, decided, person, now)

    def _findings(self, decided: pd.DataFrame, person: Indices, now: Moment) -> None:
        tally = self.tallies[GATEWAY]
        suspected, conflicting = (
            (decided["decision"] == decision).to_numpy() for decision in ("suspected", "conflicting")
        )
        of_death = (decided["reason"] == "death").to_numpy(bool, na_value=False)
        tally.note_deaths(self._people(person[suspected & of_death]) & now.dead, now.told_at)
        grounded = _grounded(decided, person, now)
        right = self._people(person[suspected & grounded])
        wrong = self._people(person[suspected & ~grounded]) & ~right
        new = tally.note_suspected(right, wrong, _labels(decided[suspected], person[suspected]))
        self.behind.update(self._mistakes(new, now.told_at))
        disputed = _labels(decided[conflicting], person[conflicting])
        causes = {person: cause for person, (cause, _) in disputed.items()}
        tally.note_conflicts(causes, now.alive, now.told_at)

    def _people(self, person: Indices) -> Flags:
        return _those(person, len(self.truth.people))

    def _mistakes(self, people: Indices, day: int) -> list[str]:
        """The kind of false report behind each wrongful suspicion."""
        false = self.truth.false_reports
        known = false[false["loaded"] <= day].set_index("victim")["kind"].to_dict()
        return [known.get(person, "no false report") for person in people.tolist()]


def _naive(tally: Tally, verdict: Verdict, now: Moment) -> None:
    tally.note_deaths(now.dead & verdict.of_death, now.told_at)
    grounded = now.dead | now.has_ground()
    suspected = now.listed & verdict.suspected
    labels = {
        int(person): ("death" if verdict.of_death[person] else "other", "")
        for person in np.flatnonzero(suspected)
    }
    tally.note_suspected(suspected & grounded, suspected & ~grounded, labels)
    tally.note_living(now.alive & now.listed, verdict.certified)
    tally.dead_certified["any row of life"] += int((now.dead & now.listed & verdict.certified).sum())


def _those(person: Indices, count: int) -> Flags:
    found = np.zeros(count, bool)
    found[person] = True
    return found


def _labels(found: pd.DataFrame, person: Indices) -> dict[int, Label]:
    causes = ["custody" if reason in _CUSTODY else str(reason) for reason in found["reason"]]
    labels = zip(causes, found["confidence"].astype(str), strict=True)
    return dict(zip(person.tolist(), labels, strict=True))


def _grounded(decided: pd.DataFrame, person: Indices, now: Moment) -> Flags:
    """Whether each finding has the ground it names; of the dead every one has."""
    people, reason = now.people, decided["reason"].to_numpy(object)
    found: Flags = (
        now.dead[person]
        | (np.isin(reason, _CUSTODY) & now.inside()[person])
        | ((reason == "absence") & now.absent()[person])
        | ((reason == "remarriage") & (people.remarried[person] <= now.as_of))
        | ((reason == "emigration") & (people.moved_abroad[person] <= now.as_of))
        | (reason == "also_pension")
    )
    return found
