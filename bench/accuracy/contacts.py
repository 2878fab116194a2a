"""Contacts of the living with departments, as far as the departments' data shows them."""

from typing import Final

import numpy as np
from numpy.random import Generator

from bench.accuracy.calendar import YEAR
from bench.accuracy.chance import Flags, Floats, Indices, between, chosen, codes, spread
from bench.accuracy.population import Benefits, People
from bench.accuracy.rates import Rates
from bench.accuracy.rows import Archive, Column, Contact, Draft

_HOSPITALS: Final = 60
_PHARMACIES: Final = 90
_STAY: Final = (2, 20)
_MARRYING_AGE: Final = 22
_OUTPATIENT: Final = {"11": 0.7, "12": 0.05, "1401": 0.25}
_MARRIAGES: Final = {"IA": 0.55, "IB": 0.3, "IC": 0.1, "ICA": 0.05}
_IN_PERSON: Final = ("IA", "IB")


class Contacts:
    """Writes contacts into the archive."""

    def __init__(self, people: People, rates: Rates, rng: Generator, archive: Archive) -> None:
        self._people = people
        self._rates = rates
        self._rng = rng
        self._archive = archive
        self._years = people.calendar.length / YEAR
        self._settled = 0
        self._visited = 0
        self._stayed = 0

    def everything(self, benefits: Benefits) -> None:
        """All contacts of all people."""
        self._stays()
        self._visits()
        self._health_checks()
        self._purchases()
        self._identity_cards()
        self._journeys()
        self._marriages(benefits)
        self._allowances()

    def happen(self, yearly: float, per_decade: float, department: str) -> tuple[Indices, Indices]:
        """Who and on which day: contacts that happen to people who are about, and that the data shows."""
        people = self._people
        rate = yearly * people.factor(per_decade) * people.seen(self._rates.coverage[department])
        person = spread(self._rng, rate, self._years)
        day = self._rng.integers(0, people.calendar.length, len(person))
        about = is_about(people, person, day)
        return person[about], day[about]

    def late(self, dataset: str, day: Indices) -> Floats:
        """When rows about these days are loaded."""
        mean = getattr(self._rates.lateness, dataset)
        found: Floats = day + self._rng.exponential(mean, len(day)) + self._rng.uniform(0.1, 1, len(day))
        return found

    def stays(self, person: Indices, day: Indices, *, source: str, genuine: bool = True) -> None:
        """Hospital stays, as health and as the insurance see them."""
        ended = day + between(self._rng, _STAY, len(day))
        if genuine:
            ended = np.minimum(ended, self._people.died[person])
        health = self._rng.random(len(day)) < self._people.seen(self._rates.coverage["health"])[person]
        self._archive.add(self._stay(person, day, ended, source, genuine=genuine).only(health))
        insured = (
            self._rng.random(len(day)) < self._people.seen(self._rates.coverage["medical_insurance"])[person]
        )
        self.settle(
            person[insured],
            day[insured],
            ended[insured],
            care=np.full(int(insured.sum()), "2101"),
            source=source,
            genuine=genuine,
        )

    def _stay(self, person: Indices, day: Indices, ended: Indices, source: str, *, genuine: bool) -> Draft:
        dates = self._people.calendar.dates
        self._stayed += len(person)
        return Draft(
            "inpatient_stays",
            person,
            self.late("inpatient_stays", ended),
            {
                "MEDRCDNO": codes("BA", self._stayed - len(person), len(person)),
                "BEGNTIME": dates(day),
                "ENDTIME": dates(ended),
                "DSCG_WAY": "1",
                "DIE_DATE": "",
            },
            Contact(day, strong=True, source=source, genuine=genuine),
        )

    def settle(
        self,
        person: Indices,
        day: Indices,
        ended: Indices,
        *,
        care: np.ndarray,
        source: str,
        genuine: bool = True,
        pharmacy: bool = False,
    ) -> None:
        """Settlements; some are claimed late, some name only the day they were settled."""
        rng, rates, dates = self._rng, self._rates.lateness, self._people.calendar.dates
        inpatient = np.char.startswith(care, "2")
        unbegun = ~inpatient & (rng.random(len(day)) < rates.without_begin)
        posted_late = rng.random(len(day)) < rates.posted_late
        settled = ended + np.where(posted_late, rng.uniform(5, rates.posted_late_within, len(day)), 0).astype(
            int
        )
        kind, places = ("P", _PHARMACIES) if pharmacy else ("H", _HOSPITALS)
        self._settled += len(person)
        draft = Draft(
            "settlements",
            person,
            self.late("settlements", settled),
            {
                "setl_id": codes("JS", self._settled - len(person), len(person)),
                "init_setl_id": "",
                "psn_no": np.char.mod("99YB%010d", person),
                "psn_cert_type": "01",
                "med_type": care,
                "setl_time": dates(settled),
                "begndate": np.where(unbegun, np.datetime64("NaT"), dates(day)),
                "enddate": np.where(unbegun, np.datetime64("NaT"), dates(ended)),
                "fixmedins_code": np.char.mod(f"{kind}9901%05d", rng.integers(0, places, len(person))),
                "refd_setl_flag": "0",
                "setl_type": "2",
            },
            Contact(
                np.where(unbegun, settled, day),
                strong=(inpatient | (care == "13")) & ~unbegun,
                source=source,
                genuine=genuine,
            ),
        )
        self._archive.add(draft)

    def visit(
        self, person: Indices, day: Indices, proxy: np.ndarray, source: str, *, genuine: bool = True
    ) -> None:
        """Outpatient visits; with the flag 1 a relative came."""
        self._visited += len(person)
        self._archive.add(
            Draft(
                "outpatient_visits",
                person,
                self.late("outpatient_visits", day),
                {
                    "VISIT_ID": codes("MZ", self._visited - len(person), len(person)),
                    "VISIT_TIME": self._people.calendar.dates(day),
                    "ORG_CODE": np.char.mod("H9901%05d", self._rng.integers(0, _HOSPITALS, len(person))),
                    "PROXY_FLAG": proxy,
                },
                Contact(day, strong=proxy != "1", source=source, genuine=genuine),
            )
        )

    def _stays(self) -> None:
        contacts, growth = self._rates.contacts, self._rates.contacts.per_decade.stays
        people = self._people
        person = spread(self._rng, contacts.hospital_stays * people.factor(growth), self._years)
        day = self._rng.integers(0, people.calendar.length, len(person))
        about = is_about(people, person, day)
        self.stays(person[about], day[about], source="hospital stay")
        person, day = self.happen(contacts.emergencies, growth, "medical_insurance")
        self.settle(person, day, day, care=np.full(len(day), "13"), source="emergency")

    def _visits(self) -> None:
        contacts, growth = self._rates.contacts, self._rates.contacts.per_decade.visits
        person, day = self.happen(contacts.outpatient_visits, growth, "health")
        proxy = np.where(self._rng.random(len(day)) < contacts.visits_by_proxy, "1", "0")
        self.visit(person, day, proxy, "outpatient visit")
        person, day = self.happen(contacts.settled_visits, growth, "medical_insurance")
        self.settle(person, day, day, care=chosen(self._rng, _OUTPATIENT, len(day)), source="settled visit")

    def _health_checks(self) -> None:
        contacts = self._rates.contacts
        person, day = self.happen(contacts.health_checks, contacts.per_decade.checks, "health")
        columns: dict[str, Column] = {
            "CHECK_ID": codes("TJ", 0, len(day)),
            "CHECK_DATE": self._people.calendar.dates(day),
            "ORG_CODE": np.char.mod("H9901%05d", self._rng.integers(0, _HOSPITALS, len(day))),
        }
        contact = Contact(day, strong=True, source="health check")
        self._archive.add(Draft("health_checks", person, self.late("health_checks", day), columns, contact))

    def _purchases(self) -> None:
        contacts = self._rates.contacts
        person, day = self.happen(
            contacts.pharmacy_purchases, contacts.per_decade.visits, "medical_insurance"
        )
        self.settle(person, day, day, care=np.full(len(day), "41"), source="pharmacy", pharmacy=True)

    def _identity_cards(self) -> None:
        contacts = self._rates.contacts
        person, day = self.happen(contacts.identity_cards, contacts.per_decade.others, "police")
        columns: dict[str, Column] = {
            "SLH": codes("SL", 0, len(day)),
            "SLRQ": self._people.calendar.dates(day),
            "LQRQ": "",
        }
        contact = Contact(day, strong=True, source="identity card")
        self._archive.add(Draft("identity_cards", person, self.late("identity_cards", day), columns, contact))

    def _journeys(self) -> None:
        contacts = self._rates.contacts
        person, left = self.happen(contacts.journeys, contacts.per_decade.others, "police")
        back = left + between(self._rng, (2, 40), len(left))
        home = is_about(self._people, person, back) & (back < self._people.calendar.length)
        for direction, who, day in (("1", person, left), ("2", person[home], back[home])):
            columns: dict[str, Column] = {
                "JLBH": codes(f"CJ{direction}", 0, len(day)),
                "CRJLB": direction,
                "CRJSJ": self._people.calendar.dates(day),
                "KA": "罗湖",
            }
            contact = Contact(day, strong=True, source="border crossing")
            loaded = self.late("border_crossings", day)
            self._archive.add(Draft("border_crossings", who, loaded, columns, contact))

    def _marriages(self, benefits: Benefits) -> None:
        """Registrations of any two people who are about; surviving spouses marry a little more often."""
        people, rng, contacts = self._people, self._rng, self._rates.contacts
        rate = np.full(len(people), contacts.marriages)
        rate[benefits.person[benefits.spouse]] = contacts.survivor_marriages
        person = spread(rng, rate, self._years)
        day = rng.integers(0, people.calendar.length, len(person))
        spouse = rng.integers(0, len(people), len(person))
        ready = is_about(people, person, day) & is_about(people, spouse, day)
        ready &= (people.men[person] != people.men[spouse]) & (
            np.minimum(*_ages(people, person, spouse)) > _MARRYING_AGE
        )
        person, spouse, day = person[ready], spouse[ready], day[ready]
        kind = chosen(rng, _MARRIAGES, len(day))
        for one in (person, spouse):
            married = kind == "IA"
            np.minimum.at(people.remarried, one[married], day[married])
        man, woman = (np.where(people.men[person] == side, person, spouse) for side in (True, False))
        columns: dict[str, Column] = {
            "cert_no": codes("HY", 0, len(day)),
            "op_type": kind,
            "op_date": people.calendar.dates(day),
            "id_type_man": "1",
            "id_type_woman": "1",
        }
        contact = Contact(day, strong=np.isin(kind, _IN_PERSON), source="marriage registry")
        loaded = self.late("marriages", day)
        self._archive.add(Draft("marriages", man, loaded, columns, contact, other=woman))

    def _allowances(self) -> None:
        """Paid every month to the very old, and on after a death that nobody reported."""
        people, calendar = self._people, self._people.calendar
        seen = self._rng.random(len(people)) < people.seen(self._rates.coverage["civil_affairs"])
        for month in range(calendar.months):
            paid_on = calendar.day(calendar.month_start(month)) + 9
            old = people.ages(paid_on) >= self._rates.contacts.allowance_from_age
            person = np.flatnonzero(seen & old & people.alive(paid_on))
            columns: dict[str, Column] = {
                "ID": codes(f"GL{month:02d}", 0, len(person)),
                "PAY_MONTH": f"{calendar.month_start(month):%Y%m}",
                "STATUS": "1",
            }
            loaded = self.late("elderly_allowances", np.full(len(person), paid_on))
            self._archive.add(Draft("elderly_allowances", person, loaded, columns))


def is_about(people: People, person: Indices, day: Indices) -> Flags:
    """Whether each could come to an office on a day: alive, in the country, not missing, not in custody."""
    inside = (people.inside_from[person] <= day) & (day <= people.inside_to[person])
    absent = (people.absent_from[person] <= day) & (day <= people.absent_to[person])
    found: Flags = (day < people.died[person]) & (day < people.moved_abroad[person]) & ~inside & ~absent
    return found


def _ages(people: People, *groups: Indices) -> tuple[Floats, Floats]:
    ages = people.ages()
    first, second = (ages[group] for group in groups)
    return first, second
