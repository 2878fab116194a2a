"""`auth: tif_sha256`: a fixed token, hashed with a time and a word used once; nothing is fetched."""

import hashlib
from uuid import uuid4

from gateway.hub.authentication.scheme import SecretFree, Wire
from gateway.hub.service import Service


class TifSha256(SecretFree):
    """The gateway platform whose headers begin with `x-tif`.

    `rid` is the caller's paas id and `app_key` its token. Headers `x-tif-paasid`, `x-tif-timestamp` (seconds
    since 1970; the hub lets it differ by about three minutes), `x-tif-nonce` (new for every call) and
    `x-tif-signature`, the lower-case hex of SHA-256(timestamp + token + nonce + timestamp). Which service is
    called stands in the path: the default is `/ebus/{sid}`.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def headers(self, service: Service) -> dict[str, str]:
        """The four signing headers."""
        time_s, nonce = str(self._wire.now_ms() // 1000), uuid4().hex
        return {
            "x-tif-paasid": service.rid,
            "x-tif-timestamp": time_s,
            "x-tif-nonce": nonce,
            "x-tif-signature": sign(service.key, time_s, nonce),
        }


def sign(token: bytes, time_s: str, nonce: str) -> str:
    """Lower-case hex of SHA-256 over time, token, nonce and the time again."""
    return hashlib.sha256(time_s.encode() + token + nonce.encode() + time_s.encode()).hexdigest()
