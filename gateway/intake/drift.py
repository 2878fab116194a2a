"""What of a page's rows is not as the plugin describes it: names and kinds are kept, never a value."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import Final

from gateway.department import Dataset
from gateway.fields import NumberText, clean, fields_of_type
from gateway.intake.interpret import Reading
from gateway.store.tally import tally

_ENOUGH: Final = 3
"""One odd row, or two, among many is somebody's slip and not a change."""

_SHOWN: Final = 5
# A number of six digits in a row may be part of somebody's ID number, whatever it is called.
_PLAIN_NAME: Final = re.compile(r"(?!.*[0-9]{6})[A-Za-z_][A-Za-z0-9_]{0,39}", re.ASCII)
_PLAIN_TYPES: Final = frozenset({str, type(None)})
_KINDS: Final[Mapping[type, str]] = {
    bool: "boolean",
    int: "number",
    float: "number",
    NumberText: "number",
    list: "list",
    tuple: "list",
    dict: "object",
}


@dataclass(frozen=True)
class Drift:
    """By name, in how many rows each unknown field and each changed type is.

    A changed type is `COLUMN: number`, `boolean`, `list`, `object` or `other` where text is due, `COLUMN: no
    date` where most of the page's dates can no longer be read, `COLUMN: gone` where no row has the column.
    `drifted` is in how many rows anything is, unknown codes included.
    """

    unknown_fields: dict[str, int] = field(default_factory=dict)
    changed_types: dict[str, int] = field(default_factory=dict)
    drifted: int = 0


def is_past(drifted: int, rows: int, share: float) -> bool:
    """Whether so many rows of so many are a change: more than the share of them, and not one or two only."""
    least = min(_ENOUGH, rows) if share else 1
    return drifted > share * rows and drifted >= least


def sentence(codes: Mapping[str, int], drift: Drift, rows: int) -> str:
    """How many rows are odd, and the names that most of them are odd by."""
    most = named(codes, drift.unknown_fields, drift.changed_types)
    return f"{drift.drifted:,} of {rows:,} rows are not as the plugin describes them ({most})"


def named(codes: Mapping[str, int], fields: Mapping[str, int], types: Mapping[str, int]) -> str:
    """The names that occur most, in the order of the alphabet."""
    words = {"unknown field": fields, "changed type": types, "unknown code": codes}
    every = [(count, f"{word} {name}") for word, counts in words.items() for name, count in counts.items()]
    most = sorted(every, key=lambda each: -each[0])[:_SHOWN]
    more = f" and {len(every) - len(most)} more" if len(every) > len(most) else ""
    return ", ".join(sorted(name for _, name in most)) + more


def is_blank(value: object) -> bool:
    """Whether a cell holds nothing, however that is spelt."""
    with suppress(ValueError):
        return clean(value) is None
    return False


class DriftWatch:
    """Sees the rows of one page pass, and says in the end what was odd about them."""

    def __init__(self, dataset: Dataset) -> None:
        row = dataset.row
        self._columns = frozenset(dataset.alias(name) for name in row.model_fields)
        self._dates = {dataset.alias(name) for kind in (date, datetime) for name in fields_of_type(row, kind)}
        self._fields: dict[str, int] = {}
        self._types: dict[str, int] = {}
        self._present: set[str] = set()
        self._all_present = False
        self._undated: list[tuple[set[str], bool]] = []
        self._drifted = 0

    def see(self, raw: object, reading: Reading) -> None:
        """Look at one row; the usual one, with its own columns in text, costs two comparisons."""
        if not isinstance(raw, Mapping):
            return
        odd = bool(reading.unknown_codes)
        if raw.keys() != self._columns:
            odd |= self._other_columns(raw, reading)
        elif not reading.deleted:
            self._all_present = True
        if not _PLAIN_TYPES.issuperset(map(type, raw.values())):
            odd |= self._other_types(raw)
        if reading.faults:
            self._note_undated(reading, odd=odd)
        self._drifted += odd

    def see_alike(self, names: Sequence[str], rows: int, *, whole: int, odd: int) -> None:
        """Look at rows that all have these columns, in text: `whole` not deleted, `odd` of unknown codes."""
        unknown = dict.fromkeys(shown(name) for name in names if name not in self._columns)
        for name in unknown if rows else ():
            tally(self._fields, name, rows)
        if whole:
            self._all_present |= self._columns == set(names)
            self._present |= self._columns.intersection(names)
        self._drifted += rows if unknown else odd

    def found(self, rows: Sequence[object], filled: Callable[[str], int] | None = None) -> Drift:
        """What was odd about the rows that were seen, which are given once more.

        `filled` tells of a column in how many rows it is not blank, if that is known already.
        """
        types, drifted = dict(self._types), self._drifted
        undated = self._no_longer_dates(filled or partial(_filled, rows))
        for column, count in undated.items():
            tally(types, f"{column}: no date", count)
        drifted += sum(1 for columns, odd in self._undated if not odd and not columns.isdisjoint(undated))
        if not self._all_present and self._columns != self._present:
            whole = _whole(rows)
            for column in self._gone(whole):
                tally(types, f"{column}: gone", len(whole))
                drifted = max(drifted, len(whole))
        return Drift(dict(self._fields), types, drifted)

    def _other_columns(self, raw: Mapping[object, object], reading: Reading) -> bool:
        unknown = dict.fromkeys(shown(name) for name in raw if name not in self._columns)
        for name in unknown:
            tally(self._fields, name)
        if not reading.deleted:
            self._present |= self._columns.intersection(raw)
        return bool(unknown)

    def _other_types(self, raw: Mapping[object, object]) -> bool:
        odd = [
            name for name, value in raw.items() if type(value) not in _PLAIN_TYPES and name in self._columns
        ]
        for name in odd:
            tally(self._types, f"{name}: {_KINDS.get(type(raw[name]), 'other')}")
        return bool(odd)

    def _note_undated(self, reading: Reading, *, odd: bool) -> None:
        columns = {fault.field for fault in reading.faults if fault.rule == "date_form" and fault.field}
        if columns:
            self._undated.append((columns & self._dates, odd))

    def _no_longer_dates(self, filled: Callable[[str], int]) -> dict[str, int]:
        """The date columns that most rows can no longer be read in, with how many those are."""
        failed = Counter(column for columns, _ in self._undated for column in columns)
        return {
            column: count
            for column, count in sorted(failed.items())
            if count >= _ENOUGH and 2 * count > filled(column)
        }

    def _gone(self, rows: Sequence[Mapping[object, object]]) -> list[str]:
        """The columns that no row has, where all rows have the same ones and write out what is empty.

        A sender that leaves out what is empty has lost nothing.
        """
        gone = sorted(self._columns - self._present)
        if len(rows) < _ENOUGH or any(raw.keys() != rows[0].keys() for raw in rows):
            return []
        return gone if any(is_blank(value) for raw in rows for value in raw.values()) else []


def _whole(rows: Sequence[object]) -> list[Mapping[object, object]]:
    return [raw for raw in rows if isinstance(raw, Mapping) and raw.get("op") != "D"]


def _filled(rows: Sequence[object], column: str) -> int:
    return sum(not is_blank(raw.get(column)) for raw in _whole(rows))


def shown(name: object) -> str:
    """An unknown field's name if it can be nothing else than a column's name."""
    return name if isinstance(name, str) and _PLAIN_NAME.fullmatch(name) else "?"
