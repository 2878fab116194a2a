"""From what was asked and what the sample files show to the plan of a package."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.errors import RequestError
from gateway.fields import SourceRow
from gateway.scaffold.dictionary import Described, dictionary_of
from gateway.scaffold.guess import Guess, guess, is_name
from gateway.scaffold.known import known, looks_like_key
from gateway.scaffold.meaning import meaning_of
from gateway.scaffold.naming import camel, field_name, unused
from gateway.scaffold.plan import (
    OWN_FIELDS,
    ColumnPlan,
    DatasetPlan,
    PackagePlan,
    Wanted,
    WantedDataset,
    check_wanted,
)
from gateway.scaffold.table import Table, read_table

TO_FILL_IN: Final = "待填"
"""The meaning of a code that no data dictionary gave; to be replaced by the integrator."""

_EVERY_ROW: Final = frozenset(field.alias for field in SourceRow.model_fields.values())
_STARTER: Final = (
    ColumnPlan("JLBH", "record_no", "记录编号", "key"),
    ColumnPlan("GMSFHM", "id_number", "公民身份号码", "id"),
    ColumnPlan("XM", "name", "姓名", "name"),
    ColumnPlan("FSRQ", "happened_on", "发生日期", "day"),
)
_STARTED: Final = "columns to start from: replace them by those of the data dictionary"


@dataclass(frozen=True)
class Sources:
    """What the sample files of one dataset say: the data dictionary's columns, and tables of rows."""

    described: Mapping[str, Described] = field(default_factory=dict)
    tables: tuple[Table, ...] = ()

    @property
    def columns(self) -> list[str]:
        """Every column but those that each row has, the data dictionary's first."""
        seen = [*self.described, *(column for table in self.tables for column in table.columns)]
        return [column for column in dict.fromkeys(seen) if column not in _EVERY_ROW]

    @property
    def untidy(self) -> frozenset[str]:
        """The columns that held something else than text or numbers."""
        return frozenset(column for table in self.tables for column in table.untidy)

    def values(self, column: str) -> list[str | None]:
        """Every cell of a column."""
        return [value for table in self.tables for value in table.values(column)]


def propose(wanted: Wanted) -> PackagePlan:
    """The plan of a department's package.

    Raises:
        RequestError: what was asked cannot be written, or a sample file cannot be read; names flag and file.
    """
    check_wanted(wanted)
    planned: list[DatasetPlan] = []
    for dataset in wanted.datasets:
        plan = _dataset(dataset)
        classes = {each.class_name for each in planned}
        planned.append(replace(plan, class_name=unused(plan.class_name, classes, mark="")))
    return PackagePlan(wanted.name, wanted.title, wanted.envelope, wanted.shape, tuple(planned))


def _dataset(wanted: WantedDataset) -> DatasetPlan:
    if not wanted.sources:
        columns = [replace(_STARTER[0], alias=wanted.key or _STARTER[0].alias), *_STARTER[1:]]
        _check_key_apart(wanted, columns)
        return _planned(wanted, columns, _STARTED, masked=False)
    found = _read(wanted)
    guesses = {
        column: guess(
            column, found.values(column), found.described.get(column), untidy=column in found.untidy
        )
        for column in found.columns
    }
    _check_heads(wanted, found, guesses)
    _check_people(wanted, guesses)
    key, why = _key(wanted, found, guesses)
    guesses[key] = Guess("key", why)
    columns = list(_columns(found, guesses))
    return _planned(wanted, columns, "", masked=any(each.masked for each in guesses.values()))


def _planned(
    wanted: WantedDataset, columns: Sequence[ColumnPlan], start: str, *, masked: bool
) -> DatasetPlan:
    emits, reason = meaning_of(wanted, columns)
    return DatasetPlan(
        name=wanted.name,
        title=wanted.title,
        class_name=camel(wanted.name),
        key=next(column.alias for column in columns if column.kind == "key"),
        columns=tuple(columns),
        emits=emits,
        why=reason,
        start=start,
        masked_names=masked,
    )


def _check_people(wanted: WantedDataset, guesses: Mapping[str, Guess]) -> None:
    numbers = [column for column, each in guesses.items() if each.kind == "id" and column != wanted.key]
    if not numbers:
        raise RequestError(
            f"--dataset {wanted.name}: no column of its sample holds resident ID numbers, by which the "
            "gateway finds people: add the column, beside the key, named as there (as GMSFHM, SFZH)"
        )


