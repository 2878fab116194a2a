"""Opens and reads landed pages on a Spark cluster: every worker has a bench of its own.

Keys travel by reference only: `env:` and `file:` references of the configuration must lead to them on every
worker, and the roster's key map must lie where every worker can read it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql.pandas.types import from_arrow_schema

from gateway.intake.landed import LANDED, read_landed
from gateway.intake.page import Bench
from gateway.places import Place, here
from gateway.roster.shapes import SUFFIX
from gateway.settings import Settings

_READ: Final = ("path", "content")
Batches = Iterable[pa.RecordBatch]


def landed(
    spark: SparkSession, settings: Settings, keymap: Place, folder: str, received_at: datetime
) -> DataFrame:
    """What the pages below a folder say, as LANDED columns; nothing is read before it is asked for.

    `folder` is a path or URL as Hadoop writes it. `received_at` is naive Asia/Shanghai time.
    """
    files = spark.read.format("binaryFile").option("recursiveFileLookup", "true").load(folder)
    work = on_worker(without_store(settings), keymap, received_at)
    return files.select(*_READ).mapInArrow(work, from_arrow_schema(LANDED, prefer_timestamp_ntz=True))


def on_worker(settings: Settings, keymap: Place, received_at: datetime) -> Callable[[Batches], Batches]:
    """What a worker does with batches of (path, content)."""

    def read(batches: Batches) -> Batches:
        bench = _bench(settings, keymap)
        for batch in batches:
            for row in range(batch.num_rows):
                path, payload = (batch.column(name)[row].as_py() for name in _READ)
                yield read_landed(bench, path, payload, received_at)

    return read


def without_store(settings: Settings) -> Settings:
    """The settings that a worker needs: a database's URL may hold its password, and no worker opens it."""
    gateway: Any = settings.gateway.model_copy(update={"store": "sqlite://"})
    return settings.model_copy(update={"gateway": gateway})


_benches: Final[dict[tuple[str, str], Bench]] = {}


def _bench(settings: Settings, keymap: Place) -> Bench:
    """One bench a worker process: key rings and the key map are opened once."""
    asked = (settings.model_dump_json(), str(keymap))
    if asked not in _benches:
        _benches[asked] = Bench(settings, here(keymap, SUFFIX))
    return _benches[asked]
