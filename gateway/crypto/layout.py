"""Where the texts of a usual page of JSON stand, found without a parser, with proof that it says just that.

Such a page is an array of flat objects, all with the same members in the same order, every value a string
or null, and nothing escaped; the array may be the one member of an object. The page's quotes are found, and
every byte between the strings must be what stands there in such a page. Any other is left to a parser.
"""

import json
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, NamedTuple, Self

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Int64s = NDArray[np.int64]
Bools = NDArray[np.bool_]

MOST_NAMES: Final = 200
"""Objects with more members than that are left to a parser."""

_COMPACT: Final = (b",", b":")
_STYLES: Final = (_COMPACT, (b", ", b": "))
"""What stands between members and after a name, as JSON is usually written."""

_BEGIN: Final = re.compile(rb'(?:\{"([^"]*)": ?)?\[\{')
_NULL: Final = b"null"
_SPACE: Final = ord(" ")


class _Form(NamedTuple):
    """How a page is written: what holds its objects, their members, and what stands between those."""

    member: str | None
    names: tuple[str, ...]
    comma: bytes
    colon: bytes

    @property
    def begin(self) -> bytes:
        """What stands before the first name."""
        return b"[{" if self.member is None else b'{"%b"%b[{' % (self.member.encode(), self.colon)

    @property
    def end(self) -> bytes:
        """What stands after the last value."""
        return b"}]" if self.member is None else b"}]}"


class _Values(NamedTuple):
    """Where the values of a page begin and end, and where one is null."""

    begins: Int64s
    ends: Int64s
    null: Bools


@dataclass(frozen=True)
class Layout:
    """A page laid out: a row of each array for every object, a column for every member.

    `member` is what holds the array of objects, None where the page is that array. `begins` and `ends` are
    those of the values, of which some are `null`.
    """

    text: bytes = field(repr=False)
    member: str | None
    names: tuple[str, ...]
    begins: Int64s = field(repr=False)
    ends: Int64s = field(repr=False)
    null: Bools = field(repr=False)
    is_compact: bool

    @cached_property
    def values(self) -> pl.DataFrame:
        """A column for every name. No text is copied: the page is cut at them; each second piece is one."""
        bounds = np.stack((self.begins, self.ends), axis=-1).ravel()
        known = np.ones(len(bounds) - 1, np.bool_)
        known[::2] = ~self.null.ravel()
        buffers = [pa.py_buffer(each) for each in (np.packbits(known, bitorder="little"), bounds, self.text)]
        pieces = pl.from_arrow(
            pa.LargeStringArray.from_buffers(len(known), buffers[1], buffers[2], buffers[0])
        )
        assert isinstance(pieces, pl.Series)  # noqa: S101 - an array becomes a series, a table a frame
        step, piece = 2 * len(self.names), pl.col(pieces.name)
        return pieces.to_frame().select(
            piece.gather_every(step, 2 * place).alias(name) for place, name in enumerate(self.names)
        )

    def canonical(self) -> bytes:
        """The page as `canonical_json` writes what `read_json` reads of it without nulls."""
        ordered = sorted(self.names)
        if self.is_compact and list(self.names) == ordered and not self.null.any():
            return self.text
        members = written(self.values[ordered], ',"{}":"', '"')
        array = b"[{%b}]" % b"},{".join([row[1:] for row in members])
        return array if self.member is None else b'{"%b":%b}' % (self.member.encode(), array)


class Plaintext(bytes):
    """The text of a page that is laid out already, so that nobody else need do it."""

    layout: Layout | None

    @classmethod
    def of(cls, text: bytes) -> Self:
        """The same text, laid out if it is a usual one."""
        found = cls(text)
        found.layout = layout_of(text)  # it holds `text` and not `found`: no circle, freed at once
        return found


def written(columns: pl.DataFrame, before: str, after: str = "") -> list[bytes]:
    """Each row as one text in UTF-8: before and after every value what is said, and nothing of a null.

    `before` is a format that takes the name of the column.
    """
    pieces: list[pl.Expr] = []
    for place, values in enumerate(columns.iter_columns()):
        piece = (pl.lit(before.format(values.name)), pl.nth(place), *([pl.lit(after)] if after else []))
        pieces += [pl.concat_str(piece)] if values.null_count() else piece
    texts = columns.select(pl.concat_str(pieces, ignore_nulls=True)).to_series()
    found: list[bytes] = texts.cast(pl.Binary).to_list()
    return found


def layout_of(text: bytes) -> Layout | None:
    """Lay out a page of JSON; None for any but a usual one, which may still be right."""
    if isinstance(text, Plaintext):
        return text.layout
    form = _form(text) if _is_plain(text) else None
    return _laid_out(text, form) if form else None


