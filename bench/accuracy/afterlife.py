"""What goes on under the name of the dead: relatives' purchases, somebody else's hospital stay."""

import numpy as np
from numpy.random import Generator

from bench.accuracy.calendar import NEVER, YEAR
from bench.accuracy.chance import Indices, some, spread
from bench.accuracy.contacts import Contacts, is_about
from bench.accuracy.population import People
from bench.accuracy.rates import Rates

_AT_HOSPITALS = ("1401", "11")


def after_death(people: People, rates: Rates, rng: Generator, contacts: Contacts) -> None:
    """Rows that look like life and are none."""
    dead = np.flatnonzero(people.died < NEVER)
    _purchases(people, rates, rng, contacts, dead)
    stayed = some(rng, dead, rates.after_death.stays_under_the_name)
    day = people.died[stayed] + rng.integers(4, rates.after_death.stays_within, len(stayed))
    contacts.stays(stayed, day, source="stay under another's name", genuine=False)
    rate = np.full(len(people), rates.after_death.living_stays_under_the_name)
    holder = spread(rng, rate, people.calendar.length / YEAR)
    day = rng.integers(0, people.calendar.length, len(holder))
    about = is_about(people, holder, day)
    contacts.stays(holder[about], day[about], source="stay under another's name", genuine=False)


def _purchases(people: People, rates: Rates, rng: Generator, contacts: Contacts, dead: Indices) -> None:
    mourned = some(rng, dead, rates.after_death.purchases)
    buyer = np.repeat(mourned, 1 + rng.poisson(rates.after_death.purchases_more, len(mourned)))
    day = people.died[buyer] + rng.integers(1, rates.after_death.purchases_within, len(buyer))
    at_pharmacy = rng.random(len(buyer)) < rates.after_death.at_pharmacies
    contacts.settle(
        buyer[at_pharmacy],
        day[at_pharmacy],
        day[at_pharmacy],
        care=np.full(int(at_pharmacy.sum()), "41"),
        source="relative's purchase",
        genuine=False,
        pharmacy=True,
    )
    buyer, day = buyer[~at_pharmacy], day[~at_pharmacy]
    contacts.settle(
        buyer,
        day,
        day,
        care=rng.choice(np.array(_AT_HOSPITALS), len(buyer)),
        source="relative's purchase",
        genuine=False,
    )
    recorded = rng.random(len(buyer)) < rates.after_death.hospital_visit_recorded
    flag = np.where(rng.random(int(recorded.sum())) < rates.after_death.visit_unflagged, "", "1")
    contacts.visit(buyer[recorded], day[recorded], flag, "relative's purchase", genuine=False)
