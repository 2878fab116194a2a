"""Compaction changes no decision, no explanation and no event, however months of rows come and change."""

from pathlib import Path
from random import Random

import pytest

from tests.integration.sync.compared import Gateway, Months, roster

MONTHS = 8


@pytest.mark.parametrize("seed", [2026])
def test_months_of_rows_are_decided_alike_with_and_without_it(
    tmp_path: Path, migrated_file: Path, seed: int
) -> None:
    chance = Random(seed)  # noqa: S311 - rows of a test
    benefits, months = roster(chance), Months(chance)
    plain, compacting = (
        Gateway.at(tmp_path / name, migrated_file, benefits) for name in ("plain", "compacting")
    )
    folded = superseded = 0
    for month in range(MONTHS):
        rows = months.arrive(month)
        for gateway in (plain, compacting):
            gateway.month(month, rows)
        done = compacting.compact()
        folded += sum(each.folded for each in done)
        superseded += sum(each.superseded for each in done)
        assert compacting.state() == plain.state()
    assert compacting.decisions() == plain.decisions()
    assert compacting.events() == plain.events()
    assert min(folded, superseded) > 0
    assert compacting.live_rows() < 0.8 * plain.live_rows()
    assert len(plain.events()) > len(benefits)
    plain.station.store.close()
    compacting.station.store.close()
