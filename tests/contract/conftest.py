"""The checks that other people's tools make; collected by `make contract` only, which prepares the tools."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.project import ROOT

collect_ignore_glob = [] if os.environ.get("CONTRACT") else ["test_*.py"]

FOLDER = ROOT / "tests" / "contract"
FIX = "run scripts/contract, which installs it"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what is here, so that `-m contract` chooses it."""
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker("contract")


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """Where a gateway with synthetic events answers, and a token that it lets in."""
    command = [sys.executable, "-m", "tests.contract.serving", str(tmp_path_factory.mktemp("served"))]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        where, token = running.stdout.readline().split()
        yield where, token
        running.terminate()


@pytest.fixture(scope="session")
def address(served: tuple[str, str]) -> str:
    """Where it answers."""
    return served[0]


@pytest.fixture(scope="session")
def bearer(served: tuple[str, str]) -> str:
    """What a caller sends to be let in."""
    return f"Bearer {served[1]}"


@pytest.fixture(scope="session")
def node() -> Path:
    """The folder of what npm installed."""
    installed = FOLDER / "node_modules" / ".bin"
    if shutil.which("node") is None or not installed.is_dir():
        pytest.fail(f"Node.js or a package of tests/contract/package.json is missing: {FIX}")
    return installed
