"""Finds the departments: builds the plugin host, checks every plugin, and names every fault.

Built by a function and never at import, so that a broken plugin stops nothing but itself.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib.metadata import EntryPoint, entry_points

import pluggy

from gateway import hookspecs
from gateway.department import Department
from gateway.errors import PluginError


@dataclass(frozen=True)
class Host:
    """The departments that are installed, and what is wrong with those that could not be taken."""

    departments: dict[str, Department]
    faults: dict[str, str] = field(default_factory=dict)

    def department(self, name: str) -> Department:
        """The department of this name.

        Raises:
            PluginError: what is wrong with it, or that it is not installed.
        """
        if name in self.faults:
            raise PluginError(f"plugin {name!r}: {self.faults[name]}")
        if name not in self.departments:
            known = ", ".join(sorted(self.departments)) or "none"
            raise PluginError(
                f"department {name!r} is configured but not installed (installed: {known}): "
                f"install its package or remove departments/{name}.yaml"
            )
        return self.departments[name]


def build_host(found: Iterable[EntryPoint] | None = None) -> Host:
    """Load every department plugin of the entry-point group `gateway.departments`, each by itself."""
    departments: dict[str, Department] = {}
    faults: dict[str, str] = {}
    points = entry_points(group=hookspecs.ENTRY_POINTS) if found is None else found
    for point in sorted(points, key=lambda each: (each.name, each.value)):
        try:
            department = _load(point)
        except PluginError as error:
            faults[point.name] = str(error)
            continue
        if department.name in departments:
            faults[department.name] = f"two plugins hand over the department {department.name!r}: remove one"
        departments[department.name] = department
    return Host({name: each for name, each in departments.items() if name not in faults}, faults)


def _load(point: EntryPoint) -> Department:
    try:
        plugin = point.load()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(
            f"{point.value} cannot be imported: {type(error).__name__}: {_in_a_line(error)}"
        ) from error
    return _ask(point, plugin)


def _ask(point: EntryPoint, plugin: object) -> Department:
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    try:
        manager.register(plugin, point.name)
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        raise PluginError(
            f"{point.value}: {_in_a_line(error)}; the one hook is gateway_department()"
        ) from error
    if not manager.hook.gateway_department.get_hookimpls():
        raise PluginError(f"{point.value}: has no hook gateway_department() marked with @hookimpl")
    try:
        handed = manager.hook.gateway_department()
    except PluginError:
        raise
    except Exception as error:
        raise PluginError(f"{point.value}: gateway_department() failed: {type(error).__name__}") from error
    return _one(point, handed)


def _in_a_line(error: Exception) -> str:
    return " ".join(str(error).split())


def _one(point: EntryPoint, handed: list[object]) -> Department:
    department = handed[0] if handed else None
    if not isinstance(department, Department):
        raise PluginError(f"{point.value}: gateway_department() must return a Department")
    if department.name != point.name:
        raise PluginError(f"{point.value}: is named {point.name!r} but hands over {department.name!r}")
    return department
