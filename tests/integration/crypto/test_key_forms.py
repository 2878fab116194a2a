from collections.abc import Callable
from pathlib import Path

import pytest

from gateway.crypto import key_forms
from tests.integration.crypto.pages import Keys
from tests.support import openssl


def told_by_openssl(pem: Path, *options: str) -> tuple[bytes, bytes]:
    listing = openssl.openssl("pkey", "-in", pem, *options, "-text", "-noout").decode()
    private, _, public = listing.partition("pub:")
    return hexadecimal(private.partition("priv:")[2]), hexadecimal(public.partition("ASN1")[0])


def hexadecimal(listing: str) -> bytes:
    return bytes.fromhex("".join(listing.replace(":", "").split()))


def test_sm2_keys_are_read_as_openssl_reads_them(keys: Keys) -> None:
    private, public = told_by_openssl(keys.ours.private)
    assert key_forms.sm2_private_key(keys.ours.private.read_bytes()) == private.rjust(32, b"\0")[-32:]
    assert key_forms.sm2_public_key(keys.ours.public.read_bytes()) == public[1:]


def test_sm2_keys_in_the_other_forms(keys: Keys, tmp_path: Path) -> None:
    private = key_forms.sm2_private_key(keys.ours.private.read_bytes())
    public = key_forms.sm2_public_key(keys.ours.public.read_bytes())
    openssl.openssl("ec", "-in", keys.ours.private, "-out", tmp_path / "sec1.pem")
    sec1 = (tmp_path / "sec1.pem").read_bytes()
    openssl.openssl("ecparam", "-name", "SM2", "-genkey", "-out", tmp_path / "with-parameters.pem")
    assert key_forms.sm2_private_key(sec1) == private
    assert key_forms.sm2_private_key(sec1.replace(b"SM2 PRIVATE", b"EC PRIVATE")) == private
    assert key_forms.sm2_private_key((tmp_path / "with-parameters.pem").read_bytes())
    assert key_forms.sm2_private_key(private.hex().encode()) == private
    assert key_forms.sm2_public_key(public.hex().upper().encode()) == public
    assert key_forms.sm2_public_key(b"04" + public.hex().encode()) == public


def test_keys_of_another_curve_or_side_are_refused(keys: Keys, tmp_path: Path) -> None:
    openssl.openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", tmp_path / "p256.pem")
    p256 = (tmp_path / "p256.pem").read_bytes()
    public = openssl.openssl("pkey", "-in", tmp_path / "p256.pem", "-pubout")
    pkcs8 = openssl.openssl("pkcs8", "-topk8", "-nocrypt", "-in", tmp_path / "p256.pem")
    for text in (p256, pkcs8, keys.ours.public.read_bytes(), keys.ours_rsa.private.read_bytes()):
        with pytest.raises(ValueError, match=r"."):
            key_forms.sm2_private_key(text)
    for text in (public, keys.ours.private.read_bytes(), keys.ours_rsa.public.read_bytes()):
        with pytest.raises(ValueError, match=r"."):
            key_forms.sm2_public_key(text)


def test_rsa_keys_must_be_rsa_long_enough_and_of_the_right_side(keys: Keys, tmp_path: Path) -> None:
    short = openssl.rsa_keys(tmp_path, "short", bits=1024)
    assert key_forms.rsa_private_key(keys.ours_rsa.private.read_bytes()).is_private
    assert not key_forms.rsa_public_key(keys.ours_rsa.public.read_bytes()).is_private
    for pem in (keys.ours_rsa.public, keys.ours.private, short.private):
        with pytest.raises(ValueError, match=r"."):
            key_forms.rsa_private_key(pem.read_bytes())
    for pem in (keys.ours_rsa.private, keys.ours.public, short.public):
        with pytest.raises(ValueError, match=r"."):
            key_forms.rsa_public_key(pem.read_bytes())


def test_keys_with_a_password_are_refused(keys: Keys) -> None:
    locked = openssl.openssl("pkcs8", "-topk8", "-in", keys.ours_rsa.private, "-passout", "pass:secret")
    for form in (key_forms.rsa_private_key, key_forms.sm2_private_key):
        with pytest.raises(ValueError, match=r"."):
            form(locked)


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (key_forms.sm4_key, b"01" * 15),
        (key_forms.sm4_key, b"01" * 17),
        (key_forms.sm4_key, b"0" * 31),
        (key_forms.sm4_key, b"zz" * 16),
        (key_forms.sm4_key, b"01 " * 16),
        (key_forms.mac_key, b"01" * 15),
        (key_forms.sm2_private_key, b"00" * 32),
        (key_forms.sm2_private_key, b"ff" * 32),
        (key_forms.sm2_private_key, b"01" * 31),
        (key_forms.sm2_public_key, b"01" * 64),
        (key_forms.sm2_public_key, b"00" * 64),
        (key_forms.sm2_public_key, b""),
        (key_forms.sm2_public_key, b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"),
        (key_forms.sm2_private_key, b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----"),
        (key_forms.sm2_private_key, b"-----BEGIN PRIVATE KEY-----\nMAMCAQA=\n-----END PRIVATE KEY-----"),
        (
            key_forms.sm2_private_key,
            b"-----BEGIN EC PRIVATE KEY-----\nMAYCAQECAQE=\n-----END EC PRIVATE KEY-----",
        ),
    ],
)
def test_what_is_no_such_key(form: Callable[[bytes], object], text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        form(text)
