import json
from typing import Any

import pytest

from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sm4_fields import NOT_OPENED, is_sealed
from gateway.errors import EnvelopeError
from tests.integration.crypto.pages import IV, MAC, Keys, b64, canonical, compact, sealed_field, sm4_fields
from tests.support import openssl


@pytest.fixture
def ring(keys: Keys) -> KeyRing:
    return KeyRing([keys.symmetric("c1")])


def opened(page: Any, ring: KeyRing) -> bytes:
    return open_envelope("sm4_fields", compact(page), ring)


def marriage(**changed: Any) -> dict[str, Any]:
    sealed = {
        name: sealed_field(f"测试 {name}")
        for name in ("name_man", "cert_num_man", "name_woman", "cert_num_woman")
    }
    return {
        "cert_no": "J99-1",
        "op_type": "IA",
        "id_type_man": "1",
        **sealed,
        "op_date": "2026-01-02",
    } | changed


def test_names_and_numbers_are_opened_and_the_rest_stays(ring: KeyRing) -> None:
    cremation = {"CERT_NO": "H1", "NAME": sealed_field("测试"), "ID_CARD": sealed_field("99xxxx"), "SEX": "1"}
    rows = json.loads(opened(sm4_fields([marriage(), cremation]), ring))
    assert rows[0] == marriage(
        name_man="测试 name_man",
        cert_num_man="测试 cert_num_man",
        name_woman="测试 name_woman",
        cert_num_woman="测试 cert_num_woman",
    )
    assert rows[1] == {"CERT_NO": "H1", "NAME": "测试", "ID_CARD": "99xxxx", "SEX": "1"}


def test_the_answer_is_canonical(ring: KeyRing) -> None:
    rows = [{"b": 1.5, "a": [True, None, {"d": "é", "c": -3}]}]
    assert opened(sm4_fields(rows), ring) == canonical(rows)
    assert opened(sm4_fields([]), ring) == b"[]"


def test_numbers_are_kept_as_sent(ring: KeyRing) -> None:
    page = sm4_fields([]) | {"mac": macced(b'[{"amount":1.10}]')}
    raw = compact(page).replace(b"[]", b'[{"amount":1.10}]')
    assert open_envelope("sm4_fields", raw, ring) == b'[{"amount":1.10}]'


def macced(rows: bytes) -> str:
    # The mac that a sender would put over rows which Python would write otherwise.
    return openssl.hmac_sm3(MAC, rows).hex()


@pytest.mark.parametrize("empty", [None, "", "-", "null"])
def test_empty_fields_stay_as_they_are(ring: KeyRing, empty: str | None) -> None:
    rows = [{"CERT_NO": "H1", "NAME": empty, "ID_CARD": empty, "op": "D"}]
    assert json.loads(opened(sm4_fields(rows), ring)) == rows


def test_fields_of_similar_names_are_in_clear(ring: KeyRing) -> None:
    rows = [{"name": "a", "NAME_2": "b", "id_card": "c", "cert_no": "d", "CERT_NUM_X": "e", "certnum": "f"}]
    assert json.loads(opened(sm4_fields(rows), ring)) == rows


@pytest.mark.parametrize(
    "field",
    ["in clear", 7, [], {}, True, b64(IV), b64(IV + bytes(16)), "AAAA\n", sealed_field("x", key=MAC[:16])],
)
def test_a_field_that_does_not_open_costs_its_row_and_not_the_page(ring: KeyRing, field: Any) -> None:
    rows = json.loads(opened(sm4_fields([marriage(name_man=field), marriage()]), ring))
    assert rows[0]["name_man"] == NOT_OPENED
    assert rows[1] == json.loads(opened(sm4_fields([marriage()]), ring))[0]


def test_a_page_of_which_nothing_opens_was_sealed_with_another_key(ring: KeyRing) -> None:
    stranger = sealed_field("x", key=MAC[:16])
    names = [name for name in marriage() if is_sealed(name)]
    with pytest.raises(EnvelopeError, match=r"^sm4_fields, kid 'c1': padding or form") as fault:
        opened(sm4_fields([marriage(**dict.fromkeys(names, stranger))]), ring)
    assert fault.value.__context__ is None


def test_a_changed_row_is_a_wrong_mac(ring: KeyRing) -> None:
    page = sm4_fields([marriage()])
    for rows in ([marriage(op_type="IB")], [marriage(extra=None)], [], [marriage(), marriage()]):
        with pytest.raises(EnvelopeError, match="mac: it does not match"):
            opened(page | {"rows": rows}, ring)
    with pytest.raises(EnvelopeError, match="mac: it does not match"):
        opened(sm4_fields([marriage()], mac=MAC[::-1]), ring)


@pytest.mark.parametrize("rows", [None, {}, "[]", 7, ["row"], [[]], [{}, None]])
def test_rows_of_another_form(ring: KeyRing, rows: Any) -> None:
    with pytest.raises(EnvelopeError, match="form: `rows`"):
        opened({"kid": "c1", "rows": rows, "mac": "00"}, ring)


def test_text_that_is_no_utf_8(ring: KeyRing) -> None:
    with pytest.raises(EnvelopeError, match="no UTF-8") as fault:
        open_envelope("sm4_fields", b'{"kid":"c1","rows":[{"a":"\\ud800"}],"mac":"00"}', ring)
    assert fault.value.__context__ is None


def test_rows_nested_beyond_reason(ring: KeyRing) -> None:
    for depth in (300, 500, 900, 3000):
        nested = b"[" * depth + b"]" * depth
        with pytest.raises(EnvelopeError):
            open_envelope("sm4_fields", b'{"kid":"c1","rows":[{"a":' + nested + b'}],"mac":"00"}', ring)
