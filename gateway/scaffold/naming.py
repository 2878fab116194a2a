"""English names for fields, classes and code tables; never a word of Python, and never the same one twice."""

import builtins
import keyword
import re
from collections.abc import Collection
from typing import Final

from gateway.fields import SourceRow
from gateway.scaffold.known import known
from gateway.scaffold.plan import Kind

_LONGEST: Final = 28
_TIMES: Final[dict[Kind, str]] = {"day": "_on", "month": "_on", "instant": "_at"}


def field_name(column: str, title: str | None, kind: Kind, place: int, taken: Collection[str]) -> str:
    """A field's name: the trade's English where it is known, else the column in small letters."""
    stem = known(column, title).english or column
    word = re.sub(r"[^a-z0-9]+", "_", stem.lower()).strip("_0123456789")[:_LONGEST].strip("_")
    ending = _TIMES.get(kind, "")
    name = f"{word or f'column_{place}'}{'' if word.endswith(ending) else ending}"
    return unused(f"{name}_value" if _is_reserved(name) else name, taken)


def unused(name: str, taken: Collection[str], mark: str = "_") -> str:
    """The name, with a mark and a number behind it where it is taken."""
    numbered = (f"{name}{mark}{number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(each for each in numbered if each not in taken)


def camel(name: str) -> str:
    """A name in small letters and _ as the name of a class."""
    return "".join(word.capitalize() for word in name.split("_"))


def _is_reserved(name: str) -> bool:
    """Whether the name is taken by Python, pydantic or every row, or is taken for a digit."""
    return (
        name == "l"
        or keyword.iskeyword(name)
        or keyword.issoftkeyword(name)
        or hasattr(builtins, name)
        or hasattr(SourceRow, name)
        or name in SourceRow.model_fields
        or name.startswith("model_")
    )
