"""Runs the rules on a Spark cluster: all buckets in one job, handed back bucket by bucket.

A query of the rules shares tables among its parts, and Spark would plan each anew wherever it is used: that
takes minutes. So every shared table is worked out first and kept on the workers, where the others read it.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Final

import pyarrow as pa
from pyspark import StorageLevel
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as f

from gateway.decide.columns import DECIDED
from gateway.decide.engine import BucketSources, Queries
from gateway.decide.outcome import BucketOutcome
from gateway.decide.references import REFERENCES, TOUCHED
from gateway.decide.spark_sql import as_spark, stages
from gateway.evidence.columns import BUCKETS
from gateway.evidence.spark import failing_clearly, session
from gateway.settings import SparkSettings

_BUCKET: Final = "bucket_of_row"
_PACKED: Final = StorageLevel(useDisk=True, useMemory=True, useOffHeap=False, deserialized=False)
"""Rows as bytes: they take a fraction of the workers' memory, and less of their disk where that is full."""


@contextmanager
def engine(settings: SparkSettings) -> Iterator["SparkEngine"]:
    """The cluster, for one run.

    Raises:
        StoreError: it does not answer or fails.
    """
    with session(settings) as opened:
        yield SparkEngine(opened, settings.master)


class SparkEngine:
    """Decides on a cluster. Nothing but results comes to this process, a bucket at a time."""

    def __init__(self, opened: SparkSession, master: str) -> None:
        self._spark = opened
        self._master = master
        self._kept: set[str] = set()
        self._scans: dict[tuple[str, ...], str] = {}

    def keep(self, name: str, query: str) -> None:
        if name not in self._kept:
            self._stay(name, self._source(query))
            self._kept.add(name)

    def register(self, name: str, rows: pa.Table) -> None:
        self._spark.createDataFrame(rows).createOrReplaceTempView(name)

    def decide(
        self, sources: BucketSources, queries: Queries, buckets: Sequence[int]
    ) -> Iterator[tuple[int, BucketOutcome]]:
        with failing_clearly(self._master):
            self._view(sources)
            self._stay("told", self._rules(queries.told))
            decided = self._rules(queries.decide).withColumn(_BUCKET, f.col("person") % BUCKETS)
            decided = self._stay("decisions", decided)
            behind = self._behind(decided, queries.references)
            differing = decided.filter(f.col("stored") | f.col("benefit_id").isin(*sources.revised))
            for bucket in buckets:
                yield bucket, _outcome(_rows(differing, bucket), _rows(behind, bucket))

    def count_by(self, query: str, column: str) -> dict[str | None, int]:
        counted = self._source(query).groupBy(column).count().collect()
        return {row[0]: row[1] for row in counted}

    def table(self, query: str) -> pa.Table:
        return self._source(query).toArrow()

    def lanes(self, most: int) -> Sequence["SparkEngine"]:  # noqa: ARG002 - as the protocol asks
        """The cluster has all buckets in one job, and all its cores."""
        return [self]

    def interrupt(self) -> None:
        self._spark.sparkContext.cancelAllJobs()

    def _view(self, sources: BucketSources) -> None:
        self._stay("evidence", self._source(sources.evidence))
        for name in ("roster", "decided"):
            self._source(getattr(sources, name)).createOrReplaceTempView(name)
        self.register("ledger", sources.ledger)

    def _behind(self, decided: DataFrame, references: str) -> DataFrame:
        """The rows behind the changed decisions, each in the bucket of its benefit."""
        changed = decided.filter("changed")
        changed.select(*TOUCHED).createOrReplaceTempView("changed")
        own = changed.select("benefit_id", _BUCKET)
        return self._stay("references_found", self._rules(references).join(own, "benefit_id"))

    def _rules(self, query: str) -> DataFrame:
        for name, stage in stages(query):
            found = self._spark.sql(stage)
            if name is None:
                return found
            self._stay(name, found)
        raise AssertionError("a query ends with what it asks for")

    def _stay(self, name: str, rows: DataFrame) -> DataFrame:
        """Work out rows now and keep them on the workers, in memory or on disk, under a name."""
        there = rows.localCheckpoint(eager=True, storageLevel=_PACKED)
        there.createOrReplaceTempView(name)
        return there

    def _source(self, query: str) -> DataFrame:
        return self._spark.sql(as_spark(query, self._scan))

    def _scan(self, files: tuple[str, ...]) -> str:
        if files not in self._scans:
            name = f"parts_{len(self._scans)}"
            self._spark.read.parquet(*map(as_hadoop, files)).createOrReplaceTempView(name)
            self._scans[files] = name
        return self._scans[files]


def as_hadoop(file: str) -> str:
    """A part's place as Hadoop's file systems write it: a path of the disk, S3 by its connector."""
    if "://" not in file:
        return f"file://{file}"
    return f"s3a://{file.removeprefix('s3://')}" if file.startswith("s3://") else file


def _rows(found: DataFrame, bucket: int) -> pa.Table:
    return found.filter(f.col(_BUCKET) == bucket).drop(_BUCKET).toArrow()


def _outcome(decided: pa.Table, behind: pa.Table) -> BucketOutcome:
    changed = decided.filter(decided["changed"])
    state = decided.select(DECIDED.names).cast(DECIDED)
    return BucketOutcome(state, changed, behind.select(REFERENCES.names).cast(REFERENCES))
