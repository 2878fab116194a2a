"""The rules as one query on three engines: DuckDB inside the process, Spark on this machine, PostgreSQL."""
