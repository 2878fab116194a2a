from gateway.testing import DepartmentConformance


class TestCourts(DepartmentConformance):
    department = "courts"
