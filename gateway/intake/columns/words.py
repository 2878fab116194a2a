"""The words of a mapping as expressions over a page's read columns; each is the twin of one of `interpret`.

A read column is called like its field of the row. Beside it stand the row's number, the day it was loaded,
and for every ID number whether it is there and breaks a rule.
"""

from datetime import timedelta
from functools import reduce
from operator import and_, or_
from typing import Final

import polars as pl

from gateway.department import Dataset
from gateway.intake.columns.forms import Form, form_of
from gateway.mapping import Before, Column, Condition, Constant, First, Lookup, OneOf, Value

ROW: Final = "#row"
LOADED_ON: Final = "#loaded_on"

_DAYS: Final = frozenset({Form.DAY, Form.INSTANT, Form.MONTH, Form.LOAD_TIME})
NO: Final = pl.lit(value=False)


def unusable(field: str) -> str:
    """The column that tells where an ID number breaks a rule."""
    return f"#unusable {field}"


class Words:
    """Writes the mapping words of one dataset as expressions."""

    def __init__(self, dataset: Dataset, tolerance: timedelta) -> None:
        self._dataset = dataset
        self._tolerance = tolerance // timedelta(days=1)
        self._forms = {name: form_of(field) for name, field in dataset.row.model_fields.items()}

    def field(self, name: str) -> str:
        """The row's field for a column, however the mapping names it."""
        return self._dataset.column(name) or name

    def holds(self, name: str, condition: Condition) -> pl.Expr:
        """Where a condition holds; the twin of `interpret.holds`."""
        if isinstance(condition, OneOf):
            codes = [value for value in condition.values if value is not None]
            found = pl.col(self.field(name)).is_in(codes).fill_null(value=False) if codes else NO
            found |= self.is_blank(name) if None in condition.values else NO
        else:
            begins = [pl.col(self.field(name)).str.starts_with(prefix) for prefix in condition.prefixes]
            found = reduce(or_, begins, NO).fill_null(value=False)
        return ~found if condition.negated else found

    def is_blank(self, name: str) -> pl.Expr:
        """Where a column is blank; an ID number that breaks a rule is not."""
        field = self.field(name)
        blank = pl.col(field).is_null()
        return blank & ~pl.col(unusable(field)) if self._forms[field] is Form.ID_NUMBER else blank

    def value(self, value: Value) -> pl.Expr:
        """A word's value: a text, or a day where it reads a column of days."""
        match value:
            case Constant():
                return pl.lit(value.value)
            case Lookup():
                return self._translated(value)
            case First():
                return pl.coalesce([self.value(choice) for choice in value.choices])
            case Before():
                day = self._cell(value.name)
                return pl.when(day.is_not_null()).then(pl.min_horizontal(day, pl.col(LOADED_ON)))
            case Column():
                return self._cell(value.name)

    def bounds(self, value: Value) -> pl.Expr:
        """Where a value is a day that only bounds a death."""
        choices = value.choices if isinstance(value, First) else (value,)
        given = pl.coalesce(
            [
                pl.when(self.value(choice).is_not_null()).then(pl.lit(isinstance(choice, Before)))
                for choice in choices
            ]
        )
        return given.fill_null(value=False)

    def lies_ahead(self, value: Value) -> pl.Expr:
        """Where a value is a day further after its load day than a fact may be."""
        if not self._is_day(value):
            return NO
        days = (self.value(value) - pl.col(LOADED_ON)).dt.total_days()
        return (days > self._tolerance).fill_null(value=False)

    def _is_day(self, value: Value) -> bool:
        if isinstance(value, First):
            return any(self._is_day(choice) for choice in value.choices)
        return isinstance(value, Column | Before) and self._forms[self.field(value.name)] in _DAYS

    def _cell(self, name: str) -> pl.Expr:
        field = self.field(name)
        return pl.col(LOADED_ON if self._forms[field] is Form.LOAD_TIME else field)

    def _translated(self, value: Lookup) -> pl.Expr:
        code = pl.col(self.field(value.name))
        otherwise = pl.lit(value.otherwise, pl.String)
        found = code.replace_strict(
            list(value.table), list(value.table.values()), default=otherwise, return_dtype=pl.String
        )
        return pl.when(code.is_not_null()).then(found)


def all_of(conditions: list[pl.Expr]) -> pl.Expr:
    """Where every one of these holds; everywhere where there are none."""
    return reduce(and_, conditions, pl.lit(value=True))


def any_of(conditions: list[pl.Expr]) -> pl.Expr:
    """Where one of these holds at least."""
    return reduce(or_, conditions, NO)
