import json
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from openapi_spec_validator import validate

from tests.contract.conftest import FIX, FOLDER
from tests.support.project import ROOT

KEPT = ROOT / "docs" / "reference"


def passes(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_openapi_spec_validator_takes_the_openapi_document() -> None:
    validate(json.loads((KEPT / "openapi.json").read_text("utf-8")))


@pytest.mark.usefixtures("node")
def test_the_asyncapi_parser_takes_the_asyncapi_document() -> None:
    assert passes("node", "parse_asyncapi.mjs", KEPT / "asyncapi.json").strip() == "23 messages"


@pytest.mark.parametrize("name", ["openapi.json", "asyncapi.json"])
def test_spectral_finds_nothing(node: Path, name: str) -> None:
    passes(node / "spectral", "lint", "--fail-severity=warn", "--ruleset", "spectral.yaml", KEPT / name)


def test_schemathesis_finds_nothing_with_all_its_checks(address: str, bearer: str, tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("schemathesis")
    done = subprocess.run(
        [
            command,
            f"--config-file={FOLDER / 'schemathesis.toml'}",
            "run",
            f"{address}/openapi.json",
            "--checks=all",
            f"--header=Authorization:{bearer}",
            "--max-examples=50",
            "--seed=1",
            "--no-color",
        ],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_promtool_takes_the_alert_rules_of_the_documentation() -> None:
    promtool = shutil.which("promtool")
    assert promtool, f"promtool is missing: {FIX}"
    rules = ROOT / "docs" / "examples" / "watch" / "alerts.yaml"
    done = subprocess.run([promtool, "check", "rules", rules], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_promtool_takes_the_metrics(address: str, bearer: str) -> None:
    promtool = shutil.which("promtool")
    assert promtool, f"promtool is missing: {FIX}"
    metrics = httpx.get(f"{address}/metrics", headers={"Authorization": bearer})
    done = subprocess.run([promtool, "check", "metrics"], input=metrics.text, text=True, check=False)
    assert done.returncode == 0
