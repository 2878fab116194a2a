"""One person: every benefit decided by itself, in the order of POLICY 3."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from gateway.decide.columns import COMPARED, NEWS
from gateway.decide.compared import Gaps
from gateway.decide.reference.causes import Benefit, Found, found
from gateway.decide.reference.certification import Certified, certified
from gateway.decide.reference.life import Life, Row
from gateway.decide.reference.notices import notice
from gateway.policy import Policy

_NO_ENTRY: Final[Row] = {
    "held": (),
    "late": (),
    "confirmed": (),
    "silenced": (),
    "pension_silenced_on": None,
    "verified_on": None,
    "custody_on": None,
}


@dataclass(frozen=True)
class _Person:
    evidence: Sequence[Row]
    benefits: Sequence[Row]
    policy: Policy
    as_of: date
    gaps: Gaps


def decide_person(
    evidence: Sequence[Row],
    benefits: Sequence[Row],
    last: Mapping[str, Row],
    ledger: Mapping[str, Row],
    policy: Policy,
    as_of: date,
    gaps: Gaps,
) -> list[dict[str, Any]]:
    """The decision of every benefit of one person, from the person's live evidence.

    `benefits` are all roster rows of the person; `last` and `ledger` hold the last run's DECIDED rows and
    what people did, by benefit id. Gives the DECIDED columns but the event ids, and the verdicts beside.
    """
    person = _Person([*evidence, *_certifications(benefits, policy)], benefits, policy, as_of, gaps)
    return [
        _decide(person, row, last.get(row["benefit_id"]), ledger.get(row["benefit_id"], _NO_ENTRY))
        for row in benefits
    ]


def _certifications(benefits: Sequence[Row], policy: Policy) -> list[Row]:
    """Certifications through another channel that the roster tells of; they are about the person."""
    given = {
        "kind": "certification_elsewhere",
        "polarity": "of_life",
        "strength": "strong",
        "identity": "match",
        "content": 0,
    }
    return [
        {**given, "basis": row["last_method"], "happened_on": row["last_certified_on"]}
        for row in benefits
        if row["last_method"] in policy.channels.methods.value and row["last_certified_on"]
    ]


def _benefit(person: _Person, row: Row, last: Row | None, ledger: Row) -> Benefit:
    """A benefit with its own view of the evidence: rows that a person found harmless are not seen."""
    silenced = set(ledger["silenced"])
    seen = [
        fact
        for fact in person.evidence
        if fact["content"] not in silenced or fact["kind"] == "voided_certificate"
    ]
    life = Life(seen, person.policy, person.as_of)
    return Benefit(row, life, last, ledger, _pension_seen_on(person), _roster_day(life, row, last))


def _pension_seen_on(person: _Person) -> date | None:
    """The newest day on which the roster first had a pension that the person draws."""
    rules = person.policy.also_pension
    days = [
        row["first_seen_on"]
        for row in person.benefits
        if row["benefit"] in rules.pensions.value
        and row["payment_status"] in {None, *rules.payment_statuses.value}
        and not (row["started_on"] and row["started_on"] > person.as_of)
    ]
    return max(days, default=None)


def _roster_day(life: Life, row: Row, last: Row | None) -> date | None:
    """The roster's own certification; a renewal of ours that the roster repeats is none."""
    day = row["last_certified_on"]
    own_channel = row["last_method"] in life.policy.channels.methods.value
    if last and day in last["announced_on"] and not own_channel:
        day = last["roster_certified_on"]
    entry = life.policy.benefits.get(row["benefit"])
    return day if entry and entry.cycle_months and life.has_come(day) else None


def _decide(person: _Person, row: Row, last: Row | None, ledger: Row) -> dict[str, Any]:
    benefit = _benefit(person, row, last, ledger)
    adverse = found(benefit)
    suspected = adverse.taken is not None
    holds = _holds(person.policy, adverse, ledger)
    now = certified(benefit, suspected=suspected, held=bool(holds), uncompared=bool(person.gaps.uncompared))
    told = notice(benefit, now, person.gaps, suspected=suspected)
    decided = {
        "benefit_id": row["benefit_id"],
        "person": row["person"],
        "decision": _decision(person, adverse, holds, now),
        **adverse.said,
        "certified_on": now.kept.on,
        "certified_by": now.kept.by,
        "valid_until": now.kept.until,
        "roster_certified_on": benefit.roster_on,
        "announced_on": _announced(last, now),
        "causes": adverse.causes,
        "holds": holds,
        "facts": benefit.life.facts(),
        "notice_days": told.days,
        "notice_for": told.until,
        "renewed": now.renewed,
        "withdrawn": now.withdrawn,
        "verified": now.verified,
        "due": told.due,
        "overdue": told.overdue,
        "unresolved": adverse.cause in ledger["late"],
        "confirmed": adverse.cause in ledger["confirmed"],
    }
    return decided | {"changed": _is_changed(decided, last)}


def _holds(policy: Policy, adverse: Found, ledger: Row) -> list[str]:
    """Some causes hold while live and until their entry is closed; a confirmed loss always does."""
    holding = {*adverse.causes, *ledger["held"]} & {*policy.holds.causes.value}
    return sorted({*holding, *ledger["confirmed"]})


def _decision(person: _Person, adverse: Found, holds: list[str], now: Certified) -> str:
    if adverse.taken:
        return adverse.taken.decision
    if person.gaps.uncompared:
        return "uncompared"
    is_valid = now.kept.until is not None and now.kept.until >= person.as_of
    return "certified" if is_valid and not holds else "uncovered"


def _announced(last: Row | None, now: Certified) -> list[date]:
    """The days we announced ourselves; a certification that the roster brings is not announced."""
    days = set(last["announced_on"] if last else ())
    told = now.renewed or now.verified or (now.withdrawn and now.kept.by != "roster")
    return sorted({*days, now.kept.on} if told and now.kept.on else days)


def _is_changed(decided: dict[str, Any], last: Row | None) -> bool:
    differs = last is None or any(decided[name] != last[name] for name in COMPARED)
    return differs or any(decided[name] for name in NEWS)
