"""Subscribers of the feed: by a cursor of their own, by a name that the gateway keeps, as a stream."""

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Final

import aiohttp

from tests.torture.facts import Recorder, Subscriber
from tests.torture.plan import Fault, FaultKind

PAUSE_SECONDS: Final = 0.01
PATIENCE: Final = aiohttp.ClientTimeout(total=5)
BROKEN: Final = (aiohttp.ClientError, TimeoutError, OSError)
_LONGEST_LINE: Final = 1 << 20


@dataclass
class Puller:
    """Pulls by cursor, page by page of a size that chance decides; keeps its place itself."""

    subscriber: Subscriber
    recorder: Recorder
    url: str
    random: Random
    _place: str | None = field(default=None, init=False)

    async def run(self) -> None:
        """Receive until cancelled."""
        async with aiohttp.ClientSession(timeout=PATIENCE, read_bufsize=_LONGEST_LINE) as session:
            while True:
                try:
                    took = await self.turn(session)
                except BROKEN:
                    took = False
                if not took:
                    await asyncio.sleep(PAUSE_SECONDS)

    async def cut(self, fault: Fault) -> None:
        """Nothing to cut: each page is an exchange of its own."""

    def mend(self) -> None:
        """It does nothing wrong."""

    async def turn(self, session: aiohttp.ClientSession) -> bool:
        """Take a page's events and its cursor, both or neither; whether there were any."""
        page = await self.page(session, {"after": self._place} if self._place else {})
        for name, since in (found := self.take(page)):
            self.recorder.ack(self.subscriber.name, name, since, durable=True)
        self._place = json.loads(page)["next"]
        return bool(found)

    async def page(self, session: aiohttp.ClientSession, begin: dict[str, str]) -> bytes:
        """The page behind a place; at times a request that waits for one."""
        asked = begin | {"limit": str(self.random.choice((1, 3, 10, 100)))} | self.narrowed()
        if self.random.random() < 0.3:
            asked["wait"] = "0.3"
        async with session.get(f"{self.url}/v1/events", params=asked) as answer:
            answer.raise_for_status()
            return await answer.read()

    def narrowed(self) -> dict[str, str]:
        """What of the feed it asks for."""
        return {"types": ",".join(sorted(self.subscriber.types))} if self.subscriber.types else {}

    def take(self, page: bytes) -> list[tuple[str, int]]:
        """Receive the events of a page; the id of each, and when it came."""
        return [self.receive(body) for body in bodies(page)]

    def receive(self, body: bytes) -> tuple[str, int]:
        """Receive one event; its id, and when it came."""
        name: str = json.loads(body)["id"]
        return name, self.recorder.receive(self.subscriber.name, name, body)


@dataclass
class Named(Puller):
    """Reads by a name and acks; where it is cut or its ack fails, it reads again what it did not ack."""

    _made: bool = field(default=False, init=False)
    _forgets: bool = field(default=False, init=False)

    async def cut(self, fault: Fault) -> None:
        """Forget the page in hand before its ack."""
        if fault.kind is FaultKind.SUBSCRIBER_CUT:
            self._forgets = True

    async def turn(self, session: aiohttp.ClientSession) -> bool:
        """Take a page and ack it."""
        own = f"{self.url}/v1/consumers/{self.subscriber.name}"
        if not self._made:
            async with session.put(own, json={"from": "earliest"}) as answer:
                answer.raise_for_status()
            self._made = True
        page = await self.page(session, {"consumer": self.subscriber.name})
        found = self.take(page)
        if self._forgets:
            self._forgets = False
            return bool(found)
        async with session.post(f"{own}/ack", json={"cursor": json.loads(page)["next"]}) as answer:
            answer.raise_for_status()
        for name, since in found:
            self.recorder.ack(self.subscriber.name, name, since, durable=True)
        return bool(found)


@dataclass
class Streaming(Puller):
    """Reads server-sent events; after each end it goes on with `Last-Event-ID`."""

    _answer: aiohttp.ClientResponse | None = field(default=None, init=False)

    async def cut(self, fault: Fault) -> None:
        """Let its connection break."""
        if fault.kind is FaultKind.SUBSCRIBER_CUT and self._answer is not None:
            self._answer.close()

    async def turn(self, session: aiohttp.ClientSession) -> bool:
        """Read until the stream ends."""
        headers = {"Last-Event-ID": self._place} if self._place else {}
        asked, whole = f"{self.url}/v1/events/stream", aiohttp.ClientTimeout(total=None)
        async with session.get(asked, params=self.narrowed(), headers=headers, timeout=whole) as self._answer:
            self._answer.raise_for_status()
            async for block in blocks(self._answer.content):
                if b"data" in block:
                    name, since = self.receive(block[b"data"])
                    self.recorder.ack(self.subscriber.name, name, since, durable=True)
                self._place = block[b"id"].decode() if b"id" in block else self._place
        return False


def bodies(page: bytes) -> Iterator[bytes]:
    """The very bytes of each event in a page, or of a batch, which is the list alone."""
    text, decoder = page.decode(), json.JSONDecoder()
    place = text.index("[") + 1
    while text[place] != "]":
        _, end = decoder.raw_decode(text, place)
        yield text[place:end].encode()
        place = end + (text[end] == ",")


async def blocks(content: aiohttp.StreamReader) -> AsyncIterator[dict[bytes, bytes]]:
    """The blocks of a stream as fields; one that the end of the stream cuts off is none."""
    fields: dict[bytes, bytes] = {}
    async for line in content:
        if line == b"\n":
            yield fields
            fields = {}
        elif not line.startswith(b":"):
            name, _, value = line.removesuffix(b"\n").partition(b": ")
            fields[name] = value
