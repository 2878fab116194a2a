"""A whole sync over every scheme of signing reaches what the national one reaches."""

from pathlib import Path

import pytest
import yaml

from gateway.sandbox.hub import HubOptions
from tests.support.site import Digest, Supplies, Trial, open_trial

SETTLEMENTS, TERMINATIONS = "settlements", "terminations"


def set_call(trial: Trial, dataset: str, **call: str) -> None:
    """Say how one dataset's service is called, unlike the others."""
    file = trial.site.config / "departments" / "medical_insurance.yaml"
    content = yaml.safe_load(file.read_text("utf-8"))
    content["datasets"][dataset] |= call
    file.write_text(yaml.safe_dump(content), "utf-8")
    trial.reopen()


@pytest.mark.parametrize("auth", ["hmac_sm3", "tif_sha256", "zhejiang_md5"])
def test_a_sync_over_each_scheme_takes_the_same(
    supplies: Supplies, imported: Path, tmp_path: Path, insurance_undisturbed: Digest, auth: str
) -> None:
    site = open_trial(
        tmp_path,
        supplies,
        start=imported,
        departments=["medical_insurance"],
        options=HubOptions(auth=(auth,)),
        auth=auth,
    )
    with site as trial:
        assert trial.sync().exit_code == 0
        assert trial.state() == insurance_undisturbed


def test_a_dataset_may_be_signed_for_unlike_the_others(
    supplies: Supplies, imported: Path, tmp_path: Path, insurance_undisturbed: Digest
) -> None:
    options = HubOptions(auth=("national", "zhejiang_md5"))
    site = open_trial(tmp_path, supplies, start=imported, departments=["medical_insurance"], options=options)
    with site as trial:
        set_call(trial, TERMINATIONS, auth="tif_sha256")
        ((name, stop),) = trial.sync().stops.items()
        assert name == TERMINATIONS
        assert "HTTP 404: check base_url and path" in str(stop)
        set_call(trial, TERMINATIONS, auth="zhejiang_md5")
        assert trial.sync().exit_code == 0
        assert trial.hub.calls[SETTLEMENTS] > 0
        reached = trial.state()
        assert {name: reached[name] for name in ("evidence", "reach")} == {
            name: insurance_undisturbed[name] for name in ("evidence", "reach")
        }
