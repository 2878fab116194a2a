"""Calls to the gateway: a deadline, a cap on what comes back, and another try where that may help."""

import asyncio
import json
import logging
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import httpx

from gateway.client.faults import CursorGone, FeedStopped

MOST_BYTES: Final = 256 * 1024 * 1024
_CLIENT_FAULTS: Final = range(400, 500)
_GONE: Final = 410
_BUSY: Final = 429
_LONGEST_TOLD: Final = 300

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Patience:
    """How long a gateway that does not answer is asked again: full jitter, all in seconds.

    After `in_all` the feed stops with the last fault. `Retry-After` is obeyed up to `longest_asked`.
    """

    first: float = 0.5
    longest: float = 30.0
    longest_asked: float = 300.0
    in_all: float = 3600.0
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    random: Callable[[], float] = random.SystemRandom().random
    ticks: Callable[[], float] = time.monotonic

    def wait(self, attempt: int, asked: float | None) -> float:
        """How long to wait after the given attempt, counted from 1."""
        if asked is not None:
            return min(asked, self.longest_asked)
        return min(self.longest, self.first * 2.0 ** min(attempt - 1, 30)) * self.random()


class _TryAgainError(Exception):
    def __init__(self, why: str, asked: float | None = None) -> None:
        super().__init__(why)
        self.asked = asked


@dataclass(frozen=True)
class Calls:
    """Calls through one client; `deadline` is for each attempt, above what the feed is asked to wait."""

    http: httpx.AsyncClient
    patience: Patience
    deadline: float = 30.0

    async def __call__(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str | int | float] | None = None,
        sent: Any = None,
    ) -> bytes:
        """The body of a good answer.

        Raises:
            CursorGone: 410.
            FeedStopped: any other answer of 400 to 499, or no answer for as long as there is patience.
        """
        patience, attempt = self.patience, 0
        began = patience.ticks()
        while True:
            attempt += 1
            try:
                return await self._once(self.http.build_request(method, path, params=query, json=sent))
            except _TryAgainError as fault:
                wait = patience.wait(attempt, fault.asked)
                if patience.ticks() - began + wait > patience.in_all:
                    raise FeedStopped(f"{method} {path}: {fault}, attempt {attempt} was the last") from None
                _log.warning("%s %s: %s; again in %.1f s", method, path, fault, wait)
            await patience.sleep(wait)

    async def _once(self, request: httpx.Request) -> bytes:
        try:
            async with asyncio.timeout(self.deadline):
                reply = await self.http.send(request, stream=True)
                try:
                    body = await _whole(reply)
                finally:
                    await reply.aclose()
        except (httpx.HTTPError, OSError) as fault:  # a TimeoutError is an OSError
            raise _TryAgainError(type(fault).__name__) from None
        if reply.is_success:
            return body
        raise _fault(reply, body)


async def _whole(reply: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in reply.aiter_bytes():
        size += len(part)
        if size > MOST_BYTES:
            raise FeedStopped(f"an answer has more than {MOST_BYTES} bytes: ask for fewer events at once")
        parts.append(part)
    return b"".join(parts)


def _fault(reply: httpx.Response, body: bytes) -> Exception:
    problem = _problem(body)
    if reply.status_code == _GONE and isinstance(problem.get("earliest"), str):
        return CursorGone(problem["earliest"])
    if reply.status_code in _CLIENT_FAULTS and reply.status_code != _BUSY:
        told = str(problem.get("detail") or "the answer does not say why")
        return FeedStopped(f"HTTP {reply.status_code}: {told[:_LONGEST_TOLD]}")
    asked = reply.headers.get("Retry-After", "")
    return _TryAgainError(f"HTTP {reply.status_code}", float(asked) if asked.isdecimal() else None)


def _problem(body: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
