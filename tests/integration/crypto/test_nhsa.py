import base64
from typing import Any

import pytest

from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.crypto.nhsa import derived_key
from gateway.errors import ConfigError, EnvelopeError
from tests.integration.crypto.pages import APP_ID, APP_SECRET, NHSA_KEY, Keys, b64, compact, nhsa, sender
from tests.support import openssl

ROWS = '{"rows":[{"setl_id":"1","psn_name":"测试"}]}'


def opened(page: Any, ring: KeyRing) -> bytes:
    return open_envelope("nhsa", compact(page), ring)


def refusal(page: Any, ring: KeyRing) -> str:
    with pytest.raises(EnvelopeError) as fault:
        opened(page, ring)
    assert fault.value.__context__ is None
    return str(fault.value)


def signed_rows(keys: Keys) -> dict[str, Any]:
    # Signed in canonical order: psn_name before setl_id.
    return nhsa(ROWS.encode(), '{"rows":[{"psn_name":"测试","setl_id":"1"}]}', keys)


def test_the_published_vectors(keys: Keys) -> None:
    page = nhsa('{"psnName":"测试"}'.encode(), '{"psnName":"测试"}', keys)
    assert derived_key(APP_ID, APP_SECRET.encode()) == NHSA_KEY
    assert page["encData"] == "740533509CB3F23875C9B9139BBC55B91D91BA49ECD210ED86D815B7FF0BA8A8"
    assert opened(page, keys.nhsa_ring()) == '{"psnName":"测试"}'.encode()


def test_a_page_signed_by_openssl_opens_in_all_its_forms(keys: Keys) -> None:
    page = signed_rows(keys)
    raw_signature = b64(openssl.sm2_numbers(base64.b64decode(page["signData"])))
    assert opened(page, keys.nhsa_ring()) == ROWS.encode()
    assert opened(page | {"encData": page["encData"].lower()}, keys.nhsa_ring()) == ROWS.encode()
    assert opened(page | {"signData": raw_signature}, keys.nhsa_ring()) == ROWS.encode()


def test_what_is_not_signed_may_be_there(keys: Keys) -> None:
    page = signed_rows(keys) | {"extra": {"any": [1]}, "transferType": "", "message": None}
    assert opened(page, keys.nhsa_ring()) == ROWS.encode()


def test_the_signed_form_of_the_plaintext(keys: Keys) -> None:
    sent = '{ "z":[null,{"b":null,"a":1.10}], "rows":[], "o":{}, "t":true, "n":null, "A":"é/\\u6d4b" }'
    signed = '{"A":"é/测","o":{},"rows":[],"t":true,"z":[null,{"a":1.10}]}'
    assert opened(nhsa(sent.encode(), signed, keys), keys.nhsa_ring()) == sent.encode()
    assert "signature" in refusal(nhsa(sent.encode(), signed.replace("1.10", "1.1"), keys), keys.nhsa_ring())


def test_the_secret_as_user_id_where_the_ring_says_so(keys: Keys) -> None:
    page = nhsa(ROWS.encode(), '{"rows":[{"psn_name":"测试","setl_id":"1"}]}', keys, user_id=APP_SECRET)
    ring = keys.nhsa_ring(user_id=keys.kept("app_secret", APP_SECRET))
    assert opened(page, ring) == ROWS.encode()
    assert "signature" in refusal(page, keys.nhsa_ring())
    assert "signature" in refusal(signed_rows(keys), ring)


@pytest.mark.parametrize(
    "change",
    [
        {"timestamp": "1767225600001"},
        {"version": "2.0.2"},
        {"added": "x"},
        {"added": 7},
        {"version": None},
        {"data": "{}"},
        {"timestamp": "1767225600000&version=2.0.1", "version": ""},
    ],
)
def test_every_member_but_the_unsigned_counts(keys: Keys, change: dict[str, Any]) -> None:
    assert "signature: it does not match" in refusal(signed_rows(keys) | change, keys.nhsa_ring())


def test_every_fault_of_the_sealed_text_reads_like_a_wrong_signature(keys: Keys) -> None:
    page = signed_rows(keys)
    texts = [
        b"\xff",
        b"not JSON",
        b'{"rows":[],"rows":[]}',
        b'{"rows":["\\ud800"]}',
        b'{"rows":[]}',
        b"[" * 5000,
    ]
    sealed = [openssl.sm4_ecb(NHSA_KEY, text).hex() for text in texts]
    unpadded = [openssl.sm4_ecb(NHSA_KEY, bytes(16), pad=False).hex(), page["encData"][:-2], ""]
    assert {refusal(page | {"encData": data}, keys.nhsa_ring()) for data in sealed + unpadded} == {
        refusal(page | {"signData": b64(bytes(64))}, keys.nhsa_ring())
    }


@pytest.mark.parametrize(
    "change",
    [
        {"appId": "another"},
        {"appId": 7},
        {"encType": "AES"},
        {"signType": "SM3"},
        {"encType": None},
        {"encData": "zz"},
        {"encData": 7},
        {"signData": "?"},
        {"signData": None},
    ],
)
def test_members_of_another_form(keys: Keys, change: dict[str, Any]) -> None:
    assert "signature:" not in refusal(signed_rows(keys) | change, keys.nhsa_ring())


def test_a_kid_too_short_for_an_app_id(keys: Keys) -> None:
    secret = {"app_secret": keys.kept("app_secret", APP_SECRET)}
    with pytest.raises(ConfigError, match="no appId"):
        opened(signed_rows(keys) | {"appId": "short"}, KeyRing([{**sender("short", keys.theirs), **secret}]))
