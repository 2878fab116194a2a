import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from gateway import extras
from gateway.cli import doctor
from gateway.cli.app import app
from gateway.crypto import sm4
from gateway.crypto.sm4 import Cryptography
from gateway.errors import StoreError
from gateway.settings import EventSettings, ServeSettings, SparkSettings, TlsSettings
from tests.integration.ledger.office import Office


def found(office: Office, monkeypatch: pytest.MonkeyPatch, **gateway: Any) -> dict[str, dict[str, Any]]:
    """What the doctor says, by subject, with these sections of gateway.yaml."""
    settings = office.station.settings
    changed = settings.model_copy(update={"gateway": settings.gateway.model_copy(update=gateway)})
    station = replace(office.station, settings=changed)
    monkeypatch.setattr(doctor, "open_station", lambda _config: station)
    done = CliRunner().invoke(app, ["doctor", "--no-hub", "--json"])
    return {each["subject"]: each for each in json.loads(done.stdout)}


def test_events_that_are_not_signed_are_a_note_and_no_fault(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = found(office, monkeypatch)["signing keys of events"]
    assert said["fault"] is None
    assert said["note"].startswith("events are not signed")
    monkeypatch.undo()


def test_what_opens_pages_is_named_and_slowness_is_a_note(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert found(office, monkeypatch)[f"SM4 by {sm4.PROVIDER.name}"]["note"] is None
    monkeypatch.setattr(doctor, "PROVIDER", Cryptography())
    monkeypatch.setattr(doctor, "WHY_SLOW", "as asked for")
    said = found(office, monkeypatch)["SM4 by cryptography"]
    assert said["fault"] is None
    assert said["note"] == "pages are opened more slowly, as asked for"


def test_a_note_is_told_to_people_too(office: Office) -> None:
    assert office.station
    shown = " ".join(CliRunner().invoke(app, ["doctor", "--no-hub"]).stdout.split())
    assert "note signing keys of events events are not signed" in shown
    assert "ok secret of the serving side" in shown


@pytest.mark.parametrize(
    ("section", "subject", "step"),
    [
        ({"serve": ServeSettings()}, "secret of the serving side", "gateway keys serving FILE"),
        (
            {"serve": ServeSettings(secret="env:GATEWAY_NO_SUCH_SECRET")},
            "secret of the serving side",
            "set that environment variable",
        ),
        (
            {"events": EventSettings(signing_keys=("file:/nowhere/key.pem",))},
            "signing keys of events",
            "/nowhere/key.pem",
        ),
        (
            {
                "serve": ServeSettings(
                    tls=TlsSettings(certificate=Path("/nowhere/a.pem"), key="file:/nowhere/a")
                )
            },
            "certificate of the serving side",
            "serve.tls",
        ),
    ],
)
def test_what_the_serving_side_lacks_is_a_fault_with_its_next_step(
    office: Office, monkeypatch: pytest.MonkeyPatch, section: dict[str, Any], subject: str, step: str
) -> None:
    said = found(office, monkeypatch, **section)[subject]
    assert step in said["fault"]
    assert said["exit_code"] == 10


def test_a_cluster_is_asked_only_where_runs_decide_there(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    cluster = SparkSettings(master="spark://127.0.0.1:1")
    assert not [subject for subject in found(office, monkeypatch, spark=cluster) if "Spark" in subject]
    monkeypatch.undo()
    said = found(office, monkeypatch, engine="spark", spark=cluster)["Spark cluster spark://127.0.0.1:1"]
    assert said["fault"].startswith("nobody listens at spark://127.0.0.1:1: start the cluster")
    assert said["exit_code"] == StoreError.exit_code
    monkeypatch.undo()


def test_an_engine_that_is_not_installed_is_a_fault_that_says_how_to_get_it(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda _: None)
    cluster = SparkSettings(master="spark://127.0.0.1:1")
    said = found(office, monkeypatch, engine="spark", spark=cluster)["Spark cluster spark://127.0.0.1:1"]
    assert "pip install certification-gateway[spark]" in said["fault"]
    monkeypatch.undo()
