from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.errors import StoreError
from gateway.roster.keymap import ENTRY, KeyMap

ENTRIES = [(7, 1, 100), (-5, 2, 200), (7, 3, 300), (9, 2, 200)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    KeyMap.write(tmp_path / "keymap", np.array(ENTRIES, ENTRY))
    return tmp_path / "keymap"


def test_an_id_number_leads_to_everybody_who_has_it(path: Path) -> None:
    keymap = KeyMap.open(path)
    assert len(keymap) == 4
    assert keymap.lookup(7) == [(1, 100), (3, 300)]
    assert keymap.lookup(-5) == keymap.lookup(9) == [(2, 200)]
    assert keymap.lookup(8) == []


def test_many_keys_are_looked_up_at_once(path: Path) -> None:
    found = KeyMap.open(path).lookup_many(np.array([9, 8, 7, 7], np.int64))
    assert found.position.tolist() == [0, 2, 2, 3, 3]
    assert found.number.tolist() == [2, 1, 3, 1, 3]
    assert found.name_key.tolist() == [200, 100, 300, 100, 300]


def test_a_person_key_takes_24_bytes(path: Path) -> None:
    assert path.stat().st_size == 24 * len(ENTRIES)


def test_the_map_cannot_be_written_to(path: Path) -> None:
    with pytest.raises(ValueError, match="read-only"):
        KeyMap.open(path)._keys[0] = 1


@pytest.mark.parametrize("empty_file", [True, False])
def test_an_empty_map_finds_nobody(tmp_path: Path, empty_file: bool) -> None:  # noqa: FBT001 - a parameter
    KeyMap.write(tmp_path / "keymap", np.array([], ENTRY))
    keymap = KeyMap.open(tmp_path / "keymap") if empty_file else KeyMap.empty()
    assert len(keymap) == 0
    assert keymap.lookup(7) == []
    assert keymap.lookup_many(np.array([7, 8], np.int64)).number.tolist() == []


def test_a_map_that_is_cut_short_or_missing_is_named(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(StoreError, match="keymap is cut short"):
        KeyMap.open(path)
    path.unlink()
    with pytest.raises(StoreError, match="keymap cannot be read"):
        KeyMap.open(path)


SMALL = st.integers(-4, 4)
EXTREME = st.sampled_from([-(2**63), 2**63 - 1])


@given(st.lists(st.tuples(SMALL | EXTREME, SMALL, SMALL), max_size=12), st.lists(SMALL | EXTREME, max_size=6))
def test_a_lookup_finds_what_a_plain_search_finds(
    tmp_path_factory: pytest.TempPathFactory, entries: list[tuple[int, int, int]], keys: list[int]
) -> None:
    path = tmp_path_factory.getbasetemp() / "generated.keymap"
    KeyMap.write(path, np.array(entries, ENTRY))
    found = KeyMap.open(path).lookup_many(np.array(keys, np.int64))
    expected = [
        (position, number, name)
        for position, key in enumerate(keys)
        for entry, number, name in sorted(entries)
        if entry == key
    ]
    assert list(zip(*(column.tolist() for column in found), strict=True)) == expected
