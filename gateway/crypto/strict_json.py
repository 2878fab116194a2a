"""JSON read with suspicion and written in the one canonical form that macs and signatures cover."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final, NoReturn

_quote: Final[Callable[[str], str]] = json.JSONEncoder(ensure_ascii=False).encode


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written: 1.10 stays 1.10, so that the canonical form is the signer's."""

    text: str


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
    raise ValueError("not JSON in the form expected")


def canonical_json(value: Any) -> str:
    """Write what `read_json` returned: keys sorted, no spaces, nothing escaped that need not be.

    Raises:
        ValueError: nested beyond reason.
    """
    with suppress(RecursionError):
        return _write(value)
    raise ValueError("nested beyond reason")


def _write(value: Any) -> str:
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, dict):
        return "{" + ",".join([f"{_quote(key)}:{_write(value[key])}" for key in sorted(value)]) + "}"
    if isinstance(value, list):
        return "[" + ",".join([_write(item) for item in value]) + "]"
    if isinstance(value, Number):
        return value.text
    return {None: "null", True: "true", False: "false"}[value]


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a key twice in one object")
    return members


def _members_without_nulls(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return {key: value for key, value in _members(pairs).items() if value is not None}


def _no_such_number(_text: str) -> NoReturn:
    raise ValueError("JSON has no such number")
