import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.crypto.ciphers import (
    hmac_sm3_matches,
    open_many_sm4_cbc,
    open_sm4_cbc,
    open_sm4_ecb,
    open_sm4_gcm,
    seal_sm4_ecb,
    sm3,
)
from gateway.crypto.libgcrypt import Libgcrypt
from gateway.crypto.sm4 import CHOICE, PROVIDER, Cryptography, Sm4Provider, agrees, choose
from tests.integration.crypto.pages import IV, MAC, SM4
from tests.support import openssl

TEXTS = {
    "short": "湖南 99xxxx".encode(),
    "whole blocks": bytes(32),
    "long": bytes(range(256)) * 9,
    "empty": b"",
}


@pytest.fixture(params=[Cryptography, Libgcrypt], ids=lambda made: made.__name__)
def provider(request: pytest.FixtureRequest) -> Sm4Provider:
    made: Sm4Provider = request.param()
    return made


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_what_openssl_seals_opens(provider: Sm4Provider, text: bytes) -> None:
    assert open_sm4_cbc(SM4, openssl.sm4_cbc(SM4, IV, text), provider) == text
    assert open_sm4_ecb(SM4, openssl.sm4_ecb(SM4, text), provider) == text
    assert seal_sm4_ecb(SM4, text) == openssl.sm4_ecb(SM4, text)
    assert open_sm4_gcm(SM4, IV[:12], *openssl.sm4_gcm(SM4, IV[:12], text), provider) == text


def test_the_vector_of_the_standard_deciphers(provider: Sm4Provider) -> None:
    # GB/T 32907-2016, appendix A.1
    key = bytes.fromhex("0123456789abcdeffedcba9876543210")
    sealed = bytes.fromhex("681edf34d206965e86b3e94f536e4246")
    assert provider.ecb(key, sealed) == key
    assert provider.cbc(key, bytes(16), sealed) == key


def test_hashes_are_those_of_openssl() -> None:
    text = "湖南 99xxxx".encode()
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
def test_what_is_cut_or_wrongly_padded_does_not_open(provider: Sm4Provider, data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        open_sm4_cbc(SM4, data, provider)
    with pytest.raises(ValueError, match=r"."):
        open_sm4_ecb(SM4, data[16:], provider)
    assert open_many_sm4_cbc(SM4, [data], provider) == [None]


@pytest.mark.parametrize("padding", [b"\x00" * 16, b"\x01\x02", b"\x03" * 2, b"\x11" * 16, b"\x02\x03\x03"])
def test_a_padding_that_is_none_does_not_open(provider: Sm4Provider, padding: bytes) -> None:
    block = padding.rjust(16, b"x")
    sealed = openssl.sm4_ecb(SM4, block, pad=False)
    with pytest.raises(ValueError, match="padding"):
        open_sm4_ecb(SM4, sealed, provider)


def test_another_key_s_length_is_told_as_any_other_fault(provider: Sm4Provider) -> None:
    for key in (b"", SM4[:15], SM4 + b"x"):
        with pytest.raises(ValueError, match=r"."):
            provider.cbc(key, IV, IV)
        with pytest.raises(ValueError, match=r"."):
            provider.gcm(key, IV[:12], IV, IV)


@given(texts=st.lists(st.one_of(st.binary(max_size=40), st.just(None)), max_size=12))
def test_many_texts_open_as_each_by_itself(texts: list[bytes | None]) -> None:
    broken = [b"", IV, IV + b"x", IV + bytes(16)]
    sealed = [broken[at % 4] if text is None else sealed_by_openssl(text) for at, text in enumerate(texts)]
    for provider in (Cryptography(), Libgcrypt()):
        assert open_many_sm4_cbc(SM4, sealed, provider) == texts


def sealed_by_openssl(text: bytes) -> bytes:
    return openssl.sm4_cbc(SM4, IV, text)


def test_threads_decipher_side_by_side(provider: Sm4Provider) -> None:
    texts = [bytes([number]) * 4096 * number for number in range(1, 17)]
    sealed = [openssl.sm4_cbc(SM4, IV, text) for text in texts]
    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(lambda each: open_sm4_cbc(SM4, each, provider), sealed * 4)) == texts * 4


def test_a_changed_tag_or_mac_does_not_pass(provider: Sm4Provider) -> None:
    ciphertext, tag = openssl.sm4_gcm(SM4, IV[:12], b"text")
    for wrong in (bytes(16), tag[:15], b"", tag + b"x"):
        with pytest.raises(ValueError, match=r"."):
            open_sm4_gcm(SM4, IV[:12], ciphertext, wrong, provider)
    mac = openssl.hmac_sm3(MAC, b"text")
    assert not any(hmac_sm3_matches(MAC, b"text", wrong) for wrong in (b"", mac[:31], bytes(32), mac + b"\0"))


@dataclass(frozen=True)
class Wrong:
    """libgcrypt with one mode that errs, or that lets a wrong tag pass."""

    mode: str
    name: str = "wrong"

    def cbc(self, key: bytes, iv: bytes, ciphertext: bytes) -> bytes:
        plain = Libgcrypt().cbc(key, iv, ciphertext)
        return plain if self.mode != "cbc" or len(plain) < 512 else bytes(len(plain))

    def ecb(self, key: bytes, ciphertext: bytes) -> bytes:
        plain = Libgcrypt().ecb(key, ciphertext)
        return plain if self.mode != "ecb" else plain[::-1]

    def gcm(self, key: bytes, iv: bytes, ciphertext: bytes, tag: bytes) -> bytes:
        if self.mode == "refuses":
            raise ValueError("no")
        if self.mode == "gcm" and tag == bytes(16):
            return ciphertext
        return Libgcrypt().gcm(key, iv, ciphertext, tag)


def test_a_provider_is_believed_once_it_answers_as_the_other_does() -> None:
    assert agrees(Libgcrypt())
    assert agrees(Wrong("in nothing"))
    for mode in ("cbc", "ecb", "gcm", "refuses"):
        assert not agrees(Wrong(mode))
        chosen, why = choose("", partial(Wrong, mode))
        assert chosen.name == "cryptography"
        assert "wrong does not decipher" in str(why)


def test_without_the_library_and_where_it_is_not_wanted_it_is_cryptography() -> None:
    def missing() -> Sm4Provider:
        raise OSError("not there")

    assert PROVIDER.name.startswith("libgcrypt 1.")
    assert choose("", Libgcrypt)[1] is None
    chosen, why = choose("", missing)
    assert (chosen.name, "install libgcrypt" in str(why)) == ("cryptography", True)
    chosen, why = choose("cryptography", Libgcrypt)
    assert (chosen.name, CHOICE in str(why)) == ("cryptography", True)


def test_the_environment_chooses_once_for_the_process() -> None:
    asked = "from gateway.crypto.sm4 import PROVIDER; print(PROVIDER.name)"
    environment = {**os.environ, CHOICE: "cryptography"}
    said = subprocess.run([sys.executable, "-c", asked], env=environment, capture_output=True, check=True)
    assert said.stdout == b"cryptography\n"
