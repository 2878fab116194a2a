"""JSON read with suspicion: no key twice, numbers as they were written, nothing but what RFC 8259 knows."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final, NoReturn


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


_SPACE: Final = re.compile(r"[ \t\n\r]*")
_REFUSED: Final = "not JSON in the form expected"


def read_json(raw: bytes, *, keep_nulls: bool = True) -> Any:
    """Read UTF-8 JSON; numbers become `Number`; without `keep_nulls`, null members are dropped.

    Raises:
        ValueError: not JSON, a key twice in one object, NaN, or nested beyond reason. It carries
            neither the text nor a library's error that would.
    """
    members = _members if keep_nulls else _members_without_nulls
    with suppress(ValueError, RecursionError):
        return json.loads(
            raw.decode(),
            object_pairs_hook=members,
            parse_int=Number,
            parse_float=Number,
            parse_constant=_no_such_number,
        )
    raise ValueError(_REFUSED)


def read_around(raw: bytes, *path: str) -> Any:
    """Read UTF-8 JSON as `read_json` does, but leave the member at `path` as `Unread`, wherever it stands.

    Raises:
        ValueError: as `read_json`.
    """
    with suppress(ValueError, RecursionError):
        text = raw.decode()
        value, end = _value(text, _after_space(text, 0), path)
        if _after_space(text, end) == len(text):
            return value
    raise ValueError(_REFUSED)


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
