"""Detention, prison and release, judgments long served, people who leave the country or go missing."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from bench.accuracy.calendar import NEVER, YEAR
from bench.accuracy.chance import Flags, Floats, Indices, between, codes, some, spread
from bench.accuracy.population import People
from bench.accuracy.rates import Rates
from bench.accuracy.rows import Archive, Column, Contact, Draft

_ADULT = 18
_CHECK_INS = 10
_CHECK_IN = 30
_EARLIER = 1200
_HALF = 0.5


@dataclass(frozen=True)
class Terms:
    """Time in prison: from, planned end, the day somebody is let go (NEVER while inside at the end)."""

    person: Indices
    began: Indices
    ends: Indices


class Custody:
    """Writes custody into the archive and into the people's truth."""

    def __init__(self, people: People, rates: Rates, rng: Generator, archive: Archive) -> None:
        self._people = people
        self._rates = rates
        self._rng = rng
        self._archive = archive
        self._length = people.calendar.length

    def everything(self) -> None:
        """All custody, all judgments, all who leave or are missing."""
        adults = np.flatnonzero(self._people.ages() >= _ADULT)
        self._old_judgments(some(self._rng, adults, self._rates.custody.old_judgments))
        inside = some(self._rng, adults, self._rates.custody.inside_at_start)
        began = -self._rng.integers(100, _EARLIER, len(inside))
        ends = began + _EARLIER + self._rng.integers(0, _EARLIER // 2, len(inside))
        self._prison(Terms(inside, began, ends), known=np.full(len(inside), 0.5))
        self._detentions()
        self._emigrants()
        self._absences()

    def _free(self, yearly: float) -> tuple[Indices, Indices]:
        """Who it happens to and when: adults, once each, alive and never elsewhere before."""
        people = self._people
        rate = np.where(people.ages() >= _ADULT, yearly, 0.0)
        person = np.unique(spread(self._rng, rate, self._length / YEAR))
        day = self._rng.integers(0, self._length, len(person))
        free = (people.died[person] > day) & (people.inside_from[person] == NEVER)
        free &= (people.moved_abroad[person] == NEVER) & (people.absent_from[person] == NEVER)
        return person[free], day[free]

    def _late(self, day: Indices) -> Floats:
        found: Floats = day + self._rng.exponential(self._rates.lateness.custody, len(day)) + 0.3
        return found

    def _detentions(self) -> None:
        rates, dates = self._rates.custody, self._people.calendar.dates
        person, day = self._free(rates.detained)
        ended = day + between(self._rng, rates.detained_days, len(day))
        to_prison = self._rng.random(len(day)) < rates.to_prison
        detained = Draft(
            "detentions",
            person,
            self._late(day),
            {
                "RYBH": codes("KS", 0, len(day)),
                "JSBH": "9901K01",
                "RSRQ": dates(day),
                "CSRQ": "",
                "CSYY": "",
            },
        )
        self._archive.add(detained)
        lived = self._people.died[person] > ended
        self._archive.add(
            _again(detained, self._late(ended), CSRQ=dates(ended), CSYY=np.where(to_prison, "2", "1")).only(
                lived
            )
        )
        self._inside(person, day, np.where(to_prison, NEVER, ended))
        moved = to_prison & lived
        term = between(self._rng, rates.term_days, int(moved.sum()))
        began = ended[moved]
        self._judgments(person[moved], began, began + term)
        self._prison(Terms(person[moved], began + 1, began + term), known=began + 1.0)

    def _inside(self, person: Indices, began: Indices, ended: Indices) -> None:
        self._people.inside_from[person] = np.minimum(self._people.inside_from[person], began)
        self._people.inside_to[person] = ended

    def _judgments(self, person: Indices, began: Indices, ends: Indices) -> None:
        dates = self._people.calendar.dates
        columns: dict[str, Column] = {
            "AH": codes("XC", 0, len(person)),
            "XZ": "1",
            "HXBZ": "0",
            "SXRQ": dates(began),
            "XQQR": dates(began),
            "XQZR": dates(ends),
        }
        self._archive.add(Draft("criminal_judgments", person, self._late(began), columns))

    def _old_judgments(self, person: Indices) -> None:
        """Served long ago, and never was a release told; half come with the first file, half by and by."""
        rng, dates = self._rng, self._people.calendar.dates
        years = rng.uniform(*self._rates.custody.old_judgment_years, len(person))
        began = -np.round(years * YEAR).astype(int)
        ends = began + between(rng, self._rates.custody.term_days, len(person))
        loaded = np.where(rng.random(len(person)) < _HALF, 0.5, rng.uniform(0.5, self._length, len(person)))
        columns: dict[str, Column] = {
            "AH": codes("XA", 0, len(person)),
            "XZ": "1",
            "HXBZ": "0",
            "SXRQ": dates(began),
            "XQQR": dates(began),
            "XQZR": dates(np.minimum(ends, -1)),
        }
        self._archive.add(Draft("criminal_judgments", person, loaded, columns))

    def _prison(self, terms: Terms, known: Floats) -> None:
        rates, dates = self._rates.custody, self._people.calendar.dates
        stay = Draft(
            "prison_custody",
            terms.person,
            known + self._rng.uniform(0, 2, len(known)),
            {
                "RYBH": np.char.mod("ZF%08d", terms.person),
                "JSBH": "9901Z01",
                "RJRQ": dates(terms.began),
                "YXMRQ": dates(terms.ends),
                "XMSFRQ": dates(terms.ends),
                "SJSFRQ": "",
                "SFLB": "",
            },
        )
        self._archive.add(stay)
        self._inside(terms.person, terms.began, terms.ends)
        out = (self._people.died[terms.person] > terms.ends) & (terms.ends < self._length)
        told = out & (self._rng.random(len(out)) >= rates.release_never_reported)
        parole = told & (self._rng.random(len(out)) < rates.correction_after_release)
        way = np.where(parole, "2", "1")
        released = _again(stay, self._late(terms.ends), SJSFRQ=dates(terms.ends), SFLB=way)
        self._archive.add(released.only(told))
        self._corrections(terms.person[parole], terms.ends[parole] + 2)

    def _corrections(self, person: Indices, began: Indices) -> None:
        """Parole: a check-in a month, as one row written anew."""
        dates = self._people.calendar.dates
        for turn in range(_CHECK_INS):
            day = began + turn * _CHECK_IN
            here = (day < self._length) & (self._people.died[person] > day)
            columns: dict[str, Column] = {
                "DXBH": np.char.mod("JZ%08d", person[here]),
                "JZLB": "3",
                "KSRQ": dates(began[here]),
                "BDRQ": dates(day[here]),
                "JCRQ": "",
                "JJLX": "",
            }
            contact = Contact(day[here], strong=True, source="community correction")
            operation = "U" if turn else "I"
            loaded = day[here] + 1.0
            self._archive.add(
                Draft("community_corrections", person[here], loaded, columns, contact, operation=operation)
            )

    def _emigrants(self) -> None:
        person, day = self._free(self._rates.others.emigrants)
        self._people.moved_abroad[person] = day
        dates, half = self._people.calendar.dates, self._rng.random(len(person)) < _HALF
        struck: dict[str, Column] = {
            "RKBS": codes("RE", 0, len(person)),
            "ZXLB": "02",
            "SWRQ": "",
            "SWZMBH": "",
            "SLSJ": dates(day),
        }
        self._archive.add(Draft("household_cancellations", person, self._late(day), struck).only(half))
        ended: dict[str, Column] = {
            "psn_no": np.char.mod("99YB%010d", person),
            "reason": "2",
            "end_date": dates(day),
        }
        self._archive.add(Draft("terminations", person, self._late(day), ended).only(~half))

    def _absences(self) -> None:
        rates, dates = self._rates.others, self._people.calendar.dates
        person, day = self._free(rates.declared_absent)
        self._people.absent_from[person] = day
        declared = Draft(
            "declarations",
            person,
            self._late(day),
            {
                "AH": codes("TB", 0, len(person)),
                "XGLX": "1",
                "SWRQ": "",
                "PJRQ": dates(day),
                "YAH": "",
            },
        )
        self._archive.add(declared)
        back: Flags = self._rng.random(len(person)) < rates.absence_revoked
        back_on = day + between(self._rng, rates.absence_revoked_after, len(person))
        self._people.absent_to[person[back]] = back_on[back]
        revoked = _again(
            declared,
            self._late(back_on),
            AH=codes("TC", 0, len(person)),
            XGLX="3",
            PJRQ=dates(back_on),
            YAH=declared.columns["AH"],
        )
        self._archive.add(revoked.only(back))


def _again(draft: Draft, loaded: Floats, **changes: Column) -> Draft:
    """The rows written anew with some columns changed."""
    later = np.maximum(loaded, draft.loaded + 0.1)
    return replace(draft, loaded=later, columns={**draft.columns, **changes}, operation="U")
