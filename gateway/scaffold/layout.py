"""Lays code out as ruff's formatter would, so that a package is formatted whatever its names are.

What certainly fits stands on one line; everything else is opened with a comma behind its last item, which the
formatter leaves alone.
"""

import unicodedata
from dataclasses import dataclass
from typing import Final

LINE: Final = 110
_STEP: Final = 4


@dataclass(frozen=True)
class Group:
    """Something in brackets: `head` ends with the opening one, `tail` is the closing one."""

    head: str
    items: tuple["str | Group", ...]
    tail: str = ")"


Code = str | Group


def laid_out(code: Code, indent: int = 0, comma: str = "") -> list[str]:
    """The lines of a piece of code at an indent, with what follows it."""
    whole = f"{' ' * indent}{_flat(code)}{comma}"
    if isinstance(code, str) or width(whole) <= LINE:
        return [whole]
    inside = [line for item in code.items for line in laid_out(item, indent + _STEP, ",")]
    return [f"{' ' * indent}{code.head}", *inside, f"{' ' * indent}{code.tail}{comma}"]


def width(text: str) -> int:
    """The most columns a text can take: a sign that is wide anywhere counts twice."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def quoted(text: str) -> str:
    """A text without quotes or backslashes as Python and JSON write it."""
    return f'"{text}"'


def _flat(code: Code) -> str:
    return code if isinstance(code, str) else f"{code.head}{', '.join(map(_flat, code.items))}{code.tail}"
