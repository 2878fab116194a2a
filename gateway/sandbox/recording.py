"""How a department's clerks write a record down, with the faults that real ones show."""

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

from gateway.sandbox.columns import DATASETS, Columns
from gateway.sandbox.id_numbers import as_typed, has_short_form, short_form, with_bad_check_digit
from gateway.sandbox.names import misspelt, variant
from gateway.sandbox.people import Person
from gateway.sandbox.rows import Archive

_EMPTY = (None, None, "", "", "-", "null")
_DATES = ("%Y%m%d", "%Y-%m-%d", "%Y%m%d000000", "%Y-%m-%d 00:00:00", "%Y-%m-%d 00:00:00.0")
_TIMES = ("%Y%m%d%H%M%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S.0")
_UNKNOWN_CODES = ("99", "X", "0Z")
_TEXT_ONLY = {"death_certificates", "prison_custody", "community_corrections"}
_HABITS = {dataset: place for place, dataset in enumerate(DATASETS)}

_BROKEN, _UNKNOWN, _REPEATED, _DELETED, _MISPLACED = 0.005, 0.008, 0.018, 0.021, 0.024

Values = dict[str, Any]


class Recorder:
    """Writes records into the archive; `rng` is the current month's source and is set for each month."""

    def __init__(self, archive: Archive, people: list[Person]) -> None:
        self.rng = Random(0)
        self._archive = archive
        self._people = people
        self._counters: dict[str, int] = {}

    def key(self, prefix: str) -> str:
        """Return the next key of a series."""
        self._counters[prefix] = self._counters.get(prefix, 0) + 1
        return f"99{prefix}{self._counters[prefix]:09d}"

    def id_of(self, person: Person) -> str:
        """Return one of the person's identity numbers as it was typed."""
        if person.former_ids and self._chance(0.4):
            return self.rng.choice(person.former_ids)
        if person.id_type != "01" or not self._chance(0.02):
            return person.id_number
        if has_short_form(person.born_on) and self._chance(0.25):
            return short_form(person.id_number)
        return as_typed(self.rng, person.id_number)

    def name_of(self, person: Person) -> str:
        """Return the person's name as it was typed: seldom a variant, more seldom misspelt."""
        if not self._chance(0.018):
            return person.name
        return (variant if self._chance(0.85) else misspelt)(self.rng, person.name)

    def _chance(self, share: float) -> bool:
        return self.rng.random() < share

    def later(self, moment: datetime | date, days: float) -> datetime:
        """Return a load time after a moment: so many days on average; one in a hundred much later."""
        if not isinstance(moment, datetime):
            moment = datetime.combine(moment, time.min)
        late = self.rng.uniform(30, 120) if self._chance(0.01) else 0.0
        hours = 24 * (self.rng.expovariate(1 / days) + late) + self.rng.uniform(20, 30)
        return moment + timedelta(hours=hours)

    def first(self, dataset: str, loaded_at: datetime, values: Values) -> datetime:
        """Write a version that others will follow: no faults, so that what follows makes sense."""
        return self._archive.add(dataset, loaded_at, self._written(dataset, values, "I"))

    def update(self, dataset: str, loaded_at: datetime, values: Values) -> datetime:
        """Write a later version of a record."""
        return self._archive.add(dataset, loaded_at, self._written(dataset, values, "U"))

    def delete(self, dataset: str, loaded_at: datetime, values: Values) -> datetime:
        """Withdraw a record: half of the withdrawals hold the key alone."""
        key = DATASETS[dataset].key
        kept = {key: values[key]} if self._chance(0.5) else self._written(dataset, values, "D")
        return self._archive.add(dataset, loaded_at, kept | {"op": "D"})

    def record(self, dataset: str, about: Person, loaded_at: datetime, values: Values) -> datetime:
        """Write a record that comes in one version, with whatever fault falls to it."""
        draw, columns = self.rng.random(), DATASETS[dataset]
        if draw >= _MISPLACED:
            return self.first(dataset, loaded_at, values)
        spared = columns.adverse and about.on_roster_from is not None
        if draw < _UNKNOWN and not spared:
            broken = draw < _BROKEN
            return self._spoilt(dataset, about, loaded_at, values, broken=broken)
        if draw > _DELETED and not columns.adverse:
            return self._misplaced(dataset, about, loaded_at, values)
        loaded_at = self.first(dataset, loaded_at, values)
        again_at = loaded_at + timedelta(hours=self.rng.uniform(20, 480))
        if _UNKNOWN < draw < _REPEATED:
            self.update(dataset, again_at, values)
        elif draw > _REPEATED and not columns.adverse:
            self.delete(dataset, again_at, values)
        return loaded_at

    def _misplaced(self, dataset: str, about: Person, loaded_at: datetime, values: Values) -> datetime:
        """Write the record under someone else's number and name, and correct it some days later."""
        other = self.rng.choice(self._people)
        names = {about.id_number: other.id_number, about.name: other.name}
        wrong = {column: names.get(value, value) for column, value in values.items()}
        if wrong == values or other.id_type != "01":
            return self.first(dataset, loaded_at, values)
        other.traps.add("named_wrongly")
        loaded_at = self.first(dataset, loaded_at, wrong)
        self.update(dataset, loaded_at + timedelta(hours=self.rng.uniform(20, 700)), values)
        return loaded_at

    def _spoilt(
        self, dataset: str, about: Person, loaded_at: datetime, values: Values, *, broken: bool
    ) -> datetime:
        columns, fields = DATASETS[dataset], self._written(dataset, values, "I")
        if broken:
            fault = self._break(dataset, columns, about, fields)
            return self._archive.add(dataset, loaded_at, fields, fault)
        if columns.codes:
            fields[self.rng.choice(tuple(columns.codes))] = self.rng.choice(_UNKNOWN_CODES)
        return self._archive.add(dataset, loaded_at, fields)

    def _break(self, dataset: str, columns: Columns, about: Person, fields: Values) -> str:
        """Make a row one that must be refused and return what is wrong with it."""
        faults = ["impossible_date", "missing_key"]
        if about.id_type == "01" and fields[columns.id_column] == about.id_number:
            faults.append("bad_check_digit")
            faults.extend(() if dataset in _TEXT_ONLY else ("wrong_type",))
        fault = self.rng.choice(faults)
        if fault == "missing_key":
            del fields[columns.key]
        elif fault == "impossible_date":
            fields[columns.date_column] = "202513" if columns.date_column == "PAY_MONTH" else "20250231"
        elif fault == "bad_check_digit":
            fields[columns.id_column] = with_bad_check_digit(about.id_number)
        else:
            fields[columns.id_column] = [about.id_number]
        return fault

    def _written(self, dataset: str, values: Values, op: str) -> Values:
        """Return all columns as text, dates in the department's habit and, now and then, in another."""
        habit = _HABITS[dataset] if self._chance(0.95) else self.rng.randrange(len(_DATES))
        fields = {name: self._text(values.get(name), habit) for name in DATASETS[dataset].names}
        fields["op"] = op
        return fields

    def _text(self, value: object, habit: int) -> str | None:
        if isinstance(value, str):
            return value
        if isinstance(value, datetime):
            return value.strftime(_TIMES[habit % len(_TIMES)])
        if isinstance(value, date):
            return value.strftime(_DATES[habit % len(_DATES)])
        return self.rng.choice(_EMPTY)
