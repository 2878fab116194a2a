"""health: SM4-GCM under a key sealed by SM2, all under the sender's SM2 signature."""

from typing import Final

from gateway.crypto import sm2
from gateway.crypto.ciphers import open_sm4_gcm
from gateway.crypto.key_forms import sm2_private_key, sm2_public_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sealed import SIGNATURE, doubt, opened, read_sealed

NAME: Final = "sm2_sm4_gcm"
_IV_BYTES: Final = 12
_TAG_BYTES: Final = 16


def open_sm2_sm4_gcm(payload: bytes, keys: KeyRing) -> bytes:
    """Open `{kid, key, iv, data, tag, sign_kid, sign}`; the signature over key ‖ iv ‖ data ‖ tag first."""
    page = read_sealed(NAME, payload)
    kid = page.kid("kid", keys, "private_key")
    sender = page.kid("sign_kid", keys, "public_key")
    key, iv, data, tag = (page.base64(name) for name in ("key", "iv", "data", "tag"))
    if (len(iv), len(tag)) != (_IV_BYTES, _TAG_BYTES):
        raise doubt(NAME, "form: `iv` has not 12 or `tag` not 16 bytes", kid)
    public_key = keys.read(sender, "public_key", sm2_public_key)
    if not sm2.verify(public_key, key + iv + data + tag, page.base64("sign")):
        raise doubt(NAME, SIGNATURE, sender)
    private_key = keys.read(kid, "private_key", sm2_private_key)
    return opened(NAME, kid, _open, private_key, key, iv, data, tag)


def _open(private_key: bytes, sealed_key: bytes, iv: bytes, data: bytes, tag: bytes) -> bytes:
    # A sealed key of another length than SM4's is a ValueError of the cipher.
    return open_sm4_gcm(sm2.decrypt(private_key, sealed_key), iv, data, tag)
