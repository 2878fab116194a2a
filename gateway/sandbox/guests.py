"""The people of sample rows, as the roster knows them: each draws a pension that is soon due."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final

from gateway.department import Dataset
from gateway.errors import ConfigError
from gateway.identity import IdNumber
from gateway.intake.interpret import RowReader
from gateway.sandbox.id_numbers import COUNTIES
from gateway.sandbox.moving import Row
from gateway.sandbox.people import Benefit, Person

_CERTIFIED_AGO: Final = timedelta(days=350)
_GRANTED_AGO: Final = timedelta(days=3650)
_NAMELESS: Final = "佚名"
_NOBODYS: Final = "99"


def guests_of(datasets: Iterable[tuple[Dataset, list[Row]]], as_of: date) -> list[Person]:
    """Everybody whom some rows are about, each once, with an employee pension last certified 350 days ago.

    Raises:
        ConfigError: a row is about somebody who may be real; it names the dataset and nobody.
    """
    names: dict[IdNumber, str] = {}
    read_at = datetime.combine(as_of + timedelta(days=1), datetime.min.time())
    for dataset, rows in datasets:
        reader = RowReader(dataset)
        for row in rows:
            for statement in reader.read(row, read_at).statements:
                if statement.person:
                    _check_synthetic(dataset, statement.person)
                    name = statement.name.reveal() if statement.name else _NAMELESS
                    names.setdefault(statement.person, name.replace("*", "某"))
    return [_guest(number, *named, as_of) for number, named in enumerate(names.items(), start=1)]


def _check_synthetic(dataset: Dataset, person: IdNumber) -> None:
    if not person.reveal().startswith(_NOBODYS):
        raise ConfigError(
            f"{dataset.name}: a row is about somebody who may be real, and the sandbox keeps everything in "
            f"clear: let every ID number begin with {_NOBODYS}, where no region is"
        )


def _guest(number: int, id_number: IdNumber, name: str, as_of: date) -> Person:
    digits = id_number.reveal()
    born_on = date(int(digits[6:10]), int(digits[10:12]), int(digits[12:14]))
    pension = Benefit(f"SAMPLE-{number}", "employee_pension", COUNTIES[0], "99E00001", as_of - _GRANTED_AGO)
    pension.certifications.append((as_of - _CERTIFIED_AGO, "counter"))
    person = Person(-number, f"99S{number:09d}", "01", digits, name, born_on, int(digits[16]) % 2 == 1)
    person.roster_id, person.roster_name, person.on_roster_from = digits, name, date.min
    person.benefits.append(pension)
    return person
