"""A consumer written with `gateway.client`, as the documentation shows it: the client is under faults too."""

import asyncio
from dataclasses import dataclass, field
from typing import Final

from gateway.client import Feed, FeedStopped
from gateway.client.calls import Patience
from tests.torture.plan import Fault, FaultKind
from tests.torture.pulling import PAUSE_SECONDS, Puller

_PATIENCE: Final = Patience(first=0.02, longest=0.1)


@dataclass
class Client(Puller):
    """Reads by a name, verifies, and lets the client ack; where it is cut, it forgets what is in hand."""

    _forgets: bool = field(default=False, init=False)

    async def run(self) -> None:
        """Receive until cancelled."""
        while True:
            async with self._feed() as feed:
                try:
                    await self._follow(feed)
                except FeedStopped:
                    await asyncio.sleep(PAUSE_SECONDS)

    async def cut(self, fault: Fault) -> None:
        """Let the consumer's loop end with a page in hand."""
        if fault.kind is FaultKind.SUBSCRIBER_CUT:
            self._forgets = True

    def _feed(self) -> Feed:
        limit = self.random.choice((1, 3, 10, 100))
        types = tuple(sorted(self.subscriber.types or ()))
        own = {"consumer": self.subscriber.name, "types": types, "limit": limit}
        return Feed(self.url, **own, wait_s=0.3, patience=_PATIENCE)  # type: ignore[arg-type] # of several kinds

    async def _follow(self, feed: Feed) -> None:
        """Take events; when the cursor moves, the client has acked everything before it."""
        in_hand: list[tuple[str, int]] = []
        acked = feed.cursor
        async for event in feed:
            if feed.cursor != acked:
                acked = feed.cursor
                for name, since in in_hand:
                    self.recorder.ack(self.subscriber.name, name, since, durable=True)
                in_hand = []
            if self._forgets:
                self._forgets = False
                return
            in_hand.append(self.receive(event.body))
