"""The rules on Spark, two threads of this machine: `python -m bench.engines.spark FOLDER TIMES`.

Spark plans a table that several parts of a query share anew for each of them, which takes minutes here: so
each is worked out first and kept, where the others read it.
"""

import sys
import time
from pathlib import Path
from typing import Final

from pyspark.sql import DataFrame, Row, SparkSession

from bench.engines.inputs import TABLES, Asked, asked
from bench.engines.outcome import Outcome, tally_of
from gateway.decide.spark_sql import stages

_CONFIGURED: Final[dict[str, bool | float | int | str | None]] = {
    "spark.driver.memory": "4g",
    "spark.sql.shuffle.partitions": "8",
    "spark.sql.session.timeZone": "Asia/Shanghai",
    "spark.ui.enabled": "false",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


def main(folder: Path, times: int) -> Outcome:
    """Read the tables from Parquet, decide and count."""
    queries = asked("pyspark")
    builder = SparkSession.builder.master("local[2]").appName("bench").config(map=_CONFIGURED)
    spark = builder.getOrCreate()
    try:
        for name in TABLES:
            spark.read.parquet(str(folder / f"{name}.parquet")).createOrReplaceTempView(name)
        seconds: list[float] = []
        for _ in range(times):
            begun = time.perf_counter()
            rows = _decided(spark, queries)
            seconds.append(time.perf_counter() - begun)
    finally:
        spark.stop()
    return Outcome(seconds, tally_of(rows))


def _decided(spark: SparkSession, queries: Asked) -> list[Row]:
    _kept(spark.sql(queries.told), "told")
    for name, part in stages(queries.counted):
        if name is None:
            return spark.sql(part).collect()
        _kept(spark.sql(part), name)
    raise AssertionError("a query ends with what it asks for")


def _kept(rows: DataFrame, name: str) -> None:
    rows.localCheckpoint(eager=True).createOrReplaceTempView(name)


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2])).as_line())  # noqa: T201 - the figures
