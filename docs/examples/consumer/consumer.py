"""Reads the feed as a named consumer and does something with each event, once."""

import asyncio
import logging
import os

from gateway.client import Event, Feed


def handle(event: Event) -> None:
    """Your work; a second time for the same `event.id` must change nothing."""
    print(event.sequence, event.type, event.subject, flush=True)  # noqa: T201 - the example's whole work


async def main(url: str, token: str | None, *, follow: bool = True) -> None:
    """Read on from what was acked: verified, in order, until stopped."""
    async with Feed(url, token=token, consumer="pensions", follow=follow) as feed:
        async for event in feed:
            handle(event)


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO)
    asyncio.run(main(os.environ["GATEWAY_URL"], os.environ.get("GATEWAY_TOKEN")))
