import pytest

from gateway.crypto.ciphers import (
    hmac_sm3_matches,
    open_sm4_cbc,
    open_sm4_ecb,
    open_sm4_gcm,
    seal_sm4_ecb,
    sm3,
)
from tests.integration.crypto.pages import IV, MAC, SM4
from tests.support import openssl


def test_what_openssl_seals_opens() -> None:
    text = "湖南 99xxxx".encode()
    assert open_sm4_cbc(SM4, openssl.sm4_cbc(SM4, IV, text)) == text
    assert open_sm4_ecb(SM4, openssl.sm4_ecb(SM4, text)) == text
    assert seal_sm4_ecb(SM4, text) == openssl.sm4_ecb(SM4, text)
    assert open_sm4_gcm(SM4, IV[:12], *openssl.sm4_gcm(SM4, IV[:12], text)) == text
    assert sm3(text) == openssl.sm3(text)
    assert hmac_sm3_matches(MAC, text, openssl.hmac_sm3(MAC, text))


def test_the_assembled_gcm_is_that_of_rfc_8998() -> None:
    # RFC 8998, appendix A.1
    plaintext = bytes.fromhex(
        "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbccccccccccccccccdddddddddddddddd"
        "eeeeeeeeeeeeeeeeffffffffffffffffeeeeeeeeeeeeeeeeaaaaaaaaaaaaaaaa"
    )
    ciphertext, tag = openssl.sm4_gcm(
        bytes.fromhex("0123456789abcdeffedcba9876543210"),
        bytes.fromhex("00001234567800000000abcd"),
        plaintext,
        bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2"),
    )
    assert ciphertext.hex() == (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    assert tag.hex() == "83de3541e4c2b58177e065a9bf7b62ec"


@pytest.mark.parametrize("data", [b"", IV, IV + b"x", IV + bytes(16), IV[:7], IV + bytes(31)])
def test_what_is_cut_or_wrongly_padded_does_not_open(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        open_sm4_cbc(SM4, data)


def test_a_changed_tag_or_mac_does_not_pass() -> None:
    ciphertext, tag = openssl.sm4_gcm(SM4, IV[:12], b"text")
    for wrong in (bytes(16), tag[:15], b""):
        with pytest.raises(ValueError, match=r"."):
            open_sm4_gcm(SM4, IV[:12], ciphertext, wrong)
    mac = openssl.hmac_sm3(MAC, b"text")
    assert not any(hmac_sm3_matches(MAC, b"text", wrong) for wrong in (b"", mac[:31], bytes(32), mac + b"\0"))
