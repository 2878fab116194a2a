"""Declarations of absence and of death by the courts, and those that are revoked."""

from datetime import date, timedelta

from gateway.sandbox.month import Month
from gateway.sandbox.people import Person

_RETURNED_UNSEEN = 0.05
"""The share of declared people who live on in public without a revocation: the trap of a conflict."""


def absences(month: Month) -> None:
    """Let a month of declarations happen."""
    for person, day in month.settled(0.0003):
        _declaration(month, person, day)


def _declaration(month: Month, person: Person, day: date) -> None:
    recorder, kind = month.recorder, month.draw("declaration")
    declaration = {
        "AH": recorder.key("TB"),
        "SFZH": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "XGLX": kind,
        "SWRQ": day if kind == "2" else None,
        "PJRQ": day,
    }
    loaded_at = recorder.first("declarations", recorder.later(day, 8), declaration)
    person.declared_on = day
    if month.chance(_RETURNED_UNSEEN):
        person.traps.add("returned_unseen")
        return
    if month.draw("revoked") == "no":
        person.keep_away(day, date.max)
        return
    revoked_on = max(day + timedelta(days=month.rng.randrange(60, 240)), loaded_at.date())
    person.keep_away(day, revoked_on)
    revocation = declaration | {
        "AH": recorder.key("TB"),
        "XGLX": "3",
        "SWRQ": None,
        "PJRQ": revoked_on,
        "YAH": declaration["AH"],
    }
    recorder.first("declarations", recorder.later(revoked_on, 8), revocation)
