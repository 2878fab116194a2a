"""Rules of what is kept: the same page counts once, a deletion withdraws, a correction moves."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from gateway.testing.conformance.case import Case, Row
from gateway.testing.conformance.package import id_columns, key_column, name_columns
from gateway.testing.conformance.samples import Sample
from gateway.testing.conformance.trial import OTHER_NAME, OTHER_NUMBER, Trial

_ALONE: Final = "let a row's key and records depend on that row alone"
_TELLING: Final = ("of_life", "adverse")


def page_twice_counts_once(case: Case) -> Iterator[str]:
    """A page that comes twice counts once."""
    trial = Trial(case)
    trial.take(case.rows)
    once = trial.counting()
    trial.take(case.rows)
    if trial.counting() != once:
        yield f"{case.dataset.name}: a page that came twice counts otherwise than once: {_ALONE}"


def cut_page_resumes(case: Case) -> Iterator[str]:
    """A page that was cut short and came again whole counts as if it had come whole at once."""
    whole = Trial(case)
    whole.take(case.rows)
    last = len(case.rows) - 1
    for place in sorted({1, last // 2, last}):
        trial = Trial(case)
        trial.take(case.rows[:place])
        trial.take(case.rows)
        if trial.counting() != whole.counting():
            yield f"{case.dataset.name}: a page cut after row {place} and sent again is another: {_ALONE}"


def deletion_withdraws(case: Case) -> Iterator[str]:
    """A row with op D takes back what the row of that key said."""
    column = key_column(case.dataset)
    for sample in _telling(case):
        trial = Trial(case)
        trial.take([sample.row])
        told = trial.of(sample.row)
        trial.take([{column: sample.row[column], "op": "D", "tong_time": _later(case, sample.row)}])
        if told and trial.of(sample.row):
            yield (
                f"{case.where}, “{sample.why}”: it still counts after op D with the same {column}: "
                f"make {column} a Key, whose spelling nothing changes"
            )


def correction_moves(case: Case) -> Iterator[str]:
    """A corrected ID number frees whom the row named wrongly, and names the other."""
    other = dict.fromkeys(id_columns(case.dataset), OTHER_NUMBER)
    other |= dict.fromkeys(name_columns(case.dataset), OTHER_NAME)
    for sample in _telling(case):
        trial = Trial(case)
        trial.take([sample.row])
        told = trial.of(sample.row)
        trial.take([{**sample.row, **other, "op": "U", "tong_time": _later(case, sample.row)}])
        if told and trial.people(sample.row) != {trial.other}:
            yield (
                f"{case.where}, “{sample.why}”: corrected to another person, it still counts for the first: "
                "take as key what stays when the person is corrected, never the ID number"
            )


def _telling(case: Case) -> Iterator[Sample]:
    """Samples of each shape that say something of a person."""
    for sample in case.of_each_shape():
        reading = case.read(sample.row)
        if any(statement.record.polarity in _TELLING for statement in reading.statements):
            yield sample


def _later(case: Case, row: Row) -> str:
    """The load time of the row's next version, as a department writes it."""
    loaded_at = case.read(row).loaded_at or case.sheet.received_at
    return f"{loaded_at + timedelta(hours=1):%Y-%m-%d %H:%M:%S}"
