"""Moves the dates of sample rows, so that what they tell happened lately and counts."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from gateway.department import Dataset
from gateway.fields import LoadTime, fields_of_type

Row = dict[str, Any]

LOADED: Final = "tong_time"
_LOADED_AT: Final[TypeAdapter[datetime]] = TypeAdapter(LoadTime)
_DAY: Final = re.compile(r"(\d{4})([-/]?)(\d\d)\2(\d\d)", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})([-/]?)(\d\d)", re.ASCII)


def loaded_at(row: Mapping[str, object]) -> datetime | None:
    """When a row says that it was loaded, naive Asia/Shanghai; None where that cannot be read."""
    try:
        return _LOADED_AT.validate_python(row.get(LOADED))
    except ValidationError:
        return None


def newest_load(rows: Iterable[Mapping[str, object]]) -> date | None:
    """The day on which the newest of some rows was loaded; None where none says."""
    return max((at.date() for row in rows if (at := loaded_at(row))), default=None)


def moved(dataset: Dataset, row: Row, by: timedelta) -> Row:
    """A row with every day, time and month of it moved by whole days, each written as it was."""
    if not by:
        return row
    columns = {dataset.alias(name) for kind in (date, datetime) for name in fields_of_type(dataset.row, kind)}
    return {
        name: moved_text(value, by) if name in columns and isinstance(value, str) else value
        for name, value in row.items()
    }


def moved_text(text: str, by: timedelta) -> str:
    """A day, time or month in any of the hub's forms, moved; any other text stays."""
    spelled = unicodedata.normalize("NFKC", text).strip()
    month = _MONTH.fullmatch(spelled)
    found = month or _DAY.match(spelled)
    if not found:
        return text
    year, mark, number = found.group(1, 2, 3)
    try:
        day = date(int(year), int(number), 1 if month else int(found[4])) + by
    except (ValueError, OverflowError):
        return text
    written = (f"{day:%Y}", f"{day:%m}") if month else (f"{day:%Y}", f"{day:%m}", f"{day:%d}")
    return mark.join(written) + spelled[found.end() :]
