"""Pages as the departments would seal them, by openssl and by hand; keys are files in a folder."""

import base64
import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.crypto.keyring import KeyRing
from tests.support import openssl
from tests.support.openssl import KeyPair

SM4 = bytes.fromhex("0123456789abcdeffedcba9876543210")
MAC = bytes.fromhex("00112233445566778899aabbccddeeff" * 2)
IV = bytes.fromhex("101112131415161718191a1b1c1d1e1f")
APP_ID = "TESTAPPID0000001XXXXXXXXXXXXXXXX"
APP_SECRET = "TESTSECRET000001XXXXXXXXXXXXXXXX"
NHSA_KEY = b"59EE7E8C127F6D37"


@dataclass(frozen=True)
class Keys:
    """The folder of a receiving gateway and of one sender."""

    folder: Path
    ours: KeyPair
    theirs: KeyPair
    ours_rsa: KeyPair
    theirs_rsa: KeyPair

    def kept(self, name: str, value: str) -> str:
        """Keep a value in a file and return the reference to it."""
        path = self.folder / name
        path.write_text(value + "\n")
        return f"file:{path}"

    def symmetric(self, kid: str, sm4: bytes = SM4, mac: bytes = MAC) -> dict[str, str]:
        return {
            "kid": kid,
            "sm4": self.kept(f"{kid}.sm4", sm4.hex()),
            "mac": self.kept(f"{kid}.mac", mac.hex()),
        }

    @cached_property
    def sm2_ring(self) -> KeyRing:
        return KeyRing([own("ours", self.ours), sender("theirs", self.theirs)])

    @cached_property
    def rsa_ring(self) -> KeyRing:
        return KeyRing([own("ours", self.ours_rsa), sender("theirs", self.theirs_rsa)])

    def nhsa_ring(self, **parts: str) -> KeyRing:
        secret = {"app_secret": self.kept("app_secret", APP_SECRET)}
        return KeyRing([{**sender(APP_ID, self.theirs), **secret, **parts}])

    @cached_property
    def file_ring(self) -> KeyRing:
        return KeyRing([{**sender("j1", self.theirs), "sm4": self.kept("j1.sm4", SM4.hex())}])


def own(kid: str, pair: KeyPair) -> dict[str, str]:
    return {"kid": kid, "private_key": f"file:{pair.private}"}


def sender(kid: str, pair: KeyPair) -> dict[str, str]:
    return {"kid": kid, "public_key": f"file:{pair.public}"}


def compact(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def canonical(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def b64url(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def sm4_cbc_mac(plaintext: bytes, kid: str = "p1", sm4: bytes = SM4, mac: bytes = MAC) -> dict[str, Any]:
    return under_mac(openssl.sm4_cbc(sm4, IV, plaintext), kid, mac)


def under_mac(data: bytes, kid: str = "p1", mac: bytes = MAC) -> dict[str, Any]:
    return {"kid": kid, "data": b64(data), "mac": openssl.hmac_sm3(mac, data).hex()}


def sealed_field(text: str, key: bytes = SM4) -> str:
    return b64(openssl.sm4_cbc(key, IV, text.encode()))


def sm4_fields(rows: list[Any], kid: str = "c1", mac: bytes = MAC) -> dict[str, Any]:
    return {"kid": kid, "rows": rows, "mac": openssl.hmac_sm3(mac, canonical(rows)).hex()}


def sm2_sm4_gcm(plaintext: bytes, keys: Keys, **changed: Any) -> dict[str, Any]:
    data, tag = openssl.sm4_gcm(SM4, IV[:12], plaintext)
    return signed_gcm(openssl.sm2_encrypt(keys.ours.public, SM4), IV[:12], data, tag, keys) | changed


def signed_gcm(key: bytes, iv: bytes, data: bytes, tag: bytes, keys: Keys) -> dict[str, Any]:
    signature = openssl.sm2_sign(keys.theirs.private, key + iv + data + tag)
    sealed = {"key": b64(key), "iv": b64(iv), "data": b64(data), "tag": b64(tag)}
    return {"kid": "ours", **sealed, "sign_kid": "theirs", "sign": b64(signature)}


def nhsa(
    plaintext: bytes, signed_data: str, keys: Keys, user_id: str = openssl.SM2_USER_ID
) -> dict[str, Any]:
    members = {
        "appId": APP_ID,
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": "1767225600000",
        "version": "2.0.1",
    }
    message = "&".join(f"{name}={value}" for name, value in sorted({**members, "data": signed_data}.items()))
    signature = openssl.sm2_sign(keys.theirs.private, f"{message}&key={APP_SECRET}".encode(), user_id)
    sealed = openssl.sm4_ecb(NHSA_KEY, plaintext).hex().upper()
    return {**members, "encData": sealed, "signData": b64(signature)}


def jws(payload: bytes, keys: Keys, **header: Any) -> bytes:
    content = b64url(compact({"alg": "PS256", "kid": "theirs"} | header)) + b"." + b64url(payload)
    return content + b"." + b64url(openssl.rsa_pss_sha256(keys.theirs_rsa.private, content))


def jwe(content: bytes, keys: Keys, **header: Any) -> str:
    said = {"alg": "RSA-OAEP-256", "enc": "A256GCM", "cty": "JWT", "kid": "ours"} | header
    protected = b64url(compact({name: value for name, value in said.items() if value is not None}))
    content_key = bytes(range(32))
    sealed = AESGCM(content_key).encrypt(IV[:12], content, protected)
    sealed_key = openssl.rsa_oaep_sha256(keys.ours_rsa.public, content_key)
    parts = [protected, *(b64url(part) for part in (sealed_key, IV[:12], sealed[:-16], sealed[-16:]))]
    return b".".join(parts).decode()
