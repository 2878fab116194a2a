"""The reference interpreter of a mapping: one row in, the records it gives and the rules it breaks out.

Pure: no clock, no I/O. A reading holds plain identities and lives only until its rows are keyed.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Final, NamedTuple

from pydantic import BaseModel, ValidationError

from gateway.department import Dataset
from gateway.fields import Key, LoadTime, SourceRow, UnusableId, codes_of, rule_of
from gateway.identity import IdNumber, PersonName
from gateway.mapping import (
    Before,
    Column,
    Condition,
    Constant,
    Either,
    Emit,
    First,
    Lookup,
    OneOf,
    Value,
    columns_of,
)
from gateway.records import Custody, Death, Fact, Unclassified, Withdrawal

TOLERANCE: Final = timedelta(days=1)
"""How far after its load time a row may date a fact, where the rules are not at hand."""

MOST_AHEAD: Final = timedelta(days=1)
"""How far a department's clock may be ahead of ours."""

PLAIN_CODE: Final = re.compile(r"[0-9A-Za-z]{1,4}", re.ASCII)
"""A code that can be nothing else, and may be shown."""

_NEED_NOBODY: Final = (Unclassified, Withdrawal)
"""Records that say something even when it cannot be told about whom."""


class Fault(NamedTuple):
    """A rule that a row breaks, at a column named as in the data dictionary; never the value."""

    field: str | None
    rule: str


_AHEAD: Final = Fault(None, "future_date")
_LOADED_AHEAD: Final = Fault("tong_time", "load_time_future")


@dataclass(frozen=True)
class Statement:
    """A record and the person it is about; `item` counts the records of one row."""

    item: int
    person: IdNumber | None
    name: PersonName | None
    record: Fact


@dataclass(frozen=True)
class Reading:
    """Everything one row says, or why it says nothing; `corrects` says that an older version was sent."""

    key: str | None = field(default=None, repr=False)
    loaded_at: datetime | None = None
    deleted: bool = False
    corrects: bool = False
    statements: tuple[Statement, ...] = field(default=(), repr=False)
    faults: tuple[Fault, ...] = ()
    unknown_codes: tuple[str, ...] = ()


class _Day(NamedTuple):
    day: date
    column: str
    bounds: bool = False


class _BrokenRule(Exception):  # noqa: N818 - never leaves this module: it carries a fault out of an emit
    def __init__(self, column: str | None, rule: str) -> None:
        super().__init__(rule)
        self.fault = Fault(column, rule)


class Deletion(BaseModel):
    """What a deleted row must still hold."""

    key: Key
    loaded_at: LoadTime


