"""What departments take back twice over: the situations in which the last word is not the first correction.

Drawn from a random source of their own at the end of a month, so that nothing else of it differs.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random

from gateway.sandbox.id_numbers import with_bad_check_digit
from gateway.sandbox.month import Month
from gateway.sandbox.people import Person
from gateway.sandbox.recording import Values
from gateway.sandbox.visits import hospital, insurance_number


def afterthoughts(month: Month, rng: Random) -> None:
    """Let a month of second thoughts happen."""
    month.recorder.rng = rng
    apart = replace(month, rng=rng)
    for person, day in apart.settled(0.0003):
        _echoed_certificate(apart, person, day)
    for person, day in apart.settled(0.0002):
        _unusable_correction(apart, person, day)
    for person, day in apart.settled(0.0002):
        _revoked_revocation(apart, person, day)
    for person, day in apart.visible(0.0005):
        _reversed_refund(apart, person, day)


def _echoed_certificate(month: Month, person: Person, day: date) -> None:
    """A certificate about the wrong person, echoed by the register, then voided; some come to a counter."""
    person.traps.add("reported_dead_by_mistake")
    recorder = month.recorder
    certificate = {
        "SWZMBH": recorder.key("SW"),
        "GMSFHM": person.id_number,
        "XM": person.name,
        "XBDM": "1" if person.male else "2",
        "SWRQ": day,
        "QFRQ": day,
        "CANCEL_STATUS": "0",
    }
    loaded_at = recorder.first("death_certificates", recorder.later(day, 2), certificate)
    echo = _cancellation(month, person, day, loaded_at + timedelta(days=3)) | {
        "SWZMBH": certificate["SWZMBH"]
    }
    recorder.first("household_cancellations", loaded_at + timedelta(days=4), echo)
    voided_at = loaded_at + timedelta(days=month.rng.randrange(10, 40))
    recorder.update("death_certificates", voided_at, certificate | {"CANCEL_STATUS": "1"})
    recorder.delete("household_cancellations", voided_at + timedelta(days=month.rng.randrange(5, 60)), echo)
    if month.chance(0.5):
        came_on = loaded_at.date() + timedelta(days=7)
        for benefit in person.benefits:
            benefit.certifications.append((came_on, "counter"))


def _unusable_correction(month: Month, person: Person, day: date) -> None:
    """A death entered under the wrong number, and corrected to one that is none."""
    person.traps.add("named_as_dead")
    recorder, loaded_at = month.recorder, month.recorder.later(day, 5)
    entry = _cancellation(month, person, day, loaded_at)
    loaded_at = recorder.first("household_cancellations", loaded_at, entry)
    wrong = entry | {"GMSFHM": with_bad_check_digit(person.id_number)}
    recorder.update("household_cancellations", loaded_at + timedelta(days=20), wrong)


def _cancellation(month: Month, person: Person, day: date, filed_at: datetime) -> Values:
    return {
        "RKBS": month.recorder.key("RK"),
        "GMSFHM": person.id_number,
        "XM": person.name,
        "ZXLB": "01",
        "SWRQ": day,
        "SLSJ": filed_at - timedelta(hours=3),
    }


def _revoked_revocation(month: Month, person: Person, day: date) -> None:
    """Declared missing, found, and declared missing after all: the declaration stands again."""
    person.declared_on = day
    person.keep_away(day, date.max)
    case: Values = {
        "SFZH": person.id_number,
        "XM": person.name,
        "XGLX": "1",
        "PJRQ": day,
        "AH": month.recorder.key("TB"),
    }
    month.recorder.first("declarations", month.recorder.later(day, 8), case)
    for days in (60, 150):
        judged_on = day + timedelta(days=days)
        case |= {"AH": month.recorder.key("TB"), "XGLX": "3", "PJRQ": judged_on, "YAH": case["AH"]}
        month.recorder.first("declarations", month.recorder.later(judged_on, 8), case)


def _reversed_refund(month: Month, person: Person, day: date) -> None:
    """A stay that is settled, refunded by mistake, and the refund reversed: the settlement stands."""
    recorder, settled_at = month.recorder, month.moment(day)
    settlement: Values = {
        "setl_id": recorder.key("JS"),
        "psn_no": insurance_number(person),
        "psn_name": person.name,
        "psn_cert_type": "01",
        "certno": person.id_number,
        "med_type": "21",
        "setl_time": settled_at,
        "begndate": day,
        "enddate": day,
        "fixmedins_code": hospital(month),
        "refd_setl_flag": "0",
        "setl_type": "1",
    }
    loaded_at = recorder.first("settlements", recorder.later(settled_at, 1), settlement)
    for _ in range(2):
        loaded_at += timedelta(days=3)
        number = {"setl_id": recorder.key("JS"), "init_setl_id": settlement["setl_id"]}
        settlement |= number | {"setl_time": loaded_at - timedelta(hours=5), "refd_setl_flag": "1"}
        recorder.first("settlements", loaded_at, settlement)
