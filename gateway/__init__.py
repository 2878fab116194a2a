"""Everything a department plugin imports."""

from pydantic import Field

from gateway import records
from gateway.department import Ask, Dataset, Department, SealedPage
from gateway.fields import Code, Codes, Day, IdText, Instant, Key, Month, NameText, SourceRow, Text
from gateway.hookspecs import hookimpl
from gateway.mapping import (
    MISSING,
    PRESENT,
    Either,
    Emit,
    before,
    either,
    first,
    lookup,
    not_,
    starts_with,
)

__all__ = [
    "MISSING",
    "PRESENT",
    "Ask",
    "Code",
    "Codes",
    "Dataset",
    "Day",
    "Department",
    "Either",
    "Emit",
    "Field",
    "IdText",
    "Instant",
    "Key",
    "Month",
    "NameText",
    "SealedPage",
    "SourceRow",
    "Text",
    "before",
    "either",
    "first",
    "hookimpl",
    "lookup",
    "not_",
    "records",
    "starts_with",
]
