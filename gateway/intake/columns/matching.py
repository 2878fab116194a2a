"""Keys the statements of a page and matches them against the roster's key map, all at once.

The twin of `keying.RowKeyer`: every ID number and every name is hashed once a page, however often it occurs,
and a name only where its key is compared or kept.
"""

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple, Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

from gateway.department import Dataset
from gateway.identity import Keyer, PersonName
from gateway.intake.columns.plan import NAME, PERSON
from gateway.intake.columns.words import ROW
from gateway.intake.keying import DROPPED, KEPT_ABOUT_STRANGERS, People
from gateway.roster.keymap import Matches
from gateway.roster.shapes import Shaper, is_masked

Bools = NDArray[np.bool_]
Int64s = NDArray[np.int64]


class Roster(People, Protocol):
    """The roster's key map, asked about many ID numbers at once."""

    def lookup_many(self, keys: Int64s) -> Matches:
        """Everybody who has one of these keys, in the order of the keys."""


class Keys(NamedTuple):
    """64-bit numbers, and where there is one."""

    values: Int64s
    known: Bools

    def at(self, places: Int64s) -> "Keys":
        """The numbers at these places."""
        return Keys(self.values[places], self.known[places])

    def where(self, mask: Bools) -> "Keys":
        """The numbers where the mask holds, and none elsewhere."""
        return Keys(self.values, self.known & mask)


class Matched(NamedTuple):
    """Records as they are kept: each is one statement about one person, or about nobody on the roster.

    `statement` is the place of its statement, rising. `rows_matched` are the numbers of the rows that name
    somebody on the roster, `rows_strange` of those that name others only.
    """

    statement: Int64s
    person: Keys
    person_key: Keys
    name_key: Keys
    name_shape: Keys
    identity: NDArray[np.str_]
    rows_matched: Int64s
    rows_strange: Int64s


class Matcher:
    """Matches the statements of one dataset."""

    def __init__(self, dataset: Dataset, keyer: Keyer, people: Roster) -> None:
        self._name_check = dataset.name_check
        self._keyer = keyer
        self._people = people
        self._shaper = Shaper(keyer)

    def match(self, statements: pl.DataFrame) -> Matched:
        """Find out who each statement is about, and drop what is not kept about whom nobody knows."""
        rows = statements[ROW].to_numpy()
        named, withdraws, kept, dropped = _told(statements)

        person_key = _hashed(statements[PERSON], named & ~withdraws, self._keyer.persons)
        counts, numbers, known_names = self._found(person_key)
        compared = person_key.known & ~dropped & (kept | (counts > 0))
        name_key, name_shape = self._names(statements[NAME], compared)

        place = np.repeat(np.arange(len(rows)), np.maximum(counts, 1))
        person = _spread(numbers, counts[place] > 0)
        known = _spread(known_names, person.known).values
        identity = self._identity(person, known, name_key.at(place), name_shape.at(place))
        left = withdraws[place] | (~dropped[place] & (person.known | kept[place]))
        place, identity = place[left], identity[left]
        matched = np.unique(rows[counts > 0])
        return Matched(
            place,
            Keys(person.values[left], person.known[left]),
            person_key.at(place).where(kept[place]),
            name_key.at(place).where(kept[place]),
            name_shape.at(place).where(kept[place]),
            identity,
            rows_matched=matched,
            rows_strange=np.setdiff1d(rows[named], matched),
        )

    def _found(self, person_key: Keys) -> tuple[Int64s, Int64s, Int64s]:
        """How many people each statement may be about, and who they are by number and name key."""
        asked = np.flatnonzero(person_key.known)
        found = self._people.lookup_many(person_key.values[asked])
        counts = np.zeros(len(person_key.known), np.int64)
        counts[asked] = np.bincount(found.position, minlength=len(asked))
        return counts, found.number, found.name_key

    def _names(self, names: pl.Series, wanted: Bools) -> tuple[Keys, Keys]:
        """The keys of names, or what is visible of masked ones; neither where names are not compared."""
        wanted = wanted & names.is_not_null().to_numpy()
        if self._name_check == "absent":
            wanted = np.zeros_like(wanted)
        if self._name_check != "masked":
            return _hashed(names, wanted, self._keyer.names), _none(len(names))
        masked = wanted.copy()
        masked[wanted] = [is_masked(PersonName(name)) for name in names.filter(wanted).to_list()]
        return _hashed(names, wanted & ~masked, self._keyer.names), self._seen(names, masked)

    def _seen(self, names: pl.Series, masked: Bools) -> Keys:
        seen = [self._shaper.seen(PersonName(name)) for name in names.filter(masked).to_list()]
        visible = masked.copy()
        visible[masked] = [shape is not None for shape in seen]
        return _placed([shape for shape in seen if shape is not None], visible)

    def _identity(self, person: Keys, known: Int64s, name_key: Keys, shape: Keys) -> NDArray[np.str_]:
        """`match`, `doubt`, or `unchecked` where there is nobody or no name to compare."""
        compared = person.known & (name_key.known | shape.known)
        agree = name_key.known & (name_key.values == known)
        for place in np.flatnonzero(person.known & shape.known).tolist():
            agree[place] = self._people.agrees(int(known[place]), int(shape.values[place]))
        return np.where(compared, np.where(agree, "match", "doubt"), "unchecked")


_NAMED: Final = pl.col(PERSON).is_not_null()
_WITHDRAWS: Final = pl.col("withdraws").is_not_null()
_KEPT: Final = _NAMED & ~_WITHDRAWS & pl.col("kind").is_in(sorted(KEPT_ABOUT_STRANGERS))
_TOLD: Final = {
    "named": _NAMED,
    "withdraws": _WITHDRAWS,
    "kept": _KEPT,
    "dropped": pl.col("kind").is_in(sorted(DROPPED)),
}


def _told(statements: pl.DataFrame) -> list[Bools]:
    """Which statements name somebody, withdraw a row, are kept about strangers, and are dropped."""
    return [column.to_numpy() for column in statements.select(**_TOLD).iter_columns()]


def _hashed(texts: pl.Series, wanted: Bools, hashed: Callable[[Sequence[bytes]], Int64s]) -> Keys:
    """The keys of the wanted texts, each hashed once."""
    asked: list[bytes] = texts.filter(wanted).cast(pl.Binary).to_list()
    distinct = list(dict.fromkeys(asked))
    keys = dict(zip(distinct, hashed(distinct).tolist(), strict=True))
    return _placed([keys[text] for text in asked], wanted)


def _placed(values: list[int], where: Bools) -> Keys:
    return _spread(np.array(values, np.int64), where)


def _spread(values: Int64s, where: Bools) -> Keys:
    """Values in their order laid out over the places where there is one."""
    spread = np.zeros(len(where), np.int64)
    spread[where] = values
    return Keys(spread, where)


def _none(count: int) -> Keys:
    return _placed([], np.zeros(count, np.bool_))
