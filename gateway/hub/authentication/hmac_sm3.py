"""`auth: hmac_sm3`: the app key itself signs every call with HMAC-SM3; nothing is fetched."""

import base64

from cryptography.hazmat.primitives import hashes, hmac

from gateway.hub.authentication.scheme import SecretFree, Wire, named, signed_message
from gateway.hub.service import Service


class HmacSm3(SecretFree):
    """The names and the message of the national scheme, signed with the app key by HMAC-SM3.

    For hubs that hold to the commercial ciphers of GB/T 32905 and hand out no secret. Headers
    `{family}_rid`, `{family}_sid`, `{family}_rtime` (milliseconds), `{family}_sign`; the sign is
    Base64(HMAC-SM3(app key, sid + rid + rtime)). Default path `/httpproxy`.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def headers(self, service: Service) -> dict[str, str]:
        """The four signing headers."""
        time_ms = str(self._wire.now_ms())
        return named(service, time_ms, sign(service.key, service, time_ms))


def sign(key: bytes, service: Service, time_ms: str) -> str:
    """Base64 of HMAC-SM3 over sid, rid and the time in milliseconds, without separators."""
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(signed_message(service, time_ms))
    return base64.b64encode(mac.finalize()).decode()
