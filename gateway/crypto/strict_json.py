"""JSON read with suspicion: no key twice, numbers as they were written, nothing but what RFC 8259 knows."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn

import numpy as np


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: 1.10 stays 1.10, so that the canonical form is the signer's."""

    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Unread:
    """A value as it was written: well-formed JSON, but a key may be twice in it."""

    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class _Shortened:
    """A JSON text with a mark, a short string, in place of each of the `cut` ones."""

    text: str = field(repr=False)
    cut: list[str] = field(repr=False)

    def whole(self, value: Any) -> Any:
        """A value that was read of the text, with the strings as they were."""
        if isinstance(value, str):
            return self.cut[int(value[1:])] if value.startswith("\0") else value
        if isinstance(value, dict):
            return {name: self.whole(member) for name, member in value.items()}
        if isinstance(value, list):
            return [self.whole(each) for each in value]
        return Unread(_MARK.sub(self._written, value.text)) if isinstance(value, Unread) else value

    def _written(self, mark: re.Match[str]) -> str:
        return f'"{self.cut[int(mark[1])]}"'


_LONG: Final = 4096
"""Bytes of a string that is worth cutting: the parser looks at every character, `find` at many at once."""

_FEW: Final = 256
"""Quotes of a text that is mostly one or two strings, as an envelope is."""

_MARK: Final = re.compile(r'"\\u0000([0-9]+)"')
_COLON: Final = re.compile(rb"[ \t\n\r]*:")
_SPACE: Final = re.compile(r"[ \t\n\r]*")
_BLANK: Final = ord(" ")
_REFUSED: Final = "not JSON in the form expected"


def read_json(raw: bytes, *, keep_nulls: bool = True) -> Any:
    """Read UTF-8 JSON; numbers become `Number`; without `keep_nulls`, null members are dropped.

    Raises:
        ValueError: not JSON, a key twice in one object, NaN, or nested beyond reason. It carries
            neither the text nor a library's error that would.
    """
    members = _members if keep_nulls else _members_without_nulls
    with suppress(ValueError, RecursionError):
        short = _shortened(raw)
        value = json.loads(
            short.text,
            object_pairs_hook=members,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_no_such_number,
        )
        return short.whole(value) if short.cut else value
    raise ValueError(_REFUSED)


def read_around(raw: bytes, *path: str) -> Any:
    """Read UTF-8 JSON as `read_json` does, but leave the member at `path` as `Unread`, wherever it stands.

    Raises:
        ValueError: as `read_json`.
    """
    with suppress(ValueError, RecursionError):
        short = _shortened(raw)
        value, end = _value(short.text, _after_space(short.text, 0), path)
        if _after_space(short.text, end) == len(short.text):
            return short.whole(value) if short.cut else value
    raise ValueError(_REFUSED)


def _shortened(raw: bytes) -> _Shortened:
    """The text with its long strings cut, if nothing in it is escaped: then every other piece is a string.

    No string of such a text can be taken for a mark, since none may hold a control character. Names stay, so
    that one that is there twice is seen to be.
    """
    quotes = _quotes(raw) if len(raw) >= _LONG and b"\\" not in raw else []
    pieces, cut, at = list[bytes](), list[str](), 0
    for begin, end in zip(quotes[::2], quotes[1::2], strict=False):
        string = raw[begin + 1 : end]
        if _is_long(string) and not _COLON.match(raw, end + 1):
            pieces += [raw[at : begin + 1], b"\\u0000%d" % len(cut)]
            cut.append(string.decode())
            at = end
    return _Shortened(b"".join([*pieces, raw[at:]]).decode(), cut)


def _quotes(raw: bytes) -> list[int]:
    """Where the quotes of a text stand that has few of them, else none."""
    found, at = list[int](), raw.find(b'"')
    while at >= 0 and len(found) < _FEW:
        found.append(at)
        at = raw.find(b'"', at + 1)
    return [] if at >= 0 else found


def _is_long(text: bytes) -> bool:
    return len(text) >= _LONG and bool(np.frombuffer(text, np.uint8).min() >= _BLANK)


def _value(text: str, at: int, path: Sequence[str]) -> tuple[Any, int]:
    """The value that begins here, and where it ends."""
    if path and text.startswith("{", at):
        return _object(text, at, path)
    return _STRICT.raw_decode(text, at)


def _object(text: str, at: int, path: Sequence[str]) -> tuple[dict[str, Any], int]:
    at = _after_space(text, at + 1)
    if text.startswith("}", at):
        return {}, at + 1
    pairs = []
    while True:
        name, value, at = _pair(text, at, path)
        pairs.append((name, value))
        if text.startswith("}", at):
            return _members(pairs), at + 1
        at = _after_sign(text, at, ",")


def _pair(text: str, at: int, path: Sequence[str]) -> tuple[str, Any, int]:
    name, at = _STRICT.raw_decode(text, at)
    if not isinstance(name, str):
        raise ValueError(_REFUSED)  # noqa: TRY004 - JSON of another form, like all that is refused here
    at = _after_sign(text, at, ":")
    value, at = _member(text, at, path) if name == path[0] else _STRICT.raw_decode(text, at)
    return name, value, _after_space(text, at)


def _member(text: str, at: int, path: Sequence[str]) -> tuple[Any, int]:
    if len(path) > 1:
        return _value(text, at, path[1:])
    _, end = _LOOSE.raw_decode(text, at)
    return Unread(text[at:end]), end


def _after_space(text: str, at: int) -> int:
    found = _SPACE.match(text, at)
    return found.end() if found else at


def _after_sign(text: str, at: int, sign: str) -> int:
    at = _after_space(text, at)
    if not text.startswith(sign, at):
        raise ValueError(_REFUSED)
    return _after_space(text, at + 1)


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice in one object")
    return members


def _members_without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = _members(pairs)
    if None not in members.values():
        return members
    return {key: value for key, value in members.items() if value is not None}


def _no_such_number(_text: str) -> NoReturn:
    raise ValueError("JSON has no such number")


_STRICT: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=Number, parse_float=Number, parse_constant=_no_such_number
)
_LOOSE: Final = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_no_such_number)
