"""Small generated lives: evidence of a few people, with missing values, ties and contradictions."""

from datetime import date, datetime, timedelta
from typing import Any

from hypothesis import strategies as st

from gateway.evidence.columns import EVIDENCE
from gateway.roster.columns import ROSTER

Row = dict[str, Any]

START = date(2024, 12, 1)
ARRIVED = datetime(2026, 6, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times
DAYS = st.sampled_from([START + timedelta(days=step * 29) for step in range(22)]) | st.sampled_from(
    [date(2026, 6, 30) + timedelta(days=step) for step in range(-2, 3)]
)
MAYBE_DAY = st.none() | DAYS
CERTIFICATES = st.none() | st.sampled_from([name.encode().ljust(16) for name in "abcd"])
IDENTITY = st.sampled_from(["match", "match", "match", "unchecked", "doubt"])
DEPARTMENTS = st.sampled_from(["police", "health", "justice", "courts"])
BENEFITS = st.sampled_from(
    [
        "employee_pension",
        "resident_pension",
        "injury_long_term",
        "survivor_allowance",
        "unemployment_benefit",
        "unknown_benefit",
    ]
)


@st.composite
def deaths(draw: st.DrawFn) -> Row:
    basis = st.sampled_from(["medical_certificate", "cremation", "died_in_custody", "register_cancelled"])
    happened_on = draw(MAYBE_DAY)
    return {
        "kind": "death",
        "polarity": "adverse",
        "basis": draw(basis),
        "happened_on": happened_on,
        "earliest": draw(MAYBE_DAY),
        "latest": draw(DAYS) if happened_on is None else happened_on,
        "certificate": draw(CERTIFICATES),
        "derived_from": draw(CERTIFICATES),
    }


@st.composite
def custodies(draw: st.DrawFn) -> Row:
    return {
        "kind": "custody",
        "polarity": "adverse",
        "basis": draw(st.sampled_from(["detention", "sentence"])),
        "began_on": draw(DAYS),
        "ends_on": draw(MAYBE_DAY),
        "released_on": draw(MAYBE_DAY),
        "released_to": draw(st.sampled_from([None, "outside", "prison", "death", "unknown"])),
    }


@st.composite
def sightings(draw: st.DrawFn) -> Row:
    kinds = ["hospital_stay", "border_crossing", "release", "community_correction"]
    return {
        "kind": draw(st.sampled_from(kinds)),
        "polarity": "of_life",
        "strength": draw(st.sampled_from(["strong", "strong", "weak"])),
        "happened_on": draw(DAYS),
    }


@st.composite
def evidence(draw: st.DrawFn, person: int, number: int) -> Row:
    facts = draw(deaths() | custodies() | sightings() | sightings())
    return dict.fromkeys(EVIDENCE.names) | {
        "person": person,
        "department": draw(DEPARTMENTS),
        "dataset": "dataset",
        "key_hash": number.to_bytes(16, "big"),
        "item": 0,
        "origin": "department",
        "identity": draw(IDENTITY),
        "published_at": ARRIVED,
        "received_at": ARRIVED,
        "content": draw(st.integers(-(2**63), 2**63 - 1)),
        **facts,
    }


@st.composite
def benefits(draw: st.DrawFn, person: int, number: int) -> Row:
    return dict.fromkeys(ROSTER.names) | {
        "person": person,
        "person_no": f"P{person}",
        "benefit_id": f"B{person}-{number}",
        "benefit": draw(BENEFITS),
        "insured_county": draw(st.sampled_from([None, "990101", "990103", "990104"])),
        "last_certified_on": draw(MAYBE_DAY),
        "last_method": draw(st.sampled_from([None, "counter"])),
        "spouse_survivor": False,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": START,
    }


@st.composite
def lives(draw: st.DrawFn) -> tuple[list[Row], list[Row], set[int]]:
    """Evidence, roster, and which rows of evidence are withdrawn after the first run."""
    rows: list[Row] = []
    roster: list[Row] = []
    for person in range(1, draw(st.integers(1, 12)) + 1):
        rows += [draw(evidence(person, 100 * person + each)) for each in range(draw(st.integers(0, 6)))]
        roster += [draw(benefits(person, each)) for each in range(draw(st.integers(1, 2)))]
    withdrawn = draw(st.sets(st.integers(0, max(len(rows) - 1, 0))))
    return rows, roster, withdrawn
