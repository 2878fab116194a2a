"""Field types for departments' rows: every spelling the hub is known to send becomes one Python value.

Blank is `null`, `""`, `"-"`, `"null"` or white space, and always becomes None. A validator raises only
ValueError, and the text of that error is the name of the broken rule, never the value.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer

from gateway.identity import IdNumber, PersonName

BLANKS: Final = frozenset({"", "-", "null", "NULL", "Null", "—"})
"""What a trimmed text without a value is spelt like."""

MAX_LENGTH: Final = 500
"""A text is no longer, in characters and before it is trimmed."""

_INSTANT: Final = re.compile(
    r"(\d{4})([-/]?)(\d\d)\2(\d\d)(?:[ T]?(\d\d):?(\d\d):?(\d\d)(?:\.\d+)?)?", re.ASCII
)
_RULE: Final = re.compile(r"[a-z][a-z0-9_]{1,39}", re.ASCII)


class NumberText(str):
    """A JSON number as it was written, which stands in a row as text; only drift tells the two apart."""

    __slots__ = ()


@dataclass(frozen=True)
class UnusableId:
    """An ID number that broke a rule: refused only if a record is about it (a spouse may be foreign)."""

    rule: str


@dataclass(frozen=True)
class Codes:
    """A code table from the data dictionary; an entry ending in `*` stands for every code so beginning."""

    meanings: Mapping[str, str]

    def knows(self, code: str) -> bool:
        """Whether the table lists the code."""
        return code in self.meanings or any(
            code.startswith(entry[:-1]) for entry in self.meanings if entry.endswith("*")
        )


def rule_of(error: Exception) -> str:
    """The rule an error names; of any other text, which may hold a value, only the error's type."""
    named = type(error) is ValueError and _RULE.fullmatch(str(error))
    return str(error) if named else type(error).__name__


def clean(value: object) -> str | None:
    """Trim a text and turn every spelling of blank into None.

    Raises:
        ValueError: `text_type` for anything but text, `text_too_long` past 500 characters.
    """
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("text_type")  # noqa: TRY004 - pydantic takes nothing else from a validator
    if len(value) > MAX_LENGTH:
        raise ValueError("text_too_long")
    text = value.strip()
    return None if text in BLANKS else text


def _code(value: object) -> str | None:
    text = clean(value)
    return None if text is None else unicodedata.normalize("NFKC", text).strip()


def _key(value: object) -> str:
    text = clean(value)
    if text is None:
        raise ValueError("key_missing")
    return text


def _id_number(value: object) -> IdNumber | UnusableId | None:
    text = clean(value)
    if text is None:
        return None
    try:
        return IdNumber.parse(text)
    except ValueError as error:
        return UnusableId(str(error))


def _name(value: object) -> PersonName | None:
    text = clean(value)
    return None if text is None else PersonName.parse(text)


def _instant(value: object) -> datetime | None:
    text = clean(value)
    if text is None:
        return None
    found = _INSTANT.fullmatch(unicodedata.normalize("NFKC", text))
    if found is None:
        raise ValueError("date_form")
    year, _, *rest = found.groups("0")
    month, day, hour, minute, second = map(int, rest)
    try:
        return datetime(int(year), month, day, hour, minute, second)  # noqa: DTZ001 - Asia/Shanghai, unsaid
    except ValueError:
        raise ValueError("date_form") from None


def _day(value: object) -> date | None:
    instant = _instant(value)
    return None if instant is None else instant.date()


def _month(value: object) -> date | None:
    text = clean(value)
    return None if text is None else _day(f"{text}01" if text.isdigit() else f"{text}-01")


def _loaded_at(value: object) -> datetime:
    instant = _instant(value)
    if instant is None:
        raise ValueError("load_time_missing")
    return instant


def _hidden(_: object) -> str:
    return "***"


Key = Annotated[str, BeforeValidator(_key)]
"""The department's own key of a row; never blank."""

Text = Annotated[str | None, BeforeValidator(clean), Field(None)]
"""Free text or a number kept as text; None when blank."""

Code = Annotated[str | None, BeforeValidator(_code), Field(None)]
"""A code; annotate it with its `Codes` table, so that unknown ones are counted."""

Day = Annotated[date | None, BeforeValidator(_day), Field(None)]
"""A day in Asia/Shanghai from any of the hub's date or time forms; None when blank."""

Instant = Annotated[datetime | None, BeforeValidator(_instant), Field(None)]
"""A time in Asia/Shanghai, naive; None when blank."""

Month = Annotated[date | None, BeforeValidator(_month), Field(None)]
"""The first day of a month written `yyyyMM`; None when blank."""

IdText = Annotated[
    IdNumber | UnusableId | None,
    BeforeValidator(_id_number),
    PlainSerializer(_hidden),
    Field(None, repr=False),
]
"""A resident ID number in any of the hub's spellings, or the rule it broke."""

NameText = Annotated[
    PersonName | None, BeforeValidator(_name), PlainSerializer(_hidden), Field(None, repr=False)
]
"""A person's name, normalised."""

LoadTime = Annotated[datetime, BeforeValidator(_loaded_at)]

Operation = Literal["I", "U", "D"]
"""How a row was loaded: new, changed, or deleted."""


class SourceRow(BaseModel):
    """One row as a department sends it; subclass it with one field per column, in English, aliased."""

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        arbitrary_types_allowed=True,
        hide_input_in_errors=True,
    )

    operation: Operation = Field(alias="op", title="操作")
    loaded_at: LoadTime = Field(alias="tong_time", title="入库时间")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(***)"

    __str__ = __repr__


def codes_of(row: type[SourceRow]) -> dict[str, Codes]:
    """The code tables of a row, by field name."""
    tables = {}
    for name, field in row.model_fields.items():
        for item in field.metadata:
            if isinstance(item, Codes):
                tables[name] = item
    return tables


def fields_of_type(row: type[BaseModel], kind: Any) -> list[str]:
    """The names of the fields of a row or record whose annotation admits `kind`, in their order."""
    return [name for name, field in row.model_fields.items() if kind in _members(field.annotation)]


def _members(annotation: Any) -> tuple[Any, ...]:
    return (annotation, *getattr(annotation, "__args__", ()))
