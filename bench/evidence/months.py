"""Generated arrivals, month after month: numbered keys, drawn persons, a few corrections and adverse rows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from gateway.clock import add_months
from gateway.evidence.columns import EVIDENCE

FIRST: Final = date(2024, 9, 1)
"""The first day of the first month."""

OF_LIFE: Final = (
    ("health", "inpatient_stays", "hospital_stay"),
    ("health", "outpatient_visits", "outpatient_visit"),
    ("health", "health_checks", "health_check"),
    ("medical_insurance", "settlements", "settlement"),
    ("police", "border_crossings", "border_crossing"),
    ("police", "identity_cards", "identity_card"),
    ("civil_affairs", "marriages", "divorce"),
    ("justice", "community_corrections", "community_correction"),
)
_SHARES: Final = (0.10, 0.30, 0.15, 0.36, 0.04, 0.02, 0.01, 0.02)
_ADVERSE: Final = ("health", "death_certificates", "death")
_MIX: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFT: Final = (np.uint64(30), np.uint64(27), np.uint64(31))
_WEAK: Final = 0.3
_SURE: Final = 0.97
_A_DAY_US: Final = 86_400_000_000

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Size:
    """How large a world is: persons, records a person and month, rows a part."""

    persons: int
    records: float = 3.3
    page: int = 20_000
    corrected: float = 0.01
    adverse: float = 0.0005

    @property
    def rows(self) -> int:
        """New records a month."""
        return int(self.persons * self.records)


def first_of(month: int) -> date:
    """The first day of a month, counted from 0."""
    return add_months(FIRST, month)


def received_at(month: int) -> datetime:
    """When a month's arrivals come: on the third day of the next month."""
    return datetime.combine(first_of(month + 1), datetime.min.time()) + timedelta(days=2)


def arrivals(size: Size, month: int) -> Iterator[pa.Table]:
    """The pages of a month: its new records, and corrections of earlier ones, which may move a person."""
    chance = np.random.default_rng([size.persons, month])
    new = np.arange(size.rows, dtype=np.int64) + month * size.rows
    known = month * size.rows
    again = chance.integers(0, known, int(size.rows * size.corrected)) if known else new[:0]
    numbers = np.concatenate([new, np.unique(again)])
    order = chance.permutation(len(numbers))
    numbers = numbers[order]
    for start in range(0, len(numbers), size.page):
        yield _table(size, month, numbers[start : start + size.page], chance)


def _table(size: Size, month: int, numbers: Ints, chance: np.random.Generator) -> pa.Table:
    count = len(numbers)
    share, dataset = _share(numbers, 3), _share(numbers, 4)
    adverse = share < size.adverse
    which = np.minimum(np.searchsorted(np.cumsum(_SHARES), dataset), len(OF_LIFE) - 1)
    which[adverse] = len(OF_LIFE)
    begun = np.datetime64(first_of(month), "D")
    day = begun + chance.integers(0, 28, count)
    loaded = (np.datetime64(first_of(month + 1), "us").astype(np.int64)) + chance.integers(
        0, _A_DAY_US, count
    )
    person = chance.integers(1, size.persons + 1, count)
    names = [np.array([each[place] for each in (*OF_LIFE, _ADVERSE)]) for place in range(3)]
    given: dict[str, pa.Array] = {
        "person": pa.array(person),
        "person_key": pa.array(person, mask=~adverse),
        "name_key": pa.array(person, mask=~adverse),
        "department": pa.array(names[0][which]),
        "dataset": pa.array(names[1][which]),
        "key_hash": keys_of(numbers),
        "item": pa.array(np.zeros(count, np.int16)),
        "kind": pa.array(names[2][which]),
        "basis": pa.array(np.where(adverse, "medical_certificate", ""), mask=~adverse),
        "polarity": pa.array(np.where(adverse, "adverse", "of_life")),
        "strength": pa.array(np.where(share < _WEAK, "weak", "strong"), mask=adverse),
        "origin": pa.array(np.full(count, "department")),
        "identity": pa.array(np.where(share < _SURE, "match", "doubt")),
        "happened_on": pa.array(day),
        "latest": pa.array(day, mask=~adverse),
        "certificate": pa.array(keys_of(numbers).to_pylist(), pa.binary(16), mask=~adverse)
        if adverse.any()
        else pa.nulls(count, pa.binary(16)),
        "published_at": pa.array(loaded.astype("datetime64[us]")),
        "received_at": pa.array(np.full(count, np.datetime64(received_at(month), "us"))),
        "content": pa.array(chance.integers(-(2**62), 2**62, count)),
    }
    columns = [given.get(field.name, pa.nulls(count, field.type)).cast(field.type) for field in EVIDENCE]
    return pa.Table.from_arrays(columns, schema=EVIDENCE)


def keys_of(numbers: Ints) -> pa.Array:
    """Key hashes as a keyed hash gives them: 16 bytes without any order."""
    halves = np.stack([_mixed(numbers, 1), _mixed(numbers, 2)], axis=1)
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(numbers), [None, pa.py_buffer(halves)])


def _share(numbers: Ints, salt: int) -> npt.NDArray[np.float64]:
    """A number from 0 to 1 that belongs to each number."""
    return (_mixed(numbers, salt) >> np.uint64(11)).astype(np.float64) / 2.0**53


def _mixed(numbers: Ints, salt: int) -> npt.NDArray[np.uint64]:
    """SplitMix64."""
    with np.errstate(over="ignore"):
        z = (numbers.astype(np.uint64) * np.uint64(5) + np.uint64(salt)) * _MIX[0]
        z = (z ^ (z >> _SHIFT[0])) * _MIX[1]
        z = (z ^ (z >> _SHIFT[1])) * _MIX[2]
    return z ^ (z >> _SHIFT[2])
