"""The same rules in plain Python, one person at a time, to be read beside POLICY 3.

It is not run on the roster: a property test holds it equal to the expression. Rows are mappings by column
name (EVIDENCE, ROSTER, DECIDED); days are days in Asia/Shanghai.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations
from typing import Any, Final

from gateway.clock import add_months
from gateway.policy import GroundName, Policy, effect_of

Row = Mapping[str, Any]

_CUSTODY: Final[tuple[GroundName, ...]] = ("sentence", "detention")


@dataclass(frozen=True)
class Certification:
    """A certification: its day, who brought it, and its last day."""

    on: date | None = None
    by: str | None = None
    until: date | None = None


@dataclass(frozen=True)
class Finding:
    """What the adverse evidence comes to for one benefit."""

    reason: str | None
    confidence: str | None
    causes: list[str]
    release_unconfirmed: bool
    disputed: tuple[date, date] | None


def decide_person(
    evidence: Sequence[Row],
    benefits: Sequence[Row],
    last: Mapping[str, Row],
    policy: Policy,
    as_of: date,
    uncompared: Sequence[str],
) -> list[dict[str, Any]]:
    """The decision of every benefit of one person, from the person's live evidence.

    `last` holds the last run's DECIDED rows by benefit id. Gives the DECIDED columns but the event ids, and
    `renewed`, `withdrawn`, `disputed_from`, `disputed_until`.
    """
    person = Person(evidence, policy, as_of)
    return [_decide(person, row, last.get(row["benefit_id"]), uncompared) for row in benefits]


@dataclass(frozen=True)
class Person:
    """One person's live evidence, as seen on the as-of date under the rules."""

    evidence: Sequence[Row]
    policy: Policy
    as_of: date

    def has_come(self, day: date | None) -> bool:
        """A fact counts when its day is on or before the as-of date."""
        return day is not None and day <= self.as_of

    def strong_on(self) -> date | None:
        """The newest strong evidence of life, about surely this person; weak evidence never certifies."""
        kinds = self.policy.certifying_kinds()
        days = [
            row["happened_on"]
            for row in self.evidence
            if row["polarity"] == "of_life" and row["strength"] == "strong" and row["kind"] in kinds
            if row["identity"] == "match" and self.has_come(row["happened_on"])
        ]
        return max(days, default=None)

    def deaths(self, *, doubted: bool = False) -> list[Row]:
        """The deaths by the as-of date that count, or those under a differing name."""
        return [
            row
            for row in self.evidence
            if row["kind"] == "death" and self.has_come(death_day(row))
            if (row["identity"] == "doubt") is doubted
        ]

    def is_corroborated(self) -> bool:
        """Two first-hand deaths of different departments that rest on no common certificate."""
        first_hand = self.policy.death.first_hand.value
        sure = [row for row in self.deaths() if row["basis"] in first_hand and row["identity"] == "match"]
        return any(
            one["department"] != other["department"] and not self.origins(one) & self.origins(other)
            for one, other in combinations(sure, 2)
        )

    def origins(self, death: Row) -> set[bytes]:
        """Every certificate a death is or rests on, however far back."""
        found: set[bytes] = set()
        ahead = {death["certificate"], death["derived_from"]} - {None}
        while ahead:
            certificate = ahead.pop()
            found.add(certificate)
            further = {
                row["derived_from"]
                for row in self.evidence
                if row["kind"] == "death" and row["certificate"] == certificate
            }
            ahead |= further - found - {None}
        return found

    def custody_ends(self, *, trusting_all: bool) -> list[date]:
        """Every day a release, a correction check-in or a custody's real end let the person go."""
        kinds = self.policy.custody.ending_kinds.value
        rows = [row for row in self.evidence if trusting_all or row["identity"] != "doubt"]
        ends = [row["happened_on"] for row in rows if row["kind"] in kinds]
        ends += [row["released_on"] for row in rows if row["kind"] == "custody" and self.lets_go(row)]
        return [day for day in ends if self.has_come(day)]

    def lets_go(self, custody: Row) -> bool:
        """To be moved to prison is no end."""
        return custody["released_to"] not in self.policy.custody.not_an_end.value

    def standing(self, custody: Row, last_certified_on: date | None) -> str:
        """`open`, `release_unconfirmed` or `over`, as rule 4 has it."""
        if not self.has_come(custody["began_on"]):
            return "over"
        if self.has_come(custody["released_on"]) and self.lets_go(custody):
            return "over"
        ends = self.custody_ends(trusting_all=custody["identity"] == "doubt")
        if any(day > custody["began_on"] for day in ends):
            return "over"
        planned_end = custody["ends_on"]
        if planned_end is None or planned_end >= self.as_of:
            return "open"
        strong_on = self.strong_on()
        certified_since = last_certified_on is not None and last_certified_on >= planned_end
        seen_since = strong_on is not None and strong_on > planned_end
        return "over" if certified_since or seen_since else "release_unconfirmed"


