"""The roster as the core system writes it, and how it changes from month to month."""

import csv
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from gateway.sandbox.month import Month
from gateway.sandbox.people import METHODS, Benefit, Person, Registry

_REMOVED_A_MONTH = 0.15
_RETIRING_AGE = 50

COLUMNS = (
    "person_no",
    "id_type",
    "id_number",
    "other_id_numbers",
    "name",
    "birth_on",
    "benefit_id",
    "benefit",
    "insured_county",
    "employer_no",
    "started_on",
    "last_certified_on",
    "last_method",
    "payment_status",
    "suspended_on",
    "spouse_survivor",
    "needs_assistance",
)


def roster_changes(month: Month, registry: Registry) -> None:
    """Let a month of retirements and certifications through other channels happen."""
    for person, day in month.anyone(0.018):
        _retire(month, registry, person, day)
    for person, day in month.anyone(0.006):
        _certify(month, person, day)


def remove_reported(month: Month) -> None:
    """Take off the roster, some months later, benefits of people whose death was reported."""
    known_on = month.first - timedelta(days=45)
    for person in month.people:
        if person.reported_on is None or person.reported_on > known_on:
            continue
        for benefit in person.benefits:
            if benefit.gone_on is None and month.chance(_REMOVED_A_MONTH):
                benefit.gone_on = month.any_day()


def write_roster(path: Path, people: list[Person], as_of: date, encoding: str) -> int:
    """Write the roster of a day as CSV and return its number of rows (one per benefit)."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        rows = list(_rows(people, as_of))
        writer.writerows(rows)
    return len(rows)


def _rows(people: list[Person], as_of: date) -> Iterator[tuple[object, ...]]:
    for person in people:
        if person.on_roster_from is None or person.on_roster_from > as_of:
            continue
        for benefit in person.benefits:
            if benefit.started_on <= as_of and not (benefit.gone_on and benefit.gone_on <= as_of):
                yield _row(person, benefit, as_of)


def _row(person: Person, benefit: Benefit, as_of: date) -> tuple[object, ...]:
    true = [entry for entry in benefit.certifications if person.free_on(entry[0])]
    known = [entry for entry in (*true, *benefit.forged) if entry[0] <= as_of]
    certified_on, method = max(known, default=("", ""))
    return (
        person.person_no,
        person.id_type,
        person.roster_id_on(as_of),
        ";".join(person.former_ids),
        person.roster_name,
        person.born_on,
        benefit.benefit_id,
        benefit.benefit,
        benefit.county,
        benefit.employer_no,
        benefit.started_on,
        certified_on,
        method,
        benefit.payment_status,
        benefit.suspended_on or "",
        int(benefit.spouse_survivor),
        int(person.needs_assistance),
    )


def _retire(month: Month, registry: Registry, person: Person, day: date) -> None:
    """Put someone on the roster; a few were reported dead before the core system had heard of them."""
    if person.on_roster_from is not None or person.left_on or person.age_on(day) < _RETIRING_AGE:
        return
    if not person.alive_on(day):
        if person.reported_on is None or not month.chance(0.3):
            return
        person.traps.add("dead_before_joining")
    registry.retire(person, day)


def _certify(month: Month, person: Person, day: date) -> None:
    """Certify through another channel; now and then a forged face certifies the dead."""
    method, forged = month.rng.choice(METHODS), not person.alive_on(day)
    if forged and method != "self_service":
        return
    for benefit in person.benefits:
        if benefit.started_on <= day and benefit.gone_on is None:
            (benefit.forged if forged else benefit.certifications).append((day, method))
            person.traps.update(("forged_face",) if forged else ())
