from collections.abc import Iterator

import pytest

from gateway.decide.spark import SparkEngine, engine
from gateway.policy import Policy, load_policy
from gateway.settings import SparkSettings
from tests.support.project import ROOT

ON_LOOPBACK = {
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.sql.shuffle.partitions": "4",
}


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(ROOT / "config")


@pytest.fixture
def cluster(spark_master: str) -> SparkSettings:
    """What gateway.yaml says of the cluster."""
    return SparkSettings(
        master=spark_master, config=ON_LOOPBACK | {"spark.executor.memory": "1g"}, answer_within_s=600
    )


@pytest.fixture
def on_cluster(cluster: SparkSettings) -> Iterator[SparkEngine]:
    with engine(cluster) as opened:
        yield opened
