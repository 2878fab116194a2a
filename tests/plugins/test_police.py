from gateway.testing import DepartmentConformance


class TestPolice(DepartmentConformance):
    department = "police"
