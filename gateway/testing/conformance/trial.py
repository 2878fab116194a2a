"""What counts of a dataset's pages: the settling of versions in plain Python, one row at a time.

The gateway settles columns in a database; here the same is done in memory, so that a department is tried in
a moment and without a store. A test holds the two equal.
"""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.keying import NOTHING, Keyed, RowKeyer
from gateway.roster.keymap import Matches
from gateway.testing.conformance.case import Case, Row

OTHER_NUMBER: Final = "990299193909099993"
"""The ID number of nobody, and of nobody whom a sample names."""

OTHER_NAME: Final = "无此人"

KEYER: Final = Keyer(b"the conformance kit's identity key, of nobody")
_NAMELESS: Final = PersonName.parse("无名")

Fact = dict[str, Any]
"""One record as evidence: the columns of the evidence schema that it fills."""


class Roster:
    """Everybody whom the samples name, and one person more."""

    def __init__(self, people: Sequence[tuple[IdNumber, PersonName]]) -> None:
        self._found = {
            int(KEYER.person(number)): (place, int(KEYER.name(name)))
            for place, (number, name) in enumerate(people, 1)
        }

    def lookup(self, person_key: int) -> list[tuple[int, int]]:
        """Roster number and name key of who has this key, if anybody has."""
        found = self._found.get(person_key)
        return [found] if found else []

    def lookup_many(self, keys: NDArray[np.int64]) -> Matches:
        """The same of many keys at once."""
        found = [(place, *each) for place, key in enumerate(keys.tolist()) for each in self.lookup(key)]
        columns = np.array(found, np.int64).reshape(-1, 3).T
        return Matches(*columns)

    def agrees(self, name_key: int, seen: int) -> bool:  # noqa: ARG002 - the interface's parameters
        """A masked name agrees with whoever has the number: whose name it is, is not tried here."""
        return True


class Trial:
    """Takes pages of one dataset, settles their versions, and says what counts."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._roster = Roster(people_of(case))
        self._keyer = RowKeyer(case.package.department.name, case.dataset, KEYER, self._roster)
        self._live: dict[bytes, list[Fact]] = {}

    @property
    def other(self) -> int:
        """The roster number of whom no sample names."""
        return self._roster.lookup(KEYER.person(IdNumber.parse(OTHER_NUMBER)))[0][0]

    def take(self, rows: Sequence[Row]) -> None:
        """Take one page: of each key the version lives that was loaded last, a tie by content."""
        for version in self.versions(rows):
            key = version[0]["key_hash"]
            if key not in self._live or _age(version) > _age(self._live[key]):
                self._live[key] = version

    def versions(self, rows: Sequence[Row]) -> Iterator[list[Fact]]:
        """The evidence that each row of a page becomes; none of a row that was refused."""
        for row in rows:
            keyed = Keyed()
            self._keyer.take(keyed, self._case.read(row), row, self._case.sheet.received_at)
            if keyed.rows:
                yield keyed.rows

    def counting(self) -> list[Fact]:
        """Every record that counts now, in a fixed order."""
        live = [fact for version in self._live.values() for fact in version]
        withdrawn = _withdrawn(live)
        counted = [fact for fact in live if fact["kind"] not in (NOTHING, "withdrawal")]
        return sorted((fact for fact in counted if fact["key_hash"] not in withdrawn), key=_place)

    def of(self, row: Row) -> list[Fact]:
        """What counts of a row's key now."""
        key = KEYER.row(self._case.dataset.name, self._case.read(row).key or "")
        return [fact for fact in self.counting() if fact["key_hash"] == key]

    def people(self, row: Row) -> set[int | None]:
        """The roster numbers of whom a row's key is about now."""
        return {fact["person"] for fact in self.of(row)}


def _age(version: Sequence[Fact]) -> tuple[Any, int]:
    return version[0]["published_at"], version[0]["content"]


def _withdrawn(live: Sequence[Fact]) -> set[bytes]:
    """The keys that another row withdraws; a withdrawal that is itself withdrawn undoes nothing."""
    found = {
        fact["key_hash"]: fact["withdraws"]
        for fact in live
        if fact["kind"] == "withdrawal" and fact["withdraws"] != fact["key_hash"]
    }
    return {withdrawn for key, withdrawn in found.items() if key not in found.values()}


def _place(fact: Fact) -> tuple[bytes, int, int]:
    return fact["key_hash"], fact["item"], fact["person"] or 0


def people_of(case: Case) -> list[tuple[IdNumber, PersonName]]:
    """Everybody whom an accepted sample names, by the name last given, and somebody else."""
    said = [each for row in case.rows for each in case.read(row).statements]
    named = {each.person: each.name or _NAMELESS for each in said if each.person}
    return [*named.items(), (IdNumber.parse(OTHER_NUMBER), PersonName.parse(OTHER_NAME))]
