"""Each cause decided by itself, and the first of them taken (POLICY 3.1 to 3.4)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from gateway.decide.reference.life import Life, Row, death_day, is_doubted, is_ground
from gateway.policy import GroundName, Policy, effect_of

CUSTODY: Final[tuple[GroundName, ...]] = ("sentence", "detention")
_LASTING: Final = {"open", "contradicted"}
_CUSTODY_FINDINGS: Final = (
    ("open", "suspected"),
    ("unconfirmed", "suspected"),
    ("contradicted", "conflicting"),
)


@dataclass(frozen=True)
class Benefit:
    """One benefit, with what else is known of it on the as-of date."""

    roster: Row
    life: Life
    last: Row | None
    ledger: Row
    pension_seen_on: date | None
    roster_on: date | None

    @property
    def policy(self) -> Policy:
        """The rules."""
        return self.life.policy

    @property
    def agency_on(self) -> date | None:
        """The newest day on which the agency itself looked: it certified, or granted the benefit."""
        verified_on = self.ledger["verified_on"] if self.has_cycle else None
        looked_on = (self.roster_on, verified_on, self.roster["started_on"])
        days = [day for day in looked_on if day and self.life.has_come(day)]
        return max(days, default=None)

    @property
    def has_cycle(self) -> bool:
        """Whether it is ever certified."""
        entry = self.policy.benefits.get(self.roster["benefit"])
        return entry is not None and entry.cycle_months is not None

    def effect(self, ground: GroundName) -> str:
        """What a ground does to this benefit."""
        entry = self.policy.benefits.get(self.roster["benefit"])
        return effect_of(entry, ground) if entry else "no"


@dataclass(frozen=True)
class Finding:
    """A cause that a benefit can take."""

    decision: str
    reason: str


@dataclass(frozen=True)
class Found:
    """What the evidence against a benefit comes to: all live causes, and the finding taken, if any."""

    causes: list[str]
    taken: Finding | None
    said: Mapping[str, Any]

    @property
    def cause(self) -> str | None:
        """The cause taken; detention and sentence are one."""
        reason = self.taken.reason if self.taken else None
        return "custody" if reason in CUSTODY else reason


def found(benefit: Benefit) -> Found:
    """Decide every cause of a benefit."""
    findings = [*_death(benefit), *_absence(benefit), *_custody(benefit), *_others(benefit)]
    taken = findings[0] if findings else None
    return Found(sorted(set(_live(benefit))), taken, _said(benefit, taken))


def _live(benefit: Benefit) -> Iterator[str]:
    life = benefit.life
    if benefit.effect("death") != "no" and counted_deaths(life):
        yield "death"
    if benefit.effect("absence") != "no" and life.absent_on():
        yield "absence"
    for basis in CUSTODY:
        if benefit.effect(basis) != "no" and standings(benefit, basis):
            yield "custody"
    yield from (ground for ground in other_grounds(benefit) if benefit.effect(ground) != "no")
    if _is_doubted(benefit):
        yield "identity_doubt"


def _is_doubted(benefit: Benefit) -> bool:
    life = benefit.life
    doubts: dict[GroundName, bool] = {
        "death": any(is_doubted(row) for row in life.deaths()),
        "absence": life.absent_on(doubted=True) is not None,
        **{basis: bool(standings(benefit, basis, doubted=True)) for basis in CUSTODY},
    }
    return any(is_live and benefit.effect(ground) != "no" for ground, is_live in doubts.items())


def counted_deaths(life: Life) -> list[Row]:
    """The deaths whose name matches or was not there to compare."""
    return [row for row in life.deaths() if not is_doubted(row)]


def _death(benefit: Benefit) -> Iterator[Finding]:
    deaths = counted_deaths(benefit.life)
    if deaths and benefit.effect("death") == "yes":
        refuted = benefit.life.was_seen_after(death_limit(deaths, benefit.policy))
        yield Finding("conflicting" if refuted else "suspected", "death")


def death_limit(deaths: Sequence[Row], policy: Policy) -> date:
    """The latest day the death can have, and the days of grace: life after it speaks against the death."""
    disputed = disputed_days(deaths)
    latest = disputed[1] if disputed else min(day for row in deaths if (day := death_day(row)))
    return latest + timedelta(days=policy.death.grace_days.value)


def disputed_days(deaths: Sequence[Row]) -> tuple[date, date] | None:
    """Earliest and latest day, where no one day can be the day of every death."""
    days = [day for row in deaths if (day := death_day(row))]
    dated = [row for row in deaths if row["happened_on"] or row["earliest"]]
    not_before = max((row["happened_on"] or row["earliest"] for row in dated), default=None)
    if not days or not_before is None or not_before <= min(days):
        return None
    return min(days), max(day for row in dated if (day := death_day(row)))


def _absence(benefit: Benefit) -> Iterator[Finding]:
    if benefit.effect("absence") == "yes" and benefit.life.absent_on():
        yield Finding("suspected", "absence")


def _custody(benefit: Benefit) -> Iterator[Finding]:
    """Who is inside comes before who may be, and both before a conflict; a sentence before a detention."""
    known = {basis: standings(benefit, basis) for basis in CUSTODY if benefit.effect(basis) == "yes"}
    for standing, decision in _CUSTODY_FINDINGS:
        yield from (Finding(decision, basis) for basis in known if standing in known[basis])


def standings(benefit: Benefit, basis: str, *, doubted: bool = False) -> set[str]:
    """What the custodies on one basis are now; nothing when all are over."""
    life = benefit.life
    rows = [row for row in life.of_kind("custody") if row["basis"] == basis and is_doubted(row) is doubted]
    return {life.standing(row, benefit.agency_on) for row in rows} - {"over"}


def _others(benefit: Benefit) -> Iterator[Finding]:
    yield from (
        Finding("suspected", ground) for ground in other_grounds(benefit) if benefit.effect(ground) == "yes"
    )


def other_grounds(benefit: Benefit) -> list[GroundName]:
    """The facts after custody that are true of a benefit, in the order in which they are taken."""
    facts: dict[GroundName, bool] = {
        "remarriage": bool(_remarriages(benefit)),
        "enlisted": bool(_sure(benefit.life, "enlisted")),
        "emigration": bool(_sure(benefit.life, "emigration")),
        "also_pension": _draws_a_pension(benefit),
    }
    return [ground for ground, is_true in facts.items() if is_true]


def _sure(life: Life, kind: str) -> list[Row]:
    rows = [row for row in life.of_kind(kind) if is_ground(row)]
    return [row for row in rows if row["happened_on"] is None or life.has_come(row["happened_on"])]


def _remarriages(benefit: Benefit) -> list[Row]:
    started_on = benefit.roster["started_on"]
    if not benefit.roster["spouse_survivor"] or started_on is None:
        return []
    rows = _sure(benefit.life, "marriage")
    return [row for row in rows if row["happened_on"] and row["happened_on"] > started_on]


def _draws_a_pension(benefit: Benefit) -> bool:
    seen_on, silenced_on = benefit.pension_seen_on, benefit.ledger["pension_silenced_on"]
    return seen_on is not None and (silenced_on is None or seen_on > silenced_on)


def _said(benefit: Benefit, taken: Finding | None) -> dict[str, Any]:
    """What stands beside the finding."""
    life = benefit.life
    deaths = counted_deaths(life) if taken and taken.reason == "death" else []
    touching = [standings(benefit, basis) for basis in CUSTODY if benefit.effect(basis) != "no"]
    known = {standing for standings_ in touching for standing in standings_}
    disputed = disputed_days(deaths)
    sure = bool(deaths) and life.is_corroborated()
    return {
        "reason": taken.reason if taken else None,
        "confidence": ("corroborated" if sure else "single_source") if taken else None,
        "likely_alive": bool(deaths) and _is_likely_alive(life, deaths),
        "release_unconfirmed": bool(known) and not known & _LASTING,
        "rests_on_voided": any(life.rests_on_voided(row) for row in deaths),
        "disputed_from": disputed[0] if disputed else None,
        "disputed_until": disputed[1] if disputed else None,
    }


def _is_likely_alive(life: Life, deaths: Sequence[Row]) -> bool:
    seen_on = life.likely_alive_on()
    return seen_on is not None and seen_on > death_limit(deaths, life.policy)