def _is_plain(text: bytes) -> bool:
    """Whether it is UTF-8 without escapes and control characters, so that its strings stand as they are."""
    if b"\\" in text or not text or np.frombuffer(text, np.uint8).min() < _SPACE:
        return False
    try:
        pa.array([text], pa.binary()).cast(pa.string())
    except pa.ArrowInvalid:
        return False
    return True


def _form(text: bytes) -> _Form | None:
    """The form of the page by its first object, if that is flat and written as usual."""
    begin = _BEGIN.match(text)
    if begin is None:
        return None
    first = text[begin.end() - 1 : text.find(b"}") + 1]
    found = _flat(first)
    if found is None:
        return None
    member = None if begin[1] is None else begin[1].decode()
    forms = (_Form(member, tuple(found), *style) for style in _STYLES)
    return next((form for form in forms if (form.begin, _json(found, form)) == (begin[0], first)), None)


def _flat(text: bytes) -> dict[str, str | None] | None:
    """An object whose values are strings and nulls, if it is one, and not too large."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    usual = isinstance(found, dict) and all(isinstance(value, str | None) for value in found.values())
    return found if usual and 0 < len(found) <= MOST_NAMES else None


def _json(value: object, form: _Form) -> bytes:
    separators = (form.comma.decode(), form.colon.decode())
    return json.dumps(value, ensure_ascii=False, separators=separators).encode()


def _laid_out(page: bytes, form: _Form) -> Layout | None:
    """Where the values stand, if every byte from the first name on is what it is in a page of this form.

    A string followed by a colon is a name. Each must be followed by a value, and each value by what comes
    between two members or two objects and then at once by the next name: so there is nothing else.
    """
    text = np.frombuffer(page, np.uint8)
    quotes = np.flatnonzero(text[len(form.begin) :] == ord('"')) + len(form.begin)
    begins, ends = quotes[0::2] + 1, quotes[1::2]
    if len(begins) != len(ends) or not page.endswith(form.end):
        return None
    named = np.flatnonzero(text[ends + 1] == ord(":"))
    rows, rest = divmod(len(named), len(form.names))
    if rest or not _are_named(text, begins[named], ends[named], form):
        return None
    shape = (rows, len(form.names))
    values, right = _values(text, begins, ends, named, form)
    after = (values.ends + np.where(values.null, len(_NULL), 1)).reshape(shape)
    following = np.append(begins[named] - 1, len(text))
    if not right or not _follow(text, after, following, form):
        return None
    return Layout(
        text=page,
        member=form.member,
        names=form.names,
        begins=values.begins.reshape(shape),
        ends=values.ends.reshape(shape),
        null=values.null.reshape(shape),
        is_compact=(form.comma, form.colon) == _COMPACT,
    )


def _are_named(text: Bytes, begins: Int64s, ends: Int64s, form: _Form) -> bool:
    """Whether the names are those of the form, over and over, and each has its colon."""
    count = len(form.names)
    return all(
        (ends[place::count] - begins[place::count] == len(name)).all()
        and _stands(text, begins[place::count], name + b'"' + form.colon)
        for place, name in enumerate(name.encode() for name in form.names)
    )


def _values(text: Bytes, begins: Int64s, ends: Int64s, named: Int64s, form: _Form) -> tuple[_Values, bool]:
    """The value after each name: the next string if that begins there, else null; and whether it is so."""
    at = ends[named] + 1 + len(form.colon)
    null = text.take(at, mode="clip") != ord('"')
    begin, end = (bounds.take(named + 1, mode="clip") for bounds in (begins, ends))
    right = bool((null | (begin == at + 1)).all()) and _stands(text, at[null], _NULL)
    if null.any():
        begin, end = np.where(null, at, begin), np.where(null, at, end)
    return _Values(begin, end, null), right


def _follow(text: Bytes, after: Int64s, following: Int64s, form: _Form) -> bool:
    """Whether each value is followed by the right signs and then by the next name, the last by the end."""
    within, last = after[:, :-1].ravel(), after[:, -1]
    between = b"}" + form.comma + b"{"
    signs = np.full(after.shape, len(form.comma))
    signs[:, -1] = len(between)
    signs[-1, -1] = len(form.end)
    return (
        bool(following[0] == len(form.begin) and (after + signs == following[1:].reshape(after.shape)).all())
        and _stands(text, within, form.comma)
        and _stands(text, last[:-1], between)
    )


def _stands(text: Bytes, places: Int64s, expected: bytes) -> bool:
    """Whether these bytes stand at all of these places, none of which is too near the end for them."""
    if not len(places):
        return True
    if places.max() + len(expected) > len(text):
        return False
    width = next(width for width in (8, 4, 2, 1) if width <= len(expected))
    steps = {*range(0, len(expected) - width, width), len(expected) - width}
    # as many bytes at once as one number has, wherever they begin
    words = np.ndarray(len(text) - width + 1, f"u{width}", text, strides=(1,))
    return all(
        (words[places + step] == np.frombuffer(expected, words.dtype, 1, step)).all() for step in steps
    )
