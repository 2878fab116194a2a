import base64
from typing import Any

import pytest

from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.errors import EnvelopeError
from tests.integration.crypto.pages import IV, SM4, Keys, b64, compact, own, sender, signed_gcm, sm2_sm4_gcm
from tests.support import openssl

TEXT = "<MDEML><body><data><XM>测试</XM></data></body></MDEML>".encode()


def opened(page: Any, ring: KeyRing) -> bytes:
    return open_envelope("sm2_sm4_gcm", compact(page), ring)


def refusal(page: Any, ring: KeyRing) -> str:
    with pytest.raises(EnvelopeError) as fault:
        opened(page, ring)
    assert fault.value.__context__ is None
    return str(fault.value)


def test_a_page_sealed_and_signed_by_openssl_opens(keys: Keys) -> None:
    assert opened(sm2_sm4_gcm(TEXT, keys), keys.sm2_ring) == TEXT


def test_the_other_forms_of_signature_and_sealed_key(keys: Keys) -> None:
    data, tag = openssl.sm4_gcm(SM4, IV[:12], TEXT)
    raw = openssl.sm2_raw_ciphertext(openssl.sm2_encrypt(keys.ours.public, SM4))
    for sealed_key in (raw, b"\x04" + raw):
        page = signed_gcm(sealed_key, IV[:12], data, tag, keys)
        raw_signature = openssl.sm2_numbers(base64.b64decode(page["sign"]))
        assert opened(page, keys.sm2_ring) == TEXT
        assert opened(page | {"sign": b64(raw_signature)}, keys.sm2_ring) == TEXT


def test_during_rotation_both_of_our_keys_and_both_of_theirs_open(keys: Keys) -> None:
    ring = KeyRing(
        [
            own("older", keys.theirs),
            own("ours", keys.ours),
            sender("theirs", keys.theirs),
            sender("newer", keys.theirs),
        ]
    )
    page = sm2_sm4_gcm(TEXT, keys)
    assert opened(page, ring) == TEXT
    assert opened(page | {"sign_kid": "newer"}, ring) == TEXT
    assert "'gone': no key with public_key goes by it; known: theirs, newer" in refusal(
        page | {"sign_kid": "gone"}, ring
    )
    assert "'gone': no key with private_key goes by it; known: older, ours" in refusal(
        page | {"kid": "gone"}, ring
    )
    assert "kid 'older': padding or form" in refusal(page | {"kid": "older"}, ring)


def test_a_page_anyone_could_have_sealed_is_refused(keys: Keys) -> None:
    page = sm2_sm4_gcm(TEXT, keys)
    forged = openssl.sm2_sign(
        keys.ours.private, b"".join(base64.b64decode(page[part]) for part in ("key", "iv", "data", "tag"))
    )
    for signature in (forged, b"", bytes(64), base64.b64decode(page["sign"])[:-1]):
        assert "kid 'theirs': signature: it does not match" in refusal(
            page | {"sign": b64(signature)}, keys.sm2_ring
        )


@pytest.mark.parametrize("part", ["key", "iv", "data", "tag"])
def test_every_signed_part_counts(keys: Keys, part: str) -> None:
    page = sm2_sm4_gcm(TEXT, keys)
    changed = bytearray(base64.b64decode(page[part]))
    changed[-1] ^= 1
    assert "signature: it does not match" in refusal(page | {part: b64(bytes(changed))}, keys.sm2_ring)


def test_after_the_signature_every_fault_reads_the_same(keys: Keys) -> None:
    data, tag = openssl.sm4_gcm(SM4, IV[:12], TEXT)
    not_text, its_tag = openssl.sm4_gcm(SM4, IV[:12], b"\xff")
    key, short_key, foreign_key = (
        openssl.sm2_encrypt(pair.public, content)
        for pair, content in ((keys.ours, SM4), (keys.ours, SM4[:15]), (keys.theirs, SM4))
    )
    parts = [
        (key, data, bytes(16)),
        (short_key, data, tag),
        (foreign_key, data, tag),
        (b"no point", data, tag),
        (key, not_text, its_tag),
    ]
    pages = [signed_gcm(sealed_key, IV[:12], text, its, keys) for sealed_key, text, its in parts]
    assert len({refusal(page, keys.sm2_ring) for page in pages}) == 1


def test_iv_and_tag_have_their_length(keys: Keys) -> None:
    data, tag = openssl.sm4_gcm(SM4, IV[:12], TEXT)
    for iv, its_tag in ((IV, tag), (IV[:12], tag[:12]), (b"", tag)):
        assert "form: `iv`" in refusal(signed_gcm(b"key", iv, data, its_tag, keys), keys.sm2_ring)


@pytest.mark.parametrize("part", ["kid", "key", "iv", "data", "tag", "sign_kid", "sign"])
@pytest.mark.parametrize("value", [None, 7, "?", ["AAAA"]])
def test_members_of_another_form(keys: Keys, part: str, value: Any) -> None:
    refusal(
        {"kid": "ours", "key": "", "iv": "", "data": "", "tag": "", "sign_kid": "theirs", "sign": ""}
        | {part: value},
        keys.sm2_ring,
    )
