import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.crypto import sm2
from gateway.crypto.key_forms import sm2_private_key, sm2_public_key
from tests.integration.crypto.pages import Keys
from tests.support import openssl

PROVIDERS = [pytest.param(provider, id=name) for name, provider in sm2.PROVIDERS.items()]
# Private keys whose public keys begin with digits that one library strips off.
SYNTHETIC = "73796e746865746963206b6579206f662061206d6164652d757020706572"
STRIPPED = [("04", "7554"), ("40", "74b6"), ("00", "75cd")]
# "0123456789abcdef", sealed by openssl to the key ending in 7554; raw, without the marker 04.
BEGINS_WITH_04 = (
    "043148dd125990371bce212ba9a7cb54e5611a4cf69fd96bca5e78b14f901b785db59e8bcaee912e8ba914941993fe2f"
    "c7a086c8d5e88d26a06bedd3d76f5ee86f2227774ffdada3abaaedd5fbdc3dda1253dcadce56f41de579b184a1290d21"
    "3bdc10b444b9e9bb7767d9e9df572519"
)
ORDER = 0xFFFFFFFEFFFFFFFFFFFFFFFFFFFFFFFF7203DF6B21C6052B53BBF40939D54123


def public_of(keys: Keys) -> bytes:
    return sm2_public_key(keys.theirs.public.read_bytes())


def private_of(keys: Keys) -> bytes:
    return sm2_private_key(keys.theirs.private.read_bytes())


def test_the_pure_python_provider_is_always_there() -> None:
    assert "gmssl" in sm2.PROVIDERS
    assert next(iter(sm2.PROVIDERS.values())) is sm2.PROVIDER


def test_without_the_compiled_library_the_pure_one_serves() -> None:
    without = "import sys; sys.modules['gmssl_pyx'] = None"
    program = f"{without}; from gateway.crypto import sm2; print(list(sm2.PROVIDERS))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True, text=True)
    assert done.stdout.strip() == "['gmssl']"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_openssl_signs_and_both_forms_verify(keys: Keys, provider: sm2.Sm2Provider) -> None:
    message = "湖南 99xxxx".encode() * 9
    signature = openssl.sm2_sign(keys.theirs.private, message)
    other = openssl.sm2_sign(keys.theirs.private, message, "TESTSECRET000001")
    assert sm2.verify(public_of(keys), message, signature, provider=provider)
    assert sm2.verify(public_of(keys), message, openssl.sm2_numbers(signature), provider=provider)
    assert sm2.verify(public_of(keys), message, other, b"TESTSECRET000001", provider)
    assert not sm2.verify(public_of(keys), message, other, provider=provider)
    assert not sm2.verify(public_of(keys), message + b"!", signature, provider=provider)
    assert not sm2.verify(
        sm2_public_key(keys.ours.public.read_bytes()), message, signature, provider=provider
    )


@pytest.mark.parametrize("provider", PROVIDERS)
def test_openssl_seals_and_all_three_forms_open(keys: Keys, provider: sm2.Sm2Provider) -> None:
    sealed = openssl.sm2_encrypt(keys.theirs.public, b"0123456789abcdef")
    raw = openssl.sm2_raw_ciphertext(sealed)
    for form in (sealed, raw, b"\x04" + raw):
        assert sm2.decrypt(private_of(keys), form, provider) == b"0123456789abcdef"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_changed_ciphertext_does_not_open(keys: Keys, provider: sm2.Sm2Provider) -> None:
    raw = bytearray(openssl.sm2_raw_ciphertext(openssl.sm2_encrypt(keys.theirs.public, b"0123456789abcdef")))
    raw[-1] ^= 1
    with pytest.raises(ValueError, match="does not open"):
        sm2.decrypt(private_of(keys), bytes(raw), provider)
    with pytest.raises(ValueError, match="does not open"):
        sm2.decrypt(sm2_private_key(keys.ours.private.read_bytes()), bytes(raw), provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_numbers_outside_the_group_are_no_signature(keys: Keys, provider: sm2.Sm2Provider) -> None:
    one, order = (1).to_bytes(32, "big"), ORDER.to_bytes(32, "big")
    almost = (ORDER - 1).to_bytes(32, "big")
    for signature in (bytes(64), one + bytes(32), bytes(32) + one, order + one, one + order, one + almost):
        assert not sm2.verify(public_of(keys), b"message", signature, provider=provider)
    for signature in (bytes(64), one + bytes(32), bytes(32) + one, order + one, one + order, one, one * 3):
        with pytest.raises(ValueError, match="not an SM2 signature"):
            sm2.signature_numbers(signature)
    assert sm2.signature_numbers(one + almost) == one + almost


def test_a_point_off_the_curve_never_meets_the_private_key(keys: Keys) -> None:
    raw = bytearray(openssl.sm2_raw_ciphertext(openssl.sm2_encrypt(keys.theirs.public, b"0123456789abcdef")))
    raw[63] ^= 1
    with pytest.raises(ValueError, match="not an SM2 ciphertext"):
        sm2.decrypt(private_of(keys), bytes(raw))


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(("beginning", "ending"), STRIPPED)
def test_public_keys_that_begin_with_zeros_and_fours(
    tmp_path: Path, provider: sm2.Sm2Provider, beginning: str, ending: str
) -> None:
    pair = openssl.sm2_keys_of(tmp_path, "stripped", bytes.fromhex(SYNTHETIC + ending))
    public = sm2_public_key(pair.public.read_bytes())
    assert public.hex().startswith(beginning)
    assert sm2.verify(public, b"message", openssl.sm2_sign(pair.private, b"message"), provider=provider)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_raw_ciphertext_whose_point_begins_with_04(provider: sm2.Sm2Provider) -> None:
    private, sealed = bytes.fromhex(SYNTHETIC + "7554"), bytes.fromhex(BEGINS_WITH_04)
    assert sm2.decrypt(private, sealed, provider) == b"0123456789abcdef"
    assert sm2.decrypt(private, b"\x04" + sealed, provider) == b"0123456789abcdef"


@settings(max_examples=60)
@given(document=st.binary(max_size=130))
def test_noise_is_neither_signature_nor_ciphertext(document: bytes) -> None:
    assert not sm2.verify(bytes.fromhex("01" * 64), b"message", document[:63])
    with pytest.raises(ValueError, match="not an SM2 ciphertext"):
        sm2.plain_ciphertext(document)
