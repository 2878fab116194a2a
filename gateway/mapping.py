"""The words in which a plugin says what its rows mean: data, not code.

`Emit`, `either`, `first`, `before`, `lookup` and the conditions of `when` describe; they do not run. One
interpreter reads them row by row (`gateway.intake.interpret`), another column by column
(`gateway.intake.columns`), and both come to the same. A column is named as in the data dictionary or by the
row's field name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final, get_args

from gateway.records import Fact


@dataclass(frozen=True)
class Column:
    """The value of one column."""

    name: str


@dataclass(frozen=True)
class Constant:
    """A value that is the same for every row."""

    value: object


@dataclass(frozen=True)
class Before:
    """A day that only bounds a death: it happened on this day or earlier."""

    name: str


@dataclass(frozen=True)
class First:
    """The first of several values that is not blank."""

    choices: tuple["Column | Before", ...]


@dataclass(frozen=True)
class Lookup:
    """A code translated through a table; blank stays blank."""

    name: str
    table: Mapping[str, str]
    otherwise: str | None


Value = Column | Constant | Before | First | Lookup


@dataclass(frozen=True)
class OneOf:
    """Holds when the column is one of these values; None stands for blank."""

    values: tuple[str | None, ...]
    negated: bool = False


@dataclass(frozen=True)
class StartsWith:
    """Holds when the column begins with one of these texts."""

    prefixes: tuple[str, ...]
    negated: bool = False


Condition = OneOf | StartsWith
PRESENT: Final = OneOf((None,), negated=True)
"""Condition: the column is not blank."""
MISSING: Final = OneOf((None,))
"""Condition: the column is blank."""


def first(*choices: "str | Before") -> First:
    """The first of these columns that is not blank."""
    return First(tuple(Column(choice) if isinstance(choice, str) else choice for choice in choices))


def before(name: str) -> Before:
    """The column's day only bounds the death: on that day or earlier."""
    return Before(name)


def lookup(name: str, table: Mapping[str, str], otherwise: str | None = None) -> Lookup:
    """Translate the column's code; `otherwise` for a code that is not in the table."""
    return Lookup(name, MappingProxyType(dict(table)), otherwise)


def not_(*values: str | None) -> OneOf:
    """Condition: the column is none of these values; None stands for blank."""
    return OneOf(values, negated=True)


def starts_with(*prefixes: str) -> StartsWith:
    """Condition: the column begins with one of these texts."""
    return StartsWith(prefixes)


class Emit:
    """One record that a row may give.

    Args:
        record: the kind of record, a class of `gateway.records`.
        when: what must hold, by column: a code, several codes, `PRESENT`, `MISSING`, `not_`, `starts_with`.
        about: the columns of the ID number and the name; needed only where a row names several people.
        **values: the record's fields: a column, one of the field's own literal values, or a mapping word.
    """

    def __init__(
        self,
        record: type[Fact],
        *,
        when: Mapping[str, "str | Sequence[str | None] | Condition"] | None = None,
        about: tuple[str, str] | None = None,
        **values: "str | Value",
    ) -> None:
        self.record = record
        self.when = {name: _condition(wanted) for name, wanted in (when or {}).items()}
        self.about = about
        self.values = {name: _value(record, name, value) for name, value in values.items()}

    def __repr__(self) -> str:
        return f"Emit({self.record.__name__}, when={self.when}, {self.values})"


@dataclass(frozen=True)
class Either:
    """Of several possible records only the first whose conditions hold."""

    emits: tuple[Emit, ...]


def either(*emits: Emit) -> Either:
    """Give only the first of these records whose conditions hold."""
    return Either(emits)


def _condition(wanted: "str | Sequence[str | None] | Condition") -> Condition:
    if isinstance(wanted, OneOf | StartsWith):
        return wanted
    return OneOf((wanted,) if isinstance(wanted, str) else tuple(wanted))


def _value(record: type[Fact], name: str, value: "str | Value") -> Value:
    if not isinstance(value, str):
        return value
    target = record.model_fields.get(name)
    allowed = literals(target.annotation) if target else ()
    return Constant(value) if value in allowed else Column(value)


def literals(annotation: Any) -> tuple[str, ...]:
    """The texts a field's annotation allows; none when it allows any."""
    found: list[str] = []
    for member in (annotation, *get_args(annotation)):
        found.extend(argument for argument in get_args(member) if isinstance(argument, str))
    return tuple(found)


def columns_of(value: Value) -> tuple[str, ...]:
    """The columns a mapping word reads."""
    if isinstance(value, First):
        return tuple(choice.name for choice in value.choices)
    return () if isinstance(value, Constant) else (value.name,)
