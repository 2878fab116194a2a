"""The keys that events are verified with, asked for when an unknown one signed."""

import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwk import OKPKey
from joserfc.jws import JWSRegistry

from gateway.client.event import Event
from gateway.client.faults import NotTrusted

AGAIN_S: Final = 60.0
"""Keys are not asked for more often, whatever a signature names."""

_MOST_KEYS: Final = 32
_ALGORITHMS: Final = ("EdDSA", "Ed25519")
"""One algorithm under its name of RFC 8037 and its name of RFC 9864."""


class _OurAlgorithms(JWSRegistry):
    def get_alg(self, name: str) -> Any:
        """The algorithm of a name, the older name without a warning."""
        if name not in _ALGORITHMS:
            raise NotTrusted("a signature names another algorithm than Ed25519")
        return self.algorithms[name]


_REGISTRY: Final = _OurAlgorithms()


class Keys:
    """A gateway's published keys, by their id; `fetch` gives its JWK Set."""

    def __init__(
        self, fetch: Callable[[], Awaitable[dict[str, Any]]], ticks: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch, self._ticks = fetch, ticks
        self._known: dict[str, OKPKey] = {}
        self._fetched_at: float | None = None

    async def check(self, event: Event) -> None:
        """Let an event pass that one of the keys signed as it is.

        Raises:
            NotTrusted: none did.
        """
        if event.signature is None:
            raise NotTrusted(f"event {event.id} is not signed: read with verify=False where that is meant")
        try:
            kid = jws.extract_compact(event.signature.encode()).headers().get("kid")
            key = await self._key(str(kid))
            jws.deserialize_compact(event.signature, key, payload=event.body, registry=_REGISTRY)
        except (JoseError, ValueError):
            raise NotTrusted(f"the signature of event {event.id} is not by the gateway's keys") from None

    async def _key(self, kid: str) -> OKPKey:
        if kid not in self._known and self._may_fetch():
            self._fetched_at = self._ticks()
            self._known = _keys(await self._fetch())
        if kid not in self._known:
            raise NotTrusted("a signature names a key that the gateway does not publish")
        return self._known[kid]

    def _may_fetch(self) -> bool:
        return self._fetched_at is None or self._ticks() - self._fetched_at >= AGAIN_S


def _keys(published: dict[str, Any]) -> dict[str, OKPKey]:
    found = published.get("keys", [])[:_MOST_KEYS]
    return {
        str(each["kid"]): OKPKey.import_key({name: each[name] for name in ("kty", "crv", "x")})
        for each in found
        if each.get("crv") == "Ed25519" and "kid" in each
    }
