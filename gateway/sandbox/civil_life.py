"""Papers and journeys: identity cards, borders, marriages, allowances, leaving the register."""

from datetime import date, timedelta

from gateway.sandbox.month import Month
from gateway.sandbox.people import Person
from gateway.sandbox.visits import insurance_number

_PORTS = ("罗湖", "拱北", "黄花机场", "张家界机场")
_ALLOWANCE_AGE = 90
_ENLISTING_AGES = range(17, 26)
_MARRYING_AGE = 22


def civil_life(month: Month) -> None:
    """Let a month of papers and journeys happen."""
    for person, day in month.visible(0.006):
        _identity_card(month, person, day)
    for person, day in month.settled(0.006):
        _journey(month, person, day)
    for person, day in month.settled(0.0009, youngest=_MARRYING_AGE):
        _marriage(month, person, day)
    _survivor_remarries(month)
    _allowances(month)
    for person, day in month.settled(0.0006, youngest=0):
        _leaves_register(month, person, day, month.draw("cancellation"))
    for person, day in month.settled(0.0002):
        end_insurance(month, person, day, month.draw("termination"))


def end_insurance(month: Month, person: Person, day: date, reason: str) -> None:
    """Report the end of someone's medical insurance, once."""
    if person.insurance_ended:
        return
    person.insurance_ended = True
    recorder = month.recorder
    ending = {
        "psn_no": insurance_number(person),
        "psn_name": recorder.name_of(person),
        "certno": recorder.id_of(person),
        "reason": reason,
        "end_date": day,
    }
    recorder.record("terminations", person, recorder.later(day, 15), ending)


def _identity_card(month: Month, person: Person, day: date) -> None:
    recorder = month.recorder
    card = {
        "SLH": recorder.key("SL"),
        "GMSFHM": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "SLRQ": day,
    }
    if month.chance(0.1):
        recorder.record("identity_cards", person, recorder.later(day, 2), card)
        return
    collected_on = day + timedelta(days=month.rng.randrange(15, 45))
    recorder.first("identity_cards", recorder.later(day, 1), card)
    recorder.update("identity_cards", recorder.later(collected_on, 1), card | {"LQRQ": collected_on})


def _journey(month: Month, person: Person, day: date) -> None:
    back_on = day + timedelta(days=month.rng.randrange(2, 60))
    if back_on - day > timedelta(days=2):
        person.keep_away(day + timedelta(days=1), back_on - timedelta(days=1))
    person.busy_until = back_on
    for crossed_on, direction in ((day, "1"), (back_on, "2")):
        _crossing(month, person, crossed_on, direction)


def _crossing(month: Month, person: Person, day: date, direction: str) -> None:
    recorder, crossed_at = month.recorder, month.moment(day)
    crossing = {
        "JLBH": recorder.key("CJ"),
        "GMSFHM": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "CRJLB": direction,
        "CRJSJ": crossed_at,
        "KA": month.rng.choice(_PORTS),
    }
    recorder.record("border_crossings", person, recorder.later(crossed_at, 1), crossing)


def _marriage(month: Month, person: Person, day: date, kind: str = "") -> None:
    """Register a marriage matter of two people in person; a few marriages are undone later."""
    spouse = _spouse(month, person, day)
    if spouse is None:
        return
    recorder, kind = month.recorder, kind or month.draw("marriage")
    man, woman = (person, spouse) if person.male else (spouse, person)
    entry = {"cert_no": recorder.key("HY"), "op_type": kind, "op_date": day}
    entry |= _party(month, man, "man") | _party(month, woman, "woman")
    if kind == "INR":
        foreign = "woman" if person.male else "man"
        entry |= {f"cert_num_{foreign}": f"E{month.rng.randrange(10**8):08d}", f"id_type_{foreign}": "3"}
    if kind != "IA" or month.draw("marriage_undone") == "no":
        recorder.record("marriages", man, recorder.later(day, 3), entry)
        return
    loaded_at = recorder.first("marriages", recorder.later(day, 3), entry)
    recorder.update("marriages", loaded_at + timedelta(days=40), entry | {"op_type": "ID"})


def _spouse(month: Month, person: Person, day: date) -> Person | None:
    """Find someone of the other sex who can come to the registry that day; a few tries, then none."""
    for candidate in month.rng.choices(month.people, k=12):
        grown = candidate.age_on(day) >= _MARRYING_AGE and candidate.male != person.male
        if grown and candidate.free_on(day) and candidate.busy_until < day:
            return candidate
    return None


def _party(month: Month, person: Person, role: str) -> dict[str, object]:
    return {
        f"name_{role}": month.recorder.name_of(person),
        f"cert_num_{role}": month.recorder.id_of(person),
        f"id_type_{role}": "1" if person.id_type == "01" else "2",
    }


def _survivor_remarries(month: Month) -> None:
    """Let, in most months, one surviving spouse who draws an allowance marry again."""
    day = month.any_day()
    survivors = [
        person
        for person in month.people
        if any(benefit.spouse_survivor for benefit in person.benefits)
        and person.id_type == "01"
        and person.free_on(day)
        and day > person.busy_until
    ]
    if survivors and month.chance(0.8):
        person = month.rng.choice(survivors)
        _marriage(month, person, day, "IA")


def _allowances(month: Month) -> None:
    """Pay the very old, and those whose death nobody reported."""
    recorder, paid_on = month.recorder, month.first + timedelta(days=9)
    for person in month.people:
        if person.born_on.year > month.first.year - _ALLOWANCE_AGE or person.id_type != "01":
            continue
        if person.reported_on and person.reported_on < paid_on:
            continue
        payment = {
            "ID": recorder.key("GL"),
            "NAME": recorder.name_of(person),
            "ID_CARD": recorder.id_of(person),
            "PAY_MONTH": f"{month.first:%Y%m}",
            "STATUS": "1" if month.chance(0.995) else "2",
        }
        recorder.record("elderly_allowances", person, recorder.later(paid_on, 3), payment)


def _leaves_register(month: Month, person: Person, day: date, kind: str) -> None:
    """Cancel a household entry for another cause than death."""
    if kind == "03":
        person = _recruit(month, day) or person
    recorder = month.recorder
    cancellation = {
        "RKBS": recorder.key("RK"),
        "GMSFHM": recorder.id_of(person),
        "XM": recorder.name_of(person),
        "ZXLB": kind,
        "SLSJ": month.moment(day),
    }
    recorder.record("household_cancellations", person, recorder.later(day, 5), cancellation)
    if kind == "02":
        person.left_on = day
        person.busy_until = date.max
        if month.chance(0.6):
            end_insurance(month, person, day, "2")


def _recruit(month: Month, day: date) -> Person | None:
    """Find someone of an age to enlist."""
    young = [
        person
        for person in month.people
        if person.age_on(day) in _ENLISTING_AGES and person.free_on(day) and person.id_type == "01"
    ]
    return month.rng.choice(young) if young else None
