"""A large made-up world in columns: few days, certificates and contents, so that rows tie and fall together.

Seeded; every column that may miss a value misses some.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from gateway.decide.columns import LEDGER
from gateway.evidence.columns import EVIDENCE
from gateway.roster.columns import ROSTER
from tests.integration.decide.lives import BENEFITS, CAUSES, DAYS, METHODS, SIGHTINGS, STATUSES

_FACTS: Final = {
    "sighting": 0.44,
    "death": 0.04,
    "custody": 0.10,
    "certification_elsewhere": 0.20,
    "absence": 0.04,
    "emigration": 0.06,
    "enlisted": 0.06,
    "welfare_payment": 0.04,
    "withdrawal": 0.02,
}
_BASES: Final = ["medical_certificate", "cremation", "died_in_custody", "community_report"]
_RELEASED: Final = [None, "outside", "prison", "death", "unknown"]
_OF_LIFE: Final = ("sighting", "certification_elsewhere")
_ADVERSE: Final = ("death", "custody", "absence")
_INSTANTS: Final = [datetime(2026, 6, 1) + timedelta(hours=hours) for hours in range(3)]  # noqa: DTZ001 - naive, as columns are
_SOME_DAYS: Final = [*DAYS, None]


@dataclass(frozen=True)
class Columns:
    """What is decided from."""

    evidence: pa.Table
    roster: pa.Table
    ledger: pa.Table


def made(people: int, records: int, benefits: int, seed: int = 1) -> Columns:
    """People with records and benefits; where there are more benefits than people, some have several."""
    chance = np.random.default_rng(seed)
    roster = _roster(_Drawn(chance, benefits), people)
    ledger = _ledger(_Drawn(chance, benefits // 50), roster["benefit_id"])
    return Columns(_evidence(_Drawn(chance, records), people), roster, ledger)


@dataclass(frozen=True)
class _Drawn:
    """Columns of so many rows, drawn by chance."""

    chance: np.random.Generator
    rows: int

    def of(self, values: Sequence[Any], kind: pa.DataType | None = None) -> pa.Array:
        return pa.array(values, kind or pa.string()).take(pa.array(self.number(len(values))))

    def day(self, values: Sequence[Any] = _SOME_DAYS) -> pa.Array:
        return self.of(values, pa.date32())

    def number(self, below: int) -> np.ndarray:
        return self.chance.integers(0, below, self.rows)

    def often(self, share: float) -> pa.Array:
        return pa.array(self.chance.random(self.rows) < share)


class _Facts:
    """Which fact each row tells, and columns that only some facts fill."""

    def __init__(self, drawn: _Drawn) -> None:
        self._names = list(_FACTS)
        self._which = drawn.chance.choice(len(_FACTS), drawn.rows, p=list(_FACTS.values()))
        self.names = pa.array(self._names).take(pa.array(self._which))

    def are(self, *facts: str) -> np.ndarray:
        return np.isin(self._which, [self._names.index(each) for each in facts])

    def only(self, values: pa.Array, *facts: str) -> pa.Array:
        return pc.if_else(pa.array(self.are(*facts)), values, pa.scalar(None, values.type))


def _evidence(drawn: _Drawn, people: int) -> pa.Table:
    facts = _Facts(drawn)
    return _table(
        {
            **_whose(drawn, facts, people),
            **_what(drawn, facts),
            **_when(drawn, facts),
            **_certificates(drawn, facts, people),
            "published_at": drawn.of(_INSTANTS, pa.timestamp("us")),
            "received_at": drawn.of(_INSTANTS, pa.timestamp("us")),
            "content": pa.array(1 + drawn.number(12)),
        },
        drawn.rows,
        EVIDENCE,
    )


def _whose(drawn: _Drawn, facts: _Facts, people: int) -> dict[str, pa.Array]:
    return {
        "person": pa.array(1 + drawn.number(people), mask=facts.are("withdrawal")),
        "name_key": pa.array(1 + drawn.number(8)),
        "department": drawn.of(["police", "health", "justice"]),
        "dataset": drawn.of(["one", "other"]),
        "key_hash": _hashes(np.arange(drawn.rows)),
        "item": pa.array(np.zeros(drawn.rows, np.int16)),
        "origin": pa.repeat("department", drawn.rows),
        "identity": drawn.of([*["match"] * 4, "unchecked", "doubt"]),
        "withdraws": facts.only(_hashes(drawn.number(drawn.rows)), "withdrawal"),
    }


def _what(drawn: _Drawn, facts: _Facts) -> dict[str, pa.Array]:
    of_life = facts.only(pa.repeat("of_life", drawn.rows), *_OF_LIFE)
    adverse = facts.only(pa.repeat("adverse", drawn.rows), *_ADVERSE)
    return {
        "kind": pc.if_else(pc.equal(facts.names, "sighting"), drawn.of(SIGHTINGS), facts.names),
        "basis": pc.coalesce(
            facts.only(drawn.of(_BASES), "death"),
            facts.only(drawn.of(["detention", "sentence"]), "custody"),
            facts.only(drawn.of(METHODS), "certification_elsewhere"),
        ),
        "polarity": pc.coalesce(of_life, adverse, "neutral"),
        "strength": facts.only(drawn.of(["strong", "strong", "strong", "weak"]), *_OF_LIFE),
        "released_to": facts.only(drawn.of(_RELEASED), "custody"),
    }


def _when(drawn: _Drawn, facts: _Facts) -> dict[str, pa.Array]:
    day, maybe = drawn.day(DAYS), drawn.day()
    loose = facts.only(maybe, "death", "emigration", "enlisted", "welfare_payment")
    return {
        "happened_on": pc.coalesce(loose, facts.only(day, *_OF_LIFE, "absence")),
        "earliest": facts.only(drawn.day(), "death"),
        "latest": facts.only(pc.coalesce(maybe, day), "death"),
        "began_on": facts.only(day, "custody"),
        "ends_on": facts.only(drawn.day(), "custody"),
        "released_on": facts.only(drawn.day([*DAYS, *[None] * len(DAYS)]), "custody"),
    }


def _certificates(drawn: _Drawn, facts: _Facts, people: int) -> dict[str, pa.Array]:
    """Few enough that several deaths rest on one, and that one names several people."""
    few = max(people // 20, 4)
    own, other = (_hashes(1 + drawn.number(few)) for _ in range(2))
    nothing = pa.scalar(None, pa.binary(16))
    return {
        "certificate": facts.only(pc.if_else(drawn.often(0.5), own, nothing), "death"),
        "derived_from": facts.only(pc.if_else(drawn.often(0.5), other, nothing), "death"),
    }


def _roster(drawn: _Drawn, people: int) -> pa.Table:
    person = 1 + np.arange(drawn.rows) % people
    return _table(
        {
            "person": pa.array(person),
            "person_no": pc.binary_join_element_wise("P", pa.array(person).cast(pa.string()), ""),
            "benefit_id": pc.binary_join_element_wise("B", pa.array(range(drawn.rows)).cast(pa.string()), ""),
            "benefit": drawn.of(BENEFITS),
            "insured_county": drawn.of([None, "990101", "990103", "990104"]),
            "started_on": drawn.day([None, *DAYS[:3], DAYS[-1]]),
            "last_certified_on": drawn.day([*DAYS, *[None] * 10]),
            "last_method": drawn.of(METHODS),
            "payment_status": drawn.of(STATUSES),
            "spouse_survivor": drawn.often(0.5),
            "needs_assistance": drawn.often(0.1),
            "matchable": drawn.often(0.9),
            "first_seen_on": drawn.day(DAYS),
        },
        drawn.rows,
        ROSTER,
    )


def _ledger(drawn: _Drawn, benefit_ids: pa.ChunkedArray) -> pa.Table:
    """What people did about some benefits."""
    causes = [[], [], *([cause] for cause in CAUSES), [*CAUSES[:2]], [*CAUSES]]
    texts, numbers = pa.list_(pa.string()), pa.list_(pa.int64())
    some = drawn.chance.choice(len(benefit_ids), drawn.rows, replace=False)
    return _table(
        {
            "benefit_id": benefit_ids.take(pa.array(some)),
            "held": drawn.of(causes, texts),
            "late": drawn.of(causes, texts),
            "confirmed": drawn.of(causes, texts),
            "silenced": drawn.of([[], [1, 2, 3], [4, 5, 6, 7, 8, 9]], numbers),
            "pension_silenced_on": drawn.day(),
            "verified_on": drawn.day(),
            "custody_on": drawn.day(),
        },
        drawn.rows,
        LEDGER,
    )


def _hashes(numbers: np.ndarray) -> pa.Array:
    """16 bytes for each number, big-endian."""
    raw = np.zeros((len(numbers), 16), np.uint8)
    raw[:, 8:] = numbers.astype(">u8").view(np.uint8).reshape(-1, 8)
    buffers = [None, pa.py_buffer(raw.tobytes())]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(numbers), buffers)


def _table(columns: dict[str, pa.Array], rows: int, schema: pa.Schema) -> pa.Table:
    missing = {name: pa.nulls(rows, schema.field(name).type) for name in schema.names}
    return pa.table({**missing, **columns}).select(schema.names).cast(schema)
