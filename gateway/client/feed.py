"""The feed as an asynchronous iterator: waits, verifies, goes on where it was, and acks what was handled."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Final, Self

import httpx

from gateway.client.calls import Calls, Patience
from gateway.client.event import Event, Page, read_page
from gateway.client.faults import NotTrusted
from gateway.client.keys import Keys

_MARGIN_S: Final = 30.0
"""An answer may take so much longer than the feed was asked to wait."""


@dataclass
class Feed:
    """Events in order, from where the consumer was: `async with Feed(…) as feed: async for event in feed: …`.

    A page of events is acked when the loop asks for the one after its last, so what a loop that raises had in
    hand comes again. With a `consumer` the gateway keeps the place; it is made first, beginning at `begin`.
    Without one keep `cursor` yourself and give it as `after`. `types` and `counties` narrow; `follow=False`
    ends where there is nothing more; `verify=False` takes what is not signed.

    Raises while iterating:
        CursorGone, FeedStopped: it cannot go on; nothing is skipped in silence.
        NotTrusted: an event is not signed by the gateway's published keys.
    """

    url: str
    token: str | None = field(default=None, repr=False)
    consumer: str | None = None
    after: str | None = None
    begin: str = "earliest"
    types: tuple[str, ...] = ()
    counties: tuple[str, ...] = ()
    follow: bool = True
    verify: bool = True
    limit: int = 100
    wait_s: float = 20.0
    patience: Patience = field(default_factory=Patience)
    transport: httpx.AsyncBaseTransport | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        http = httpx.AsyncClient(
            base_url=self.url,
            headers=headers,
            transport=self.transport,
            trust_env=False,
            timeout=httpx.Timeout(self.wait_s + _MARGIN_S, connect=10.0),
        )
        self.cursor = self.after
        self._call = Calls(http, self.patience, self.wait_s + _MARGIN_S)
        self._keys = Keys(self._published)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._call.http.aclose()

    async def __aiter__(self) -> AsyncIterator[Event]:
        """Every event once, as long as nothing fails; `cursor` is behind the last page that was handled."""
        if self.consumer is not None:
            await self._call("PUT", f"/v1/consumers/{self.consumer}", sent={"from": self.begin})
        while True:
            page = await self._page()
            for event in page.events:
                if self.verify:
                    await self._keys.check(event)
                yield event
            await self._handled(page)
            if not (page.more or self.follow):
                return

    async def _page(self) -> Page:
        asked = {
            "limit": self.limit,
            "wait": self.wait_s if self.follow else 0,
            "after": self.cursor,
            "consumer": self.consumer,
            "types": ",".join(self.types) or None,
            "county": ",".join(self.counties) or None,
        }
        query = {name: value for name, value in asked.items() if value is not None}
        return read_page(await self._call("GET", "/v1/events", query=query))

    async def _handled(self, page: Page) -> None:
        if self.consumer is not None and page.next != self.cursor:
            await self._call("POST", f"/v1/consumers/{self.consumer}/ack", sent={"cursor": page.next})
        self.cursor = page.next

    async def _published(self) -> dict[str, Any]:
        try:
            found = json.loads(await self._call("GET", "/.well-known/jwks.json"))
        except ValueError:
            found = None
        if not isinstance(found, dict):
            raise NotTrusted("the gateway's keys cannot be read: check the address")
        return found
