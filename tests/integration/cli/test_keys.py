import json
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.crypto.event_signing import load_signer
from gateway.crypto.serving import load_serving_keys
from gateway.errors import RequestError


@pytest.mark.parametrize("kind", ["serving", "event-signing"])
def test_a_key_is_for_its_owner_alone_and_never_overwritten(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "made"
    assert CliRunner().invoke(app, ["keys", kind, str(file)]).exit_code == 0
    before = file.read_bytes()
    assert file.stat().st_mode & 0o777 == 0o600
    again = CliRunner().invoke(app, ["keys", kind, str(file)])
    assert isinstance(again.exception, RequestError)
    assert "never overwritten" in str(again.exception)
    assert file.read_bytes() == before


@pytest.mark.parametrize("kind", ["serving", "event-signing"])
def test_no_key_is_printed(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "made"
    done = CliRunner().invoke(app, ["keys", kind, str(file), "--json"])
    assert json.loads(done.stdout)["reference"] == f"file:{file}"
    assert not [line for line in file.read_text("ascii").splitlines() if line in done.output]


def test_a_serving_secret_is_new_each_time_and_can_be_used(tmp_path: Path) -> None:
    for name in "ab":
        CliRunner().invoke(app, ["keys", "serving", str(tmp_path / name)])
    first, second = (load_serving_keys(f"file:{tmp_path / name}").cursor(1) for name in "ab")
    assert first != second
    assert len((tmp_path / "a").read_text("ascii")) == 64


def test_an_event_signing_key_is_an_ed25519_key_to_openssl_and_signs(tmp_path: Path) -> None:
    file = tmp_path / "events.pem"
    CliRunner().invoke(app, ["keys", "event-signing", str(file)])
    shown = subprocess.run(
        ["openssl", "pkey", "-in", file, "-noout", "-text"], capture_output=True, check=True
    )
    assert shown.stdout.startswith(b"ED25519 Private-Key:")
    assert file.read_text("ascii").startswith("-----BEGIN PRIVATE KEY-----")
    signer = load_signer([f"file:{file}"])
    assert signer is not None
    assert len(signer.sign([b"{}"])) == 1


def test_a_folder_that_is_not_there_is_one_clear_line(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["keys", "serving", str(tmp_path / "nowhere" / "file")])
    assert isinstance(done.exception, RequestError)
    assert "name a folder that is there" in str(done.exception)
