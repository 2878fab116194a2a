"""Replaces who and which by keyed hashes: readings go in, evidence columns come out, no identity goes on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from gateway.department import Dataset
from gateway.evidence.columns import EVIDENCE
from gateway.fields import fields_of_type
from gateway.identity import IdNumber, Keyer, PersonName, in_bytes
from gateway.intake.content import canonical, version_of
from gateway.intake.interpret import Reading, Statement
from gateway.mapping import Column
from gateway.records import Fact
from gateway.roster.shapes import Shaper, is_masked
from gateway.store.tally import tally

NOTHING: Final = "nothing"
"""The kind of a row that leaves no record but may supersede one: deleted, unknown, or about a stranger."""

KEPT_ABOUT_STRANGERS: Final = frozenset({"death", "absence", "custody", "emigration", "enlisted"})
"""Kinds kept for people who are not on the roster yet; of-life rows about them are counted and dropped."""

DROPPED: Final = frozenset({"unclassified", "welfare_payment"})
"""Kinds that are counted and never kept."""

_DAYS: Final = ("happened_on", "earliest", "latest", "began_on", "ends_on", "released_on")

_LEAST: Final = timedelta(microseconds=1)
"""Less than what load times, which are whole seconds, differ by."""


class People(Protocol):
    """The roster's key map: who has an ID number."""

    def lookup(self, person_key: int) -> list[tuple[int, int]]:
        """Roster numbers and name keys of the people with this key."""

    def agrees(self, name_key: int, seen: int) -> bool:
        """Whether what is visible of a masked name is so in the name of this key."""


@dataclass(frozen=True)
class Refusal:
    """A row, or one record of it, that was not taken: which rule it broke, never what it said."""

    dataset: str
    key_hash: str | None
    field: str | None
    rule: str
    content: int


@dataclass(frozen=True)
class KeyedPage:
    """What one page came to, without a single identity.

    `evidence` has the evidence schema. `versions` holds an int64 hash of every row's key and load time, which
    tells whether a window arrived whole; `contents` one of every row as it was sent, which tells whether a
    refused row came again; `accepted_keys` 16 bytes for every row taken.
    """

    evidence: pa.Table = field(repr=False)
    refusals: tuple[Refusal, ...]
    versions: NDArray[np.int64] = field(repr=False)
    contents: NDArray[np.int64] = field(repr=False)
    accepted_keys: bytes = field(repr=False)
    unknown_codes: dict[str, int]
    received: int
    accepted: int
    refused: int
    matched: int
    strangers: int


