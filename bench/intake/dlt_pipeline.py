"""dlt as it is: rest_api source, Parquet loader, DuckDB; one process, nothing to decrypt.

`python -m bench.intake.dlt_pipeline URL FOLDER DATASET…` prints rows and seconds as one line of JSON. What it
imports and starts is not counted.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import dlt
from dlt.sources.rest_api import rest_api_source


def main(url: str, folder: Path, datasets: list[str]) -> dict[str, Any]:
    """Load every dataset once into an empty folder."""
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    pipeline = dlt.pipeline(
        "bench",
        pipelines_dir=str(folder / "pipelines"),
        destination=dlt.destinations.duckdb(str(folder / "loaded.duckdb")),
        dataset_name="month",
    )
    begun = time.perf_counter(), time.process_time()
    pipeline.run(rest_api_source(_described(url, datasets)), loader_file_format="parquet")
    wall, cpu = time.perf_counter() - begun[0], time.process_time() - begun[1]
    with pipeline.sql_client() as client:
        counts = [client.execute_sql(f"SELECT count(*) FROM {name}") for name in datasets]  # noqa: S608 - our own names
    rows = sum(int(count[0][0]) for count in counts if count)
    return {"rows": rows, "wall_s": wall, "cpu_s": cpu}


def _described(url: str, datasets: list[str]) -> Any:
    """The service as dlt's declarative source takes it: the cursor of a page is the next one's offset."""
    paginator = {"type": "cursor", "cursor_path": "next", "cursor_param": "offset"}
    resources = [{"name": name, "endpoint": {"path": name, "data_selector": "rows"}} for name in datasets]
    return {"client": {"base_url": url, "paginator": paginator}, "resources": resources}


if __name__ == "__main__":
    print(json.dumps(main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])))  # noqa: T201 - the figures
