"""medical insurance: the envelope of the national medical-insurance platform.

The signature covers the plaintext, so the page is opened before it can be checked; whatever goes
wrong on the way is therefore told in the same words as a signature that does not match.
"""

from contextlib import suppress
from typing import Any, Final

from gateway.crypto import sm2
from gateway.crypto.canonical import canonical_json
from gateway.crypto.ciphers import open_sm4_ecb, seal_sm4_ecb
from gateway.crypto.key_forms import sm2_public_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.layout import Plaintext, layout_of
from gateway.crypto.sealed import SIGNATURE, doubt, read_sealed
from gateway.crypto.strict_json import read_json
from gateway.errors import ConfigError

NAME: Final = "nhsa"
_UNSIGNED: Final = frozenset({"signData", "encData", "extra"})
_KEY_CHARACTERS: Final = 16


def open_nhsa(payload: bytes, keys: KeyRing) -> bytes:
    """Open the platform's envelope; the kid is the appId.

    Parts of the key: `app_secret`, the sender's `public_key`, and `user_id` where the sender signs
    under another user id than `1234567812345678` (the same reference as `app_secret` if it is that).
    """
    page = read_sealed(NAME, payload, keep_nulls=False)
    app_id = page.kid("appId", keys, "app_secret", "public_key")
    if (page.text("encType"), page.text("signType")) != ("SM4", "SM2"):
        raise doubt(NAME, "form: another `encType` than SM4 or `signType` than SM2", app_id)
    sealed, signature = page.hex("encData"), page.base64("signData")
    secret = keys.part(app_id, "app_secret")
    public_key = keys.read(app_id, "public_key", sm2_public_key)
    with suppress(ValueError):
        plaintext = Plaintext.of(open_sm4_ecb(derived_key(app_id, secret), sealed))
        message = signed_string(page.members, plaintext, secret)
        if sm2.verify(public_key, message, signature, _user_id(app_id, keys)):
            return plaintext
    raise doubt(NAME, SIGNATURE, app_id)


def derived_key(app_id: str, app_secret: bytes) -> bytes:
    """Derive the SM4 key: the first 16 characters of the secret's own ciphertext, in capitals."""
    seed = app_id[:_KEY_CHARACTERS].encode()
    if len(seed) != _KEY_CHARACTERS:
        raise ConfigError(f"{NAME}: the kid {app_id!r} is no appId: its first 16 characters must be ASCII")
    return seal_sm4_ecb(seed, app_secret).hex().upper()[:_KEY_CHARACTERS].encode()


def signed_string(members: dict[str, Any], plaintext: bytes, app_secret: bytes) -> bytes:
    """Put together what the sender signed, from the members (nulls dropped) and the plaintext.

    Raises:
        ValueError: the plaintext is no JSON, or a member could pass for two.
    """
    texts = {
        name: _as_text(value) for name, value in members.items() if name not in _UNSIGNED and value != ""
    }
    # `data` is the plaintext's place; an & would let one member end and another begin.
    if "data" in texts or "&" in "".join([*texts, *texts.values()]):
        raise ValueError("a member that could pass for another")
    signed = {name: text.encode() for name, text in texts.items()} | {"data": canonical_text(plaintext)}
    pairs = [b"%b=%b" % (name.encode(), signed[name]) for name in sorted(signed)]
    return b"&".join([*pairs, b"key=" + app_secret])


def canonical_text(plaintext: bytes) -> bytes:
    """The canonical JSON of a plaintext, nulls dropped; it is only parsed where it is no usual page.

    Raises:
        ValueError: the plaintext is no JSON.
    """
    layout = layout_of(plaintext)
    return layout.canonical() if layout else canonical_json(read_json(plaintext, keep_nulls=False)).encode()


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else canonical_json(value)


def _user_id(app_id: str, keys: KeyRing) -> bytes:
    own = app_id in keys.kids_with("user_id")
    return keys.part(app_id, "user_id") if own else sm2.DEFAULT_USER_ID
