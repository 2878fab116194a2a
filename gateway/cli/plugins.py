"""`gateway plugins`: which departments are there, switched on, or broken."""

from pathlib import Path
from typing import Annotated

from gateway.cli.context import CONFIG, Config
from gateway.cli.output import Json, print_rows
from gateway.errors import PluginError
from gateway.host import Host, build_host


def plugins(
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List the department plugins, their datasets, and what is wrong with any of them.

    A department is on when its file is in the configuration folder's departments/.
    """
    host = build_host()
    switched_on = {file.stem for file in (config / "departments").glob("*.yaml")}
    rows = [*_installed(host, switched_on), *_broken(host, switched_on, config)]
    print_rows(rows, ("department", "title", "state", "dataset", "means", "envelope"), as_json=as_json)
    if any(row["state"] == "broken" for row in rows):
        raise PluginError("a plugin is broken; the table says how")


def _installed(host: Host, switched_on: set[str]) -> list[dict[str, object]]:
    return [
        {
            "department": department.name,
            "title": department.title,
            "state": "on" if department.name in switched_on else "off",
            "dataset": dataset.name,
            "means": dataset.title,
            "envelope": dataset.envelope,
        }
        for department in sorted(host.departments.values(), key=lambda each: each.name)
        for dataset in department.datasets
    ]


def _broken(host: Host, switched_on: set[str], config: Path) -> list[dict[str, object]]:
    missing = {
        name: f"configured in {config}/departments/{name}.yaml, but not installed"
        for name in sorted(switched_on - set(host.departments) - set(host.faults))
    }
    return [
        {
            "department": name,
            "title": None,
            "state": "broken",
            "dataset": None,
            "means": fault,
            "envelope": None,
        }
        for name, fault in {**host.faults, **missing}.items()
    ]
