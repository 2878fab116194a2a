from gateway.testing import DepartmentConformance


class TestHealth(DepartmentConformance):
    department = "health"