def death_day(death: Row) -> date | None:
    """The day of a death, or the latest day it can have."""
    day: date | None = death["happened_on"] or death["latest"]
    return day


def disputed_days(deaths: Sequence[Row]) -> tuple[date, date] | None:
    """Earliest and latest day, where no one day can be the day of every death."""
    days = [day for row in deaths if (day := death_day(row))]
    not_before = [day for row in deaths if (day := row["happened_on"] or row["earliest"])]
    if not days or not not_before or max(not_before) <= min(days):
        return None
    return min(days), max(days)


def _decide(person: Person, benefit: Row, last: Row | None, uncompared: Sequence[str]) -> dict[str, Any]:
    roster_on = _roster_day(person, benefit, last)
    found = _finding(person, benefit, roster_on)
    holds = sorted({*(last["holds"] if last else ()), *found.causes})
    certified, renewed, withdrawn = _certification(
        person, benefit, last, roster_on, frozen=bool(holds or uncompared)
    )
    announced = set(last["announced_on"] if last else ())
    if renewed or (withdrawn and certified.by == "evidence"):
        announced.add(certified.on)
    return {
        "benefit_id": benefit["benefit_id"],
        "decision": _decision(person, found, holds, certified, uncompared),
        "reason": found.reason,
        "confidence": found.confidence,
        "certified_on": certified.on,
        "certified_by": certified.by,
        "valid_until": certified.until,
        "roster_certified_on": roster_on,
        "announced_on": sorted(announced),
        "causes": found.causes,
        "holds": holds,
        "release_unconfirmed": found.release_unconfirmed,
        "facts": sorted(row["content"] for row in person.evidence if row["polarity"] == "adverse"),
        "renewed": renewed,
        "withdrawn": withdrawn,
        "disputed_from": found.disputed[0] if found.disputed else None,
        "disputed_until": found.disputed[1] if found.disputed else None,
    }


def _decision(
    person: Person, found: Finding, holds: list[str], certified: Certification, uncompared: Sequence[str]
) -> str:
    if found.reason:
        return "suspected"
    if uncompared:
        return "uncompared"
    is_valid = certified.until is not None and certified.until >= person.as_of
    return "certified" if is_valid and not holds else "uncovered"


def _effect(person: Person, benefit: Row, ground: GroundName) -> str:
    entry = person.policy.benefits.get(benefit["benefit"])
    return effect_of(entry, ground) if entry else "no"


