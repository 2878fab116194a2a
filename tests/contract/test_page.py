import json
import shutil
import subprocess
from pathlib import Path

import httpx
import pytest

from tests.contract.conftest import FIX

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
)


@pytest.fixture
def chromium() -> str:
    found = shutil.which("chromium")
    assert found, f"Chromium is missing: {FIX}"
    return found


def test_a_browser_shows_every_operation_and_asks_nobody_else(
    chromium: str, address: str, tmp_path: Path
) -> None:
    log = tmp_path / "net.json"
    ways = [f"--user-data-dir={tmp_path}", f"--log-net-log={log}", "--virtual-time-budget=30000"]
    command = [chromium, *QUIET, *ways, "--dump-dom", f"{address}/docs"]
    shown = subprocess.run(command, capture_output=True, text=True, check=True, timeout=100).stdout
    described = httpx.get(f"{address}/openapi.json").json()
    names = [each["operationId"] for path in described["paths"].values() for each in path.values()]
    assert not [name for name in names if f"-{name}" not in shown]
    asked = asked_by(address, json.loads(log.read_text("utf-8")))
    assert {f"{address}/docs/swagger-ui-bundle.js", f"{address}/openapi.json"} <= asked
    assert not [url for url in asked if not url.startswith(f"{address}/")]


def asked_by(page: str, log: dict[str, list[dict[str, dict[str, str]]]]) -> set[str]:
    """Every address that the page asked for; the browser's own asking is not its."""
    told = [each.get("params", {}) for each in log["events"]]
    return {each["url"] for each in told if each.get("initiator") == page and "url" in each}
