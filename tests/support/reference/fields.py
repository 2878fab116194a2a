"""The page of the field types of a row."""

from gateway import fields
from gateway.fields import SourceRow
from tests.support.reference.markdown import code, table
from tests.support.reference.reading import constant_docs, sentence, signature

TYPES = ("Key", "Text", "Code", "Day", "Instant", "Month", "IdText", "NameText")
_VALUES = {
    "Key": "RK-000-001",
    "Text": " 星沙中心站 ",
    "Code": "０1",
    "Day": "20260701",
    "Instant": "2026-07-01 08:05:09.0",
    "Month": "202607",
    "IdText": "990101 19400101 0016",
    "NameText": "阿依古丽•买买提",
}
_HEAD = """# Field types

A row is a class derived from `SourceRow` with one field per column: an English name, the column of the data
dictionary as `alias`, its Chinese name as `title`. A column that is not named is not read.

Blank is `null`, `""`, `"-"`, `"null"` or white space, and becomes `None`: no type is refused for being blank
but `Key`. What breaks a rule is a [refusal](../how-to/read_a_refusal.md) of that row, named by column and
rule, never by value.

"""
_TAIL = """
## Codes

`{codes}`

{sentence} It stands beside `Code` in an `Annotated`. A code that is not in the table is counted by name, and
the row is neutral unless another condition holds:

```python
from typing import Annotated

from gateway import Code, Codes, Field, Key, SourceRow

SEAT = Codes({{"1": "座", "2": "卧", "9*": "其他"}})


class Ticket(SourceRow):
    ticket_no: Key = Field(alias="PH", title="票号")
    seat: Annotated[Code, SEAT] = Field(alias="XB", title="席别")


row = Ticket(PH=" RK-000-001 ", XB="１", op="I", tong_time="2026-08-06 01:00:00")
assert (row.ticket_no, row.seat) == ("RK-000-001", "1")
assert SEAT.knows("91")
```

## SourceRow

{row} Every row has besides:

{own}"""


def page() -> str:
    """The whole page."""
    docs = constant_docs(fields)
    rows = [[code(name), docs[name], *_example(name)] for name in TYPES]
    own = [
        [code(field.alias), code(name), field.title or ""] for name, field in SourceRow.model_fields.items()
    ]
    tail = _TAIL.format(
        codes=signature(fields.Codes),
        sentence=sentence(fields.Codes),
        row=sentence(SourceRow),
        own=table(["column", "field", "中文"], own),
    )
    return _HEAD + table(["type", "what it holds", "as sent", "as read"], rows) + tail


def _example(name: str) -> list[str]:
    """A spelling the hub sends and what becomes of it, read by the type itself."""
    row: type[SourceRow] = type(
        "Example", (SourceRow,), {"__annotations__": {"value": getattr(fields, name)}}
    )
    sent = _VALUES[name]
    read = row.model_validate({"value": sent, "op": "I", "tong_time": "2026-08-06 01:00:00"})
    return [code(sent.strip()), code(str(getattr(read, "value")))]  # noqa: B009 - the class is made above
