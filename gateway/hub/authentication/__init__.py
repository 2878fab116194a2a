"""How a call proves who is calling (login): one scheme by name, each with its secrets kept fresh."""

from collections.abc import Callable
from typing import Final

from gateway.hub.authentication.hmac_sm3 import HmacSm3
from gateway.hub.authentication.national import National
from gateway.hub.authentication.scheme import Scheme, Unsigned, Wire
from gateway.hub.authentication.tif_sha256 import TifSha256
from gateway.hub.authentication.zhejiang_md5 import ZhejiangMd5

__all__ = ["SCHEMES", "Scheme", "Wire"]

SCHEMES: Final[dict[str, Callable[[Wire], Scheme]]] = {
    "hmac_sm3": HmacSm3,
    "national": National,
    "none": lambda _: Unsigned(),
    "tif_sha256": TifSha256,
    "zhejiang_md5": ZhejiangMd5,
}
"""The schemes a service's `auth` may name; add one here under its name, and to `Auth` in the settings."""
