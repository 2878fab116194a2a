"""Compiles a dataset once: how its columns are read, and its records as expressions over them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from types import MappingProxyType
from typing import Final

import polars as pl

from gateway.department import Dataset
from gateway.fields import Codes, codes_of
from gateway.intake.columns.forms import Form, form_of
from gateway.intake.columns.plain import is_plain
from gateway.intake.columns.words import NO, ROW, Words, all_of, any_of, unusable
from gateway.intake.keying import key_is_certificate
from gateway.mapping import Column, Either, Emit, First, literals
from gateway.records import Custody, Death, Unclassified, Withdrawal, kind_of

FAULTY: Final = "#faulty"
PERSON: Final = "#person"
NAME: Final = "#name"
ITEM: Final = "item"

DAYS: Final = ("happened_on", "earliest", "latest", "began_on", "ends_on", "released_on")
TEXTS: Final = ("strength", "released_to", "certificate", "derived_from", "withdraws")
STATEMENT: Final = pl.Schema(
    {
        ROW: pl.Int64(),
        ITEM: pl.Int16(),
        FAULTY: pl.Boolean(),
        **dict.fromkeys((PERSON, NAME, "kind", "basis", "polarity", "origin", *TEXTS), pl.String()),
        **dict.fromkeys(DAYS, pl.Date()),
    }
)
"""A record and whom it is about, in plain text; `#faulty` where the row breaks a rule by it."""

_NEED_NOBODY: Final = (Unclassified, Withdrawal)
_FILLED: Final = frozenset({"kind", "published_at", "received_at"})


@dataclass(frozen=True)
class Candidate:
    """One record that a row may give: where, and the columns of its statement."""

    holds: pl.Expr
    columns: tuple[pl.Expr, ...]


@dataclass(frozen=True)
class Plan:
    """A dataset compiled; of each entry a row gives the first candidate that holds, else `unclassified`."""

    dataset: Dataset
    key: str
    forms: Mapping[str, Form]
    codes: Mapping[str, Codes]
    entries: tuple[tuple[Candidate, ...], ...]
    unclassified: tuple[pl.Expr, ...]

    @cached_property
    def columns(self) -> Mapping[str, str]:
        """The data dictionary's name of every column, by field."""
        return {name: self.dataset.alias(name) for name in self.forms}


def plan_of(dataset: Dataset, tolerance: timedelta) -> Plan | None:
    """Compile a dataset; None where only the row interpreter can tell what its rows mean."""
    if not is_plain(dataset):
        return None
    compiler = _Compiler(dataset, tolerance)
    forms = {name: form_of(field) for name, field in dataset.row.model_fields.items()}
    return Plan(
        dataset=dataset,
        key=dataset.column(dataset.key) or dataset.key,
        forms=MappingProxyType({name: form for name, form in forms.items() if form}),
        codes=MappingProxyType(codes_of(dataset.row)),
        entries=tuple(tuple(map(compiler.candidate, _alternatives(entry))) for entry in dataset.emits),
        unclassified=compiler.columns(Emit(Unclassified)),
    )


def _alternatives(entry: Emit | Either) -> tuple[Emit, ...]:
    return entry.emits if isinstance(entry, Either) else (entry,)


class _Compiler:
    """Writes the emits of one dataset as expressions; the twin of `interpret.RowReader`."""

    def __init__(self, dataset: Dataset, tolerance: timedelta) -> None:
        self._dataset = dataset
        self._words = Words(dataset, tolerance)
        self._key_is_certificate = key_is_certificate(dataset)

    def candidate(self, emit: Emit) -> Candidate:
        holds = all_of([self._words.holds(name, condition) for name, condition in emit.when.items()])
        return Candidate(holds, self.columns(emit))

    def columns(self, emit: Emit) -> tuple[pl.Expr, ...]:
        record = emit.record
        person, name = self._about(emit)
        texts = {
            PERSON: person,
            NAME: name,
            "kind": pl.lit(kind_of(record)),
            "polarity": pl.lit(record.polarity),
            "basis": self._field(emit, "basis" if "basis" in record.model_fields else "method"),
            "origin": self._field(emit, "origin"),
            **{text: self._field(emit, text) for text in TEXTS},
        }
        if "certificate" not in record.model_fields and self._key_is_certificate:
            texts["certificate"] = texts["withdraws"]
        days = self._death_days(emit) if record is Death else {}
        found = {FAULTY: self._is_faulty(emit), **texts, **{d: self._field(emit, d) for d in DAYS}, **days}
        named = (name for name in STATEMENT.names() if name in found)
        return (pl.col(ROW), *(found[name].cast(STATEMENT[name]).alias(name) for name in named))

    def _field(self, emit: Emit, name: str) -> pl.Expr:
        """A field of the record: what the mapping gives, else its own default, else nothing."""
        target = emit.record.model_fields.get(name)
        default = None if target is None or target.is_required() else target.default
        given = self._given(emit, name)
        return given if default is None else pl.coalesce(given, pl.lit(default))

    def _given(self, emit: Emit, name: str) -> pl.Expr:
        return (
            self._words.value(emit.values[name]) if name in emit.values else pl.lit(None, STATEMENT.get(name))
        )

    def _death_days(self, emit: Emit) -> dict[str, pl.Expr]:
        """A day of death is its own bounds; one that only bounds it is the latest."""
        if "happened_on" not in emit.values:
            return {}
        day, bounds = self._given(emit, "happened_on"), self._words.bounds(emit.values["happened_on"])
        exact = pl.when(~bounds).then(day)
        return {
            "happened_on": exact,
            "earliest": pl.coalesce(exact, self._given(emit, "earliest")),
            "latest": pl.coalesce(day, self._given(emit, "latest")),
        }

    def _about(self, emit: Emit) -> tuple[pl.Expr, pl.Expr]:
        about = emit.about or self._dataset.about
        nobody = pl.lit(None, pl.String)
        if about is None:
            return nobody, nobody
        person, name = (pl.col(self._words.field(column)) for column in about)
        return person, name

    def _is_faulty(self, emit: Emit) -> pl.Expr:
        return any_of(
            [self._names_nobody(emit), *self._lie_ahead(emit), *self._missing(emit), *self._strange(emit)]
        )

    def _names_nobody(self, emit: Emit) -> pl.Expr:
        about = emit.about or self._dataset.about
        if about is None or issubclass(emit.record, _NEED_NOBODY):
            return NO
        field = self._words.field(about[0])
        return pl.col(field).is_null() | pl.col(unusable(field))

    def _lie_ahead(self, emit: Emit) -> Iterator[pl.Expr]:
        if emit.record is not Custody:  # a plan is not a fact
            yield from map(self._words.lies_ahead, emit.values.values())

    def _missing(self, emit: Emit) -> Iterator[pl.Expr]:
        days = self._death_days(emit) if emit.record is Death else {}
        for name, target in emit.record.model_fields.items():
            if target.is_required() and name not in _FILLED:
                yield (days[name] if name in days else self._given(emit, name)).is_null()

    def _strange(self, emit: Emit) -> Iterator[pl.Expr]:
        """Where a column gives a text that the record's field never holds."""
        for name, value in emit.values.items():
            allowed = literals(emit.record.model_fields[name].annotation)
            if allowed and isinstance(value, Column | First):
                yield ~self._words.value(value).is_in(allowed).fill_null(value=True)
