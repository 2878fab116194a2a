"""Detention, judgment, prison, community correction, release."""

from datetime import date, datetime, timedelta
from typing import Any

from gateway.sandbox.deaths import report_death
from gateway.sandbox.month import Month
from gateway.sandbox.people import Person

_SHORT_TERM = timedelta(days=120)
_CHECK_INS = 24
"""Community corrections report monthly; no more than so many check-ins are made up for one."""


def custody(month: Month) -> None:
    """Let a month of arrests happen."""
    for person, day in month.settled(0.001):
        if person.on_roster_from is None or month.chance(0.5):
            _detention(month, person, day)


def already_inside(month: Month) -> None:
    """Put people in prison or under correction before the records begin, with their ends spread out."""
    for place, (person, day) in enumerate(month.settled(0.004)):
        prison(month, person, day - timedelta(days=month.rng.randrange(100, 1500)), day, 20 + place * 18)
    for place, (person, day) in enumerate(month.settled(0.004)):
        began_on = day - timedelta(days=month.rng.randrange(5, 25))
        _correction(month, person, month.draw("correction"), began_on, 40 + place * 14)


def _detention(month: Month, person: Person, day: date) -> None:
    recorder = month.recorder
    ended_on = day + timedelta(days=month.rng.randrange(15, 120))
    outcome = month.draw("detention")
    detention = {
        "RYBH": recorder.key("KS"),
        "JSBH": f"9901K{month.rng.randrange(9):02d}",
        "GMSFHM": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "RSRQ": day,
    }
    loaded_at = recorder.first("detentions", recorder.later(day, 1), detention)
    ended_at = max(loaded_at + timedelta(hours=1), recorder.later(ended_on, 1))
    recorder.update("detentions", ended_at, detention | {"CSRQ": ended_on, "CSYY": outcome})
    person.keep_away(day, ended_on, in_custody=True)
    _after_detention(month, person, ended_on, outcome)


def _after_detention(month: Month, person: Person, day: date, outcome: str) -> None:
    if outcome == "3":
        report_death(month, person, day)
    elif outcome == "2":
        kind = month.draw("sentence")
        days = None if kind in {"2", "3"} else month.rng.randrange(60, 180 if kind == "4" else 1500)
        _judgment(month, person, kind, day, days, suspended=False)
        prison(month, person, day + timedelta(days=1), day + timedelta(days=1), days)
    elif month.chance(0.6):
        kind, days = month.draw("probation"), month.rng.randrange(120, 700)
        _judgment(month, person, kind, day, days, suspended=kind != "5")
        _correction(month, person, "2" if kind == "5" else "1", day + timedelta(days=3), days)


def _judgment(
    month: Month, person: Person, kind: str, day: date, days: int | None, *, suspended: bool
) -> None:
    recorder = month.recorder
    judgment = {
        "AH": recorder.key("XC"),
        "SFZH": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "XZ": kind,
        "HXBZ": "1" if suspended else "0",
        "SXRQ": day,
        "XQQR": day,
        "XQZR": day + timedelta(days=days) if days else None,
    }
    recorder.record("criminal_judgments", person, recorder.later(day, 6), judgment)


def prison(month: Month, person: Person, began_on: date, known_on: date, days: int | None) -> None:
    """Keep someone in prison from a day; the end lies `days` after `known_on`, or nowhere for life terms."""
    recorder, ends_on = month.recorder, known_on + timedelta(days=days) if days else None
    stay: dict[str, Any] = {
        "RYBH": recorder.key("ZF"),
        "JSBH": f"9901Z{month.rng.randrange(6):02d}",
        "XM": recorder.name_of(person),
        "SFZH": recorder.id_of(person),
        "RJRQ": began_on,
        "YXMRQ": ends_on,
        "XMSFRQ": ends_on,
    }
    loaded_at = recorder.first("prison_custody", recorder.later(known_on, 2), stay)
    person.keep_away(known_on, ends_on or date.max, in_custody=True)
    if ends_on is None:
        return
    stay["XMSFRQ"], loaded_at = _new_term(month, stay, known_on, ends_on, loaded_at)
    if month.chance(0.04):
        person.traps.add("release_never_reported")
        return
    ended_at = max(loaded_at + timedelta(hours=1), recorder.later(ends_on, 2))
    _prison_end(month, person, stay, ends_on, ended_at)


def _new_term(
    month: Month, stay: dict[str, Any], known_on: date, ends_on: date, loaded_at: datetime
) -> tuple[date, datetime]:
    """Move the projected end of some terms, once: sooner as a reward, later as a punishment."""
    moved = timedelta(days=month.rng.choice((60, 90, 150, -60)))
    changed_on = known_on + (ends_on - known_on) / 2
    if not month.chance(0.4) or ends_on - known_on < _SHORT_TERM:
        return ends_on, loaded_at
    stay["YXMRQ"] = ends_on + moved
    changed_at = max(loaded_at + timedelta(hours=1), month.recorder.later(changed_on, 2))
    return ends_on, month.recorder.update("prison_custody", changed_at, stay)


def _prison_end(
    month: Month, person: Person, stay: dict[str, Any], ends_on: date, ended_at: datetime
) -> None:
    way = month.draw("prison_end")
    month.recorder.update("prison_custody", ended_at, stay | {"SJSFRQ": ends_on, "SFLB": way})
    if way == "4":
        report_death(month, person, ends_on)
    elif way == "9":
        person.keep_away(ends_on, ends_on + timedelta(days=200))
    elif way in {"2", "3"}:
        days = month.rng.randrange(90, 500)
        _correction(month, person, "3" if way == "2" else "4", ends_on + timedelta(days=2), days)


def _correction(month: Month, person: Person, kind: str, began_on: date, days: int) -> None:
    recorder, ends_on = month.recorder, began_on + timedelta(days=days)
    correction = {
        "DXBH": recorder.key("JZ"),
        "XM": recorder.name_of(person),
        "SFZH": recorder.id_of(person),
        "JZLB": kind,
        "KSRQ": began_on,
        "BDRQ": began_on,
    }
    person.busy_until = max(person.busy_until, ends_on)
    known_on = max(began_on, month.first)
    loaded_at = recorder.first("community_corrections", recorder.later(known_on, 2), correction)
    for checked_on in _check_ins(began_on, ends_on):
        correction["BDRQ"] = checked_on
        loaded_at = max(loaded_at + timedelta(hours=1), recorder.later(checked_on, 1))
        recorder.update("community_corrections", loaded_at, correction)
    ended_at = max(loaded_at + timedelta(hours=1), recorder.later(ends_on, 2))
    _correction_end(month, person, correction, ends_on, ended_at)


def _check_ins(began_on: date, ends_on: date) -> list[date]:
    days = (began_on + timedelta(days=30 * months) for months in range(1, _CHECK_INS + 1))
    return [day for day in days if day < ends_on]


def _correction_end(
    month: Month, person: Person, correction: dict[str, Any], ends_on: date, ended_at: datetime
) -> None:
    way = month.draw("correction_end")
    month.recorder.update("community_corrections", ended_at, correction | {"JCRQ": ends_on, "JJLX": way})
    if way == "3":
        report_death(month, person, ends_on)
    elif way == "2":
        prison(month, person, ends_on, ends_on, month.rng.randrange(60, 500))
