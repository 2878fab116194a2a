"""Days, months and missing values in expressions, written so that DuckDB and Spark agree."""

from collections.abc import Sequence
from datetime import date

import ibis
import ibis.expr.types as ir

from gateway.policy import Policy


def literal(day: date) -> ir.DateScalar:
    """A day as a typed constant."""
    return ibis.literal(day, type="date")


def surely(condition: ir.BooleanValue) -> ir.BooleanColumn:
    """True or false, where missing counts as false: `filter` drops what is neither."""
    return condition.fill_null(ibis.literal(False))


def months_later(day: ir.DateValue, months: int) -> ir.DateColumn:
    """Calendar months later, clipped to the end of the month.

    The way round by a timestamp is needed: DuckDB makes one of a date and an interval, Ibis believes it has
    a date and leaves a plain cast out.
    """
    return (day + ibis.interval(months=months)).cast("timestamp").cast("date")


def days_later(day: ir.DateValue, days: int) -> ir.DateColumn:
    """Days later."""
    return (day + ibis.interval(days=days)).cast("timestamp").cast("date")


def valid_until(policy: Policy, benefit: ir.Column, county: ir.Column, day: ir.DateColumn) -> ir.DateColumn:
    """The last day of a certification of `day`, by the cycle in force then; missing without a cycle."""
    cycle = _cycle_months(policy, benefit, county, day)
    lengths = sorted({found for entry in policy.benefits.values() for found in _lengths(entry)})
    branches = [(cycle == months, months_later(day, months)) for months in lengths]
    return ibis.cases(*branches, else_=ibis.null("date"))


def _lengths(entry: object) -> list[int]:
    names = ("cycle_months", "cycle_months_without_funeral_subsidy")
    return [months for name in names if (months := getattr(entry, name))]


def _cycle_months(
    policy: Policy, benefit: ir.Column, county: ir.Column, day: ir.DateColumn
) -> ir.IntegerColumn:
    without = _without_subsidy(policy, county, day)
    branches = [
        (
            benefit == code,
            ibis.ifelse(without, entry.cycle_months_without_funeral_subsidy, entry.cycle_months)
            if entry.cycle_months_without_funeral_subsidy
            else ibis.literal(entry.cycle_months),
        )
        for code, entry in policy.benefits.items()
        if entry.cycle_months
    ]
    return ibis.cases(*branches, else_=ibis.null("int8")) if branches else ibis.null("int8")


def _without_subsidy(policy: Policy, county: ir.Column, day: ir.DateColumn) -> ir.BooleanValue:
    periods = [
        (county == entry.county) & (day >= literal(period.since)) & (day <= literal(period.until or date.max))
        for entry in policy.counties
        for period in entry.without_funeral_subsidy
    ]
    return ibis.or_(*periods) if periods else ibis.literal(False)


def words(*named: tuple[str, ir.BooleanValue]) -> ir.ArrayColumn:
    """The names whose condition holds, sorted."""
    found = ibis.array([ibis.ifelse(condition, name, ibis.null("string")) for name, condition in named])
    return found.filter(lambda name: name.notnull()).sort()


def filled(array: ir.ArrayColumn, item: str) -> ir.ArrayColumn:
    """The array, or an empty one of this item type where it is missing."""
    return ibis.coalesce(array, ibis.literal([], type=f"array<{item}>"))


def newest(*days: ir.DateColumn) -> ir.DateColumn:
    """The latest of the days that are there; `greatest` skips the missing in DuckDB and in Spark."""
    return ibis.greatest(*days)


def among(column: ir.Column, words_: Sequence[str]) -> ir.BooleanColumn:
    """Whether the column holds one of the words; missing is none of them."""
    return surely(column.isin(list(words_)))
