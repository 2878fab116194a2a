import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto import strict_json
from gateway.crypto.canonical import canonical_json
from gateway.crypto.strict_json import Number, Unread, read_around, read_json
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


rows = st.lists(
    st.fixed_dictionaries(
        {
            "%s": st.text("ab%\u6d4b", max_size=4),
            "b": st.integers() | st.text('"\\\x00\x1f \x7f', max_size=2),
        },
        optional={"a": st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False)},
    ),
    max_size=6,
)


@given(value=rows)
def test_rows_are_written_as_any_other_value_is(value: Any) -> None:
    assert canonical_json(read_json(json.dumps(value).encode())) == canonical(value).decode()


@pytest.mark.parametrize("sign", ['"', "\\", "\n", "\x00", "\x1f"])
def test_one_sign_to_be_escaped_among_plain_rows_is_escaped(sign: str) -> None:
    value = [{"b": "1", "a": "2"}, {"b": f"x{sign}y", "a": "2"}, {"b": "1", "a": "2"}]
    assert canonical_json(value) == canonical(value).decode()
    named = [{f"b{sign}": "1", "a": "2"}] * 2
    assert canonical_json(named) == canonical(named).decode()


def test_a_text_that_looks_like_the_next_member_stays_a_text() -> None:
    value = [{"a": '","b":"', "b": "x"}, {"a": "1", "b": "x"}]
    assert canonical_json(value) == canonical(value).decode()


@given(value=values, around=st.dictionaries(st.text(), leaves, max_size=3), indent=st.sampled_from([None, 2]))
def test_a_member_left_unread_is_read_later_as_it_would_have_been(
    value: Any, around: dict[str, Any], indent: int | None
) -> None:
    raw = json.dumps(around | {"data": around | {"payload": value}, "end": 1}, indent=indent).encode()
    found = read_around(raw, "data", "payload")
    left = found["data"]["payload"]
    assert isinstance(left, Unread)
    found["data"]["payload"] = read_json(left.text.encode())
    assert found == read_json(raw)


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        (b'{"data":{"payload":1.10}}', {"data": {"payload": Unread("1.10")}}),
        (
            b' {"payload":1,"data":[{"payload":2}]} ',
            {"payload": Number("1"), "data": [{"payload": Number("2")}]},
        ),
        (b'{"data":{},"other":{"payload":"x"}}', {"data": {}, "other": {"payload": "x"}}),
        (b'{"data":{"payload":{"a":1, "a":2}}}', {"data": {"payload": Unread('{"a":1, "a":2}')}}),
        (b"[1]", [Number("1")]),
        (b"{}", {}),
    ],
)
def test_only_the_member_at_the_path_is_left(raw: bytes, kept: Any) -> None:
    assert read_around(raw, "data", "payload") == kept


@pytest.mark.parametrize(
    "raw",
    [
        b'{"data":{"payload":1},"data":{}}',
        b'{"data":{"payload":1,"payload":1}}',
        b'{"data":{"payload":NaN}}',
        b'{"data":{"payload":}}',
        b'{"data":{"payload":[1,]}}',
        b'{"data":{"payload":"a\x01"}}',
        b'{"data":{"payload":1,}}',
        b'{"data":{"payload":1} "x":1}',
        b'{"data":{"payload" 1}}',
        b'{"data":{1:1}}',
        b'{"data":{"payload":1}}x',
        b'{"data":{"payload":1}',
        b'{"data":{"payload":' + b"[" * 100_000,
        b'{"data":{"payload":"\xff"}}',
        b"",
    ],
)
def test_what_stands_around_is_read_as_strictly(raw: bytes) -> None:
    with pytest.raises(ValueError, match=r"^not JSON in the form expected$") as fault:
        read_around(raw, "data", "payload")
    assert fault.value.__context__ is None


def test_what_is_left_unread_is_not_shown() -> None:
    assert "sesame" not in repr(read_around(b'{"data":{"payload":"sesame"}}', "data", "payload"))


strings = st.text("a\u6d4b0{}[],: \x7f", min_size=1, max_size=3)
long_values = st.recursive(
    strings | strings.map(lambda text: text * 3000) | st.sampled_from(["\x000", "u0000", None, 1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=8,
)


def _at_length(read: Any, *arguments: Any) -> Any:
    """What is read when no string is cut."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(strict_json, "_LONG", 10**9)
        return read(*arguments)


@given(value=long_values, escaped=st.booleans())
def test_long_strings_are_read_as_short_ones_are(value: Any, *, escaped: bool) -> None:
    raw = json.dumps({"a": value, "x" * 5000: "y" * 5000}, ensure_ascii=escaped).encode()
    assert read_json(raw) == _at_length(read_json, raw)
    assert read_json(raw, keep_nulls=False) == _at_length(lambda raw: read_json(raw, keep_nulls=False), raw)
    assert read_around(raw, "a") == _at_length(read_around, raw, "a")
    assert read_around(raw, "x" * 5000) == _at_length(read_around, raw, "x" * 5000)


@pytest.mark.parametrize(
    "raw",
    [
        b'"%b' % (b"a" * 5000),
        b'{"a":"%b\n%b"}' % (b"a" * 5000, b"b" * 5000),
        b'{"a":"%b\xff"}' % (b"a" * 5000),
        b'{"%b":1,"%b":2}' % (b"a" * 5000, b"a" * 5000),
        b'{"a":"%b" "b"}' % (b"a" * 5000),
        b'"%b""b"' % (b"a" * 5000),
    ],
)
def test_long_strings_are_read_as_strictly(raw: bytes) -> None:
    for read in (read_json, read_around):
        with pytest.raises(ValueError, match=r"^not JSON in the form expected$") as fault:
            read(raw)
        assert fault.value.__context__ is None
