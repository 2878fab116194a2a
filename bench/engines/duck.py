"""The rules on DuckDB, in this process: `python -m bench.engines.duck FOLDER TIMES`."""

import sys
import time
from pathlib import Path
from typing import Final

from bench.engines.inputs import TABLES, asked
from bench.engines.outcome import Outcome, tally_of
from gateway.decide.engine import connect

THREADS: Final = 2
MEMORY_MB: Final = 2_048


def main(folder: Path, times: int) -> Outcome:
    """Read the tables from Parquet, decide and count."""
    queries = asked("duckdb")
    seconds: list[float] = []
    with connect(MEMORY_MB) as connection:
        connection.execute(f"SET threads = {THREADS}")
        for name in TABLES:
            connection.read_parquet(str(folder / f"{name}.parquet")).create_view(name)
        for _ in range(times):
            begun = time.perf_counter()
            connection.execute(f"CREATE OR REPLACE TEMP TABLE told AS {queries.told}")
            rows = connection.execute(queries.counted).fetchall()
            seconds.append(time.perf_counter() - begun)
    return Outcome(seconds, tally_of(rows))


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2])).as_line())  # noqa: T201 - the figures
