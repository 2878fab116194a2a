"""One page request, as often as it has to be sent."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import httpx

from gateway.clock import Clock
from gateway.hub.authentication import Scheme
from gateway.hub.http import post_json
from gateway.hub.quota import TokenBucket
from gateway.hub.reply import NotAuthorised, SecretExpired, SlowDown, read
from gateway.hub.service import Service

T = TypeVar("T")


@dataclass(frozen=True)
class Route:
    """What every request of a service goes through."""

    service: Service
    scheme: Scheme
    bucket: TokenBucket
    client: httpx.AsyncClient
    clock: Clock

    async def signed(self) -> dict[str, str]:
        """The headers of the next request, made once the quota lets it go, so that their time is fresh."""
        await self.bucket.take(self.service.dataset)
        return await self.scheme.headers(self.service)

    async def send(
        self, headers: Mapping[str, str], body: Mapping[str, str], unread: Sequence[str]
    ) -> Mapping[str, object]:
        """One request; `unread` and the errors are those of `post_json` and `read`."""
        reply = await post_json(
            self.client,
            self.service.url,
            headers=headers,
            body=body,
            deadline=self.service.request_timeout_s,
            max_bytes=self.service.max_bytes,
        )
        return read(reply, self.service.success_codes, self.clock(), unread=unread)


@dataclass
class Call(Generic[T]):
    """The attempts of one request; `shape` makes what is wanted of the reply's data, `unread` included.

    A refused sign is worth one new secret, however many attempts there are.
    """

    route: Route
    body: Mapping[str, str]
    shape: Callable[[Mapping[str, object]], T]
    unread: Sequence[str] = ()
    renewed: bool = False

    async def attempt(self) -> T:
        """Send the request; if its secret was not accepted, once more with a new one.

        Raises:
            NotAuthorised: the new secret was not accepted either.
            TryAgain: another attempt may help.
            HubUnavailable: none will.
        """
        headers = await self.route.signed()
        try:
            return await self._send(headers)
        except (SecretExpired, NotAuthorised) as refused:
            await self.route.scheme.expired(self.route.service, headers)
            if isinstance(refused, NotAuthorised):
                self._renew_once(refused)
        return await self._send(await self.route.signed())

    def _renew_once(self, refused: NotAuthorised) -> None:
        if self.renewed:
            raise refused
        self.renewed = True

    async def _send(self, headers: Mapping[str, str]) -> T:
        try:
            return self.shape(await self.route.send(headers, self.body, self.unread))
        except SlowDown as slow:
            self.route.bucket.hold(slow.wait_s or 0.0)
            raise
