"""A gateway with a planted fault fails its seeds: what was never seen to fail proves nothing."""

from pathlib import Path

import pytest

from gateway.store.database import Store
from tests.torture import planted
from tests.torture.checker import Kind
from tests.torture.incarnation import Spoil
from tests.torture.seed import run_seed

SEEDS = 12
SETTLE_SECONDS = 1.5


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("store") / "gateway.db"
    with Store(f"sqlite:///{path}") as store:
        store.migrate()
    return path


@pytest.mark.parametrize(
    ("spoil", "kind", "channel"),
    [
        (planted.show_held, Kind.UNWANTED, "pull"),
        (planted.forget_acks, Kind.DUPLICATED, "named"),
        (planted.give_up_at_once, Kind.LOST, "hook"),
        (planted.leave_lanes, Kind.OUT_OF_ORDER, "hook"),
        (planted.change_bytes, Kind.FORGED, "hook"),
    ],
)
def test_a_planted_fault_is_found(
    migrated: Path, tmp_path: Path, spoil: Spoil, kind: Kind, channel: str
) -> None:
    for number in range(SEEDS):
        folder = tmp_path / str(number)
        folder.mkdir()
        found, _ = run_seed(number, folder, migrated, SETTLE_SECONDS, spoil)
        if any(finding.subscriber.startswith(channel) for finding in found.of(kind)):
            return
    pytest.fail(f"{SEEDS} seeds did not find it")
