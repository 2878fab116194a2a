"""The people of the bench, their benefits and the truth about their lives."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.random import Generator

from bench.accuracy.calendar import NEVER, YEAR, Calendar
from bench.accuracy.chance import Flags, Floats, Indices, chosen
from bench.accuracy.identities import Texts, id_numbers, names
from bench.accuracy.rates import Coverage, Rates
from gateway.sandbox.id_numbers import COUNTIES

_WORKING_AGES: Final = {"injury_long_term": (35, 85), "unemployment_benefit": (30, 59)}
_CHILDREN: Final = (8, 17)
_BAND_YEARS: Final = 5
_REFERENCE_AGE: Final = 65
_WINTER: Final = (12, 1, 2)


@dataclass(frozen=True)
class People:
    """People as columns; days count from the bench's first day, NEVER for what does not happen.

    `id_number` is right; the roster holds `former_number` until `number_corrected`. `joins` is the day the
    roster first names the person. `inside_from`..`inside_to` is time in custody, `absent_from`..`absent_to`
    time declared absent, `moved_abroad` emigration.
    """

    calendar: Calendar
    born: Indices
    men: Flags
    county: Indices
    id_number: Texts
    former_number: Texts
    number_corrected: Indices
    lists_former: Flags
    name: Texts
    name_code: Indices
    joins: Indices
    propensity: Floats
    needs_assistance: Flags
    died: Indices
    inside_from: Indices
    inside_to: Indices
    absent_from: Indices
    absent_to: Indices
    moved_abroad: Indices
    remarried: Indices

    def __len__(self) -> int:
        return len(self.born)

    def ages(self, day: int = 0) -> Floats:
        """Ages in years on a day."""
        return (day - self.born) / YEAR

    def factor(self, per_decade: float) -> Floats:
        """How much more often than at 65 something happens to each."""
        found: Floats = np.power(per_decade, (self.ages() - _REFERENCE_AGE) / 10) * self.propensity
        return found

    def seen(self, coverage: Coverage) -> Floats:
        """The share of each one's contacts that a department's data shows."""
        starts = np.array(sorted(coverage.ages))
        by_age = np.array([coverage.ages[start] for start in starts])
        band = np.maximum(np.searchsorted(starts, self.ages(), "right") - 1, 0)
        found: Floats = np.array(coverage.counties)[self.county] * by_age[band]
        return found

    def alive(self, day: int) -> Flags:
        """Who lives on a day."""
        return self.died > day


@dataclass(frozen=True)
class Benefits:
    """Benefits as columns: whose, which, since when."""

    person: Indices
    benefit: Texts
    started: Indices
    spouse: Flags

    def __len__(self) -> int:
        return len(self.person)


def make_people(rates: Rates, calendar: Calendar, rng: Generator, seed: int) -> tuple[People, Benefits]:
    """Everybody who is on the roster at any time, and their deaths."""
    count = rates.calendar.people
    first = chosen(rng, rates.people.first_benefit, count)
    joins = _joins(rates, calendar, rng, count)
    spouse = (first == "survivor_allowance") & (rng.random(count) < rates.people.spouse_survivors)
    born = _born(rates, rng, first, spouse)
    men = rng.random(count) >= rates.people.women
    county = rng.choice(len(COUNTIES), count, p=np.array(rates.people.counties))
    written = names(count, seed)
    numbers, former = _numbers(county, born, men, calendar)
    corrected = rng.random(count) < rates.spelling.corrected_number
    never = np.full(count, NEVER)
    people = People(
        calendar=calendar,
        born=born,
        men=men,
        county=county,
        id_number=numbers,
        former_number=np.where(corrected, former, numbers),
        number_corrected=np.where(corrected, rng.integers(0, calendar.length, count), -NEVER),
        lists_former=rng.random(count) < rates.spelling.keeps_former_number,
        name=written,
        name_code=np.unique(written, return_inverse=True)[1],
        joins=joins,
        propensity=_propensity(rates, rng, count),
        needs_assistance=rng.random(count) < rates.people.needs_assistance,
        died=_deaths(rates, calendar, rng, born, men),
        inside_from=never.copy(),
        inside_to=never.copy(),
        absent_from=never.copy(),
        absent_to=never.copy(),
        moved_abroad=never.copy(),
        remarried=never.copy(),
    )
    return people, _benefits(rates, rng, first, joins, spouse)


def _numbers(county: Indices, born: Indices, men: Flags, calendar: Calendar) -> tuple[Texts, Texts]:
    """The right numbers, and such as a clerk once issued wrongly: of the other sex."""
    issued_in = np.array(COUNTIES)[county]
    both = id_numbers(
        np.tile(issued_in, 2), np.tile(born, 2), calendar.first_month, men=np.concatenate([men, ~men])
    )
    return both[: len(born)], both[len(born) :]


def _joins(rates: Rates, calendar: Calendar, rng: Generator, count: int) -> Indices:
    later = rng.random(count) < rates.people.joining_share
    return np.where(later, rng.integers(1, calendar.length, count), -1)


def _born(rates: Rates, rng: Generator, first: Texts, spouse: Flags) -> Indices:
    starts = np.array([int(start) for start in chosen(rng, _bands(rates), len(first))])
    ages = starts + rng.random(len(first)) * _BAND_YEARS
    for benefit, (low, high) in _WORKING_AGES.items():
        working = first == benefit
        ages[working] = rng.uniform(low, high, int(working.sum()))
    children = (first == "survivor_allowance") & ~spouse
    ages[children] = rng.uniform(*_CHILDREN, int(children.sum()))
    return -np.round(ages * YEAR).astype(np.int64)


def _bands(rates: Rates) -> dict[str, float]:
    return {str(start): share for start, share in rates.people.age_bands.items()}


def _propensity(rates: Rates, rng: Generator, count: int) -> Floats:
    contacts = rates.contacts
    usual = np.exp(rng.normal(0, contacts.propensity_sigma, count))
    usual /= np.exp(contacts.propensity_sigma**2 / 2)
    quiet = rng.random(count) < contacts.quiet
    elsewhere = rng.random(count) < contacts.elsewhere
    found: Floats = np.where(elsewhere, 0, np.where(quiet, usual * contacts.quiet_factor, usual))
    return found


def _deaths(rates: Rates, calendar: Calendar, rng: Generator, born: Indices, men: Flags) -> Indices:
    """The day each dies, month by month; NEVER for those who outlive the bench."""
    died = np.full(len(born), NEVER)
    table = rates.deaths
    sex = np.where(men, table.men, table.women)
    for month in range(calendar.months):
        start = calendar.day(calendar.month_start(month))
        days = calendar.day(calendar.month_start(month + 1)) - start
        yearly = table.at_60 * np.exp(table.growth * ((start - born) / YEAR - 60)) * sex
        season = table.winter if calendar.month_start(month).month in _WINTER else 1.0
        dies = (died == NEVER) & (rng.random(len(born)) < 1 - np.exp(-yearly * season * days / YEAR))
        died[dies] = start + rng.integers(0, days, int(dies.sum()))
    return died


def _benefits(rates: Rates, rng: Generator, first: Texts, joins: Indices, spouse: Flags) -> Benefits:
    people, codes, spouses = [np.arange(len(first))], [first], [spouse]
    for benefit, seconds in rates.people.second_benefit.items():
        for second, share in seconds.items():
            holders = np.flatnonzero((first == benefit) & (rng.random(len(first)) < share))
            people.append(holders)
            codes.append(np.full(len(holders), second))
            spouses.append(np.full(len(holders), second == "survivor_allowance"))
    person = np.concatenate(people)
    order = np.argsort(person, kind="stable")
    person = person[order]
    ago = rng.integers(400, 6000, len(person))
    started = np.where(joins[person] < 0, -ago, joins[person])
    return Benefits(person, np.concatenate(codes)[order], started, np.concatenate(spouses)[order])
