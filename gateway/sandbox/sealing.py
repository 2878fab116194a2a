"""The senders' side of the six envelopes. It shares no code with the side that opens them."""

import base64
import json
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.sandbox.der import raw_ciphertext, raw_signature
from gateway.sandbox.keys import Sender
from gateway.sandbox.primitives import sm2_encrypt, sm2_sign, sm3, sm3_hmac, sm4_cbc, sm4_ecb, sm4_gcm

USER_ID = b"1234567812345678"
_SEALED_FIELDS = ("NAME", "ID_CARD")
_SEALED_PREFIXES = ("name_", "cert_num_")

Json = dict[str, Any]


def compact(value: object, *, sort: bool = False) -> str:
    """Return JSON without spaces, Chinese left as it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=sort)


def sm4_cbc_with_iv(key: bytes, plaintext: bytes) -> bytes:
    """Return a fresh IV followed by the SM4-CBC-PKCS7 ciphertext."""
    iv = secrets.token_bytes(16)
    return iv + sm4_cbc(key, iv, plaintext)


def seal_sm4_cbc_mac(plaintext: bytes, sender: Sender) -> Json:
    """Seal as the police do."""
    data = sm4_cbc_with_iv(sender.sm4, plaintext)
    return {"kid": sender.kid, "data": _base64(data), "mac": sm3_hmac(sender.mac, data).hex()}


def seal_jwe(plaintext: bytes, sender: Sender) -> str:
    """Seal as the courts do: a JWS of the courts inside a JWE for the gateway."""
    if sender.gateway_rsa is None:
        raise ValueError("this sender has no RSA keys: use one of the courts'")
    header = compact({"alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": sender.kid, "cty": "JWT"})
    key, iv, protected = secrets.token_bytes(32), secrets.token_bytes(12), _base64url(header.encode())
    sealed = AESGCM(key).encrypt(iv, sign_jws(plaintext, sender).encode(), protected.encode())
    oaep = padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None)
    wrapped = sender.gateway_rsa.public_key().encrypt(key, oaep)
    parts = (wrapped, iv, sealed[:-16], sealed[-16:])
    return ".".join((protected, *(_base64url(part) for part in parts)))


def sign_jws(payload: bytes, sender: Sender) -> str:
    """Return a compact JWS, PS256, under the sender's own kid."""
    if sender.rsa is None:
        raise ValueError("this sender has no RSA keys: use one of the courts'")
    header = compact({"alg": "PS256", "kid": sender.sign_kid})
    signed = f"{_base64url(header.encode())}.{_base64url(payload)}"
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), hashes.SHA256.digest_size)
    return f"{signed}.{_base64url(sender.rsa.sign(signed.encode(), pss, hashes.SHA256()))}"


def seal_sm4_fields(rows: list[Json], sender: Sender) -> Json:
    """Seal as civil affairs do: names and numbers encrypted one by one, a mac over all rows."""
    sealed = [{name: _sealed_field(name, value, sender) for name, value in row.items()} for row in rows]
    mac = sm3_hmac(sender.mac, compact(sealed, sort=True).encode())
    return {"kid": sender.kid, "rows": sealed, "mac": mac.hex()}


def _sealed_field(name: str, value: object, sender: Sender) -> object:
    """Encrypt a text of a personal column; nothing, `""` and what is not a text stay as they are."""
    personal = name in _SEALED_FIELDS or name.startswith(_SEALED_PREFIXES)
    if personal and isinstance(value, str) and value:
        return _base64(sm4_cbc_with_iv(sender.sm4, value.encode()))
    return value


def seal_sm2_sm4_gcm(plaintext: bytes, sender: Sender, style: int = 0) -> Json:
    """Seal as health does; `style` goes round DER, raw, and raw with a leading 04."""
    key, iv = secrets.token_bytes(16), secrets.token_bytes(12)
    wrapped = sm2_encrypt(sender.gateway_sm2_public, key)
    if style % 3:
        wrapped = raw_ciphertext(wrapped, leading_04=style % 3 == 1)
    data, tag = sm4_gcm(key, iv, plaintext)
    signature = sm2_sign(*sender.sm2, wrapped + iv + data + tag, USER_ID)
    return {
        "kid": sender.kid,
        "key": _base64(wrapped),
        "iv": _base64(iv),
        "data": _base64(data),
        "tag": _base64(tag),
        "sign_kid": sender.sign_kid,
        "sign": _base64(raw_signature(signature) if style % 2 else signature),
    }


def nhsa_key(app_id: str, app_secret: str) -> bytes:
    """Return the SM4 key that an app id and its secret give, as ASCII bytes."""
    return sm4_ecb(app_id[:16].encode(), app_secret.encode()).hex().upper()[:16].encode()


def nhsa_encrypt(app_id: str, app_secret: str, plaintext: str) -> str:
    """Return encData: upper-case hex of SM4-ECB."""
    return sm4_ecb(nhsa_key(app_id, app_secret), plaintext.encode()).hex().upper()


def nhsa_signed_text(envelope: Json, plaintext: object, app_secret: str) -> str:
    """Return the text that medical insurance signs for an envelope and its plaintext."""
    plain = {name: value for name, value in envelope.items() if value not in (None, "")}
    for name in ("signData", "encData", "extra"):
        plain.pop(name, None)
    plain["data"] = compact(_without_nulls(plaintext), sort=True)
    return "&".join(f"{name}={plain[name]}" for name in sorted(plain)) + f"&key={app_secret}"


def seal_nhsa(plaintext: Json, sender: Sender, timestamp_ms: int, style: int = 0) -> Json:
    """Seal as medical insurance does; `style` goes round raw r ‖ s and DER, upper- and lower-case hex."""
    envelope: Json = {
        "appId": sender.kid,
        "encType": "SM4",
        "signType": "SM2",
        "timestamp": str(timestamp_ms),
        "version": "2.0.1",
    }
    text = nhsa_signed_text(envelope, plaintext, sender.app_secret)
    signature = sm2_sign(*sender.sm2, text.encode(), USER_ID)
    sealed = nhsa_encrypt(sender.kid, sender.app_secret, compact(plaintext))
    envelope["encData"] = sealed.lower() if style % 3 == 1 else sealed
    envelope["signData"] = _base64(signature if style % 2 else raw_signature(signature))
    return envelope


def _without_nulls(value: object) -> object:
    """Drop nulls of objects; nulls in lists stay."""
    if isinstance(value, dict):
        return {name: _without_nulls(inner) for name, inner in value.items() if inner is not None}
    return [_without_nulls(inner) for inner in value] if isinstance(value, list) else value


def sign_manifest(manifest: Json, sender: Sender) -> Json:
    """Return a file drop's manifest with its signature."""
    text = compact(manifest, sort=True).encode()
    return manifest | {"signature": _base64(sm2_sign(*sender.sm2, text, USER_ID))}


def digest(content: bytes) -> str:
    """Return the SM3 of a file in hex."""
    return sm3(content).hex()


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _base64url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()
