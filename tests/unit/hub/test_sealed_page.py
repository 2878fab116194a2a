import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.strict_json import read_around
from gateway.errors import HubUnavailable
from gateway.hub.retry import TryAgain
from gateway.hub.sealed_page import SealedPage, check_cursor, sealed_page

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


def sealed(text: str) -> SealedPage:
    return sealed_page("identity_cards", "0", read_around(text.encode(), "payload"))


def payload_of(payload: str) -> bytes:
    return sealed(f'{{"total":1,"next":null,"payload":{payload}}}').payload


@given(VALUES)
def test_json_and_json_in_a_string_say_the_same(value: Any) -> None:
    if value is None or isinstance(value, str):
        return
    once = json.dumps(value)
    assert json.loads(payload_of(once)) == value
    assert json.loads(payload_of(json.dumps(once))) == value


@pytest.mark.parametrize("payload", ["null", '""', '" "', '"null"'])
def test_nothing_is_not_an_error(payload: str) -> None:
    assert payload_of(payload) == b""


def test_a_page_may_have_no_payload_at_all() -> None:
    assert sealed('{"total":0}') == SealedPage("identity_cards", "0", None, 0, b"")


def test_a_sealed_empty_list_stays_what_it_is() -> None:
    assert payload_of("[]") == payload_of('"[]"') == b"[]"


def test_a_jwe_stays_a_json_string() -> None:
    assert payload_of('"eyJhbGciOiJSU0EifQ.a.b.c.d"') == b'"eyJhbGciOiJSU0EifQ.a.b.c.d"'
    assert payload_of(json.dumps('"eyJhbGciOiJSU0EifQ.a.b.c.d"')) == b'"eyJhbGciOiJSU0EifQ.a.b.c.d"'


def test_numbers_stay_as_they_were_written_for_a_mac_covers_them() -> None:
    text = '{"a":1.10,"b":1E5,"c":123456789012345678901234567890,"d":"\u6d4b"}'
    assert payload_of(text) == text.encode()
    assert payload_of(json.dumps(text)) == text.encode()


def test_half_a_character_does_not_stop_the_page() -> None:
    assert payload_of('{"a":"\\ud800"}').startswith(b'{"a":"')
    assert payload_of('"\\ud800"').startswith(b'"')


@pytest.mark.parametrize(
    ("text", "following"), [("null", None), ('""', None), ('"2000"', "2000"), ("2000", "2000")]
)
def test_the_next_cursor_is_text_or_the_end(text: str, following: str | None) -> None:
    assert sealed(f'{{"total":"5","next":{text}}}').next == following


@pytest.mark.parametrize("text", ["true", "{}", "[1]", '"' + "9" * 300 + '"'])
def test_an_unreadable_cursor_is_asked_again(text: str) -> None:
    with pytest.raises(TryAgain, match="next"):
        sealed(f'{{"total":5,"next":{text}}}')


@pytest.mark.parametrize("text", ["null", "-1", "1.5", "true", '""', '"many"', "1e3", "[]", "9" * 30])
def test_an_unreadable_total_is_asked_again(text: str) -> None:
    with pytest.raises(TryAgain, match="total"):
        sealed(f'{{"total":{text},"next":null}}')


def test_the_payload_is_not_shown() -> None:
    assert "sesame" not in repr(sealed('{"total":1,"payload":{"data":"sesame"}}'))


def turn(start: str, following: str | None, total: int = 100) -> SealedPage:
    return SealedPage("identity_cards", start, following, total, b"")


@pytest.mark.parametrize(("start", "following"), [("0", "20"), ("20", None), ("key-b", "key-a"), ("0", "b")])
def test_a_cursor_that_goes_on_is_fine(start: str, following: str | None) -> None:
    check_cursor(turn(start, following), {"0", start})


@pytest.mark.parametrize(
    ("start", "following"), [("20", "20"), ("20", "0"), ("20", "10"), ("b", "a"), ("020", "20")]
)
def test_a_cursor_that_loops_or_goes_back_is_named(start: str, following: str) -> None:
    with pytest.raises(HubUnavailable, match="identity_cards: the hub's cursor loops"):
        check_cursor(turn(start, following), {"0", "a", start})


def test_an_offset_is_shown_and_a_key_is_not() -> None:
    with pytest.raises(HubUnavailable, match="at start 20;"):
        check_cursor(turn("20", "20"), {"20"})
    with pytest.raises(HubUnavailable) as caught:
        check_cursor(turn("9999991234567890", "9999991234567890"), {"9999991234567890"})
    assert "9999" not in str(caught.value)


def test_more_pages_than_rows_are_too_many() -> None:
    check_cursor(turn("c", "d", total=3), {"a", "b", "c"})
    with pytest.raises(HubUnavailable, match="past its total of 3"):
        check_cursor(turn("d", "e", total=3), {"a", "b", "c", "d"})
