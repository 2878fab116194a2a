"""Worker processes do what one process does, and one that is killed costs a second run."""

import multiprocessing
import os
import signal
from pathlib import Path

import pytest

from gateway.errors import StoreError
from gateway.sync.run import Scope, sync
from tests.support.site import Digest, Supplies, open_trial


def test_a_killed_worker_is_said_and_costs_nothing(
    supplies: Supplies, imported: Path, insurance_undisturbed: Digest, tmp_path: Path
) -> None:
    def kill_one(*_: object) -> None:
        for worker in multiprocessing.active_children()[:1]:
            os.kill(worker.pid or 0, signal.SIGKILL)
            worker.join()

    departments = ["medical_insurance"]
    with open_trial(tmp_path, supplies, start=imported, departments=departments, workers=2) as trial:
        with pytest.raises(StoreError, match=r"a worker process died .*: nothing is lost, run again"):
            sync(trial.station, Scope(), kill_one)
        assert trial.latest_run().state == "failed"
        assert multiprocessing.active_children() == []
        assert trial.sync().exit_code == 0
        assert trial.state() == insurance_undisturbed
