from gateway.testing import DepartmentConformance


class TestJustice(DepartmentConformance):
    department = "justice"