@dataclass
class Keyed:
    """What rows came to that were taken one by one, without a single identity."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    versions: list[int] = field(default_factory=list)
    contents: list[int] = field(default_factory=list)
    accepted_keys: list[bytes] = field(default_factory=list)
    unknown_codes: dict[str, int] = field(default_factory=dict)
    received: int = 0
    accepted: int = 0
    refused: int = 0
    matched: int = 0
    strangers: int = 0

    def evidence(self) -> pa.Table:
        """The records as columns of the evidence schema."""
        return pa.Table.from_pylist(self.rows, schema=EVIDENCE)

    def page(self) -> KeyedPage:
        """All of it as arrays and one table."""
        return KeyedPage(
            evidence=self.evidence(),
            refusals=tuple(self.refusals),
            versions=np.array(self.versions, np.int64),
            contents=np.array(self.contents, np.int64),
            accepted_keys=b"".join(self.accepted_keys),
            unknown_codes=self.unknown_codes,
            received=self.received,
            accepted=self.accepted,
            refused=self.refused,
            matched=self.matched,
            strangers=self.strangers,
        )


class RowKeyer:
    """Keys the readings of one dataset against the roster's key map."""

    def __init__(self, department: str, dataset: Dataset, keyer: Keyer, people: People) -> None:
        self._constant = {"department": department, "dataset": dataset.name}
        self._dataset = dataset
        self._keyer = keyer
        self._people = people
        self._shaper = Shaper(keyer)
        self._key_is_certificate = key_is_certificate(dataset)
        self._id_columns = _id_columns(dataset)

    def take(self, keyed: Keyed, reading: Reading, raw: object, received_at: datetime) -> None:
        """Add one reading to the page's result."""
        content = int(self._keyer.contents([in_bytes(canonical(raw, deleted=reading.deleted))])[0])
        key_hash = self._keyer.row(self._dataset.name, reading.key) if reading.key else None
        keyed.received += 1
        keyed.versions.append(_version(reading, key_hash, content))
        keyed.contents.append(content)
        keyed.refusals += [
            Refusal(
                self._dataset.name, key_hash.hex() if key_hash else None, fault.field, fault.rule, content
            )
            for fault in reading.faults
        ]
        for code in reading.unknown_codes:
            tally(keyed.unknown_codes, code)
        refused = key_hash is None or reading.loaded_at is None or _says_nothing(reading)
        keyed.refused += refused
        keyed.accepted += not refused
        if key_hash is not None and reading.loaded_at is not None:
            # What breaks a rule in part stands before itself, so that it counts once it is wholly readable.
            published_at = reading.loaded_at - _LEAST if reading.faults else reading.loaded_at
            common = self._common(published_at, received_at, key_hash, content)
            keyed.rows += self._freed(reading, common) if refused else self._rows(keyed, reading, common)
            keyed.accepted_keys += [] if refused else [key_hash]

    def _common(
        self, published_at: datetime, received_at: datetime, key_hash: bytes, content: int
    ) -> dict[str, Any]:
        return {
            **self._constant,
            "key_hash": key_hash,
            "published_at": published_at,
            "received_at": received_at,
            "content": content,
        }

    def _rows(self, keyed: Keyed, reading: Reading, common: Mapping[str, Any]) -> list[dict[str, Any]]:
        found = [self._person_rows(statement) for statement in reading.statements]
        named = [(s, rows) for s, rows in zip(reading.statements, found, strict=True) if s.person]
        keyed.matched += any(row["person"] is not None for _, rows in named for row in rows)
        keyed.strangers += bool(named) and not any(
            row["person"] is not None for _, rows in named for row in rows
        )
        kept = [row for rows in found for row in rows if _is_kept(row)]
        return [{**common, **row} for row in kept] or [{**common, **self._nothing(reading)}]

    def _freed(self, reading: Reading, common: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What a refused row leaves: an unusable ID number lets go of whom an older version named."""
        if not all(fault.field in self._id_columns for fault in reading.faults):
            return []
        return [{**common, **self._nothing(reading)}]

    def _nothing(self, reading: Reading) -> dict[str, Any]:
        """What a row without a record leaves; of a deleted certificate nothing else may ever be seen."""
        certificate = reading.key if reading.deleted and self._key_is_certificate else None
        return {
            "item": 0,
            "kind": NOTHING,
            "basis": "deleted" if reading.deleted else "corrected" if reading.corrects else None,
            "polarity": "neutral",
            "origin": "department",
            "identity": "unchecked",
            "certificate": self._keyer.certificate(certificate) if certificate else None,
        }

    def _person_rows(self, statement: Statement) -> list[dict[str, Any]]:
        facts = self._facts(statement)
        if statement.person is None or facts["withdraws"]:
            return [{**facts, "person": None, "identity": "unchecked"}]
        person_key = self._keyer.person(statement.person)
        name_key, shape = self._name(statement.name)
        keys = {"person_key": person_key, "name_key": name_key, "name_shape": shape}
        kept = keys if facts["kind"] in KEPT_ABOUT_STRANGERS else {}
        matches = self._people.lookup(person_key)
        if not matches:
            return [{**facts, **kept, "person": None, "identity": "unchecked"}]
        return [
            {**facts, **kept, "person": number, "identity": self._identity(name_key, shape, known)}
            for number, known in matches
        ]

    def _name(self, name: PersonName | None) -> tuple[int | None, int | None]:
        """The key of a name, or what is visible of a masked one; neither where there is none to compare."""
        if name is None or self._dataset.name_check == "absent":
            return None, None
        if self._dataset.name_check == "masked" and is_masked(name):
            return None, self._shaper.seen(name)
        return self._keyer.name(name), None

    def _identity(self, name_key: int | None, shape: int | None, known: int) -> str:
        if shape is None:
            return identity_of(name_key, known)
        return "match" if self._people.agrees(known, shape) else "doubt"

    def _facts(self, statement: Statement) -> dict[str, Any]:
        record = statement.record
        return {
            "item": statement.item,
            "kind": getattr(record, "kind"),  # noqa: B009 - every concrete record has its own literal
            "basis": getattr(record, "basis", None) or getattr(record, "method", None),
            "polarity": record.polarity,
            "strength": getattr(record, "strength", None),
            "origin": record.origin,
            "released_to": getattr(record, "released_to", None),
            **{day: getattr(record, day, None) for day in _DAYS},
            **self._hashes(record),
        }

    def _hashes(self, record: Fact) -> dict[str, bytes | None]:
        withdraws = getattr(record, "withdraws", None)
        voided = withdraws if self._key_is_certificate else None
        certificates = {
            "certificate": getattr(record, "certificate", voided),
            "derived_from": getattr(record, "derived_from", None),
        }
        return {
            **{name: self._keyer.certificate(text) if text else None for name, text in certificates.items()},
            "withdraws": self._keyer.row(self._dataset.name, withdraws) if withdraws else None,
        }


def identity_of(name_key: int | None, known: int) -> str:
    """Whether the names agree: `match`, `doubt`, or `unchecked` when there is none to compare."""
    if name_key is None:
        return "unchecked"
    return "match" if name_key == known else "doubt"


def _is_kept(row: Mapping[str, Any]) -> bool:
    if row["withdraws"]:
        return True
    if row["kind"] in DROPPED:
        return False
    return row["person"] is not None or "person_key" in row


def key_is_certificate(dataset: Dataset) -> bool:
    """Whether a row's key is the number of the certificate it is."""
    emitted = [emit.values.get("certificate") for emit in dataset.every_emit]
    named = {dataset.column(value.name) for value in emitted if isinstance(value, Column)}
    return dataset.column(dataset.key) in named


def _id_columns(dataset: Dataset) -> frozenset[str]:
    """The columns of ID numbers, as the data dictionary names them."""
    return frozenset(dataset.alias(name) for name in fields_of_type(dataset.row, IdNumber))


def _says_nothing(reading: Reading) -> bool:
    return bool(reading.faults) and not reading.statements


def _version(reading: Reading, key_hash: bytes | None, content: int) -> int:
    if key_hash is None or reading.loaded_at is None:
        return content
    return version_of(key_hash, reading.loaded_at)
