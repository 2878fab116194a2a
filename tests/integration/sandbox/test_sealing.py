import base64
import json
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.sandbox import native, portable
from gateway.sandbox.der import raw_ciphertext, raw_signature, sm2_private_der, sm2_public_der
from gateway.sandbox.keys import SandboxKeys, Sender
from gateway.sandbox.pages import to_xml
from gateway.sandbox.sealing import (
    USER_ID,
    compact,
    nhsa_encrypt,
    nhsa_key,
    nhsa_signed_text,
    seal_jwe,
    seal_nhsa,
    seal_sm2_sm4_gcm,
    seal_sm4_cbc_mac,
    seal_sm4_fields,
)
from tests.support.openssl import openssl

TEXT = json.dumps([{"XM": "吉克·阿依", "n": place} for place in range(5)], ensure_ascii=False).encode()


def opened(key: bytes, sealed: bytes) -> bytes:
    return openssl("enc", "-d", "-sm4-cbc", "-K", key.hex(), "-iv", sealed[:16].hex(), stdin=sealed[16:])


def mac(key: bytes, message: bytes) -> str:
    made = openssl("dgst", "-sm3", "-mac", "HMAC", "-macopt", f"hexkey:{key.hex()}", "-binary", stdin=message)
    return made.hex()


def signed_by(public: Path, message: bytes, signature: bytes, folder: Path) -> bool:
    (folder / "message").write_bytes(message)
    (folder / "signature").write_bytes(signature)
    options = ("-rawin", "-digest", "sm3", "-pkeyopt", f"distid:{USER_ID.decode()}")
    files = ("-in", folder / "message", "-sigfile", folder / "signature")
    return b"Verified" in openssl("pkeyutl", "-verify", "-pubin", "-inkey", public, *files, *options)


def public_of(keys: SandboxKeys, department: str) -> Path:
    entry = next(entry for entry in keys.gateway_entries(department) if "public_key" in entry)
    return Path(entry["public_key"].removeprefix("file:"))


def sender(keys: SandboxKeys, department: str, generation: int = 0) -> Sender:
    return keys.senders[department][generation]