def _check_key_apart(wanted: WantedDataset, columns: Sequence[ColumnPlan]) -> None:
    others = [column.alias for column in columns[1:]]
    if columns[0].alias in {*others, *_EVERY_ROW, *OWN_FIELDS}:
        raise RequestError(
            f"--key: the key of {wanted.name} is a column beside {', '.join(others)}: name another"
        )


def _untitled(column: str) -> str:
    if any(sign > "\u2fff" for sign in column):
        return ""
    return "titled as usual" if known(column).title else "without a title"


def _read(wanted: WantedDataset) -> Sources:
    described: dict[str, Described] = {}
    tables = []
    for path in wanted.sources:
        table = read_table(path)
        listed = dictionary_of(table)
        described |= listed or {}
        tables += [] if listed else [table]
    found = Sources(described, tuple(tables))
    if not found.columns:
        raise RequestError(
            f"--from-sample: the files of {wanted.name} name no column beside op and tong_time"
        )
    return found


def _check_heads(wanted: WantedDataset, found: Sources, guesses: Mapping[str, Guess]) -> None:
    """Where the first line is a row like the others, its person must not become a column's name."""
    for column, guessed in guesses.items():
        named = guessed.kind == "name" and is_name(column) and not known(column).kind
        if named or _is_like(column, found.values(column)):
            raise RequestError(
                f"--from-sample: the first line of a file of {wanted.name} holds a row and no column names: "
                "write the names above it"
            )


def _is_like(column: str, values: Sequence[str | None]) -> bool:
    """Whether a column's name could stand among its values: the very text, or a number of the same form."""
    numbered = any(map(str.isdigit, column))
    forms = {_form(value) for value in values if value} if numbered else set()
    return column in values or forms == {_form(column)}


def _form(text: str) -> str:
    return re.sub(r"[A-Za-z]", "A", re.sub(r"\d", "9", text))


def _key(wanted: WantedDataset, found: Sources, guesses: Mapping[str, Guess]) -> tuple[str, str]:
    if wanted.key is not None:
        if wanted.key not in guesses.keys() - OWN_FIELDS:
            raise RequestError(
                f"--key: {wanted.name} has no such column for a key; it has {', '.join(guesses)}"
            )
        return wanted.key, ""
    declared = [column for column, each in found.described.items() if each.is_key and column in guesses]
    if len(declared) == 1:
        return declared[0], "the data dictionary calls it the key"
    free = [c for c, each in guesses.items() if each.kind in ("text", "code") and c not in OWN_FIELDS]
    distinct = [column for column in free if _is_distinct(found.values(column))]
    called = [column for column in distinct if looks_like_key(column, _title(found, column))]
    if not distinct:
        raise RequestError(
            f"--key: no column of {wanted.name} is never blank and always distinct: name the key, as --key "
            f"{wanted.name}=COLUMN; it has {', '.join(guesses)}"
        )
    count = len(found.values(distinct[0]))
    name = ", and called as keys are" if called else ""
    return (called or distinct)[0], f"never blank and always distinct in {count} rows{name}"


def _is_distinct(values: Sequence[str | None]) -> bool:
    filled = [value.strip() for value in values if value and value.strip()]
    return len(filled) == len(values) == len(set(filled))


def _title(found: Sources, column: str) -> str | None:
    described = found.described.get(column)
    return described.title if described else None


def _columns(found: Sources, guesses: Mapping[str, Guess]) -> Iterator[ColumnPlan]:
    taken: set[str] = set()
    for place, (column, guessed) in enumerate(guesses.items(), 1):
        title = _title(found, column)
        # A mapping names a column by either of its names, so that one column's is never another's.
        name = field_name(column, title, guessed.kind, place, taken | (guesses.keys() - {column}))
        taken.add(name)
        given = found.described.get(column, Described()).codes
        codes = {code: given.get(code) or TO_FILL_IN for code in dict.fromkeys((*given, *guessed.codes))}
        yield ColumnPlan(
            alias=column,
            field=name,
            title=title or known(column).title or column,
            kind=guessed.kind,
            why="; ".join(filter(None, (guessed.why, "" if title else _untitled(column)))),
            codes=codes if guessed.kind == "code" else {},
            form=guessed.form,
            sometimes_blank=guessed.sometimes_blank,
        )
