"""CPU time a record by stage: `python -m bench.intake.stages CONFIG BENEFITS SEED` prints one line of JSON.

CONFIG is that of a site whose roster was imported and whose hub serves the province's first month. Pages are
taken one by one in this process, by the bench that the workers run.
"""

import asyncio
import json
import sys
import time
from pathlib import Path
from typing import Final

from bench.cache import landing_of
from bench.data.calendar import Month
from bench.data.drafts import FULL_PAGES
from bench.data.landing import Landing
from bench.data.sealing import PAGE_ROWS
from bench.intake.sampling import Sampler
from gateway.cli.context import open_station
from gateway.hub.client import HubClient
from gateway.intake.page import Bench
from gateway.sandbox.columns import DATASETS
from gateway.sync.roster import live_keymap
from gateway.sync.services import feeds, service_of
from gateway.sync.station import Station

MOST_PAGES: Final = 8
_MONTH: Final = Month(0)

Stages = dict[str, float]
"""Microseconds of CPU a record, by stage."""


def main(config: Path, landing: Landing) -> dict[str, Stages]:
    """The stages of each dataset that has three whole pages: the first warms up and is not counted."""
    station = open_station(config)
    bench = Bench(station.settings, live_keymap(station))
    whole = {name: landing.landed(_MONTH, name).rows // PAGE_ROWS for name in FULL_PAGES}
    return {
        name: _stages(station, bench, name, min(count, MOST_PAGES))
        for name, count in whole.items()
        if count > 2  # noqa: PLR2004 - one to warm up and two to measure
    }


def _stages(station: Station, bench: Bench, dataset: str, count: int) -> Stages:
    department, now = DATASETS[dataset].department, _MONTH.until
    pages, fetch_s = asyncio.run(fetched(station, dataset, count))
    bench.page(department, dataset, pages[0], now)
    begun = time.process_time()
    with Sampler() as sampler:
        for payload in pages[1:]:
            bench.page(department, dataset, payload, now)
    every = time.process_time() - begun
    rows = PAGE_ROWS * (count - 1)
    named = {stage: seconds for stage, seconds in sampler.seconds.items() if stage != "else"}
    rest = {"else": every - sum(named.values())}
    return {"fetch": 1e6 * fetch_s} | {stage: 1e6 * spent / rows for stage, spent in (named | rest).items()}


async def fetched(station: Station, dataset: str, count: int) -> tuple[list[bytes], float]:
    """The payloads of the month's first pages, and CPU seconds a record for fetching all but the first."""
    (feed,) = feeds(station.settings, station.host, dataset=dataset)
    service, found, begun = service_of(station.settings, feed), list[bytes](), 0.0
    async with HubClient() as client:
        async for page in client.pages(service, _MONTH.since, _MONTH.until):
            begun = begun or time.process_time()
            found.append(page.payload)
            if len(found) == count:
                break
        spent = time.process_time() - begun
    return found, spent / (PAGE_ROWS * (count - 1))


if __name__ == "__main__":
    site, benefits, seed = sys.argv[1:]
    print(json.dumps(main(Path(site), landing_of(int(benefits), int(seed)))))  # noqa: T201 - the figures
