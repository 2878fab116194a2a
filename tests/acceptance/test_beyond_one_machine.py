"""A month with its parts on an object store, or decided on a Spark cluster: nothing comes out otherwise."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.sync.monthly import run_month
from tests.support.object_store import bucket
from tests.support.site import AS_OF, Digest, Supplies, open_trial

ON_LOOPBACK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.executor.memory": "1g",
    "spark.sql.shuffle.partitions": "2",
}


@pytest.fixture
def s3() -> Iterator[str]:
    with bucket() as url:
        yield url


def test_the_parts_may_lie_on_an_object_store(
    supplies: Supplies, decided: tuple[Path, Digest], tmp_path: Path, s3: str
) -> None:
    with open_trial(tmp_path, supplies, gateway={"evidence": f"{s3}/gateway"}) as trial:
        trial.take_roster(supplies.roster)
        assert run_month(trial.station, AS_OF).synced.exit_code == 0
        assert trial.state() == decided[1]
        assert not list(tmp_path.rglob("*.parquet"))
        assert run_month(trial.station, AS_OF).synced.exit_code == 0  # swept, and found again
        assert trial.state() == decided[1]


def test_a_cluster_decides_the_month(
    supplies: Supplies, imported: Path, decided: tuple[Path, Digest], tmp_path: Path, spark_master: str
) -> None:
    cluster = {"engine": "spark", "spark": {"master": spark_master, "config": ON_LOOPBACK}}
    with open_trial(tmp_path, supplies, start=imported, gateway=cluster) as trial:
        assert run_month(trial.station, AS_OF).synced.exit_code == 0
        assert trial.state() == decided[1]
