import base64
import json
from typing import Any

import pytest

from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.errors import EnvelopeError
from tests.integration.crypto.pages import Keys, b64url, compact, jwe, jws, own, sender
from tests.support import openssl

ROWS = '[{"AH":"（2026）湘99刑初1号","XM":"测试"}]'.encode()


def opened(page: Any, ring: KeyRing) -> bytes:
    return open_envelope("jwe", compact(page), ring)


def refusal(page: Any, ring: KeyRing) -> str:
    with pytest.raises(EnvelopeError) as fault:
        opened(page, ring)
    assert fault.value.__context__ is None
    return str(fault.value)


def test_a_page_made_with_openssl_opens(keys: Keys) -> None:
    assert opened(jwe(jws(ROWS, keys), keys), keys.rsa_ring) == ROWS


def test_a_page_as_large_as_a_page_may_be(keys: Keys) -> None:
    rows = b"[" + b" " * 3_000_000 + b"]"
    assert opened(jwe(jws(rows, keys), keys), keys.rsa_ring) == rows


def test_during_rotation_both_keys_open_and_an_unknown_kid_is_named(keys: Keys) -> None:
    ring = KeyRing(
        [own("ours", keys.ours_rsa), own("next", keys.ours_rsa), sender("theirs", keys.theirs_rsa)]
    )
    page = jws(ROWS, keys)
    assert opened(jwe(page, keys), ring) == ROWS
    assert opened(jwe(page, keys, kid="next"), ring) == ROWS
    assert "'gone': no key with private_key goes by it; known: ours, next" in refusal(
        jwe(page, keys, kid="gone"), ring
    )
    assert "'gone': no key with public_key goes by it; known: theirs" in refusal(
        jwe(jws(ROWS, keys, kid="gone"), keys), ring
    )


def test_sealed_but_not_signed_is_refused(keys: Keys) -> None:
    assert refusal(jwe(ROWS, keys), keys.rsa_ring)
    assert refusal(
        jwe(b64url(compact({"alg": "none", "kid": "theirs"})) + b"." + b64url(ROWS) + b".", keys),
        keys.rsa_ring,
    )


def test_signed_by_another_is_refused(keys: Keys) -> None:
    content = b64url(compact({"alg": "PS256", "kid": "theirs"})) + b"." + b64url(ROWS)
    forged = content + b"." + b64url(openssl.rsa_pss_sha256(keys.ours_rsa.private, content))
    old_padding = content + b"." + b64url(openssl.rsa_sha256(keys.theirs_rsa.private, content))
    for signed in (forged, old_padding, content + b".", content, content + b".AAAA", content + b".AAAA.AAAA"):
        assert "kid 'theirs': signature" in refusal(jwe(signed, keys), keys.rsa_ring)


def test_signed_but_not_sealed_is_refused(keys: Keys) -> None:
    assert refusal(jws(ROWS, keys).decode(), keys.rsa_ring)


@pytest.mark.parametrize(
    "header",
    [
        {"cty": None},
        {"cty": "jwt"},
        {"alg": "RSA-OAEP"},
        {"alg": "RSA1_5"},
        {"alg": "dir"},
        {"enc": "A128GCM"},
        {"enc": "A256CBC-HS512"},
        {"zip": "DEF"},
        {"crit": ["exp"]},
        {"alg": ["RSA-OAEP-256"]},
        {"kid": None},
        {"kid": 7},
        {"kid": {}},
    ],
)
def test_only_the_agreed_sealing(keys: Keys, header: dict[str, Any]) -> None:
    assert refusal(jwe(jws(ROWS, keys), keys, **header), keys.rsa_ring).startswith("jwe: form")


@pytest.mark.parametrize(
    "header",
    [
        {"alg": "RS256"},
        {"alg": "PS384"},
        {"alg": "HS256"},
        {"alg": "none"},
        {"b64": False, "crit": ["b64"]},
        {"crit": ["kid"]},
        {"kid": None},
        {"alg": None},
    ],
)
def test_only_the_agreed_signature(keys: Keys, header: dict[str, Any]) -> None:
    assert refusal(jwe(jws(ROWS, keys, **header), keys), keys.rsa_ring).startswith("jwe: form")


def test_the_public_key_is_no_secret_to_sign_with(keys: Keys) -> None:
    assert refusal(jwe(jws(ROWS, keys, alg="HS256", jwk={"kty": "oct", "k": "AAAA"}), keys), keys.rsa_ring)


def test_other_members_of_a_header_are_ignored(keys: Keys) -> None:
    assert opened(jwe(jws(ROWS, keys, iat=1, typ="JWT"), keys, iat=1), keys.rsa_ring) == ROWS


@pytest.mark.parametrize("part", range(5))
def test_every_part_of_the_jwe_counts(keys: Keys, part: int) -> None:
    parts = jwe(jws(ROWS, keys), keys).split(".")
    for changed in ("", "!", "AAAA", parts[part][:-4], parts[part] + "AAAA", parts[part][:-2] + "=="):
        assert refusal(".".join([*parts[:part], changed, *parts[part + 1 :]]), keys.rsa_ring)


def test_a_header_that_says_a_thing_twice(keys: Keys) -> None:
    protected, *rest = jwe(jws(ROWS, keys), keys).split(".")
    header = base64.urlsafe_b64decode(protected + "==")
    twice = b64url(header.replace(b'{"alg"', b'{"alg":"dir","alg"'))
    assert json.loads(header)["alg"] == "RSA-OAEP-256"
    assert "form: a header" in refusal(".".join([twice.decode(), *rest]), keys.rsa_ring)


@pytest.mark.parametrize(
    "page", [None, 7, {}, [], "", ".", "....", "a.b.c.d.e", "测试", "W10.a.b.c.d", "NQ.a.b.c.d"]
)
def test_pages_of_another_form(keys: Keys, page: Any) -> None:
    assert refusal(page, keys.rsa_ring).startswith("jwe: form")


def test_a_plaintext_that_is_no_text(keys: Keys) -> None:
    assert "padding or form" in refusal(jwe(jws(b"\xff", keys), keys), keys.rsa_ring)
