"""Nothing is lost, forged or out of order, whatever a seed does; TORTURE_SEEDS says how many there are."""

import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from typing import Final

import pytest

from tests.torture.seeds import Summary, results, workers

SEEDS: Final = int(os.environ.get("TORTURE_SEEDS", "200"))
CHUNK: Final = 25
JOBS: Final = 2


@pytest.fixture(scope="module")
def pool() -> Iterator[ProcessPoolExecutor]:
    with workers(JOBS) as found:
        yield found


@pytest.mark.parametrize("first", range(0, SEEDS, CHUNK))
def test_no_seed_loses_repeats_or_misorders_anything(pool: ProcessPoolExecutor, first: int) -> None:
    summary = Summary()
    for result in results(pool, range(first, min(first + CHUNK, SEEDS))):
        summary.add(result)
        assert not result.failed, "\n".join(result.lines())
    assert summary.total["delivered"] > summary.total["attempted"] > 0
    assert summary.total["kills"] > 0
