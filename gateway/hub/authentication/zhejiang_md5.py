"""`auth: zhejiang_md5`: an app secret fetches a refresh secret, which fetches the secrets that sign calls."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.hub.authentication.scheme import Wire
from gateway.hub.authentication.secrets import Owner, Secret, SecretKeep, valid_until_ms
from gateway.hub.http import post_form
from gateway.hub.reply import NotAuthorised, SecretExpired, read
from gateway.hub.retry import TryAgain
from gateway.hub.service import Service

_REFRESH_BYTES: Final = 64 * 1024
_SUCCESS: Final = ("00", "0")
_KEPT_UNDER: Final = ("datas", "data")


@dataclass(frozen=True)
class Pair(Secret):
    """The request secret that signs calls, and the refresh secret that fetches the next pair."""

    refresh: str = field(repr=False)
    refresh_until_ms: int


class ZhejiangMd5:
    """The Zhejiang public-data platform's sign and two secrets.

    `rid` is the app key that the platform gave out, `app_key` its app secret. Headers `appKey`, `requestTime`
    (milliseconds) and `sign`, the lower-case hex of MD5(appKey + request secret + requestTime). The pair of
    secrets is fetched with the app secret (`refresh_path`) and renewed with the refresh secret
    (`renewal_path`): forms of the same three names, signed likewise. Replies hold `refreshSecret`,
    `refreshSecretEndTime`, `requestSecret` and `requestSecretEndTime` (milliseconds) under `datas`, with
    code `00`. On code 11 or 14 the pair is renewed; where that is refused too, it is fetched anew.

    Which service is called stands in the path: the default is `/gateway/api/{sid}.htm`. A pair belongs to
    (base URL, app key, app secret), whatever services are called with it.
    """

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._pairs: SecretKeep[Pair] = SecretKeep(wire.now_ms)

    async def headers(self, service: Service) -> dict[str, str]:
        """The three signing headers."""
        pair = await self._pairs.get(_owner(service), lambda last: self._next(service, last))
        return named(service, pair.text.encode(), str(self._wire.now_ms()))

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """Give up the request secret, unless it has been replaced since these headers were made."""
        self._pairs.end(_owner(service), lambda held: _made_with(held, service, used))

    async def close(self) -> None:
        """Cancel refreshes nobody waits for any more."""
        await self._pairs.close()

    async def _next(self, service: Service, last: Pair | None) -> Pair:
        if last is not None and self._wire.now_ms() < last.refresh_until_ms:
            try:
                return await self._ask(service, service.renewal_url, last.refresh.encode())
            except (NotAuthorised, SecretExpired):
                pass  # the app secret fetches a new pair, or is refused itself
        return await self._wire.retry.run(
            lambda: self._ask(service, service.refresh_url, service.key),
            attempts=service.max_attempts,
            dataset=service.dataset,
        )

    async def _ask(self, service: Service, url: str, secret: bytes) -> Pair:
        names = named(service, secret, str(self._wire.now_ms()))
        reply = await post_form(
            self._wire.client,
            url,
            headers=names,
            body=names,
            deadline=service.request_timeout_s,
            max_bytes=_REFRESH_BYTES,
        )
        success = {*_SUCCESS, *service.success_codes}
        return _pair(read(reply, success, self._wire.retry.timing.clock(), _KEPT_UNDER), self._wire.now_ms())


def _owner(service: Service) -> Owner:
    return service.refresh_url, service.rid, service.key


def _made_with(pair: Pair, service: Service, used: Mapping[str, str]) -> bool:
    expected = sign(service.rid, pair.text.encode(), used.get("requestTime", ""))
    return hmac.compare_digest(expected, used.get("sign", ""))


def _pair(data: Mapping[str, object], now_ms: int) -> Pair:
    request, refresh = (data.get(f"{name}Secret") for name in ("request", "refresh"))
    if not (isinstance(request, str) and isinstance(refresh, str) and request and refresh):
        raise TryAgain("the hub's reply holds no requestSecret and refreshSecret")
    ends = [valid_until_ms(data.get(f"{name}SecretEndTime"), now_ms) for name in ("request", "refresh")]
    return Pair(request, ends[0], refresh, ends[1])


def named(service: Service, secret: bytes, time_ms: str) -> dict[str, str]:
    """The three names of the scheme with their values."""
    signature = sign(service.rid, secret, time_ms)
    return {"appKey": service.rid, "requestTime": time_ms, "sign": signature}


def sign(app_key: str, secret: bytes, time_ms: str) -> str:
    """Lower-case hex of MD5 over app key, secret and the time in milliseconds, without separators."""
    message = app_key.encode() + secret + time_ms.encode()
    return hashlib.md5(message, usedforsecurity=False).hexdigest()
