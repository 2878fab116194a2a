"""The department is held to what every department is held to."""

from gateway.testing import DepartmentConformance


class TestTransport(DepartmentConformance):
    department = "transport"
