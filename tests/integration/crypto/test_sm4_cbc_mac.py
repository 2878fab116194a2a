from typing import Any

import pytest

from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.errors import ConfigError, EnvelopeError
from tests.integration.crypto.pages import IV, MAC, SM4, Keys, b64, compact, sm4_cbc_mac, under_mac
from tests.support import openssl

ROWS = '[{"RKBS":"1","XM":"测试"}]'.encode()


def opened(page: Any, ring: KeyRing) -> bytes:
    return open_envelope("sm4_cbc_mac", compact(page), ring)


def refusal(page: Any, ring: KeyRing) -> str:
    with pytest.raises(EnvelopeError) as fault:
        opened(page, ring)
    assert fault.value.__context__ is None
    return str(fault.value)


def test_a_page_sealed_by_openssl_opens(keys: Keys) -> None:
    page = sm4_cbc_mac(ROWS)
    assert opened(page, KeyRing([keys.symmetric("p1")])) == ROWS
    assert opened(page | {"mac": page["mac"].upper()}, KeyRing([keys.symmetric("p1")])) == ROWS


def test_during_rotation_both_keys_open(keys: Keys) -> None:
    ring = KeyRing([keys.symmetric("p1"), keys.symmetric("p2", sm4=IV, mac=MAC[::-1])])
    assert opened(sm4_cbc_mac(ROWS), ring) == ROWS
    assert opened(sm4_cbc_mac(b"[]", "p2", IV, MAC[::-1]), ring) == b"[]"
    assert refusal(sm4_cbc_mac(ROWS, "p3"), ring) == (
        "sm4_cbc_mac, kid 'p3': no key with sm4, mac goes by it; known: p1, p2"
    )


def test_a_wrong_mac_is_seen_before_anything_is_opened(keys: Keys) -> None:
    ring = KeyRing([keys.symmetric("p1", sm4=IV)])
    page = sm4_cbc_mac(ROWS)
    for wrong in (page["mac"][:-2], page["mac"][:-2] + "00", "", sm4_cbc_mac(ROWS, mac=MAC[::-1])["mac"]):
        assert "mac: it does not match" in refusal(page | {"mac": wrong}, ring)


def test_after_the_mac_every_fault_reads_the_same(keys: Keys) -> None:
    ring = KeyRing([keys.symmetric("p1")])
    unpadded = openssl.sm4_cbc(SM4, IV, b"[" + b" " * 15, pad=False)
    not_text = openssl.sm4_cbc(SM4, IV, b"\xff\xfe")
    pages = [under_mac(data) for data in (unpadded, not_text, IV, IV + b"cut", b"", unpadded[:-1])]
    assert len({refusal(page, ring) for page in pages}) == 1
    assert "padding or form" in refusal(pages[0], ring)


@pytest.mark.parametrize(
    "page",
    [
        None,
        [],
        "text",
        7,
        {},
        {"kid": "p1"},
        {"kid": "p1", "data": 7, "mac": "00"},
        {"kid": "p1", "data": "????", "mac": "00"},
        {"kid": "p1", "data": "AAA", "mac": "00"},
        {"kid": "p1", "data": "AAAA\n", "mac": "00"},
        {"kid": "p1", "data": "测试", "mac": "00"},
        {"kid": "p1", "data": "AAAA", "mac": "000"},
        {"kid": "p1", "data": "AAAA", "mac": "zz"},
        {"kid": "p1", "data": "AAAA", "mac": "测试"},
        {"kid": "p1", "data": "AAAA", "mac": None},
        {"kid": 7, "data": "AAAA", "mac": "00"},
        {"kid": ["p1"], "data": "AAAA", "mac": "00"},
        {"kid": "", "data": "AAAA", "mac": "00"},
        {"kid": "p1\n", "data": "AAAA", "mac": "00"},
        {"kid": "p" * 500, "data": "AAAA", "mac": "00"},
    ],
)
def test_pages_of_another_form(keys: Keys, page: Any) -> None:
    assert refusal(page, KeyRing([keys.symmetric("p1")])).startswith("sm4_cbc_mac: form")


def test_a_key_twice_is_refused(keys: Keys) -> None:
    raw = compact(sm4_cbc_mac(ROWS)).replace(b'{"kid"', b'{"kid":"p1","kid"')
    with pytest.raises(EnvelopeError, match="a key twice"):
        open_envelope("sm4_cbc_mac", raw, KeyRing([keys.symmetric("p1")]))


def test_no_fitting_key_at_all_is_a_fault_of_the_configuration(keys: Keys) -> None:
    page = sm4_cbc_mac(ROWS)
    with pytest.raises(ConfigError, match="no key has the parts sm4, mac"):
        opened(page, KeyRing([{"kid": "p1", "sm4": keys.kept("lonely", SM4.hex())}]))


def test_nothing_of_the_page_is_in_the_refusal(keys: Keys) -> None:
    page = sm4_cbc_mac(ROWS) | {"mac": "00"}
    text = refusal(page, KeyRing([keys.symmetric("p1")]))
    assert page["data"] not in text
    assert b64(ROWS) not in text
    assert "00" not in text
