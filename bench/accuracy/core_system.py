"""The core system that pays: what its roster says of each benefit, and how it changes from month to month."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.random import Generator

from bench.accuracy.calendar import NEVER
from bench.accuracy.chance import Flags, Indices
from bench.accuracy.identities import Texts
from bench.accuracy.population import Benefits, People
from bench.accuracy.rates import Rates
from gateway.policy import Policy
from gateway.sandbox.id_numbers import COUNTIES

NO_DAY: Final = -NEVER
MONTH: Final = 30.4
DATA_MATCHING: Final = "data_matching"


@dataclass
class CoreSystem:
    """The roster's columns that change; days as everywhere in the bench, NO_DAY for none.

    `true_on` is the newest certification that the person truly took part in. `cycle` is in months, 0 for a
    benefit that is never certified.
    """

    people: People
    benefits: Benefits
    cycle: Indices
    certified_on: Indices
    method: Texts
    true_on: Indices
    suspended_on: Indices
    gone_on: Indices
    _noted: list[pd.DataFrame] = field(default_factory=list)

    def __post_init__(self) -> None:
        known = np.flatnonzero(self.certified_on != NO_DAY)
        self._note(known, self.certified_on[known], np.ones(len(known), bool))

    def certify(self, benefit: Indices, day: Indices, method: Texts, *, true: Flags) -> None:
        """Note certifications; an older one than the roster has changes nothing."""
        self._note(benefit, day, true)
        order = np.argsort(day, kind="stable")
        for one, on, way, is_true in zip(benefit[order], day[order], method[order], true[order], strict=True):
            if on > self.certified_on[one]:
                self.certified_on[one] = on
                self.method[one] = way
                self.suspended_on[one] = NO_DAY
            if is_true:
                self.true_on[one] = max(self.true_on[one], on)

    def _note(self, benefit: Indices, day: Indices, true: Flags) -> None:
        person = self.benefits.person[benefit]
        self._noted.append(pd.DataFrame({"person": person, "day": day, "genuine": true}))

    def certifications(self) -> pd.DataFrame:
        """Every certification the roster ever had: person, day, genuine."""
        return pd.concat(self._noted, ignore_index=True)

    def last_true(self) -> Indices:
        """The newest day each person truly certified, for whichever benefit."""
        found = np.full(len(self.people), NO_DAY)
        np.maximum.at(found, self.benefits.person, self.true_on)
        return found

    def on_roster(self, day: int) -> Indices:
        """The benefits that the roster of a day names."""
        return np.flatnonzero((self.benefits.started <= day) & (self.gone_on > day))

    def write(self, path: Path, day: int) -> Indices:
        """Write the roster of a day; returns the benefits in it."""
        rows = self.on_roster(day)
        person, people, dates = self.benefits.person[rows], self.people, self.people.calendar.dates
        corrected = people.number_corrected[person] <= day
        was_corrected = people.number_corrected[person] != NO_DAY
        lists = corrected & was_corrected & people.lists_former[person]
        suspended = self.suspended_on[rows] != NO_DAY
        columns = {
            "person_no": person_numbers(person),
            "id_type": np.full(len(rows), "01"),
            "id_number": np.where(corrected, people.id_number[person], people.former_number[person]),
            "other_id_numbers": np.where(lists, people.former_number[person], ""),
            "name": people.name[person],
            "birth_on": np.datetime_as_string(dates(people.born[person])),
            "benefit_id": benefit_ids(rows),
            "benefit": self.benefits.benefit[rows],
            "insured_county": np.array(COUNTIES)[people.county[person]],
            "employer_no": np.where(self.benefits.benefit[rows] == "institution_pension", "99E01", ""),
            "started_on": np.datetime_as_string(dates(self.benefits.started[rows])),
            "last_certified_on": _dated(dates(self.certified_on[rows]), self.certified_on[rows] != NO_DAY),
            "last_method": self.method[rows],
            "payment_status": np.where(suspended, "suspended", "paying"),
            "suspended_on": _dated(dates(self.suspended_on[rows]), suspended),
            "spouse_survivor": np.where(self.benefits.spouse[rows], "1", "0"),
            "needs_assistance": np.where(people.needs_assistance[person], "1", "0"),
        }
        pq.write_table(pa.table({name: pa.array(column) for name, column in columns.items()}), path)
        return rows


def open_core_system(
    people: People, benefits: Benefits, rates: Rates, policy: Policy, rng: Generator
) -> CoreSystem:
    """The roster as the bench finds it: everybody certified within the last cycle, a few suspended."""
    cycle = cycles(people, benefits, policy)
    joined_later = people.joins[benefits.person] >= 0
    ago = np.floor(rng.random(len(benefits)) * np.maximum(cycle, 1) * MONTH).astype(int)
    # a claim for somebody who is dead already names nobody who came in person
    came = people.died[benefits.person] > benefits.started
    dated = came & (rng.random(len(benefits)) < rates.people.dated_joining_share)
    on = np.where(joined_later, np.where(dated, benefits.started, NO_DAY), -1 - ago)
    # who was in custody when the bench began has not been to a counter since
    seen_last = np.minimum(on, people.inside_from[benefits.person] - ago)
    certified_on = np.where(cycle > 0, np.where(on == NO_DAY, NO_DAY, seen_last), NO_DAY)
    suspended = ~joined_later & (rng.random(len(benefits)) < rates.people.suspended)
    return CoreSystem(
        people=people,
        benefits=benefits,
        cycle=cycle,
        certified_on=certified_on,
        method=np.where(certified_on == NO_DAY, "", "counter").astype("U16"),
        true_on=certified_on.copy(),
        suspended_on=np.where(suspended, -rng.integers(1, 300, len(benefits)), NO_DAY),
        gone_on=np.full(len(benefits), NEVER),
    )


def cycles(people: People, benefits: Benefits, policy: Policy) -> Indices:
    """Months a certification of the bench's first day is valid for.

    A county that pays a subsidy again from a later day lengthens cycles of later days only: those
    certifications are younger than either cycle at every run of the bench.
    """
    first = people.calendar.first_month
    table = {
        (code, place): policy.cycle_months(code, county, first) or 0
        for code in policy.benefits
        for place, county in enumerate(COUNTIES)
    }
    county = people.county[benefits.person]
    return np.array([table[key] for key in zip(benefits.benefit.tolist(), county.tolist(), strict=True)])


def benefit_ids(benefits: Indices) -> Texts:
    """Benefit numbers as the roster has them."""
    return np.char.mod("B%08d", benefits)


def benefit_of(benefit_id: str) -> int:
    """The place of a benefit number."""
    return int(benefit_id[1:])


def person_numbers(people: Indices) -> Texts:
    """Person numbers as the roster has them."""
    return np.char.mod("99%010d", people)


def _dated(days: np.ndarray, known: Flags) -> Texts:
    return np.where(known, np.datetime_as_string(days), "")