class RowReader:
    """Reads the rows of one dataset, one at a time."""

    def __init__(self, dataset: Dataset, tolerance: timedelta = TOLERANCE) -> None:
        self._dataset = dataset
        self._tolerance = tolerance
        self._key = dataset.column(dataset.key) or dataset.key
        self._key_alias = dataset.alias(self._key)
        self._codes = codes_of(dataset.row)

    def read(self, raw: object, received_at: datetime) -> Reading:
        """The records a row gives; a row that breaks a rule gives faults, never an exception."""
        if not isinstance(raw, Mapping):
            return Reading(faults=(Fault(None, "row_form"),))
        if raw.get("op") == "D":
            return self._deletion(raw, received_at)
        try:
            row = self._dataset.row.model_validate(raw)
        except ValidationError as error:
            return Reading(key=self._readable_key(raw), faults=tuple(faults_of(error)))
        if _is_ahead(row.loaded_at, received_at):
            return Reading(key=self._readable_key(raw), faults=(_LOADED_AHEAD,))
        return self._interpret(row, received_at)

    def _deletion(self, raw: Mapping[str, object], received_at: datetime) -> Reading:
        try:
            found = Deletion.model_validate(
                {"key": raw.get(self._key_alias), "loaded_at": raw.get("tong_time")}
            )
        except ValidationError as error:
            names = {"key": self._key_alias, "loaded_at": "tong_time"}
            faults = tuple(Fault(names.get(fault.field or ""), fault.rule) for fault in faults_of(error))
            return Reading(key=self._readable_key(raw), deleted=True, faults=faults)
        if _is_ahead(found.loaded_at, received_at):
            return Reading(key=found.key, deleted=True, faults=(_LOADED_AHEAD,))
        return Reading(key=found.key, loaded_at=found.loaded_at, deleted=True)

    def _readable_key(self, raw: Mapping[str, object]) -> str | None:
        key = raw.get(self._key_alias)
        return key.strip() if isinstance(key, str) else None

    def _interpret(self, row: SourceRow, received_at: datetime) -> Reading:
        statements: list[Statement] = []
        faults: list[Fault] = []
        for item, emit in enumerate(self._chosen(row)):
            try:
                statements.append(self._statement(row, emit, item, received_at))
            except _BrokenRule as broken:
                faults.append(broken.fault)
        if self._dataset.to_records:
            try:
                given = _as_statements(self._dataset.to_records(row))
                faults += [_AHEAD for each in given if self._lies_ahead(row, each.record)]
                statements += [each for each in given if not self._lies_ahead(row, each.record)]
            except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises, one row is refused
                faults.append(Fault(None, rule_of(error)))
        if not statements and not faults:
            statements.append(self._unclassified(row, received_at))
        return Reading(
            key=getattr(row, self._key),
            loaded_at=row.loaded_at,
            corrects=row.operation == "U",
            statements=tuple(statements),
            faults=tuple(dict.fromkeys(faults)),
            unknown_codes=tuple(self._unknown_codes(row)),
        )

    def _chosen(self, row: SourceRow) -> Iterator[Emit]:
        for entry in self._dataset.emits:
            options = entry.emits if isinstance(entry, Either) else (entry,)
            chosen = next((emit for emit in options if self._holds(row, emit)), None)
            if chosen:
                yield chosen

    def _holds(self, row: SourceRow, emit: Emit) -> bool:
        return all(holds(condition, self._get(row, name)) for name, condition in emit.when.items())

    def _get(self, row: SourceRow, name: str) -> Any:
        return getattr(row, self._dataset.column(name) or name)

    def _statement(self, row: SourceRow, emit: Emit, item: int, received_at: datetime) -> Statement:
        person, name = self._about(row, emit)
        values = {target: self._evaluate(row, value) for target, value in emit.values.items()}
        for value in values.values():
            self._refuse_future(row, emit, value)
        try:
            record = _build(emit.record, values, row.loaded_at, received_at)
        except ValidationError as error:
            fault = next(faults_of(error))
            raise _BrokenRule(self._column_behind(emit, fault.field), fault.rule) from None
        return Statement(item, person, name, record)

    def _column_behind(self, emit: Emit, target: str | None) -> str | None:
        target = "happened_on" if target == "latest" and target not in emit.values else target
        columns = columns_of(emit.values[target]) if target in emit.values else ()
        return self._alias(columns[0]) if columns else target

    def _about(self, row: SourceRow, emit: Emit) -> tuple[IdNumber | None, PersonName | None]:
        about = emit.about or self._dataset.about
        if about is None:
            return None, None
        person, name = self._get(row, about[0]), self._get(row, about[1])
        if issubclass(emit.record, _NEED_NOBODY):
            return (person if isinstance(person, IdNumber) else None), name
        if isinstance(person, UnusableId):
            raise _BrokenRule(self._alias(about[0]), person.rule)
        if person is None:
            raise _BrokenRule(self._alias(about[0]), "id_missing")
        return person, name

    def _alias(self, name: str) -> str:
        return self._dataset.alias(self._dataset.column(name) or name)

    def _evaluate(self, row: SourceRow, value: Value) -> object:
        match value:
            case Constant():
                return value.value
            case Lookup():
                code = self._get(row, value.name)
                return None if code is None else value.table.get(code, value.otherwise)
            case First():
                found = (self._evaluate(row, choice) for choice in value.choices)
                return next((each for each in found if each is not None), None)
            case Column() | Before():
                return self._cell(row, value)

    def _cell(self, row: SourceRow, value: Column | Before) -> object:
        cell = self._get(row, value.name)
        if not isinstance(cell, date):
            return cell
        day = cell.date() if isinstance(cell, datetime) else cell
        if isinstance(value, Before):
            return _Day(min(day, row.loaded_at.date()), self._alias(value.name), bounds=True)
        return _Day(day, self._alias(value.name))

    def _refuse_future(self, row: SourceRow, emit: Emit, value: object) -> None:
        planned = emit.record is Custody
        if isinstance(value, _Day) and not planned and value.day - row.loaded_at.date() > self._tolerance:
            raise _BrokenRule(value.column, "future_date")

    def _lies_ahead(self, row: SourceRow, record: Fact) -> bool:
        days = [getattr(record, name, None) for name in ("happened_on", "earliest")]
        return any(day is not None and day - row.loaded_at.date() > self._tolerance for day in days)

    def _unclassified(self, row: SourceRow, received_at: datetime) -> Statement:
        about = self._dataset.about
        person = self._get(row, about[0]) if about else None
        name = self._get(row, about[1]) if about else None
        record = Unclassified(published_at=row.loaded_at, received_at=received_at)
        return Statement(0, person if isinstance(person, IdNumber) else None, name, record)

    def _unknown_codes(self, row: SourceRow) -> Iterator[str]:
        for name, table in self._codes.items():
            code = getattr(row, name)
            if code is not None and not table.knows(code):
                yield shown_code(self._dataset.alias(name), code)


def shown_code(column: str, code: str) -> str:
    """How an unknown code is counted: itself, if it can be nothing but a code."""
    return f"{column}={code if PLAIN_CODE.fullmatch(code) else '?'}"


def _is_ahead(loaded_at: datetime, received_at: datetime) -> bool:
    """Whether a load time lies in the future: it would stand above every later version of its row."""
    return loaded_at - received_at > MOST_AHEAD


def holds(condition: Condition, value: str | None) -> bool:
    """Whether a condition holds for a value; None is blank."""
    if isinstance(condition, OneOf):
        return (value in condition.values) is not condition.negated
    found = value is not None and value.startswith(condition.prefixes)
    return found is not condition.negated


def faults_of(error: ValidationError) -> Iterator[Fault]:
    """A pydantic error as faults, without any input in them."""
    for found in error.errors(include_input=False, include_url=False):
        broken = found.get("ctx", {}).get("error")
        rule = rule_of(broken) if isinstance(broken, ValueError) else found["type"]
        yield Fault(str(found["loc"][0]) if found["loc"] else None, rule)


def _build(
    record: type[Fact], values: Mapping[str, object], loaded_at: datetime, received_at: datetime
) -> Fact:
    filled = {name: value.day if isinstance(value, _Day) else value for name, value in values.items()}
    if record is Death:
        filled |= _death_days(values)
    return record(
        **{name: value for name, value in filled.items() if value is not None},
        published_at=loaded_at,
        received_at=received_at,
    )


def _death_days(values: Mapping[str, object]) -> dict[str, date | None]:
    day = values.get("happened_on")
    if not isinstance(day, _Day):
        return {}
    if day.bounds:
        return {"happened_on": None, "latest": day.day}
    return {"earliest": day.day, "latest": day.day}


def _as_statements(
    given: Sequence[tuple[IdNumber | None, PersonName | None, Fact]],
) -> list[Statement]:
    return [Statement(item, person, name, record) for item, (person, name, record) in enumerate(given)]
