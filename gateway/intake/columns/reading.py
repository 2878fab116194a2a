"""Reads columns of texts: the usual spellings all at once, any other by the field's own type.

A column leaves as values: texts trimmed and normalised, days and times as the day (but the load time as it
is), None for blank.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from gateway.fields import BLANKS, MAX_LENGTH, UnusableId
from gateway.identity import IdNumber, PersonName
from gateway.intake.columns.forms import Form, read_as
from gateway.spelling import DAY_SECONDS, USUAL_NAME, Packed, as_series, id_numbers, instants

Bools = NDArray[np.bool_]

_BLANKS: Final = sorted(BLANKS)
_LONGEST_BLANK: Final = max(len(blank.encode()) for blank in BLANKS)
_MICROSECONDS: Final = 1_000_000
_UNUSABLE: Final = object()
_FAULTY: Final = object()


@dataclass(frozen=True)
class Read:
    """The values of a column: where a cell is blank, breaks a rule, or holds an ID number that breaks one."""

    values: pl.Series = field(repr=False)
    blank: Bools
    faulty: Bools
    unusable: Bools


def read_columns(forms: Mapping[str, Form], cells: pl.DataFrame) -> dict[str, Read]:
    """Read columns by name; no text of theirs may hold U+001C to U+001F."""
    texts = _trimmed(cells[list(forms)])
    too_long = _too_long(cells)
    seen = texts.select(pl.all().is_null(), *_marks(forms)).to_dict()
    found = {}
    for name, form in forms.items():
        usual = _USUAL[form](texts[name], seen.get(_mark(name)))
        found[name] = _read(form, texts[name], *usual, seen[name].to_numpy(), too_long.get(name))
    return found


def _marks(forms: Mapping[str, Form]) -> Iterator[pl.Expr]:
    for name, form in forms.items():
        if form in _MARKS:
            yield _MARKS[form](pl.col(name)).fill_null(value=False).alias(_mark(name))


def _mark(name: str) -> str:
    return f"#{name}"


def _trimmed(cells: pl.DataFrame) -> pl.DataFrame:
    """Trimmed as Python does, and null where that leaves a spelling of blank; most columns are too long."""
    trimmed = cells.select(pl.all().str.strip_chars())
    shortest = trimmed.select(pl.all().str.len_bytes().min()).row(0, named=True)
    short = [name for name, length in shortest.items() if length is not None and length <= _LONGEST_BLANK]
    return trimmed.with_columns(
        pl.when(~pl.col(name).is_in(_BLANKS)).then(pl.col(name)).alias(name) for name in short
    )


def _too_long(cells: pl.DataFrame) -> dict[str, Bools]:
    """Of the columns that hold a text longer than any may be, where it is."""
    longest = cells.select(pl.all().str.len_bytes().max()).row(0, named=True)
    names = [name for name, length in longest.items() if (length or 0) > MAX_LENGTH]
    if not names:
        return {}
    marked = cells.select((pl.col(names).str.len_chars() > MAX_LENGTH).fill_null(value=False))
    return {column.name: column.to_numpy() for column in marked.iter_columns()}


def _read(
    form: Form, texts: pl.Series, values: pl.Series, odd: Bools, blank: Bools, too_long: Bools | None
) -> Read:
    values, faulty, unusable = _one_by_one(form, texts, values, odd & ~blank)
    if form in _NEVER_BLANK:
        faulty |= blank
    return Read(values, blank, faulty if too_long is None else faulty | too_long, unusable)


_NEVER_BLANK: Final = frozenset({Form.KEY, Form.LOAD_TIME})
_MARKS: Final[Mapping[Form, Callable[[pl.Expr], pl.Expr]]] = MappingProxyType(
    {
        Form.CODE: lambda text: text.str.len_bytes() != text.str.len_chars(),
        Form.NAME: lambda text: ~text.str.contains(USUAL_NAME),
    }
)
"""What tells the texts that normalising might change from those that it leaves."""

Usual = tuple[pl.Series, Bools]
"""A column's values as far as they are spelt as usual, and where they are not, unless they are blank."""


def _as_marked(texts: pl.Series, odd: pl.Series | None) -> Usual:
    return texts, np.zeros(len(texts), np.bool_) if odd is None else odd.to_numpy()


def _ids(texts: pl.Series, _: pl.Series | None) -> Usual:
    usual, small = id_numbers(Packed.of(texts))
    places = np.flatnonzero(small)
    if len(places):
        texts = texts.scatter(places, texts.gather(places).str.to_uppercase())
    return texts, ~usual


def _days(texts: pl.Series, _: pl.Series | None) -> Usual:
    seconds, readable = instants(Packed.of(texts))
    days = (seconds // DAY_SECONDS).astype(np.int32)
    return as_series(pa.array(days, pa.int32(), mask=~readable).cast(pa.date32())), ~readable


def _times(texts: pl.Series, _: pl.Series | None) -> Usual:
    seconds, readable = instants(Packed.of(texts))
    return as_series(pa.array(seconds * _MICROSECONDS, mask=~readable).cast(pa.timestamp("us"))), ~readable


def _months(texts: pl.Series, _: pl.Series | None) -> Usual:
    return as_series(pa.nulls(len(texts), pa.date32())), np.ones(len(texts), np.bool_)


_USUAL: Final[Mapping[Form, Callable[[pl.Series, pl.Series | None], Usual]]] = MappingProxyType(
    {
        Form.KEY: _as_marked,
        Form.TEXT: _as_marked,
        Form.CODE: _as_marked,
        Form.NAME: _as_marked,
        Form.DAY: _days,
        Form.INSTANT: _days,
        Form.MONTH: _months,
        Form.LOAD_TIME: _times,
        Form.ID_NUMBER: _ids,
    }
)


def _one_by_one(
    form: Form, texts: pl.Series, values: pl.Series, odd: Bools
) -> tuple[pl.Series, Bools, Bools]:
    """Read what is spelt otherwise by the field's own type, every spelling once."""
    faulty, unusable = np.zeros((2, len(texts)), np.bool_)
    places = np.flatnonzero(odd)
    if not len(places):
        return values, faulty, unusable
    cells = texts.gather(places).to_list()
    known = {text: _attempt(form, text) for text in dict.fromkeys(cells)}
    found = [known[text] for text in cells]
    faulty[places] = [value is _FAULTY for value in found]
    unusable[places] = [value is _UNUSABLE for value in found]
    plain = [None if value is _FAULTY or value is _UNUSABLE else value for value in found]
    return values.scatter(places, pl.Series(plain, dtype=values.dtype)), faulty, unusable


def _attempt(form: Form, text: str) -> Any:
    try:
        value = read_as(Form.DAY if form is Form.INSTANT else form, text)
    except ValueError:
        return _FAULTY
    if isinstance(value, UnusableId):
        return _UNUSABLE
    return value.reveal() if isinstance(value, IdNumber | PersonName) else value
