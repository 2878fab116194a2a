import re
from importlib.metadata import PackageNotFoundError, requires

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.support.project import ROOT, requirements

LOCK = (ROOT / "requirements.lock").read_text("utf-8")
PINNED = dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))
SUPPORTED = [(python, machine) for python in ("3.11", "3.12", "3.13") for machine in ("x86_64", "aarch64")]


def wanted_from(line: str, environment: dict[str, str]) -> list[str]:
    """What a requirement brings with it in an environment, itself first; nothing where it does not apply."""
    requirement = Requirement(line)
    if requirement.marker and not requirement.marker.evaluate({"extra": "", **environment}):
        return []
    extras = requirement.extras or {""}
    try:
        below = [Requirement(text) for text in requires(requirement.name) or []]
    except PackageNotFoundError:
        below = []
    applies = [
        r
        for r in below
        if not r.marker or any(r.marker.evaluate({"extra": e, **environment}) for e in extras)
    ]
    for each in applies:
        each.marker = None
    return [canonicalize_name(requirement.name), *map(str, applies)]


def everything_wanted(python: str, machine: str) -> set[str]:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.1",
        "platform_machine": machine,
    }
    names, lines, seen = set(), requirements(), set[str]()
    while lines:
        line = lines.pop()
        if line not in seen:
            seen.add(line)
            name, *below = wanted_from(line, environment) or [""]
            names.add(name)
            lines += below
    return names - {""}


@pytest.mark.parametrize(("python", "machine"), SUPPORTED)
def test_every_package_wanted_on_a_supported_machine_is_pinned(python: str, machine: str) -> None:
    assert everything_wanted(python, machine) <= PINNED.keys()


def test_the_pins_keep_the_minimum_versions() -> None:
    asked_for = [Requirement(line) for line in requirements()]
    assert not [r for r in asked_for if not r.specifier.contains(PINNED[canonicalize_name(r.name)])]


def test_the_lock_names_no_registry_and_no_path() -> None:
    assert not re.findall(
        r"://|^\s*-[-\w]*(?:index|find-links|trusted-host|editable).*|^[./].*", LOCK, re.MULTILINE
    )


def test_every_pin_carries_the_hashes_of_its_files() -> None:
    pins = re.split(r"\n(?=[\w.-]+==)", LOCK)[1:]
    assert len(pins) == len(PINNED)
    assert not [pin.split("==")[0] for pin in pins if "--hash=sha256:" not in pin]