def _finding(person: Person, benefit: Row, roster_on: date | None) -> Finding:
    deaths = person.deaths()
    death = _effect(person, benefit, "death") if deaths else "no"
    custody = {basis: _custody_standings(person, roster_on, basis) for basis in _CUSTODY}
    effects = {basis: _effect(person, benefit, basis) for basis, rows in custody.items() if rows}
    reason = "death" if death == "yes" else next((b for b in effects if effects[b] == "yes"), None)
    causes = {
        "custody": any(effect != "no" for effect in effects.values()),
        "death": death != "no",
        "identity_doubt": _is_doubted(person, benefit, roster_on),
    }
    touching = [standing for basis in effects if effects[basis] != "no" for standing in custody[basis]]
    sure = reason == "death" and person.is_corroborated()
    return Finding(
        reason=reason,
        confidence=("corroborated" if sure else "single_source") if reason else None,
        causes=[cause for cause, is_live in causes.items() if is_live],
        release_unconfirmed=bool(touching) and "open" not in touching,
        disputed=disputed_days(deaths) if death == "yes" else None,
    )


def _custody_standings(
    person: Person, roster_on: date | None, basis: str, *, doubted: bool = False
) -> set[str]:
    found = {
        person.standing(row, roster_on)
        for row in person.evidence
        if row["kind"] == "custody" and row["basis"] == basis and (row["identity"] == "doubt") is doubted
    }
    return found - {"over"}


def _is_doubted(person: Person, benefit: Row, roster_on: date | None) -> bool:
    custody = any(
        _effect(person, benefit, basis) != "no" and _custody_standings(person, roster_on, basis, doubted=True)
        for basis in _CUSTODY
    )
    death = bool(person.deaths(doubted=True)) and _effect(person, benefit, "death") != "no"
    return custody or death


def _roster_day(person: Person, benefit: Row, last: Row | None) -> date | None:
    """The roster's own certification; a renewal of ours that the roster repeats is none."""
    day = benefit["last_certified_on"]
    own_channel = benefit["last_method"] in person.policy.channels.methods.value
    if last and day in last["announced_on"] and not own_channel:
        day = last["roster_certified_on"]
    return day if person.has_come(day) and _certified(person, benefit, day, "roster").until else None


def _certified(person: Person, benefit: Row, day: date | None, by: str) -> Certification:
    if day is None:
        return Certification()
    months = person.policy.cycle_months(benefit["benefit"], benefit["insured_county"], day)
    return Certification(day, by, add_months(day, months)) if months else Certification()


def _certification(
    person: Person, benefit: Row, last: Row | None, roster_on: date | None, *, frozen: bool
) -> tuple[Certification, bool, bool]:
    """The certification, whether it is a renewal to announce, and whether a renewal was taken back."""
    by_roster = _certified(person, benefit, roster_on, "roster")
    by_life = _certified(person, benefit, person.strong_on(), "evidence")
    kept = (
        Certification(last["certified_on"], last["certified_by"], last["valid_until"]) if last else by_roster
    )
    if frozen:
        return kept, False, False
    newest = by_life if _day(by_life) > _day(by_roster) else by_roster
    if kept.on and kept.on <= person.as_of and _day(newest) < kept.on:
        return newest, False, kept.by == "evidence"
    if _is_later(by_roster, kept):
        kept = by_roster
    renews = _is_later(by_life, kept) and _is_worth_telling(person, by_life, kept)
    return (by_life, True, False) if renews else (kept, False, False)


def _day(certification: Certification) -> date:
    return certification.on or date.min


def _is_later(new: Certification, kept: Certification) -> bool:
    """Newer, and valid longer too: a cycle that became shorter never shortens what was given."""
    if new.on is None or new.until is None:
        return False
    if kept.on is None:
        return True
    return new.on > kept.on and kept.until is not None and new.until > kept.until


def _is_worth_telling(person: Person, new: Certification, kept: Certification) -> bool:
    if new.until is None or new.until < person.as_of:
        return False
    if kept.until is None:
        return True
    rules = person.policy.certification
    extends = new.until >= kept.until + timedelta(days=rules.min_extension_days.value)
    is_due = kept.until <= person.as_of + timedelta(days=rules.renew_when_due_within_days.value)
    return extends or is_due
