"""Deaths: who dies, which offices report it and when, and the reports that turn out to be wrong."""

from datetime import date, datetime, timedelta

from gateway.sandbox.civil_life import end_insurance
from gateway.sandbox.month import Month
from gateway.sandbox.people import Person

_NEVER_REPORTED = 0.02
_MEAN_DELAY_DAYS = 26
"""About 97 % of first reports within thirteen weeks; the recorder's own lateness takes two more."""


def deaths(month: Month) -> None:
    """Let a month of deaths happen, true and mistaken."""
    for person in month.people:
        if person.died_on is None and month.rng.random() < _hazard(person.age_on(month.first)):
            _die(month, person, month.any_day())
    for person, day in month.settled(0.00012):
        _mistaken_death(month, person, day)


def _hazard(age: int) -> float:
    """Return the chance of dying within a month at an age: doubling every nine years."""
    return 0.0006 * 2 ** ((age - 60) / 9)


def _die(month: Month, person: Person, day: date) -> None:
    if day <= person.busy_until or not person.free_on(day) or person.id_type != "01":
        return
    report_death(month, person, day)
    if month.chance(0.25) and person.reported_on:
        _hospital_death(month, person, day)


def report_death(month: Month, person: Person, day: date) -> None:
    """Let someone die on a day and the offices hear of it, or not."""
    person.died_on = day
    rng = month.rng
    if month.chance(_NEVER_REPORTED):
        person.traps.add("death_never_reported")
        return
    known_after = rng.expovariate(1 / _MEAN_DELAY_DAYS)
    certificate = month.recorder.key("SW") if month.chance(0.72) else None
    offices = [_cremation, _cancellation, _termination]
    heard = [office for office in offices if month.chance(0.66)]
    if certificate is None and not heard:
        heard = [_cancellation]
    for report in heard:
        _note(person, report(month, person, day, known_after, certificate))
    if certificate:
        _note(person, _certificate(month, person, day, known_after, certificate))


def _note(person: Person, loaded_at: datetime) -> None:
    loaded_on = loaded_at.date()
    person.reported_on = min(person.reported_on or loaded_on, loaded_on)


def _heard(month: Month, day: date, known_after: float) -> datetime:
    """Return when an office loads a death that became known so many days after it."""
    return month.recorder.later(day + timedelta(days=int(known_after)), 3)


def _certificate(month: Month, person: Person, day: date, known_after: float, number: str | None) -> datetime:
    recorder, loaded_at = month.recorder, _heard(month, day, known_after)
    issued_on = min(day + timedelta(days=month.rng.randrange(0, 4)), loaded_at.date())
    certificate = {
        "SWZMBH": number,
        "GMSFHM": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "XBDM": "1" if person.male else "2",
        "SWRQ": None if month.chance(0.08) else day,
        "QFRQ": issued_on,
        "CANCEL_STATUS": "0",
    }
    if month.draw("void") == "no":
        return recorder.record("death_certificates", person, loaded_at, certificate)
    loaded_at = recorder.first("death_certificates", loaded_at, certificate)
    voided_at = loaded_at + timedelta(days=month.rng.randrange(5, 50))
    recorder.update("death_certificates", voided_at, certificate | {"CANCEL_STATUS": "1"})
    reissued = certificate | {"SWZMBH": recorder.key("SW"), "SWRQ": day}
    recorder.first("death_certificates", voided_at + timedelta(hours=3), reissued)
    return loaded_at


def _cremation(month: Month, person: Person, day: date, known_after: float, number: str | None) -> datetime:
    recorder, rng = month.recorder, month.rng
    loaded_at = _heard(month, day, known_after)
    cremated_on = min(day + timedelta(days=rng.randrange(1, 6)), loaded_at.date())
    told = day - timedelta(days=rng.randrange(1, 3)) if month.chance(0.03) else day
    cremation = {
        "CERT_NO": recorder.key("HH"),
        "NAME": recorder.name_of(person),
        "ID_CARD": recorder.id_of(person),
        "SEX": "1" if person.male else "2",
        "DEATH_TIME": None if month.chance(0.05) else month.moment(told),
        "CREMATION_TIME": month.moment(cremated_on),
        "SWZMBH": number if month.chance(0.85) else None,
    }
    return recorder.record("cremations", person, loaded_at, cremation)


