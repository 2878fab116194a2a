"""police: SM4-CBC under an HMAC-SM3 over iv and ciphertext."""

from typing import Final

from gateway.crypto.ciphers import hmac_sm3_matches, open_sm4_cbc
from gateway.crypto.key_forms import mac_key, sm4_key
from gateway.crypto.keyring import KeyRing
from gateway.crypto.sealed import MAC, doubt, opened, read_sealed

NAME: Final = "sm4_cbc_mac"


def open_sm4_cbc_mac(payload: bytes, keys: KeyRing) -> bytes:
    """Open `{kid, data: base64(iv ‖ SM4-CBC), mac: hex}`; the mac first."""
    page = read_sealed(NAME, payload)
    kid = page.kid("kid", keys, "sm4", "mac")
    data = page.base64("data")
    if not hmac_sm3_matches(keys.read(kid, "mac", mac_key), data, page.hex("mac")):
        raise doubt(NAME, MAC, kid)
    return opened(NAME, kid, open_sm4_cbc, keys.read(kid, "sm4", sm4_key), data)
