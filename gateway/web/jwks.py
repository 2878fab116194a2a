"""`/.well-known/jwks.json`: the public keys that events are verified with."""

from typing import Any, Final

from aiohttp import hdrs, web
from typing_extensions import TypedDict

from gateway.web.asking import STATION, reply
from gateway.web.operations import Operation

JWKS: Final = web.AppKey("jwks", dict[str, Any])
MEDIA: Final = "application/jwk-set+json"
_KEPT_S: Final = 300


class KeySet(TypedDict):
    """A JWK Set (RFC 7517), the signing key first; empty where events are not signed."""

    keys: list[dict[str, Any]]


async def jwks(request: web.Request) -> web.Response:
    """The public keys of the events' signatures; keep them for five minutes."""
    answer = reply(request.app[JWKS])
    answer.content_type = MEDIA
    answer.headers[hdrs.CACHE_CONTROL] = f"public, max-age={_KEPT_S}"
    return answer


def set_up(app: web.Application) -> None:
    """Publish the keys of the station, where there is one that signs."""
    station = app.get(STATION)
    signer = station.signer if station else None
    app[JWKS] = signer.jwks() if signer else {"keys": []}


OPERATIONS: Final = (
    Operation("GET", "/.well-known/jwks.json", jwks, None, "events", answer=KeySet, media=MEDIA),
)
