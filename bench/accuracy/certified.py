"""Who counts as certified: the living as they should, the dead as long as nothing could be known."""

from collections import Counter
from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from bench.accuracy.calendar import NEVER, READING_HOUR
from bench.accuracy.chance import Flags, Indices
from bench.accuracy.core_system import NO_DAY, CoreSystem
from bench.accuracy.moment import Moment
from bench.accuracy.months import add_months
from bench.accuracy.tally import Tally
from bench.accuracy.truth import Truth

_HEALTH = ("inpatient_stays", "outpatient_visits", "health_checks")
_READ_AFTER = 1 + READING_HOUR / 24
_OTHER_BENEFIT = "certification for another benefit"
_ELSEWHERE = "certification elsewhere"
_FORGED = "forged face"
_LONG_AGO = -20_000


@dataclass
class Coverage:
    """Benefit-months of the living who can be certified; `missed` says how those stand who should be."""

    benefits: int = 0
    silently: int = 0
    qualifying: int = 0
    qualifying_certified: int = 0
    missed: Counter[str] = field(default_factory=Counter)


class Certified:
    """Keeps what evidence there is of everybody, and holds the certifications against it.

    `on_weak` and `beyond` count months of benefits of the dead that were certified silently without strong
    evidence, or longer than their last true contact allows.
    """

    def __init__(self, truth: Truth, core: CoreSystem, tally: Tally) -> None:
        self.coverage = Coverage()
        self.on_weak = 0
        self.beyond = 0
        self._truth = truth
        self._core = core
        self._tally = tally
        self._visible = visible_from(truth)
        self._strong_on = np.full(len(truth.people), NO_DAY)
        self._genuine_on = np.full(len(truth.people), NO_DAY)

    def month(self, month: int, decided: pd.DataFrame, person: Indices, now: Moment) -> None:
        """Take in one run."""
        self._see(month)
        valid = (decided["until"] >= now.as_of).to_numpy()
        silent = valid & (decided["certified_by"] == "evidence").to_numpy(bool, na_value=False)
        silently = np.zeros(len(now.people), bool)
        silently[person[silent]] = True
        self._tally.note_living(now.alive & now.listed, silently)
        self._cover(decided, person, now, valid, silent)
        self._dead(decided, person, now)

    def _see(self, month: int) -> None:
        """Contacts that the gateway has read since the last run."""
        contacts = self._truth.contacts
        seen = (self._visible == month) & contacts["strong"].to_numpy() & contacts["matches"].to_numpy()
        person, day = contacts["person"].to_numpy(), contacts["day"].to_numpy()
        np.maximum.at(self._strong_on, person[seen], day[seen])
        genuine = seen & contacts["genuine"].to_numpy()
        np.maximum.at(self._genuine_on, person[genuine], day[genuine])

    def _cover(
        self, decided: pd.DataFrame, person: Indices, now: Moment, valid: Flags, silent: Flags
    ) -> None:
        cycle = self._core.cycle[decided["row"].to_numpy()]
        counts = now.alive[person] & (cycle > 0)
        qualifies = counts & (self._until(self._strong_on[person], cycle) >= now.as_of)
        qualifies &= ~now.has_ground()[person]
        self.coverage.benefits += int(counts.sum())
        self.coverage.silently += int((counts & silent).sum())
        self.coverage.qualifying += int(qualifies.sum())
        self.coverage.qualifying_certified += int((qualifies & valid).sum())
        missed = decided[qualifies & ~valid]
        self.coverage.missed.update(map(_standing, missed["decision"], missed["holds"]))

    def _until(self, day: Indices, cycle: Indices) -> Indices:
        """The last day of a certification of each day."""
        calendar = self._truth.calendar
        until = add_months(calendar.dates(np.maximum(day, _LONG_AGO)), cycle)
        found: Indices = (until - np.datetime64(calendar.first_month)).astype(int)
        return np.where(day == NO_DAY, NO_DAY, found)

    def _dead(self, decided: pd.DataFrame, person: Indices, now: Moment) -> None:
        stands = now.dead[person] & (decided["decision"] == "certified").to_numpy()
        rows, person = decided[stands], person[stands]
        silently = (rows["certified_by"] == "evidence").to_numpy(bool, na_value=False)
        sources = self._sources(person, rows["on"].to_numpy())
        afterwards = rows["on"].to_numpy() >= now.people.died[person]
        elsewhere = np.where(afterwards, _FORGED, _ELSEWHERE)
        labels = np.where(silently, sources, elsewhere)
        when = np.where(afterwards, "after the death", "in life")
        told = (f"{label}, {time}" for label, time in zip(labels, when, strict=True))
        self._tally.dead_certified.update(told)
        last_true = np.maximum(self._genuine_on, self._core.last_true())[person]
        until = self._until(last_true, self._core.cycle[rows["row"].to_numpy()])
        self.on_weak += int((silently & (sources == "weak")).sum())
        self.beyond += int((silently & (until < now.as_of)).sum())

    def _sources(self, person: Indices, day: Indices) -> NDArray[np.object_]:
        """What strong evidence each person has of a day; `weak` where there is none."""
        wanted = pd.DataFrame({"person": person, "day": day}).reset_index(names="place")
        contacts, elsewhere = self._truth.contacts, self._core.certifications().assign(source=_OTHER_BENEFIT)
        near = contacts[contacts["person"].isin(person) & contacts["strong"]].astype({"source": "str"})
        known = pd.concat([near[elsewhere.columns], elsewhere[elsewhere["person"].isin(person)]])
        found = wanted.merge(known, on=["person", "day"])
        found = found.sort_values("genuine", ascending=False, kind="stable")
        found = found.drop_duplicates("place").set_index("place")["source"]
        labels: NDArray[np.object_] = found.reindex(wanted["place"]).fillna("weak").to_numpy(object)
        return labels


def _standing(decision: str, holds: NDArray[np.object_]) -> str:
    return f"{decision}, held for {' and '.join(holds)}" if len(holds) else decision


def visible_from(truth: Truth) -> NDArray[np.int64]:
    """The month whose run first knows of each contact: read by then, and happened by its as-of date.

    Rows about people who are not on the roster when they are read are dropped: no month at all.
    """
    calendar, rates, contacts = truth.calendar, truth.rates.calendar, truth.contacts
    ends = np.array([calendar.day(calendar.as_of(month)) for month in range(calendar.months)])
    by_load = np.searchsorted(ends + _READ_AFTER, contacts["loaded"].to_numpy(), "right")
    health = contacts["dataset"].isin(_HEALTH).to_numpy()
    by_load[health & (by_load == rates.silent_month)] += 1
    read_on = np.append(ends, NEVER)[np.minimum(by_load, calendar.months)]
    by_day = np.searchsorted(ends, contacts["day"].to_numpy(), "left")
    known = truth.people.joins[contacts["person"].to_numpy()] <= read_on
    found: NDArray[np.int64] = np.where(known, np.maximum(by_load, by_day), calendar.months)
    return found
