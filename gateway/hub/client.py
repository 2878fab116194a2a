"""Asks the hub for sealed pages: signs, keeps to the quota, tries again, follows the cursor."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Final, Self, TypeVar

import httpx

from gateway.clock import local
from gateway.errors import ConfigError, HubRefused, HubUnavailable
from gateway.hub.authentication import SCHEMES, Scheme, Wire
from gateway.hub.call import Call, Route
from gateway.hub.http import open_client
from gateway.hub.quota import Quotas
from gateway.hub.retry import Retry
from gateway.hub.sealed_page import SealedPage, WindowChanged, checked, closing, sealed_page
from gateway.hub.service import Service
from gateway.hub.waiting import Timing
from gateway.hub.windows import SETTLING

__all__ = ["HubClient", "SealedPage", "WindowChanged", "request_body"]

T = TypeVar("T")
_PAYLOAD: Final = ("data", "payload")
"""Where a reply holds what a worker process is to open and read; most of a page."""

_FORMAT: Final = "%Y-%m-%d %H:%M:%S"


class HubClient:
    """A client for all services of one or more hubs; open it with `async with`.

    One connection pool, one quota for each service id, one secret for each (hub, rid, sid, app key).
    `ca_file` names the hub's own authority; a given `http` is closed with the client.
    """

    def __init__(
        self,
        *,
        timing: Timing | None = None,
        ca_file: Path | None = None,
        http: httpx.AsyncClient | None = None,
    ) -> None:
        self._timing = timing or Timing()
        self._retry = Retry(timing=self._timing)
        self._http = http or open_client(ca_file)
        self._quotas = Quotas(self._timing)
        self._schemes: dict[str, Scheme] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for scheme in self._schemes.values():
            await scheme.close()
        await self._http.aclose()

    async def page(self, service: Service, since: datetime, until: datetime, start: str) -> SealedPage:
        """One page of the window [since, until) on the hub's load time; naive times are Asia/Shanghai.

        Raises:
            HubUnavailable: nothing to mend, again later.
            HubRefused: sign or authorisation, also with a new secret; stop this dataset.
            ConfigError: the service names an unknown scheme.
        """
        body = request_body(service, since, until, start)
        return await self._call(service, body, partial(sealed_page, service.dataset, start), _PAYLOAD)

    async def ask(self, service: Service, body: Mapping[str, str]) -> Mapping[str, object]:
        """The `data` of the reply to any request body; errors as `page`."""
        return await self._call(service, body, dict)

    async def _call(
        self,
        service: Service,
        body: Mapping[str, str],
        shape: Callable[[Mapping[str, object]], T],
        unread: Sequence[str] = (),
    ) -> T:
        call = Call(self._route(service), body, shape, unread)
        try:
            return await self._retry.run(call.attempt, attempts=service.max_attempts, dataset=service.dataset)
        except HubRefused as refused:
            raise HubRefused(f"{service.dataset}: {refused}") from None
        except HubUnavailable as failure:
            raise HubUnavailable(f"{service.dataset}: {failure}") from None

    async def pages(
        self, service: Service, since: datetime, until: datetime, start: str = "0", total: int | None = None
    ) -> AsyncIterator[SealedPage]:
        """The pages of a window from `start` on; `total` is what pages taken earlier promised.

        Raises:
            WindowChanged: a page promises another total than the pages before it; that page is not given.
            HubUnavailable: also when the cursor loops or goes back.
        """
        pages = checked(self._following(service, since, until, start), total)
        async with closing(pages):
            async for page in pages:
                yield page

    async def _following(
        self, service: Service, since: datetime, until: datetime, start: str
    ) -> AsyncIterator[SealedPage]:
        cursor: str | None = start
        while cursor is not None:
            page = await self.page(service, since, until, cursor)
            yield page
            cursor = page.next

    async def probe(self, service: Service) -> SealedPage:
        """Sign in and read one row of a one-minute window, with one attempt: is the hub there for us?"""
        until = local(self._timing.clock()).replace(microsecond=0) - SETTLING
        brief = replace(service, page_limit=1, max_attempts=1)
        return await self.page(brief, until - timedelta(minutes=1), until, "0")

    def _route(self, service: Service) -> Route:
        bucket = self._quotas.of(service.base_url, service.sid, service.requests_per_hour)
        return Route(service, self._scheme(service), bucket, self._http, self._timing.clock)

    def _scheme(self, service: Service) -> Scheme:
        if service.auth not in SCHEMES:
            known = ", ".join(sorted(SCHEMES))
            raise ConfigError(f"dataset {service.dataset}: auth is none of {known}")
        if service.auth not in self._schemes:
            self._schemes[service.auth] = SCHEMES[service.auth](Wire(self._http, self._retry))
        return self._schemes[service.auth]


def request_body(service: Service, since: datetime, until: datetime, start: str) -> dict[str, str]:
    """The body of a page request, all strings, times in Asia/Shanghai to the second.

    Raises:
        ValueError: the window is empty or does not begin and end on whole seconds.
    """
    window = (local(since), local(until))
    if window[0] >= window[1] or any(edge.microsecond for edge in window):
        raise ValueError("a window needs since < until, both in whole seconds")
    return {
        "since": window[0].strftime(_FORMAT),
        "until": window[1].strftime(_FORMAT),
        "start": start,
        "limit": str(service.page_limit),
    }
