"""Secrets that the hub hands out for a while: each fetched once, however many calls want it."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Generic, TypeVar

from gateway.clock import CHINA
from gateway.hub.reply import text_of

FALL_BACK_MS: Final = 25 * 60 * 1000
_MARGIN_MS: Final = 30_000
_MILLISECONDS: Final = re.compile(r"[0-9]{1,15}")

Owner = tuple[str | bytes, ...]
"""Whom a secret belongs to, such as the hub, the caller's names and the app key."""


@dataclass(frozen=True)
class Secret:
    """A secret that signs calls until the given moment, in milliseconds since 1970."""

    text: str = field(repr=False)
    until_ms: int


S = TypeVar("S", bound=Secret)


class SecretKeep(Generic[S]):
    """The secrets held, and those on their way."""

    def __init__(self, now_ms: Callable[[], int]) -> None:
        self._now_ms = now_ms
        self._held: dict[Owner, S] = {}
        self._flights: dict[Owner, asyncio.Task[S]] = {}

    async def get(self, owner: Owner, fetch: Callable[[S | None], Awaitable[S]]) -> S:
        """The owner's secret; where it has ended, a new one, which `fetch` makes of the last."""
        held = self._held.get(owner)
        if held is not None and self._now_ms() < held.until_ms:
            return held
        if owner not in self._flights:
            self._flights[owner] = asyncio.create_task(_fetched(fetch, held))
            self._flights[owner].add_done_callback(lambda flight: self._landed(owner, flight))
        # Shielded: one caller that gives up does not take the secret from the others.
        return await asyncio.shield(self._flights[owner])

    def end(self, owner: Owner, made_with: Callable[[S], bool]) -> None:
        """End the owner's secret, unless it is another one by now than the refused call was made with."""
        held = self._held.get(owner)
        if held is not None and made_with(held):
            self._held[owner] = replace(held, until_ms=0)

    async def close(self) -> None:
        """Cancel what nobody waits for any more."""
        flights = list(self._flights.values())
        for flight in flights:
            flight.cancel()
        await asyncio.gather(*flights, return_exceptions=True)

    def _landed(self, owner: Owner, flight: asyncio.Task[S]) -> None:
        del self._flights[owner]
        if not flight.cancelled() and flight.exception() is None:
            self._held[owner] = flight.result()


async def _fetched(fetch: Callable[[S | None], Awaitable[S]], last: S | None) -> S:
    return await fetch(last)


def valid_until_ms(end: object, now_ms: int) -> int:
    """The last moment a secret is used, in milliseconds since 1970.

    `end` is the hub's end of it: milliseconds, or a time in Asia/Shanghai. A secret is given up up to
    30 s early, for clocks differ and calls take time. Without a readable end in the future: 25 minutes.
    """
    end_ms = _end_ms(end)
    if end_ms is None or end_ms <= now_ms:
        return now_ms + FALL_BACK_MS
    return end_ms - min(_MARGIN_MS, (end_ms - now_ms) // 10)


def _end_ms(end: object) -> int | None:
    text = (text_of(end) or str(end)).strip()
    if _MILLISECONDS.fullmatch(text):
        return int(text)
    try:
        return int(datetime.strptime(text, "%Y-%m-%d %H:%M:%S").replace(tzinfo=CHINA).timestamp() * 1000)
    except (ValueError, OverflowError):
        return None
