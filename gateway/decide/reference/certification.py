"""Which certification a benefit has, and what of it is announced (POLICY 3.5)."""

from dataclasses import dataclass
from datetime import date, timedelta

from gateway.clock import add_months
from gateway.decide.reference.causes import Benefit


@dataclass(frozen=True)
class Certification:
    """A certification: its day, who brought it, and its last day."""

    on: date | None = None
    by: str | None = None
    until: date | None = None

    @property
    def day(self) -> date:
        """Its day, or one before all days."""
        return self.on or date.min

    def is_later(self, kept: "Certification") -> bool:
        """Newer, and valid longer too: a cycle that became shorter never shortens what was given."""
        if self.on is None or self.until is None:
            return False
        if kept.on is None:
            return True
        return self.on > kept.on and kept.until is not None and self.until > kept.until


@dataclass(frozen=True)
class Certified:
    """The certification that stands, what of it is new, and whether a newer one must wait."""

    kept: Certification
    renewed: bool = False
    withdrawn: bool = False
    verified: bool = False
    awaits_renewal: bool = False


def certified(benefit: Benefit, *, suspected: bool, held: bool, uncompared: bool) -> Certified:
    """What stands now: held benefits keep what they had, uncompared ones but for what people certified."""
    roster, life, person = _sources(benefit)
    kept, frozen = _carried(benefit, roster), held or uncompared
    withdrawn = given_back = False
    newest = max((roster, person, life), key=lambda source: source.day)
    if kept.on and kept.on <= benefit.life.as_of and newest.day < kept.on:
        given_back, withdrawn, kept = True, kept.by == "evidence", newest
    if roster.is_later(kept):
        kept = roster
    verified = not (held or suspected) and person.is_later(kept)
    if verified:
        kept = person
    renewed = not (frozen or given_back or suspected) and _is_worth_telling(benefit, life, kept)
    if renewed:
        kept = life
    awaits = not held and _certifies(benefit, life, kept)
    return Certified(kept, renewed, withdrawn, verified, awaits)


def _sources(benefit: Benefit) -> tuple[Certification, Certification, Certification]:
    """What the roster, strong evidence of life, and a person's verification give."""
    return (
        _given(benefit, benefit.roster_on, "roster"),
        _given(benefit, benefit.life.certifying_on(), "evidence"),
        _given(benefit, benefit.ledger["verified_on"], "verification"),
    )


def _given(benefit: Benefit, day: date | None, by: str) -> Certification:
    if day is None or not benefit.life.has_come(day):
        return Certification()
    until = cycle_end(benefit, day)
    return Certification(day, by, until) if until else Certification()


def cycle_end(benefit: Benefit, day: date) -> date | None:
    """The last day of a certification of `day`; none for a benefit that is never certified."""
    roster = benefit.roster
    months = benefit.policy.cycle_months(roster["benefit"], roster["insured_county"], day)
    return add_months(day, months) if months else None


def _carried(benefit: Benefit, roster: Certification) -> Certification:
    last = benefit.last
    return Certification(last["certified_on"], last["certified_by"], last["valid_until"]) if last else roster


def _certifies(benefit: Benefit, life: Certification, kept: Certification) -> bool:
    """Evidence inside the window, newer than what stands."""
    return life.is_later(kept) and life.until is not None and life.until >= benefit.life.as_of


def _is_worth_telling(benefit: Benefit, life: Certification, kept: Certification) -> bool:
    if not _certifies(benefit, life, kept):
        return False
    if kept.until is None or life.until is None:
        return True
    rules = benefit.policy.certification
    extends = life.until >= kept.until + timedelta(days=rules.min_extension_days.value)
    soon = benefit.life.as_of + timedelta(days=rules.renew_when_due_within_days.value)
    return extends or kept.until <= soon
