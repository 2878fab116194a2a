"""Samples for a planned dataset: made-up people and values only, and what the reader makes of them."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from gateway.department import Dataset
from gateway.identity import IdNumber, check_digit
from gateway.intake.interpret import Reading, RowReader, Statement
from gateway.scaffold.plan import ColumnPlan, DatasetPlan

_RECEIVED_AT: Final = datetime(2026, 9, 2, 8, 0, 0)  # noqa: DTZ001 - Asia/Shanghai, unsaid
_LOADED_AT: Final = datetime(2026, 8, 6, 1, 0, 0)  # noqa: DTZ001 - Asia/Shanghai, unsaid
_HAPPENED_AT: Final = datetime(2026, 8, 1, 9, 30, 0)  # noqa: DTZ001 - Asia/Shanghai, unsaid
_BORN: Final = "19400101"
_TIME: Final = "%Y-%m-%d %H:%M:%S"
_NAMES: Final = ("张三", "李四", "赵六", "钱七", "孙八", "周九")
_LEFT_OUT: Final = {"published_at", "received_at", "origin"}
_UNKNOWN: Final = "9Z"
_TEXT: Final = "示例"

Row = dict[str, str]
Entry = dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """A row to be sampled: why, where it is accepted and where it is refused, and the person it is about."""

    row: Row
    accepted: str
    refused: str | None = None


def synthetic_id(number: int) -> str:
    """An ID number of nobody: right by GB 11643, impossible by its region 99."""
    body = f"990101{int(_BORN[:4]) + number}0101{number + 1:03d}"
    return body + check_digit(body)


def sheet(plan: DatasetPlan, dataset: Dataset) -> Entry:
    """The sheet of samples of a dataset, in the form that the plugin guide shows."""
    reader = RowReader(dataset)
    accepted: list[Entry] = []
    refused: list[Entry] = []
    for number, trial in enumerate(_trials(plan), 1):
        row = {**trial.row, plan.key: f"S{number:04d}"} if trial.row.get(plan.key) == "S0001" else trial.row
        reading = reader.read(row, _RECEIVED_AT)
        if not reading.faults:
            accepted.append(_accepted(plan, trial.accepted, row, reading))
        elif trial.refused and len(reading.faults) == 1:
            refused.append(_refused(plan, trial.refused, row, reading))
    first = accepted[0]["row"]
    accepted += _afterwards(plan, reader, first)
    return {"received_at": f"{_RECEIVED_AT:{_TIME}}", "accepted": accepted, "refused": refused}


def _accepted(plan: DatasetPlan, why: str, row: Row, reading: Reading) -> Entry:
    entry: Entry = {
        "why": why,
        "row": row,
        "records": [_said(plan, row, each) for each in reading.statements],
    }
    codes = [code.partition("=")[0] for code in reading.unknown_codes]
    return {**entry, "unknown_codes": codes} if codes else entry


def _refused(plan: DatasetPlan, why: str, row: Row, reading: Reading) -> Entry:
    """A refused row; where it names several people, what it says of the others is still taken."""
    records = [_said(plan, row, each) for each in reading.statements]
    entry = {"why": why, "row": row, **reading.faults[0]._asdict()}
    return {**entry, "records": records} if records else entry


def _said(plan: DatasetPlan, row: Row, statement: Statement) -> Entry:
    said = statement.record.model_dump(mode="json", exclude=_LEFT_OUT, exclude_none=True)
    numbers = [column.alias for column in plan.columns if column.kind == "id"]
    if len(numbers) > 1 and statement.person:
        about = next(alias for alias in numbers if _is(row[alias], statement.person))
        return {**said, "about": about}
    return said


def _is(text: str, person: IdNumber) -> bool:
    with suppress(ValueError):
        return IdNumber.parse(text) == person
    return False


def _trials(plan: DatasetPlan) -> Iterator[Trial]:
    """The rows to be tried; which of them are taken is for the reader to say."""
    usual = _usual(plan)
    yield Trial(usual, "every column is filled")
    yield from _code_trials(plan, usual)
    day = next((record.day for record in plan.emits if record.day), None)
    if day:
        bounded = any(record.bounds for record in plan.emits)
        why = "without its day it is only bounded" if bounded else "without its day the row says nothing"
        yield Trial({**usual, day: ""}, why, "a row without its day")
        yield Trial({**usual, day: _day_after(plan, day)}, "a planned day", "dated after it was loaded")
    number = next(column.alias for column in plan.columns if column.kind == "id")
    yield Trial({**usual, number: _short(usual[number])}, "a 15-digit ID number is the same person's")
    yield Trial({**usual, number: _misread(usual[number])}, "nobody need be known", "a wrong check digit")
    yield Trial({**usual, number: ""}, "nobody need be named", "nobody is named")
    dated = next((column.alias for column in plan.columns if column.kind in ("day", "instant")), "tong_time")
    yield Trial({**usual, dated: "20260231"}, "", "a date that is none")
    yield Trial({**usual, plan.key: ""}, "", "a row without its key")
    yield Trial({**usual, "tong_time": ""}, "", "a row without its load time")
    yield Trial({**usual, "tong_time": "2027-08-06 01:00:00"}, "", "loaded after it was received")


def _usual(plan: DatasetPlan) -> Row:
    people: dict[str, int] = {"id": 0, "name": 0}
    row: Row = {}
    for place, column in enumerate(plan.columns):
        row[column.alias] = _made_up(plan, column, people.get(column.kind, place))
        if column.kind in people:
            people[column.kind] += 1
    return {**row, "op": "I", "tong_time": f"{_LOADED_AT:{_TIME}}"}


def _made_up(plan: DatasetPlan, column: ColumnPlan, number: int) -> str:
    match column.kind:
        case "key":
            return "S0001"
        case "id":
            return synthetic_id(number)
        case "name":
            name = _NAMES[number % len(_NAMES)]
            return f"{name[0]}*" if plan.masked_names else name
        case "day" | "instant" | "month":
            return f"{_HAPPENED_AT:{column.form}}"
        case "code":
            return _example(next(iter(column.codes), "1"))
        case "text":
            return _TEXT


def _code_trials(plan: DatasetPlan, usual: Row) -> Iterator[Trial]:
    tables = {column.alias: list(column.codes) for column in plan.columns if column.codes}
    for place in range(1, max((len(codes) for codes in tables.values()), default=1)):
        chosen = {alias: _example(codes[place % len(codes)]) for alias, codes in tables.items()}
        yield Trial({**usual, **chosen}, "the codes that come next in their tables")
    if tables:
        unknown = {alias: _unknown(codes) for alias, codes in list(tables.items())[:1]}
        yield Trial({**usual, **unknown}, "an unknown code is counted, never refused")


def _example(code: str) -> str:
    return code.replace("*", "0")


def _unknown(codes: list[str]) -> str:
    return next(code for code in (_UNKNOWN, "8Y", "7X", *map(str, range(1000, 2000))) if code not in codes)


def _day_after(plan: DatasetPlan, alias: str) -> str:
    form = next(column.form for column in plan.columns if column.alias == alias)
    return f"{_LOADED_AT + timedelta(days=20):{form}}"


def _short(number: str) -> str:
    return number[:6] + number[8:17]


def _misread(number: str) -> str:
    return number[:17] + ("0" if number[17] != "0" else "1")


def _afterwards(plan: DatasetPlan, reader: RowReader, first: Row) -> Iterator[Entry]:
    """Later versions of the first row: corrected to another person, then deleted."""
    ids, names = ([c.alias for c in plan.columns if c.kind == kind][:1] for kind in ("id", "name"))
    other = {alias: synthetic_id(50) for alias in ids}
    if not plan.masked_names:
        other |= dict.fromkeys(names, "吴十")
    corrected = {**first, **other, "op": "U", "tong_time": f"{_LOADED_AT + timedelta(days=1):{_TIME}}"}
    reading = reader.read(corrected, _RECEIVED_AT)
    yield _accepted(plan, "the same row, corrected to name another person", corrected, reading)
    deleted = {
        plan.key: first[plan.key],
        "op": "D",
        "tong_time": f"{_LOADED_AT + timedelta(days=2):{_TIME}}",
    }
    yield _accepted(plan, "a deleted row may hold the key alone", deleted, reader.read(deleted, _RECEIVED_AT))
