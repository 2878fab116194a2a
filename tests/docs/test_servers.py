import os
import subprocess
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa

from tests.support.project import ROOT
from tests.support.services import postgres_server, temporary_postgres

TESTS = """
import pytest

def test_of_the_database(postgres_url): pass
def test_chosen_at_run_time(request): request.getfixturevalue("postgres_url")
@pytest.mark.skip(reason="not on Mondays")
def test_left_out(): pass
@pytest.mark.xfail(reason="known", strict=True)
def test_known_fault(): raise ValueError
def test_plain(): pass
"""
SKIPPED_MODULE = 'import pytest; pytest.skip("a whole module", allow_module_level=True)'
NO_SERVER = "postgresql+psycopg://nobody:hidden-word@127.0.0.1:1/none"


def run_without_server(folder: Path, required: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_sample.py").write_text(TESTS, "utf-8")
    (folder / "test_module.py").write_text(SKIPPED_MODULE, "utf-8")
    environment = os.environ | {
        "GATEWAY_TEST_POSTGRES": NO_SERVER,
        "REQUIRE_SERVICES": required,
        "PYTHONPATH": str(ROOT),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
    }
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "tests.conftest",
        "--continue-on-collection-errors",
    ]
    return subprocess.run(
        [*command, str(folder)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_what_is_skipped_for_want_of_a_server_is_named_at_the_end(tmp_path: Path) -> None:
    done = run_without_server(tmp_path, required="")
    assert done.returncode == 0
    listed = done.stdout.split("Skipped for want of a server:")[1]
    assert "test_sample.py::test_of_the_database" in listed
    assert "test_sample.py::test_chosen_at_run_time" in listed
    assert "PostgreSQL" in listed
    assert "test_left_out" not in listed
    assert "hidden-word" not in done.stdout


def test_any_skip_is_a_failure_where_servers_are_required(tmp_path: Path) -> None:
    done = run_without_server(tmp_path, required="1")
    assert done.returncode == 1
    assert "REQUIRE_SERVICES=1 allows no skip: needs a server: PostgreSQL" in done.stdout
    assert "REQUIRE_SERVICES=1 allows no skip: not on Mondays" in done.stdout
    assert "REQUIRE_SERVICES=1 allows no skip: a whole module" in done.stdout
    assert "1 passed, 1 xfailed" in done.stdout
    assert "skipped" not in done.stdout.splitlines()[-1]


def test_a_database_is_new_and_gone_afterwards(postgres_url: str) -> None:
    with temporary_postgres(postgres_server()) as url:
        assert url != postgres_url
        engine = sa.create_engine(url)
        with engine.connect() as connection:
            assert sa.inspect(connection).get_table_names() == []
    with (
        pytest.raises(sa.exc.OperationalError, match=r"terminat|does not exist"),
        engine.connect() as connection,
    ):
        connection.execute(sa.text("SELECT 1"))
    engine.dispose()
