"""How people answer notices, and how the agency verifies what it is told of."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

import numpy as np
from numpy.random import Generator

from bench.accuracy.calendar import NEVER, YEAR
from bench.accuracy.chance import Indices, between, chosen, log_normal, spread
from bench.accuracy.core_system import DATA_MATCHING, NO_DAY, CoreSystem, benefit_of
from bench.accuracy.identities import Texts
from bench.accuracy.rates import AgencyRates
from gateway.store.ledger import Entry

_HOME_VISITS_FROM: Final = 80


@dataclass(frozen=True)
class Told:
    """What one run told of benefits: by type, the benefits and for renewals their days."""

    renewed: Indices
    renewed_on: Indices
    due: Indices
    overdue: Indices


@dataclass
class _Plan:
    """Certifications that are going to happen."""

    benefit: list[Indices] = field(default_factory=list)
    day: list[Indices] = field(default_factory=list)
    method: list[Texts] = field(default_factory=list)

    def add(self, benefit: Indices, day: Indices, method: Texts) -> None:
        self.benefit.append(benefit)
        self.day.append(day)
        self.method.append(method)

    def take(self, until: int) -> tuple[Indices, Indices, Texts]:
        """Those that happen by a day; the others stay."""
        benefit, day = np.concatenate(self.benefit), np.concatenate(self.day)
        method = np.concatenate(self.method)
        now = day <= until
        self.benefit, self.day, self.method = [benefit[~now]], [day[~now]], [method[~now]]
        return benefit[now], day[now], method[now]


class Agency:
    """Everything outside the gateway that acts on what it tells."""

    def __init__(self, core: CoreSystem, rates: AgencyRates, rng: Generator) -> None:
        self._core = core
        self._rates = rates
        self._rng = rng
        self._plan = _Plan()
        self._overdue_since = np.full(len(core.benefits), NEVER)
        self._verified_at: dict[int, int] = {}
        self._habits()

    def month_passes(self, until: int) -> None:
        """Let certifications happen and payments be suspended, up to a day."""
        core = self._core
        benefit, day, method = self._plan.take(until)
        alive = self._lives(benefit, day)
        real = alive | (method == "forged")
        named = np.where(method == "forged", "self_service", method)
        core.certify(benefit[real], day[real], named[real], true=alive[real])
        self._overdue_since[core.certified_on > self._overdue_since] = NEVER
        late = (self._overdue_since + self._rates.suspended_after_overdue <= until) & (
            core.suspended_on == NO_DAY
        )
        core.suspended_on[late] = until
        self._answer(np.flatnonzero(late), until, self._rates.after_suspension)

    def hear(self, told: Told, day: int) -> None:
        """Take in what a run told: renewals into the roster, notices to the people."""
        core = self._core
        method = np.full(len(told.renewed), DATA_MATCHING)
        core.certify(told.renewed, told.renewed_on, method, true=np.zeros(len(told.renewed), bool))
        self._overdue_since[told.renewed] = NEVER
        self._overdue_since[told.overdue] = np.minimum(self._overdue_since[told.overdue], day)
        self._answer(told.due, day, self._rates.after_due)
        self._answer(told.overdue, day, self._rates.after_overdue)

    def plan_verification(self, entries: Iterable[Entry], day: int) -> None:
        """Give each new entry the day on which somebody looks into it; the dead leave the roster for it."""
        new = [each for each in entries if each.entry_id not in self._verified_at]
        delays = log_normal(self._rng, self._rates.verified_median, self._rates.verified_sigma, len(new))
        for each, delay in zip(new, delays, strict=True):
            self._verified_at[each.entry_id] = day + 1 + int(delay)

    def verified(self, entries: Iterable[Entry], until: int) -> list[tuple[int, Entry]]:
        """The entries found harmless by a day, in order; those that are not end the benefit or wait."""
        found = []
        for each in entries:
            day = self._verified_at.get(each.entry_id, NEVER)
            if day > until:
                continue
            benefit = benefit_of(each.benefit_id)
            waits_for = self._ground_ends(benefit, each.cause, day)
            if waits_for is None:
                found.append((day, each))
            elif waits_for >= NEVER:
                self._end(benefit, day)
                self._verified_at[each.entry_id] = NEVER
            else:
                self._verified_at[each.entry_id] = waits_for + 1 + int(self._rates.verified_median)
        return sorted(found, key=lambda pair: pair[0])

    def _ground_ends(self, benefit: int, cause: str, day: int) -> int | None:
        """When the ground that a visit finds will end; NEVER for good, None where there is none."""
        people, person = self._core.people, int(self._core.benefits.person[benefit])
        if people.died[person] <= day:
            return NEVER
        if cause == "custody" and people.inside_from[person] <= day <= people.inside_to[person]:
            return int(people.inside_to[person])
        if cause == "absence" and people.absent_from[person] <= day <= people.absent_to[person]:
            return int(people.absent_to[person])
        lasting = {
            "remarriage": people.remarried[person] <= day,
            "emigration": people.moved_abroad[person] <= day,
            "also_pension": True,
        }
        return NEVER if lasting.get(cause, False) else None

    def _end(self, benefit: int, day: int) -> None:
        after = int(between(self._rng, self._rates.removed_after, 1)[0])
        self._core.gone_on[benefit] = min(self._core.gone_on[benefit], day + after)

    def _habits(self) -> None:
        benefits = self._core.benefits
        once = spread(
            self._rng, np.full(len(benefits), self._rates.habit), self._core.people.calendar.length / YEAR
        )
        day = self._rng.integers(0, self._core.people.calendar.length, len(once))
        self._plan.add(once, day, self._methods(once, day))

    def _answer(self, benefit: Indices, day: int, share: float) -> None:
        """Some of those who were told certify soon; some families of the dead forge a face."""
        on = day + between(self._rng, self._rates.answer_days, len(benefit))
        alive = self._lives(benefit, on)
        dead = self._core.people.died[self._core.benefits.person[benefit]] <= on
        share_of = np.where(alive, share, np.where(dead, self._rates.forged_after_notice, 0))
        answers = self._rng.random(len(benefit)) < share_of
        method = np.where(alive, self._methods(benefit, on), "forged")
        self._plan.add(benefit[answers], on[answers], method[answers])

    def _methods(self, benefit: Indices, day: Indices) -> Texts:
        people, person = self._core.people, self._core.benefits.person[benefit]
        method = chosen(self._rng, self._rates.methods, len(benefit)).astype("U16")
        at_home = (method == "self_service") & ((day - people.born[person]) / YEAR >= _HOME_VISITS_FROM)
        method[at_home] = "home_visit"
        not_employed = (method == "employer") & (
            self._core.benefits.benefit[benefit] != "institution_pension"
        )
        method[not_employed] = "self_service"
        method[people.moved_abroad[person] <= day] = "consulate"
        return method

    def _lives(self, benefit: Indices, day: Indices) -> Any:
        """Who can certify on a day: alive, known to be somewhere, not in custody."""
        people, person = self._core.people, self._core.benefits.person[benefit]
        inside = (people.inside_from[person] <= day) & (day <= people.inside_to[person])
        absent = (people.absent_from[person] <= day) & (day <= people.absent_to[person])
        return (people.died[person] > day) & ~inside & ~absent


def as_day(text: str, first: date) -> int:
    """An ISO day as the bench counts."""
    return (date.fromisoformat(text) - first).days
