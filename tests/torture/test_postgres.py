"""The database is restarted under the serving side: nothing is lost, forged or out of order."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.cluster import Cluster, own_cluster
from tests.support.services import WANTED, ServerMissingError
from tests.torture.postgres_seed import run_postgres_seed

pytestmark = pytest.mark.server
SEEDS: Final = 3


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    try:
        with own_cluster() as found:
            yield found
    except ServerMissingError as error:
        pytest.skip(f"{WANTED}{error}")


@pytest.mark.parametrize("number", range(SEEDS))
def test_a_database_that_restarts_under_everybody_costs_nothing(
    cluster: Cluster, tmp_path: Path, number: int
) -> None:
    found = run_postgres_seed(number, tmp_path, cluster)
    log = (tmp_path / "gateway.log").read_text("utf-8")
    assert not found.findings, "\n".join([*map(str, found.findings), *log.splitlines()[-30:]])
    assert found.delivered > found.attempted > 0
    assert "it cannot be reached" in log, "the serving side did not notice any restart"
