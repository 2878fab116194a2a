from gateway.testing import DepartmentConformance


class TestCivilAffairs(DepartmentConformance):
    department = "civil_affairs"
