"""The seventh department: built, installed and run as a third party would, beside the six."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.project import ROOT
from tests.support.third_party import Environment, new_environment

EXAMPLE = ROOT / "docs" / "examples" / "transport"
SMALLEST = 40
"""Lines that the smallest useful plugin may have."""

CHECKED_IN = ("SAMPLE-1", "SAMPLE-4")
"""Whom the samples show at the gate with a ticket of their own; the others only weakly, or not at all."""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    made = new_environment(tmp_path_factory.mktemp("third_party"))
    shutil.copytree(EXAMPLE, made.folder / "transport")
    made.run("pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index",
             "--wheel-dir", "dist", "./transport")  # fmt: skip
    [wheel] = (made.folder / "dist").glob("*.whl")
    made.run("pip", "install", "--quiet", "--no-deps", "--no-index", str(wheel))
    return made


@pytest.fixture(scope="module")
def config(environment: Environment) -> Iterator[Path]:
    """A site with a hub that serves the department's pages, its roster imported."""
    folder = environment.folder / "site"
    ready = folder / "config" / "departments" / "transport.yaml"
    command = ["gateway", "sandbox", "department", "transport", "--folder", str(folder)]
    with environment.serving(command, ready):
        environment.run(
            "gateway", "roster", "import", f"{folder}/roster.csv", "--config", str(ready.parents[1])
        )
        yield ready.parents[1]


@pytest.fixture(scope="module")
def unconfirmed(environment: Environment, config: Path) -> list[dict[str, Any]]:
    """What is told while nobody has confirmed that a journey certifies."""
    environment.run("gateway", "run", "--config", str(config))
    return told(environment, config)


@pytest.fixture(scope="module")
def confirmed(
    environment: Environment, config: Path, unconfirmed: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """What is told after the line of the distribution's README was written into policy.yaml."""
    [line] = re.findall(r"```yaml\n(.*?)```", (EXAMPLE / "README.md").read_text("utf-8"), re.DOTALL)
    policy = config / "policy.yaml"
    policy.write_text(policy.read_text("utf-8").replace("\nrecords:\n", f"\nrecords:\n{line}", 1), "utf-8")
    environment.run("gateway", "decide", "--config", str(config))
    return told(environment, config)[len(unconfirmed) :]


def told(environment: Environment, config: Path) -> list[dict[str, Any]]:
    lines = environment.run("gateway", "events", "--config", str(config)).splitlines()
    return [json.loads(line) for line in lines]


def renewed(events: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    found = [event for event in events if event["type"].endswith("certification.renewed")]
    return {event["subject"]: event["data"] for event in found if event["subject"].startswith("SAMPLE-")}


def test_the_plugin_is_small() -> None:
    assert len((EXAMPLE / "gateway_transport" / "__init__.py").read_text("utf-8").splitlines()) <= SMALLEST


def test_the_project_does_not_know_it(environment: Environment) -> None:
    installed = environment.run("python", "-c", "import gateway_transport; print(gateway_transport.__file__)")
    assert Path(installed.strip()).is_relative_to(environment.venv)


def test_it_is_found_beside_the_six(environment: Environment, config: Path) -> None:
    lines = environment.run("gateway", "plugins", "--json", "--config", str(config)).splitlines()
    rows = [json.loads(line) for line in lines]
    mine = {row["dataset"]: row["state"] for row in rows if row["department"] == "transport"}
    assert mine == {"coach_journeys": "on", "rail_journeys": "on"}
    assert len({row["department"] for row in rows}) == 7


def test_it_keeps_every_rule_that_a_department_is_held_to(environment: Environment) -> None:
    environment.run("gateway", "check", "transport")


def test_its_own_test_passes_where_it_is_installed(environment: Environment) -> None:
    environment.run("pytest", "-q", "-p", "no:cacheprovider", "transport/tests")


def test_the_configuration_it_brings_names_its_datasets(config: Path) -> None:
    brought = yaml.safe_load((EXAMPLE / "config" / "departments" / "transport.yaml").read_text("utf-8"))
    written = yaml.safe_load((config / "departments" / "transport.yaml").read_text("utf-8"))
    assert brought["datasets"] == written["datasets"]
    assert {name for key in brought["keys"] for name in key} == {
        name for key in written["keys"] for name in key
    }


def test_its_kind_of_record_certifies_nobody_until_the_operator_confirms_it(
    unconfirmed: list[dict[str, Any]],
) -> None:
    assert unconfirmed
    assert renewed(unconfirmed) == {}


def test_who_was_checked_in_is_certified_and_nobody_else(confirmed: list[dict[str, Any]]) -> None:
    found = renewed(confirmed)
    assert sorted(found) == sorted(CHECKED_IN)
    for data in found.values():
        assert data["method"] == "data_matching"
        assert data["evidence"] == [{"department": "transport", "strength": "strong"}]


@pytest.mark.usefixtures("confirmed")
def test_the_explanation_names_the_department(environment: Environment, config: Path) -> None:
    found = json.loads(
        environment.run("gateway", "explain", CHECKED_IN[0], "--json", "--config", str(config))
    )
    assert found["decision"] == "certified"
    assert {(row["department"], row["kind"]) for row in found["evidence"]} == {
        ("transport", "real_name_journey")
    }


@pytest.mark.usefixtures("confirmed")
def test_pages_sealed_with_a_key_that_is_not_ours_are_refused(environment: Environment, config: Path) -> None:
    keys = config.parent / "keys"
    for path in keys.glob("transport-*.mac.hex"):
        path.write_text("0" * 32, "ascii")
    environment.run("gateway", "sync", "--department", "transport", "--config", str(config), exit_code=22)
