from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.serving import ServingKeys, load_serving_keys
from gateway.errors import ConfigError, RequestError

KEYS = ServingKeys(b"one secret of thirty-two bytes or more")
OTHERS = ServingKeys(b"another secret of thirty-two bytes, too")


@given(st.integers(0, 2**63 - 1))
def test_a_cursor_leads_back_to_its_place_for_this_gateway_alone(sequence: int) -> None:
    cursor = KEYS.cursor(sequence)
    assert KEYS.sequence(cursor) == sequence
    with pytest.raises(RequestError):
        OTHERS.sequence(cursor)


@given(st.integers(0, 2**63 - 1), st.integers(0, 24), st.integers(1, 255))
def test_a_cursor_that_was_changed_is_refused(sequence: int, place: int, change: int) -> None:
    cursor = bytearray(KEYS.cursor(sequence).encode())
    cursor[place] ^= change
    with pytest.raises(RequestError, match="no cursor of this gateway"):
        KEYS.sequence(cursor.decode("latin-1"))


@given(st.text(max_size=80))
def test_what_is_no_cursor_is_refused(text: str) -> None:
    with pytest.raises(RequestError, match="no cursor of this gateway"):
        KEYS.sequence(text)


def test_a_sealed_secret_opens_for_its_owner_only() -> None:
    sealed = KEYS.seal(b"shared", "sub_1")
    assert KEYS.open(sealed, "sub_1") == b"shared"
    assert sealed != KEYS.seal(b"shared", "sub_1")
    with pytest.raises(ConfigError, match=r"another serve\.secret"):
        KEYS.open(sealed, "sub_2")
    with pytest.raises(ConfigError, match=r"another serve\.secret"):
        OTHERS.open(sealed, "sub_1")


def test_a_secret_that_is_missing_or_short_names_the_way_out(tmp_path: Path) -> None:
    short = tmp_path / "secret"
    short.write_bytes(b"short")
    with pytest.raises(ConfigError, match="gateway keys serving FILE"):
        load_serving_keys(None)
    with pytest.raises(ConfigError, match="make a longer one"):
        load_serving_keys(f"file:{short}")
