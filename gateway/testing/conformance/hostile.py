"""Rules of rows that nobody should send: each gives records or a refusal, and shows nothing of a person."""

import io
import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from itertools import product
from types import MappingProxyType
from typing import Final

from pydantic import ValidationError

from gateway.intake.interpret import Reading
from gateway.testing.conformance.case import Case, Row
from gateway.testing.conformance.package import id_columns, key_column

_DEEP: Final = 200
_LONG: Final = 5000
_TELLING: Final = 6
"""The length from which a key is looked for in texts: a shorter one may stand there by chance."""


def _nested(depth: int) -> object:
    value: object = "x"
    for _ in range(depth):
        value = [value]
    return value


HOSTILE: Final[Mapping[str, object]] = MappingProxyType(
    {
        "null": None,
        "empty": "",
        "a dash": "-",
        "null as text": "null",
        "a full-width space": "\u3000",
        "a number": 7,
        "a fraction": 7.5,
        "true": True,
        "a list": ["20260801"],
        "an object": {"value": "20260801"},
        "bytes": b"20260801",
        "full-width digits": "２０２６０８０１",
        "31 February": "20260231",
        "month 13": "2026-13-01",
        "year 0": "00000101",
        "the first day": "00010101",
        "the last day": "99991231",
        "the last second": "9999-12-31 23:59:59",
        "milliseconds": "1785542400000",
        "a minus": "-20260801",
        "superscript digits": "²⁰²⁶0801",
        "5 000 digits": "9" * _LONG,
        "a number of 5 000 digits": 10**_LONG,
        "not a number": float("nan"),
        "infinity": float("inf"),
        "a lone surrogate": "\ud800",
        "a zero byte": "\x00",
        "text from right to left": "\u202e20260801",
        "200 lists in each other": _nested(_DEEP),
        "a query": "1' OR '1'='1",
    }
)
"""What may stand in any column."""

_NUMBER: Final = "990101194001010016"
_NO_ROWS: Final[tuple[object, ...]] = (None, 5, _NUMBER, [], [_NUMBER], {}, {"op": "D"}, {"op": ["D"]})


def hostile_values(case: Case) -> Iterator[str]:
    """Whatever stands in a column, the row gives records or a refusal, and no text names the person."""
    for sample in case.of_each_shape():
        for column, (what, value) in product(sample.row, HOSTILE.items()):
            row = {**sample.row, column: value}
            for fault in _faults(case, row, case.identities(row)):
                yield f"{column} holding {what}: {fault}"


def missing_columns(case: Case) -> Iterator[str]:
    """A row without one of its columns gives records or a refusal."""
    for sample in case.of_each_shape():
        for column in sample.row:
            rest = {name: value for name, value in sample.row.items() if name != column}
            for fault in _faults(case, rest, case.identities(sample.row)):
                yield f"without {column}: {fault}"


def shifted_columns(case: Case) -> Iterator[str]:
    """Where the person's number or name stands in a wrong column, no text shows it."""
    for sample in case.of_each_shape():
        secrets = case.identities(sample.row)
        for column, secret in product(sample.row, sorted(secrets)):
            for fault in _faults(case, {**sample.row, column: secret}, secrets):
                yield f"the person's number or name in {column}: {fault}"


def what_is_no_row_is_refused(case: Case) -> Iterator[str]:
    """What is no row is refused."""
    for row in _NO_ROWS:
        reading = case.read(row)
        if not reading.faults or _NUMBER in _texts(reading):
            yield f"a {type(row).__name__} is taken for a row, or shown: leave op and tong_time to SourceRow"


def nothing_is_shown(case: Case) -> Iterator[str]:
    """Neither a row nor its error nor a log line shows what it holds."""
    for sample in case.of_each_shape():
        if sample.row.get("op") == "D":
            continue
        key = str(sample.row.get(key_column(case.dataset)))
        secrets = case.identities(sample.row) | ({key} if len(key) >= _TELLING else set())
        with _said_aloud() as said:
            reading = case.read(sample.row)
        texts = {
            "its repr or its error": (_row_texts(case, sample.row), "give the row no __repr__ of its own"),
            "a record's repr": (_texts(reading), "give no record an ID number, a name or a key as a value"),
            "a log line or the output": (said(), "log and print nothing of a row"),
        }
        for where, (text, change) in texts.items():
            if any(secret in text for secret in secrets):
                yield f"{case.where}, “{sample.why}”: {where} shows what the row holds: {change}"


def _faults(case: Case, row: Row, secrets: set[str]) -> Iterator[str]:
    try:
        reading = case.read(row)
    except Exception as error:  # noqa: BLE001 - that nothing else comes out is what is asked
        yield f"{type(error).__name__} comes out: a validator of your own may raise ValueError and no other"
        return
    if not (reading.deleted or reading.statements or reading.faults):
        yield "it gives neither a record nor a refusal: let an emit or a rule hold"
    shown = _texts(reading)
    if any(secret in shown for secret in secrets):
        yield "a text shows the person: let a rule's name be a word, without any value"


def _texts(reading: Reading) -> str:
    """Everything of a reading that could come to be printed."""
    parts = [reading, *reading.faults, *reading.unknown_codes, *reading.statements]
    return " ".join([repr(part) for part in [*parts, *(each.record for each in reading.statements)]])


def _row_texts(case: Case, row: Row) -> str:
    good = case.dataset.row.model_validate(row)
    telling = [*id_columns(case.dataset), key_column(case.dataset)][0]
    try:
        case.dataset.row.model_validate({**row, "tong_time": "soon", "op": row.get(telling)})
    except ValidationError as error:
        return f"{good!r} {good} {error!r} {error}"
    return f"{good!r} {good}"


@contextmanager
def _said_aloud() -> Iterator[Callable[[], str]]:
    """Everything that is logged, whatever its level, or printed meanwhile."""
    heard = io.StringIO()
    catcher = logging.StreamHandler(heard)
    root = logging.getLogger()
    level = root.level
    root.addHandler(catcher)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(heard), redirect_stderr(heard):
            yield heard.getvalue
    finally:
        root.setLevel(level)
        root.removeHandler(catcher)
