"""The one hook a department plugin implements."""

import pluggy

from gateway.department import Department

PROJECT = "gateway"
ENTRY_POINTS = "gateway.departments"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def gateway_department() -> Department:  # type: ignore[empty-body] # pluggy never calls a specification
    """Hand over the department: its datasets, their rows, and what the rows mean."""