def _cancellation(
    month: Month, person: Person, day: date, known_after: float, number: str | None
) -> datetime:
    recorder, rng = month.recorder, month.rng
    loaded_at = _heard(month, day, known_after + 4)
    cancellation = {
        "RKBS": recorder.key("RK"),
        "GMSFHM": person.id_number,
        "XM": recorder.name_of(person),
        "ZXLB": "01",
        "SWRQ": None if month.chance(0.1) else day,
        "SWZMBH": number if month.chance(0.85) else None,
        "SLSJ": loaded_at - timedelta(hours=rng.uniform(5, 20)),
    }
    other = _namesake(month, day) if month.draw("misplaced_death") == "yes" else None
    if other is None:
        return recorder.record("household_cancellations", person, loaded_at, cancellation)
    wrong = {"GMSFHM": other.id_number, "XM": other.name if month.chance(0.5) else person.name}
    loaded_at = recorder.first("household_cancellations", loaded_at, cancellation | wrong)
    corrected_at = loaded_at + timedelta(days=rng.randrange(15, 50))
    return recorder.update("household_cancellations", corrected_at, cancellation)


def _namesake(month: Month, day: date) -> Person | None:
    """Find a living pensioner whose number the register takes for that of the dead."""
    for candidate in month.rng.choices(month.people, k=12):
        if candidate.on_roster_from == date.min and candidate.free_on(day) and candidate.id_type == "01":
            candidate.traps.add("named_as_dead")
            return candidate
    return None


def _termination(
    month: Month, person: Person, day: date, known_after: float, _number: str | None
) -> datetime:
    end_insurance(month, person, day + timedelta(days=int(known_after)), "1")
    return _heard(month, day, known_after + 15)


def _hospital_death(month: Month, person: Person, day: date) -> None:
    """End the last hospital stay; one hospital system in ten writes `1` whatever happened."""
    recorder, hard_coded = month.recorder, month.chance(0.1)
    if hard_coded:
        person.traps.add("discharge_hard_coded")
    stay = {
        "MEDRCDNO": recorder.key("BA"),
        "CERTNO": recorder.id_of(person),
        "PSN_NAME": recorder.name_of(person),
        "BEGNTIME": month.moment(day - timedelta(days=month.rng.randrange(1, 15))),
        "ENDTIME": month.moment(day),
        "DSCG_WAY": "1" if hard_coded else "5",
        "DIE_DATE": None if hard_coded else day,
    }
    recorder.record("inpatient_stays", person, recorder.later(day, 4), stay)


def _mistaken_death(month: Month, person: Person, day: date) -> None:
    """Report someone dead who lives, and take it back: a voided certificate or a withdrawn entry."""
    person.traps.add("reported_dead_by_mistake")
    recorder, loaded_at = month.recorder, _heard(month, day, 2)
    undone_at = loaded_at + timedelta(days=month.rng.randrange(8, 60))
    if month.draw("false_death") == "certificate":
        certificate = {
            "SWZMBH": recorder.key("SW"),
            "GMSFHM": person.id_number,
            "XM": person.name,
            "XBDM": "1" if person.male else "2",
            "SWRQ": day,
            "QFRQ": day,
            "CANCEL_STATUS": "0",
        }
        recorder.first("death_certificates", loaded_at, certificate)
        recorder.update("death_certificates", undone_at, certificate | {"CANCEL_STATUS": "1"})
        return
    entry = {
        "RKBS": recorder.key("RK"),
        "GMSFHM": person.id_number,
        "XM": person.name,
        "ZXLB": "01",
        "SWRQ": day,
        "SLSJ": loaded_at - timedelta(hours=3),
    }
    recorder.first("household_cancellations", loaded_at, entry)
    recorder.delete("household_cancellations", undone_at, entry)
