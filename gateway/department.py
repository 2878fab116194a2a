"""What a plugin hands over: a department, its datasets, and how their rows become records - all as data."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final, Literal, Protocol

from gateway.errors import PluginError
from gateway.fields import SourceRow, codes_of, fields_of_type
from gateway.identity import IdNumber, PersonName
from gateway.mapping import (
    Before,
    Either,
    Emit,
    First,
    Lookup,
    OneOf,
    StartsWith,
    Value,
    columns_of,
    literals,
)
from gateway.records import KINDS, Death, Fact, Polarity, Unclassified, Withdrawal, kind_faults, kind_of


class Keys(Protocol):
    """The part of a key ring that opening a page needs."""

    @property
    def kids(self) -> tuple[str, ...]:
        """The key ids that are valid now."""

    def part(self, kid: str, part: str) -> bytes:
        """The named part of the key with this id."""


_OWN: Final = frozenset({"kind", "published_at", "received_at"})
_NEED_NOBODY: Final = (Unclassified, Withdrawal)


@dataclass(frozen=True)
class SealedPage:
    """One page as it came: `payload` is JSON text still in its envelope, empty where the hub sent none.

    `start` is the page's own cursor, `next` the following one or None at the end; `total` is the hub's
    promise for the whole window.
    """

    dataset: str
    start: str
    next: str | None
    total: int
    payload: bytes = field(repr=False)


Ask = Callable[[Mapping[str, str]], Awaitable[Mapping[str, Any]]]
"""Sends one request body to the dataset's service - signed, within quota and deadline, tried again where
that helps - and gives the `data` of the reply."""

Open = Callable[[bytes, Keys], bytes]
Read = Callable[[bytes], Sequence[object]]
Fetch = Callable[[Ask, datetime, datetime, str], AsyncIterator[SealedPage]]
"""Pages of the window [since, until) from a cursor on; the gateway checks totals and cursors."""
ToRecords = Callable[[SourceRow], Sequence[tuple[IdNumber | None, PersonName | None, Fact]]]


@dataclass(frozen=True)
class Dataset:
    """One of a department's datasets: what arrives, how it is sealed, and what it says.

    `fetch`, `open` and `read` override how pages are fetched, unsealed and cut into rows;
    `to_records` replaces the mapping by code and is slow.
    """

    name: str
    """Its name in English: unique over all departments, and what configuration and commands call it."""
    title: str
    """Its name in Chinese, as the data dictionary has it."""
    envelope: str
    """How its pages are sealed."""
    row: type[SourceRow]
    """Its columns, a class derived from `SourceRow`."""
    key: str
    """The column that tells one row from another; a later row with the same key replaces the earlier."""
    emits: Sequence[Emit | Either] = ()
    """What a row says: the records it gives."""
    name_check: Literal["exact", "masked", "absent"] = "exact"
    """How the name is compared beside the ID number: whole, where visible, or not at all."""
    shape: Literal["service", "file_drop"] = "service"
    """Asked for page by page, or dropped as files."""
    fetch: Fetch | None = None
    """Instead of the hub's paging."""
    open: Open | None = None
    """Instead of opening `envelope`: the payload and the department's keys give the plain page."""
    rows_in: str | None = None
    """Where a page is a JSON object around the array of rows: the member that holds them."""
    read: Read | None = None
    """Instead of reading a page as JSON: the plain page gives the rows, and slowly."""
    to_records: ToRecords | None = None
    """Instead of `emits`, row by row and slow."""
    about: tuple[str, str] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        people = [fields_of_type(self.row, kind) for kind in (IdNumber, PersonName)]
        if len(people[0]) == 1 and len(people[1]) == 1:
            object.__setattr__(self, "about", (people[0][0], people[1][0]))

    def column(self, name: str) -> str | None:
        """The row's field for a column, named as in the data dictionary or in English; None if absent."""
        fields = self.row.model_fields
        if name in fields:
            return name
        return next((english for english, found in fields.items() if found.alias == name), None)

    def alias(self, name: str) -> str:
        """The column's name in the data dictionary."""
        return self.row.model_fields[name].alias or name

    @property
    def every_emit(self) -> tuple[Emit, ...]:
        """All possible records, those inside `either` included."""
        return tuple(
            emit for entry in self.emits for emit in (entry.emits if isinstance(entry, Either) else (entry,))
        )

    def faults(self) -> list[str]:
        """Everything that is wrong with this description, a line each."""
        found = [f"{self.name}: {fault}" for fault in self._key_faults()]
        if self.rows_in is not None and (self.read or self.shape == "file_drop"):
            found.append(f"{self.name}: rows_in is for pages of JSON: not with read, nor for dropped files")
        if bool(self.emits) is (self.to_records is not None):
            found.append(f"{self.name}: either emits or to_records says what a row means, and not both")
        for number, emit in enumerate(self.every_emit):
            found.extend(
                f"{self.name}: emit {number} ({emit.record.__name__}): {f}" for f in self._emit_faults(emit)
            )
        return found

    def _key_faults(self) -> list[str]:
        column = self.column(self.key)
        if column is None:
            return [f"key {self.key!r} is not a column of the row"]
        never_blank = self.row.model_fields[column].annotation is str
        return [] if never_blank else [f"key {self.key!r} may be blank: make it a Key"]

    def _emit_faults(self, emit: Emit) -> list[str]:
        return [
            *kind_faults(emit.record),
            *self._column_faults(emit),
            *self._target_faults(emit),
            *self._value_faults(emit),
            *self._code_faults(emit),
            *self._about_faults(emit),
        ]

    def _column_faults(self, emit: Emit) -> list[str]:
        named = [
            *emit.when,
            *(n for value in emit.values.values() for n in columns_of(value)),
            *(emit.about or ()),
        ]
        return [f"{name!r} is not a column of the row" for name in named if self.column(name) is None]

    def _target_faults(self, emit: Emit) -> list[str]:
        fields = emit.record.model_fields
        filled = {*_OWN, *emit.values}
        if emit.record is Death and "happened_on" in emit.values:
            filled.add("latest")
        unknown = [
            f"{emit.record.__name__} has no field {name!r}" for name in emit.values if name not in fields
        ]
        own = [f"{name!r} is filled by the gateway itself" for name in emit.values if name in _OWN]
        missing = [
            f"{name!r} is required and not given"
            for name, target in fields.items()
            if target.is_required() and name not in filled
        ]
        return [*unknown, *own, *missing]

    def _value_faults(self, emit: Emit) -> list[str]:
        days = fields_of_type(emit.record, date)
        known = {target: value for target, value in emit.values.items() if target in emit.record.model_fields}
        return [
            fault
            for target, value in known.items()
            for fault in (
                self._day_faults(emit, target, value)
                if target in days
                else self._text_faults(emit, target, value)
            )
        ]

    def _day_faults(self, emit: Emit, target: str, value: Value) -> list[str]:
        days = self._columns_of_type(date, datetime)
        wrong = [name for name in columns_of(value) if self.column(name) and self.column(name) not in days]
        found = [f"{target!r} is a day, but {name!r} is not a column of days" for name in wrong]
        bounds = any(isinstance(choice, Before) for choice in _choices(value))
        if bounds and (emit.record is not Death or target != "happened_on"):
            found.append(f"before() bounds the day of a death, not {target!r}")
        return [*found, f"{target!r} is a day, and no code means one"] if isinstance(value, Lookup) else found

    def _text_faults(self, emit: Emit, target: str, value: Value) -> list[str]:
        others = self._columns_of_type(date, datetime, IdNumber, PersonName)
        found = [
            f"{target!r} is a text, but {name!r} is not a column of text"
            for name in columns_of(value)
            if self.column(name) in others
        ]
        allowed = literals(emit.record.model_fields[target].annotation)
        given = {*value.table.values(), value.otherwise} - {None} if isinstance(value, Lookup) else set()
        wrong = sorted(str(each) for each in given if allowed and each not in allowed)
        return [*found, *(f"{target!r} is never {each!r}" for each in wrong)]

    def _columns_of_type(self, *kinds: type) -> set[str]:
        return {english for kind in kinds for english in fields_of_type(self.row, kind)}

    def _code_faults(self, emit: Emit) -> list[str]:
        tables = codes_of(self.row)
        return [
            *self._condition_faults(emit),
            *(
                f"{code!r} is not in the code table of {name!r}"
                for name, code in _codes_asked(emit)
                if (table := tables.get(self.column(name) or "")) and not table.knows(code)
            ),
        ]

    def _condition_faults(self, emit: Emit) -> list[str]:
        others = self._columns_of_type(date, datetime, IdNumber, PersonName)
        return [
            f"{name!r} is not a column of text: it can only be PRESENT or MISSING"
            for name, condition in emit.when.items()
            if self.column(name) in others
            and (isinstance(condition, StartsWith) or set(condition.values) != {None})
        ]

    def _about_faults(self, emit: Emit) -> list[str]:
        if emit.about:
            kinds = zip(emit.about, (IdNumber, PersonName), ("ID numbers", "names"), strict=True)
            return [
                f"about: {name!r} is not a column of {what}"
                for name, kind, what in kinds
                if self.column(name) and self.column(name) not in self._columns_of_type(kind)
            ]
        if self.about or issubclass(emit.record, _NEED_NOBODY):
            return []
        return ["the row names several people or none: say which with about=(id, name)"]


