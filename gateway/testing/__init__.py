"""What a department plugin's author runs beside the tests."""
