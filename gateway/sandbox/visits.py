"""Illness: hospital stays, outpatient visits, health checks, and what the insurance settles."""

from datetime import date, datetime, timedelta

from gateway.sandbox.month import Month
from gateway.sandbox.people import Person
from gateway.sandbox.recording import Values


def visits(month: Month) -> None:
    """Let a month of illness happen."""
    for person, day in month.visible(0.02):
        _hospital_stay(month, person, day)
    for person, day in month.visible(0.08):
        _outpatient(month, person, day)
    for person, day in month.visible(0.04):
        _health_check(month, person, day)
    for person, day in month.visible(0.11):
        _settle(month, person, day, month.draw("outpatient"))
    errands(month)


def errands(month: Month) -> None:
    """Let relatives fetch medicine, for the dead and the absent too: weak evidence, all of it."""
    for person, day in month.anyone(0.01):
        if person.left_on is None:
            _settle(month, person, day, month.rng.choice(("41", "11", "14")), pharmacy=True)
    for person, day in month.anyone(0.002):
        _outpatient(month, person, day, proxy="1")
    _foreign_settlements(month)


def hospital(month: Month) -> str:
    """Return the code of one of the province's hospitals."""
    return f"H9901{month.rng.randrange(60):05d}"


def insurance_number(person: Person) -> str:
    """Return the person's number in the medical insurance."""
    return f"99YB{person.number:010d}"


def _hospital_stay(month: Month, person: Person, day: date) -> None:
    recorder, began_at = month.recorder, month.moment(day)
    ended_at = began_at + timedelta(days=month.rng.randrange(2, 21))
    person.busy_until = max(person.busy_until, ended_at.date())
    stay = {
        "MEDRCDNO": recorder.key("BA"),
        "CERTNO": recorder.id_of(person),
        "PSN_NAME": recorder.name_of(person),
        "BEGNTIME": began_at,
    }
    discharge = {"ENDTIME": ended_at, "DSCG_WAY": month.draw("discharge")}
    if month.chance(0.3):
        admitted_at = recorder.first("inpatient_stays", began_at + timedelta(hours=30), stay)
        discharged_at = max(admitted_at + timedelta(hours=1), recorder.later(ended_at, 2))
        recorder.update("inpatient_stays", discharged_at, stay | discharge)
    else:
        recorder.record("inpatient_stays", person, recorder.later(ended_at, 2), stay | discharge)
    _settle(month, person, ended_at.date(), month.draw("inpatient"), began_on=day)


def _outpatient(month: Month, person: Person, day: date, proxy: str = "") -> None:
    recorder, visited_at = month.recorder, month.moment(day)
    visit = {
        "VISIT_ID": recorder.key("MZ"),
        "CERTNO": recorder.id_of(person),
        "PSN_NAME": recorder.name_of(person),
        "VISIT_TIME": visited_at,
        "ORG_CODE": hospital(month),
        "PROXY_FLAG": proxy or month.draw("proxy"),
    }
    recorder.record("outpatient_visits", person, recorder.later(visited_at, 2), visit)


def _health_check(month: Month, person: Person, day: date) -> None:
    recorder = month.recorder
    check = {
        "CHECK_ID": recorder.key("TJ"),
        "CERTNO": recorder.id_of(person),
        "PSN_NAME": recorder.name_of(person),
        "CHECK_DATE": day,
        "ORG_CODE": hospital(month),
    }
    recorder.record("health_checks", person, recorder.later(day, 8), check)


def _settle(
    month: Month,
    person: Person,
    day: date,
    med_type: str,
    *,
    began_on: date | None = None,
    pharmacy: bool = False,
) -> None:
    recorder, settled_at = month.recorder, month.moment(day)
    bought = pharmacy or med_type == "41"
    known = began_on or (day if month.chance(0.8) else None)
    settlement: Values = {
        "setl_id": recorder.key("JS"),
        "psn_no": insurance_number(person),
        "psn_name": recorder.name_of(person),
        "psn_cert_type": "01" if person.id_type == "01" else "99",
        "certno": recorder.id_of(person),
        "med_type": med_type,
        "setl_time": settled_at,
        "begndate": known,
        "enddate": day if known else None,
        "fixmedins_code": f"P9901{month.rng.randrange(90):05d}" if bought else hospital(month),
        "refd_setl_flag": "0",
        "setl_type": month.rng.choice("12"),
    }
    loaded_at = recorder.later(settled_at, 1.5)
    if month.draw("refund") == "yes":
        _refund(month, loaded_at, settlement)
    else:
        recorder.record("settlements", person, loaded_at, settlement)


def _refund(month: Month, loaded_at: datetime, settlement: Values) -> None:
    """Settle and take it back: the refund is a settlement of its own that names the first."""
    recorder = month.recorder
    loaded_at = recorder.first("settlements", loaded_at, settlement)
    refunded_at = loaded_at + timedelta(days=month.rng.randrange(1, 25))
    refund = settlement | {
        "setl_id": recorder.key("JS"),
        "init_setl_id": settlement["setl_id"],
        "setl_time": refunded_at,
        "refd_setl_flag": "1" if month.chance(0.9) else "0",
    }
    recorder.first("settlements", recorder.later(refunded_at, 1), refund)


def _foreign_settlements(month: Month) -> None:
    """Let people without a resident identity card be ill as well."""
    for person in month.people:
        if person.id_type != "01" and month.chance(0.2):
            _settle(month, person, month.any_day(), "11")
