"""Keys of a whole column are those of its rows, one by one, however they are spelt."""

from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.identity import Keyer, PersonName
from gateway.roster.keying import ColumnKeys, RowKeys
from gateway.roster.keymap import NO_NAME
from gateway.roster.shapes import COMPARED
from tests.unit.columns.generating import ENDING_IN_X, NAMES, NUMBERS
from tests.unit.core.people import ID, OTHER_ID

KEYER = Keyer(b"an identity key of the tests")
ROWS = RowKeys(KEYER)
WITH_SHAPES = ColumnKeys(KEYER, shapes=True)

TYPES = st.sampled_from(["01", "1", "02", None])
OTHERS = st.one_of(st.none(), NUMBERS, st.lists(NUMBERS, max_size=3).map(";".join), st.just("；"))
WORDS = st.one_of(
    st.none(), NAMES, st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
)


def texts(cells: list[str | None]) -> pa.Array:
    return pa.array(cells, pa.string())


@given(st.lists(st.tuples(TYPES, st.one_of(st.none(), NUMBERS), OTHERS), max_size=12))
def test_the_keys_of_people_are_those_of_their_rows(rows: list[tuple[str | None, ...]]) -> None:
    columns = [texts([row[place] for row in rows]) for place in range(3)]
    expected = [
        ROWS.person_keys(number, others) if kind in {"01", "1"} else [] for kind, number, others in rows
    ]
    assert WITH_SHAPES.person_keys(*columns).to_pylist() == expected


@given(st.lists(WORDS, max_size=12))
def test_the_keys_and_shapes_of_names_are_those_of_their_rows(names: list[str | None]) -> None:
    keys, shapes = WITH_SHAPES.names(texts(names))
    read = [ROWS.name(name or "") for name in names]
    assert keys.to_pylist() == [KEYER.name(name) if name else NO_NAME for name in read]
    assert shapes.to_pylist() == [shape(name) if name else None for name in read]


def shape(name: PersonName) -> bytes:
    """As `shapes` says that it is written, sign by sign."""
    text = name.reveal()
    hashes = [KEYER.character(place, sign) for place, sign in enumerate(text[:COMPARED])]
    return np.array([len(text), *hashes, *[0] * (COMPARED - len(hashes))], "<u2").tobytes()


@pytest.mark.parametrize("begins", [0, 1, 2])
def test_a_piece_of_a_column_is_keyed_as_the_column(begins: int) -> None:
    cells = texts([ID, OTHER_ID, None, ENDING_IN_X.lower(), ID])
    kinds, others = texts(["1"] * 5), texts([None] * 5)
    whole = WITH_SHAPES.person_keys(kinds, cells, others).to_pylist()
    pieces = [column.slice(begins) for column in (kinds, cells, others)]
    assert WITH_SHAPES.person_keys(*pieces).to_pylist() == whole[begins:]
    assert all(first != second for first, second in pairwise(whole))


def test_shapes_that_nobody_asked_for_are_not_made() -> None:
    keys, shapes = ColumnKeys(KEYER, shapes=False).names(texts(["张三", None]))
    assert keys.to_pylist() == [KEYER.name(PersonName.parse("张三")), NO_NAME]
    assert shapes.to_pylist() == [None, None]
