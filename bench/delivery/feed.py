"""How many events a second the feed gives: `python -m bench.delivery.feed`.

A server process over SQLite with real events, read from another process page by page over loopback, by one
reader and by several beside each other. What a reader does with a page is no part of the feed, so it only
takes the bytes and the cursor at their end.
"""

import asyncio
import json
import multiprocessing
import re
import sys
import tempfile
import time
from datetime import datetime
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Final

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.crypto.event_signing import EventSigner
from gateway.crypto.serving import ServingKeys
from gateway.events import Envelope
from gateway.store.database import Store
from gateway.store.outbox import append_events
from gateway.store.spans import release_events
from gateway.testing.event_schemas import files
from gateway.web.app import make_app

READERS: Final = 4
_EVENTS: Final = 200_000
_CHUNK: Final = 10_000
_NEXT: Final = re.compile(rb'"next":"([\w-]+)","more":(true|false)}$')
_AT: Final = datetime(2026, 10, 1, 6)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times


def main() -> None:
    """Print what was measured as one line of JSON: for one reader, and `beside` for several."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'gateway.db'}"
        size = _fill(url)
        ours, theirs = multiprocessing.Pipe()
        server = multiprocessing.get_context("spawn").Process(target=_serve, args=(url, theirs), daemon=True)
        server.start()
        port = ours.recv()
        rates = asyncio.run(_read(port, rounds))
        beside = [asyncio.run(_beside(port)) for _ in range(rounds)]
        server.terminate()
        server.join()
    found = {"events": _EVENTS, "bytes_each": size, "events_per_second": round(max(rates))}
    each = {"rounds": [round(rate) for rate in rates], "beside": [round(rate) for rate in beside]}
    print(json.dumps(found | each))  # noqa: T201 - the figures


def _fill(url: str) -> int:
    """Put signed events into a new store, and say how many bytes one has."""
    path = next(
        path for path in files() if path.name == "certification.renewed.json" and "examples" in path.parts
    )
    example = json.loads(files()[path])
    signer = EventSigner(Ed25519PrivateKey.generate())
    with Store(url) as store:
        store.migrate()
        for start in range(0, _EVENTS, _CHUNK):
            with store.begin() as conn:
                events = [_event(example, number) for number in range(start, start + _CHUNK)]
                append_events(conn, 1, events, signer.begin)
        with store.begin() as conn:
            release_events(conn, 1, _AT)
    return len(_event(example, 0).serialise(1))


def _event(example: dict[str, object], number: int) -> Envelope:
    name = f"evt_{number:032x}"
    whole = json.dumps(example | {"id": name, "sequence": "\0"}, ensure_ascii=False, separators=(",", ":"))
    before, after = whole.split(json.dumps("\0")[1:-1])
    return Envelope(name, str(example["type"]), f"B{number}", "990101", _AT, None, before, after)


def _serve(url: str, told: Connection) -> None:
    asyncio.run(_served(url, told))


async def _served(url: str, told: Connection) -> None:
    runner = web.AppRunner(make_app(Store(url), ServingKeys(bytes(32))))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    told.send(runner.addresses[0][1])
    await asyncio.Event().wait()


async def _read(port: int, rounds: int) -> list[float]:
    """Events a second in each round."""
    async with aiohttp.ClientSession(f"http://127.0.0.1:{port}", read_bufsize=2**22) as session:
        return [await _round(session) for _ in range(rounds)]


async def _beside(port: int) -> float:
    """Events a second that several readers are given, all of them together."""
    began = time.perf_counter()
    await asyncio.gather(*(_read(port, 1) for _ in range(READERS)))
    return READERS * _EVENTS / (time.perf_counter() - began)


async def _round(session: aiohttp.ClientSession) -> float:
    began, after, more = time.perf_counter(), "", True
    while more:
        query = {"limit": _CHUNK} | ({"after": after} if after else {})
        async with session.get("/v1/events", params=query) as reply:
            found = _NEXT.search((await reply.read())[-200:])
        if found is None:
            raise RuntimeError("no page of the feed")
        after, more = found[1].decode(), found[2] == b"true"
    return _EVENTS / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