def _choices(value: Value) -> tuple[Value, ...]:
    return value.choices if isinstance(value, First) else (value,)


def _codes_asked(emit: Emit) -> list[tuple[str, str]]:
    """Every code that a condition or a lookup asks for, with its column."""
    asked = [
        (n, code) for n, wanted in emit.when.items() if isinstance(wanted, OneOf) for code in wanted.values
    ]
    asked += [(v.name, code) for v in emit.values.values() if isinstance(v, Lookup) for code in v.table]
    return [(name, code) for name, code in asked if code is not None]


@dataclass(frozen=True)
class Department:
    """A department and its datasets; the one object a plugin hands over."""

    name: str
    """Its name in English: that of the entry point and of its file in `departments/`."""
    title: str
    """Its name in Chinese."""
    datasets: Sequence[Dataset]
    """Its datasets, each name once."""

    def __post_init__(self) -> None:
        names = [dataset.name for dataset in self.datasets]
        twice = sorted({name for name in names if names.count(name) > 1})
        faults = [f"dataset {name!r} is described twice" for name in twice]
        faults += [fault for dataset in self.datasets for fault in dataset.faults()]
        if faults:
            raise PluginError(f"department {self.name!r}:\n  " + "\n  ".join(faults))

    def own_kinds(self) -> dict[str, Polarity]:
        """The kinds of record that the department brings itself, with what they say."""
        emits = [emit for dataset in self.datasets for emit in dataset.every_emit]
        named = {kind_of(emit.record): emit.record.polarity for emit in emits}
        return {kind: polarity for kind, polarity in named.items() if kind not in KINDS}

    def dataset(self, name: str) -> Dataset:
        """The dataset of this name.

        Raises:
            PluginError: naming the datasets there are.
        """
        for dataset in self.datasets:
            if dataset.name == name:
                return dataset
        known = ", ".join(dataset.name for dataset in self.datasets)
        raise PluginError(f"department {self.name!r} has no dataset {name!r}; it has {known}")
