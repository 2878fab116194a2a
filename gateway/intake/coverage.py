"""What one page's rows look like to a plugin, in shares, counts and masked cells; no identity leaves here."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from gateway.department import Dataset
from gateway.fields import UnusableId, codes_of
from gateway.intake.drift import Drift, DriftWatch, is_blank
from gateway.intake.interpret import PLAIN_CODE, Reading, RowReader
from gateway.store.tally import tally

MASKED: Final = "***"
UNREADABLE: Final = "?"
_SAMPLE: Final = 3
_UNREAD: Final = object()


@dataclass(frozen=True)
class Coverage:
    """One column: the share of rows in which it is not blank, and the share of those that can be read.

    `readable` is None where the column is always blank.
    """

    field: str
    title: str | None
    filled: float
    readable: float | None


@dataclass(frozen=True)
class Refused:
    """How often one rule is broken at one column."""

    field: str | None
    rule: str
    count: int


@dataclass(frozen=True)
class Findings:
    """What the rows of a page are like; `deleted` rows may hold their key alone and count for no coverage.

    `sample` holds the first rows by column: dates as read, short codes as sent, everything else masked.
    """

    rows: int
    deleted: int
    refused: int
    coverage: tuple[Coverage, ...]
    unknown_codes: dict[str, int]
    drift: Drift
    refusals: tuple[Refused, ...]
    records: dict[str, int]
    sample: tuple[dict[str, str | None], ...] = field(repr=False)


def examine(
    dataset: Dataset, rows: Sequence[object], received_at: datetime, tolerance: timedelta
) -> Findings:
    """Read a page's rows as an intake would, and keep what can be told of them."""
    reader, watch = RowReader(dataset, tolerance), DriftWatch(dataset)
    readings = []
    for raw in rows:
        readings.append(reader.read(raw, received_at))
        watch.see(raw, readings[-1])
    columns = _columns(dataset)
    whole = [raw for raw in rows if isinstance(raw, Mapping) and raw.get("op") != "D"]
    return Findings(
        rows=len(rows),
        deleted=sum(reading.deleted for reading in readings),
        refused=sum(bool(reading.faults) and not reading.statements for reading in readings),
        coverage=tuple(column.coverage(whole) for column in columns),
        unknown_codes=_unknown_codes(readings),
        drift=watch.found(rows),
        refusals=_refusals(readings),
        records=dict(_records(readings).most_common()),
        sample=tuple({column.name: column.shown(raw) for column in columns} for raw in whole[:_SAMPLE]),
    )


@dataclass(frozen=True)
class _Column:
    """One column of a dataset, and how one cell of it is read."""

    name: str
    title: str | None
    adapter: TypeAdapter[Any]
    is_code: bool

    def read(self, raw: Mapping[str, object]) -> object:
        """The cell as the plugin reads it, or `_UNREAD`."""
        try:
            value = self.adapter.validate_python(raw.get(self.name))
        except ValidationError:
            return _UNREAD
        return _UNREAD if isinstance(value, UnusableId) else value

    def coverage(self, rows: Sequence[Mapping[str, object]]) -> Coverage:
        filled = [raw for raw in rows if not is_blank(raw.get(self.name))]
        readable = sum(self.read(raw) is not _UNREAD for raw in filled)
        return Coverage(
            self.name,
            self.title,
            len(filled) / len(rows) if rows else 0.0,
            readable / len(filled) if filled else None,
        )

    def shown(self, raw: Mapping[str, object]) -> str | None:
        """The cell for human eyes: only what can be nobody's number and nobody's name."""
        if is_blank(raw.get(self.name)):
            return None
        value = self.read(raw)
        if value is _UNREAD:
            return UNREADABLE
        if isinstance(value, date):
            return value.isoformat()
        if self.is_code and isinstance(value, str) and PLAIN_CODE.fullmatch(value):
            return value
        return MASKED


def _columns(dataset: Dataset) -> list[_Column]:
    coded = {*codes_of(dataset.row), "operation"}
    return [
        _Column(
            name=found.alias or name,
            title=found.title,
            adapter=_adapter(found),
            is_code=name in coded,
        )
        for name, found in dataset.row.model_fields.items()
    ]


def _adapter(found: FieldInfo) -> TypeAdapter[Any]:
    annotated: Any = Annotated[found.annotation, *found.metadata, None]  # the last one: there may be no other
    return TypeAdapter(annotated, config=ConfigDict(arbitrary_types_allowed=True))


def _unknown_codes(readings: Sequence[Reading]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for reading in readings:
        for code in reading.unknown_codes:
            tally(counts, code)
    return counts


def _refusals(readings: Sequence[Reading]) -> tuple[Refused, ...]:
    counts = Counter(fault for reading in readings for fault in reading.faults)
    return tuple(Refused(fault.field, fault.rule, count) for fault, count in counts.most_common())


def _records(readings: Sequence[Reading]) -> Counter[str]:
    kinds = (getattr(found.record, "kind") for each in readings for found in each.statements)  # noqa: B009 - every concrete record has its own literal
    return Counter(kinds)
