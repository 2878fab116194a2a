import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.strict_json import canonical_json, read_json
from tests.integration.crypto.pages import canonical

leaves = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
values = st.recursive(
    leaves, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=12
)


@given(value=values)
def test_the_canonical_form_is_the_one_of_the_standard_library(value: Any) -> None:
    assert canonical_json(read_json(json.dumps(value).encode())) == canonical(value).decode()


def test_numbers_stay_as_they_are() -> None:
    raw = b'{"b":[1.10,-0,1e2,1E+2,12345678901234567890123],"a":true}'
    assert canonical_json(read_json(raw)) == '{"a":true,"b":[1.10,-0,1e2,1E+2,12345678901234567890123]}'


def test_nulls_are_dropped_from_objects_only() -> None:
    raw = '{"z":null,"a":[null,{"x":null}],"b":{},"c":[],"名":"测试"}'.encode()
    assert canonical_json(read_json(raw, keep_nulls=False)) == '{"a":[null,{}],"b":{},"c":[],"名":"测试"}'


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b'{"a":1,"a":1}',
        b'[{"b":{"a":null,"a":1}}]',
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"\xff",
        b"\xef\xbb\xbf{}",
        b"[" * 100_000,
        b'{"a":' * 100_000,
        b"[1] 2",
    ],
)
def test_what_is_refused_carries_nothing_of_the_text(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON in the form expected$") as fault:
        read_json(raw)
    assert fault.value.__context__ is None


def test_too_deep_to_be_written() -> None:
    value: Any = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(ValueError, match="nested"):
        canonical_json(value)
    while value:
        value = value.pop()
