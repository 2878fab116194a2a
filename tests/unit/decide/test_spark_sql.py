"""The SQL of sources becomes Spark's: no word of DuckDB's own is left."""

from datetime import datetime
from pathlib import Path

import pytest

from gateway.decide.spark import as_hadoop
from gateway.decide.spark_sql import as_spark, stages
from gateway.evidence.columns import EVIDENCE
from gateway.evidence.live import certificates_misnamed, counting, scan
from gateway.store.parts import Part

FOLDER = Path("/evidence")


def part(name: str) -> Part:
    return Part(name, "settled", None, 0, f"settled/{name}.parquet", 1, 1, datetime(2026, 6, 1))  # noqa: DTZ001 - naive, as the store is


def named(files: tuple[str, ...]) -> str:
    return "_".join(Path(file).stem for file in files)


def counted() -> str:
    strangers = ([part("strangers")], [part("gone_strangers")])
    return counting(FOLDER, [part("one"), part("two")], [part("gone")], strangers, "misnamed")


@pytest.mark.parametrize("query", [counted(), certificates_misnamed(FOLDER, [part("one")], [])])
def test_no_word_is_left_that_spark_does_not_know(query: str) -> None:
    translated = as_spark(query, named)
    for strange in ("read_parquet", "parquet.", "BY NAME", "QUALIFY", "&&", "LIST_HAS_ANY", "::"):
        assert strange not in translated, strange


def test_the_files_of_each_scan_get_one_name() -> None:
    translated = as_spark(counted(), named)
    for name in ("one_two", "gone", "strangers", "gone_strangers"):
        assert f"FROM {name})" in translated or f"FROM {name} " in translated


def test_what_has_no_parts_has_the_columns_and_no_rows() -> None:
    translated = as_spark(scan(FOLDER, [], EVIDENCE), named)
    assert translated.endswith("WHERE FALSE")
    assert translated.count("CAST(NULL AS ") == len(EVIDENCE)


def test_shared_tables_come_before_what_reads_them() -> None:
    query = "WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT x FROM b JOIN a USING (x)"
    found = list(stages(query))
    assert [name for name, _ in found] == ["a", "b", None]
    assert "WITH" not in found[-1][1]


def test_a_query_without_shared_tables_is_one_stage() -> None:
    assert list(stages("SELECT 1 AS x")) == [(None, "SELECT 1 AS x")]


@pytest.mark.parametrize(
    ("place", "as_read"),
    [
        ("/mnt/evidence/x.parquet", "file:///mnt/evidence/x.parquet"),
        ("s3://bucket/x.parquet", "s3a://bucket/x.parquet"),
        ("hdfs://name/x.parquet", "hdfs://name/x.parquet"),
    ],
)
def test_a_part_is_found_where_hadoop_looks(place: str, as_read: str) -> None:
    assert as_hadoop(place) == as_read
