"""Small generated lives: evidence, roster and ledger of a few people, with missing values, ties and moves.

Hypothesis chooses a seed and how many people there are; they are then drawn from few days, few certificates
and few contents, so that bounds are met to the day and rows fall together.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final, get_args

from hypothesis import strategies as st

from gateway.decide.columns import LEDGER
from gateway.evidence.columns import EVIDENCE
from gateway.policy.entries import Cause, Method
from gateway.roster.columns import ROSTER

Row = dict[str, Any]

ARRIVED = datetime(2026, 6, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times
AS_OF: Final = date(2026, 6, 30)
DAYS: Final = [
    *(AS_OF - timedelta(days=days) for days in (900, 549, 516, 366, 365, 350, 275, 246, 200, 181, 170, 100)),
    *(AS_OF - timedelta(days=days) for days in (60, 45, 33, 30, 29, 7, 4, 3, 2, 1, 0, -1)),
]
CERTIFICATES: Final = [None, *(name.encode().ljust(16) for name in "abc")]
BENEFITS: Final = [
    "employee_pension",
    "institution_pension",
    "resident_pension",
    "injury_long_term",
    "survivor_allowance",
    "survivor_allowance",
    "unemployment_benefit",
    "unemployment_benefit",
    "unknown_benefit",
]
METHODS: Final = [None, None, None, "data_matching", *get_args(Method)]
STATUSES: Final = ["paying", "paying", "paying", None, "suspended", "stopped_after_verification"]
CAUSES: Final = get_args(Cause)
SIGHTINGS: Final = [
    "hospital_stay",
    "outpatient_visit",
    "border_crossing",
    "identity_card",
    "settlement",
    "community_visit",
    "release",
    "community_correction",
    "marriage",
    "marriage",
]


def _death(chance: Random) -> Row:
    bases = ["medical_certificate", "cremation", "died_in_custody", "community_report", "register_cancelled"]
    happened_on = _maybe_day(chance)
    return {
        "kind": "death",
        "polarity": "adverse",
        "basis": chance.choice(bases),
        "happened_on": happened_on,
        "earliest": _maybe_day(chance),
        "latest": happened_on or chance.choice(DAYS),
        "certificate": chance.choice(CERTIFICATES),
        "derived_from": chance.choice(CERTIFICATES),
    }


def _voided(chance: Random) -> Row:
    certificate = chance.choice(CERTIFICATES)
    return {
        "kind": "voided_certificate",
        "polarity": "neutral",
        "certificate": certificate,
        "identity": "match",
    }


def _custody(chance: Random) -> Row:
    return {
        "kind": "custody",
        "polarity": "adverse",
        "basis": chance.choice(["detention", "sentence"]),
        "began_on": chance.choice(DAYS),
        "ends_on": _maybe_day(chance),
        "released_on": _maybe_day(chance) if chance.random() < 0.4 else None,
        "released_to": chance.choice([None, "outside", "prison", "death", "unknown"]),
    }


def _absence(chance: Random) -> Row:
    return {"kind": "absence", "polarity": "adverse", "happened_on": chance.choice(DAYS)}


def _neutral(chance: Random) -> Row:
    kinds = ["emigration", "enlisted", "welfare_payment"]
    return {"kind": chance.choice(kinds), "polarity": "neutral", "happened_on": _maybe_day(chance)}


def _sighting(chance: Random) -> Row:
    return {"kind": chance.choice(SIGHTINGS), **_of_life(chance)}


def _certification(chance: Random) -> Row:
    return {"kind": "certification_elsewhere", "basis": chance.choice(METHODS), **_of_life(chance)}


def _of_life(chance: Random) -> Row:
    strength = chance.choice(["strong", "strong", "strong", "weak"])
    return {"polarity": "of_life", "strength": strength, "happened_on": chance.choice(DAYS)}


def _maybe_day(chance: Random) -> date | None:
    return chance.choice(DAYS) if chance.random() < 0.7 else None


FACTS: Final[list[Callable[[Random], Row]]] = [
    *[_sighting] * 4,
    *[_death] * 2,
    *[_custody] * 2,
    _certification,
    _voided,
    _absence,
    _neutral,
]


def _evidence(chance: Random, person: int, number: int) -> Row:
    facts = chance.choice(FACTS)(chance)
    return dict.fromkeys(EVIDENCE.names) | {
        "person": person,
        "department": chance.choice(["police", "health", "justice"]),
        "dataset": "dataset",
        "key_hash": number.to_bytes(16, "big"),
        "item": 0,
        "origin": "department",
        "identity": chance.choice(["match", "match", "match", "match", "unchecked", "doubt"]),
        "published_at": ARRIVED,
        "received_at": ARRIVED,
        "content": chance.randint(1, 12),
        **facts,
    }


def _benefit(chance: Random, person: int, number: int) -> Row:
    return dict.fromkeys(ROSTER.names) | {
        "person": person,
        "person_no": f"P{person}",
        "benefit_id": f"B{person}-{number}",
        "benefit": chance.choice(BENEFITS),
        "insured_county": chance.choice([None, "990101", "990103", "990104"]),
        "started_on": chance.choice([None, *DAYS[:3], DAYS[-1]]),
        "last_certified_on": _maybe_day(chance),
        "last_method": chance.choice(METHODS),
        "payment_status": chance.choice(STATUSES),
        "spouse_survivor": chance.random() < 0.5,
        "needs_assistance": False,
        "matchable": chance.random() < 0.9,
        "first_seen_on": chance.choice(DAYS),
    }


def _entries(chance: Random, benefit_id: str) -> Row:
    held = chance.sample(CAUSES, chance.choice([0, 0, 1, 2]))
    return dict.fromkeys(LEDGER.names) | {
        "benefit_id": benefit_id,
        "held": held,
        "late": chance.sample(CAUSES, chance.randint(0, 3)),
        "confirmed": held[: chance.randint(0, 1)],
        "silenced": chance.sample(range(1, 13), chance.choice([0, 3, 6])),
        "pension_silenced_on": _maybe_day(chance),
        "verified_on": _maybe_day(chance),
        "custody_on": _maybe_day(chance),
    }


@dataclass(frozen=True)
class World:
    """What both deciders are given in one run."""

    evidence: list[Row]
    roster: list[Row]
    ledger: list[Row]

    def of_person(self, person: int) -> "World":
        benefits = [row for row in self.roster if row["person"] == person]
        ids = {row["benefit_id"] for row in benefits}
        return World(
            [row for row in self.evidence if row["person"] == person],
            benefits,
            [row for row in self.ledger if row["benefit_id"] in ids],
        )

    def later(self, chance: Random) -> "World":
        """Some rows were withdrawn, some corrected to name another person, and people closed entries."""
        people = [row["person"] for row in self.roster]
        kept = [row for row in self.evidence if chance.random() < 0.7]
        moved = [row | {"person": chance.choice(people)} if chance.random() < 0.1 else row for row in kept]
        return replace(self, evidence=moved, ledger=_ledger(chance, self.roster))


@st.composite
def histories(draw: st.DrawFn) -> tuple[World, World]:
    """The world of a first run and of a later one."""
    chance = draw(st.randoms(use_true_random=True))
    evidence: list[Row] = []
    roster: list[Row] = []
    for person in range(1, draw(st.integers(1, 80)) + 1):
        number = 100 * person
        evidence += [_evidence(chance, person, number + each) for each in range(chance.randint(0, 5))]
        roster += [_benefit(chance, person, each) for each in range(chance.choice([1, 1, 2, 3]))]
    first = World(evidence, roster, _ledger(chance, roster))
    return first, first.later(chance)


def _ledger(chance: Random, roster: list[Row]) -> list[Row]:
    return [_entries(chance, row["benefit_id"]) for row in roster if chance.random() < 0.25]
