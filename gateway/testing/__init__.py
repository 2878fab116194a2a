"""What a department plugin's author runs beside the tests, and the base class of the plugin's own test."""

from gateway.testing.conformance.suite import DepartmentConformance

__all__ = ["DepartmentConformance"]
