"""One broken plugin is named in one clear line, and stops nothing but itself."""

import sys
from collections.abc import Callable, Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from gateway.errors import PluginError
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import Host, build_host

WORKING = """
from gateway import Dataset, Department, Emit, Field, Day, IdText, Key, NameText, SourceRow, hookimpl, records

class Check(SourceRow):
    number: Key = Field(alias="BH")
    person: IdText = Field(alias="SFZH")
    name: NameText = Field(alias="XM")
    day: Day = Field(alias="RQ")

checks = Dataset("checks", "T", "jwe", Check, "BH", [Emit(records.HealthCheck, happened_on="RQ")])

@hookimpl
def gateway_department():
    return Department("NAME", "T", [checks])
"""

Install = Callable[..., EntryPoint]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Write a plugin module and give its entry point; every module is forgotten in the end."""
    monkeypatch.syspath_prepend(str(tmp_path))
    written: list[str] = []

    def write(name: str, text: str = WORKING, module: str = "") -> EntryPoint:
        module = module or f"plugin_of_{name}"
        (tmp_path / f"{module}.py").write_text(text.replace("NAME", name), "utf-8")
        written.append(module)
        return EntryPoint(name, module, ENTRY_POINTS)

    yield write
    for module in written:
        sys.modules.pop(module, None)


def hook(body: str, name: str = "gateway_department", marker: str = "@hookimpl") -> str:
    return f"from gateway import Department, hookimpl\n{marker}\ndef {name}:\n    {body}\n"


BROKEN = {
    "misspelt hook": (
        hook("return None", "gateway_departmnet()"),
        "unknown hook 'gateway_departmnet' in plugin <module 'broken'",
    ),
    "hook with arguments": (hook("return None", "gateway_department(settings)"), "Argument(s) {'settings'}"),
    "no marker": (
        hook("return None", "gateway_department()", ""),
        "has no hook gateway_department() marked with @hookimpl",
    ),
    "empty module": ("", "has no hook gateway_department() marked with @hookimpl"),
    "returns nothing": (
        hook("return None", "gateway_department()"),
        "gateway_department() must return a Department",
    ),
    "returns something else": (hook("return 5", "gateway_department()"), "must return a Department"),
    "returns the class": (hook("return Department", "gateway_department()"), "must return a Department"),
    "raises on import": (
        "raise RuntimeError('no\\n  such thing')",
        "cannot be imported: RuntimeError: no such thing",
    ),
    "misses a library": ("import no_such_library", "ModuleNotFoundError: No module named 'no_such_library'"),
    "is not Python": ("def (", "cannot be imported: SyntaxError"),
    "raises when asked": (
        hook("return 1 / 0", "gateway_department()"),
        "gateway_department() failed: ZeroDivisionError",
    ),
    "another name": (WORKING.replace("NAME", "other"), "is named 'broken' but hands over 'other'"),
    "a fault in a mapping": (
        WORKING.replace('happened_on="RQ"', 'happened_on="RX"'),
        "checks: emit 0 (HealthCheck): 'RX'",
    ),
}  # fmt: skip - one plugin a line


@pytest.mark.parametrize(("text", "fault"), BROKEN.values(), ids=BROKEN)
def test_a_broken_plugin_is_named_and_the_others_load(install: Install, text: str, fault: str) -> None:
    host = build_host([install("first"), install("broken", text, module="broken"), install("last")])
    assert set(host.departments) == {"first", "last"}
    assert set(host.faults) == {"broken"}
    assert fault in host.faults["broken"]
    with pytest.raises(PluginError) as caught:
        host.department("broken")
    assert str(caught.value).startswith("plugin 'broken': ")
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    "text", [text for kind, (text, _) in BROKEN.items() if kind != "a fault in a mapping"]
)
def test_a_fault_is_one_line(install: Install, text: str) -> None:
    host = build_host([install("broken", text, module="broken")])
    assert "\n" not in host.faults["broken"]


def test_a_plugin_without_its_module_is_named() -> None:
    host = build_host([EntryPoint("gone", "no_such_module", ENTRY_POINTS)])
    assert "no_such_module cannot be imported: ModuleNotFoundError" in host.faults["gone"]


def test_an_entry_point_may_name_an_object_of_a_module(install: Install) -> None:
    point = install("first")
    text = "import plugin_of_first\nplugin = plugin_of_first\n"
    install("second", text, module="holder")
    host = build_host([EntryPoint("first", "holder:plugin", ENTRY_POINTS)])
    assert list(host.departments) == ["first"] == [point.name]


def test_two_plugins_for_one_department_stop_only_that_department(install: Install) -> None:
    points = [install("police", module="one"), install("police", module="two"), install("courts")]
    for order in (points, points[::-1]):
        host = build_host(order)
        assert set(host.departments) == {"courts"}
        assert host.faults == {"police": "two plugins hand over the department 'police': remove one"}


def test_of_two_plugins_for_one_department_one_broken_stops_it_too(install: Install) -> None:
    host = build_host([install("police", module="one"), install("police", "1 / 0", module="two")])
    assert not host.departments
    assert "two cannot be imported: ZeroDivisionError" in host.faults["police"]


def test_a_department_that_is_configured_but_not_installed_says_what_to_do() -> None:
    with pytest.raises(PluginError) as caught:
        Host({}).department("fishery")
    assert str(caught.value) == (
        "department 'fishery' is configured but not installed (installed: none): "
        "install its package or remove departments/fishery.yaml"
    )


def test_departments_come_in_the_order_of_their_names(install: Install) -> None:
    points = [install(name) for name in ("c", "a", "b")]
    assert list(build_host(points).departments) == ["a", "b", "c"]


def test_the_six_departments_are_installed_and_sound() -> None:
    host = build_host()
    assert not host.faults
    assert list(host.departments) == [
        "civil_affairs",
        "courts",
        "health",
        "justice",
        "medical_insurance",
        "police",
    ]
