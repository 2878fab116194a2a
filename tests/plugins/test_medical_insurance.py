from gateway.testing import DepartmentConformance


class TestMedicalInsurance(DepartmentConformance):
    department = "medical_insurance"