def unbase64url(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@pytest.mark.parametrize("generation", [0, 1])
def test_police_pages_open_with_openssl(keys: SandboxKeys, generation: int) -> None:
    police = sender(keys, "police", generation)
    page = seal_sm4_cbc_mac(TEXT, police)
    data = base64.b64decode(page["data"])
    assert page["kid"] == ("police-2026", "police-2027")[generation]
    assert opened(police.sm4, data) == TEXT
    assert page["mac"] == mac(police.mac, data)


def test_civil_affairs_fields_open_with_openssl(keys: SandboxKeys) -> None:
    civil = sender(keys, "civil_affairs")
    rows = [{"ID": "1", "NAME": "王芳", "cert_num_man": "9901", "name_man": None, "STATUS": "-", "NOT": [1]}]
    page = seal_sm4_fields(rows, civil)
    sealed = page["rows"][0]
    assert opened(civil.sm4, base64.b64decode(sealed["NAME"])).decode() == "王芳"
    assert opened(civil.sm4, base64.b64decode(sealed["cert_num_man"])) == b"9901"
    assert {name: sealed[name] for name in ("ID", "name_man", "STATUS", "NOT")} == {
        "ID": "1",
        "name_man": None,
        "STATUS": "-",
        "NOT": [1],
    }
    assert page["mac"] == mac(civil.mac, compact(page["rows"], sort=True).encode())


def test_courts_pages_open_with_openssl(keys: SandboxKeys, tmp_path: Path) -> None:
    courts = sender(keys, "courts")
    protected, *parts = seal_jwe(TEXT, courts).split(".")
    wrapped, iv, ciphertext, tag = map(unbase64url, parts)
    assert json.loads(unbase64url(protected)) == {
        "alg": "RSA-OAEP-256",
        "enc": "A256GCM",
        "kid": "gateway-courts-2026",
        "cty": "JWT",
    }
    private = tmp_path / "private.pem"
    assert courts.gateway_rsa
    private.write_bytes(courts.gateway_rsa.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    oaep = ("rsa_padding_mode:oaep", "rsa_oaep_md:sha256", "rsa_mgf1_md:sha256")
    options = [word for option in oaep for word in ("-pkeyopt", option)]
    key = openssl("pkeyutl", "-decrypt", "-inkey", private, *options, stdin=wrapped)
    decryptor = Cipher(algorithms.AES(key), modes.GCM(iv, tag)).decryptor()
    decryptor.authenticate_additional_data(protected.encode())
    signed, _, signature = (decryptor.update(ciphertext) + decryptor.finalize()).decode().rpartition(".")
    assert unbase64url(signed.split(".")[1]) == TEXT
    assert json.loads(unbase64url(signed.split(".")[0])) == {"alg": "PS256", "kid": "courts-2026"}
    (tmp_path / "signature").write_bytes(unbase64url(signature))
    pss = ("-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest")
    verify = ("-verify", public_of(keys, "courts"), "-signature", tmp_path / "signature")
    assert b"OK" in openssl("dgst", "-sha256", *verify, *pss, stdin=signed.encode())


def test_health_pages_open_with_openssl(keys: SandboxKeys, tmp_path: Path) -> None:
    page = seal_sm2_sm4_gcm(TEXT, sender(keys, "health"), style=0)
    wrapped, iv, data, tag, signature = (
        base64.b64decode(page[name]) for name in ("key", "iv", "data", "tag", "sign")
    )
    assert signed_by(public_of(keys, "health"), wrapped + iv + data + tag, signature, tmp_path)
    private = Path(keys.gateway_entries("health")[0]["private_key"].removeprefix("file:"))
    key = openssl("pkeyutl", "-decrypt", "-inkey", private, stdin=wrapped)
    decryptor = Cipher(algorithms.SM4(key), modes.GCM(iv, tag)).decryptor()
    assert decryptor.update(data) + decryptor.finalize() == TEXT
    assert (page["kid"], page["sign_kid"]) == ("gateway-health-2026", "health-2026")


@pytest.mark.parametrize(("style", "length", "start"), [(1, 113, 4), (2, 112, None)])
def test_health_keys_are_wrapped_raw_as_well(
    keys: SandboxKeys, style: int, length: int, start: int | None
) -> None:
    page = seal_sm2_sm4_gcm(TEXT, sender(keys, "health"), style=style)
    wrapped = base64.b64decode(page["key"])
    assert len(wrapped) == length
    assert start is None or wrapped[0] == start
    assert len(base64.b64decode(page["sign"])) == 64 or style % 2 == 0


def test_medical_insurance_agrees_with_the_contracts_vector() -> None:
    app_id, app_secret = "TESTAPPID0000001XXXXXXXXXXXXXXXX", "TESTSECRET000001XXXXXXXXXXXXXXXX"
    assert nhsa_key(app_id, app_secret) == b"59EE7E8C127F6D37"
    sealed = "740533509CB3F23875C9B9139BBC55B91D91BA49ECD210ED86D815B7FF0BA8A8"
    assert nhsa_encrypt(app_id, app_secret, '{"psnName":"测试"}') == sealed


def test_medical_insurance_signs_a_sorted_text_without_nulls() -> None:
    envelope = {"version": "2.0.1", "appId": "a", "encData": "x", "extra": "y", "timestamp": ""}
    plaintext = {"rows": [{"b": None, "a": {"d": [], "c": {}}}, None], "n": 1.5, "t": True}
    expected = 'appId=a&data={"n":1.5,"rows":[{"a":{"c":{},"d":[]}},null],"t":true}&version=2.0.1&key=s'
    assert nhsa_signed_text(envelope, plaintext, "s") == expected


def test_medical_insurance_pages_open_with_openssl(keys: SandboxKeys, tmp_path: Path) -> None:
    insurer, plaintext = sender(keys, "medical_insurance"), {"rows": [{"psn_name": "王芳", "certno": None}]}
    page = seal_nhsa(plaintext, insurer, 1_700_000_000_000, style=1)
    key = nhsa_key(insurer.kid, insurer.app_secret)
    text = openssl("enc", "-d", "-sm4-ecb", "-K", key.hex(), stdin=bytes.fromhex(page["encData"]))
    assert json.loads(text) == plaintext
    message = nhsa_signed_text(page, plaintext, insurer.app_secret).encode()
    public = public_of(keys, "medical_insurance")
    assert signed_by(public, message, base64.b64decode(page["signData"]), tmp_path)
    raw = seal_nhsa(plaintext, insurer, 1_700_000_000_000, style=0)
    assert len(base64.b64decode(raw["signData"])) == 64
    assert raw["encData"] == page["encData"].upper()


def test_both_ways_of_computing_give_the_same_results() -> None:
    key, iv = bytes(range(16)), bytes(range(16, 32))
    assert native.sm3(TEXT) == portable.sm3(TEXT)
    assert native.sm3_hmac(key, TEXT) == portable.sm3_hmac(key, TEXT)
    assert native.sm4_cbc(key, iv, TEXT) == portable.sm4_cbc(key, iv, TEXT)
    assert native.sm4_ecb(key, TEXT) == portable.sm4_ecb(key, TEXT)
    assert native.sm4_ecb(key, TEXT[:32]) == portable.sm4_ecb(key, TEXT[:32])
    assert native.sm4_gcm(key, iv[:12], TEXT) == portable.sm4_gcm(key, iv[:12], TEXT)


def test_a_machine_without_gmssl_pyx_seals_the_portable_way() -> None:
    script = "import sys; sys.modules['gmssl_pyx'] = None; from gateway.sandbox import primitives as used; "
    script += "print(used.chosen.__name__, used.sm3(b'abc').hex()[:8])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True, text=True)
    assert done.stdout.split() == ["gateway.sandbox.portable", "66c7f0f4"]


def test_portable_keys_signatures_and_ciphertexts_satisfy_openssl(tmp_path: Path) -> None:
    private, public = portable.sm2_new_pair()
    public_file, private_file = tmp_path / "public.der", tmp_path / "private.der"
    public_file.write_bytes(sm2_public_der(public))
    private_file.write_bytes(sm2_private_der(private, public))
    assert b"SM2" in openssl("pkey", "-inform", "DER", "-in", private_file, "-noout", "-text", "-check")
    signature = portable.sm2_sign(private, public, TEXT, USER_ID)
    assert signed_by(public_file, TEXT, signature, tmp_path)
    sealed = portable.sm2_encrypt(public, b"sixteen bytes ok")
    assert openssl("pkeyutl", "-decrypt", "-inkey", private_file, stdin=sealed) == b"sixteen bytes ok"


def test_raw_forms_keep_leading_zeros() -> None:
    from_small = bytes.fromhex("3006020101020102")
    assert raw_signature(from_small) == bytes(31) + b"\x01" + bytes(31) + b"\x02"
    small_point = bytes.fromhex("300d020101020102040103 04027a7a".replace(" ", ""))
    assert raw_ciphertext(small_point, leading_04=True)[:33] == b"\x04" + bytes(31) + b"\x01"


def test_xml_escapes_what_it_must() -> None:
    assert "<XM>&lt;&amp;</XM><SWRQ></SWRQ>" in to_xml([{"XM": "<&", "SWRQ": None}])
