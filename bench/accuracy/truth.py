"""The whole province: people, their lives, and every row that departments will load about them."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from bench.accuracy.afterlife import after_death
from bench.accuracy.calendar import Calendar, Days
from bench.accuracy.chance import Floats
from bench.accuracy.contacts import Contacts
from bench.accuracy.custody import Custody
from bench.accuracy.deaths import Deaths
from bench.accuracy.population import Benefits, People, make_people
from bench.accuracy.quoting import Quoting
from bench.accuracy.rates import Rates
from bench.accuracy.rows import Archive, Column, Draft, Rows


@dataclass(frozen=True)
class Truth:
    """What is true, and what departments load.

    `contacts` are the rows about life (see Archive.contacts), `false_reports` the deaths reported about
    people who live (see Mistakes.about_the_living), `first_reported` the day of load of the first report
    that names a dead person rightly, `corrupted` the rows of the corrupted file.
    """

    rates: Rates
    calendar: Calendar
    people: People
    benefits: Benefits
    rows: dict[str, Rows]
    contacts: pd.DataFrame
    false_reports: pd.DataFrame
    first_reported: Floats
    corrupted: Rows
    named_by_corrupted: Days


def make_truth(rates: Rates, seed: int) -> Truth:
    """Everything, from one seed."""
    calendar = Calendar(rates.calendar.first_month, rates.calendar.months)
    rng = np.random.default_rng(seed)
    people, benefits = make_people(rates, calendar, rng, seed)
    archive = Archive(calendar, Quoting(people, rates.spelling, rng, seed))
    Custody(people, rates, rng, archive).everything()
    contacts = Contacts(people, rates, rng, archive)
    contacts.everything(benefits)
    after_death(people, rates, rng, contacts)
    deaths = Deaths(people, rates, rng, archive)
    false_reports = deaths.everything()
    corrupted, named = _corrupted(rates, people, archive, rng)
    return Truth(
        rates=rates,
        calendar=calendar,
        people=people,
        benefits=benefits,
        rows=archive.sealed(),
        contacts=archive.contacts(),
        false_reports=false_reports,
        first_reported=deaths.first_reported,
        corrupted=corrupted,
        named_by_corrupted=named,
    )


def _corrupted(rates: Rates, people: People, archive: Archive, rng: np.random.Generator) -> tuple[Rows, Days]:
    """A file of cremations that names people who are on the roster and alive."""
    calendar, month = people.calendar, min(rates.calendar.corrupted_month, rates.calendar.months - 1)
    start = calendar.day(calendar.month_start(month))
    end = calendar.day(calendar.month_start(month + 1))
    here = np.flatnonzero((people.joins < start) & people.alive(end))
    named = rng.choice(here, int(len(people) * rates.calendar.corrupted_share), replace=False)
    day = rng.integers(start, end - 3, len(named))
    columns: dict[str, Column] = {
        "CERT_NO": np.char.mod("HX%08d", named),
        "SEX": np.where(people.men[named], "1", "2"),
        "DEATH_TIME": calendar.dates(day),
        "CREMATION_TIME": calendar.dates(day + 2),
        "SWZMBH": "",
    }
    aside = Archive(calendar, archive.quoting)
    aside.add(Draft("cremations", named, np.full(len(named), end - 1.5), columns))
    return aside.sealed()["cremations"], named
