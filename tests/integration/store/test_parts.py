from datetime import datetime, timedelta

import pytest

from gateway.errors import StoreError
from gateway.evidence.columns import BUCKETS, STRANGERS
from gateway.store import parts
from gateway.store.database import Store
from gateway.store.parts import Part, add_parts, known_paths, live_parts, retire_parts

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times


def part(name: str, stage: str = "settled", bucket: int = 0, dataset: str | None = None) -> Part:
    return Part(name, stage, dataset, bucket, f"{stage}/{name}.parquet", 10, 1, NOW)


def test_a_part_counts_from_its_commit_to_its_retirement(store: Store) -> None:
    old, other = part("a", dataset="marriages"), part("b", bucket=1)
    with store.begin() as conn:
        add_parts(conn, [old, other, part("c", "retired")])
        add_parts(conn, [])
    with store.begin() as conn:
        assert live_parts(conn, "settled") == [old, other]
        assert live_parts(conn, "settled", bucket=1) == [other]
        assert live_parts(conn, "settled", dataset="marriages") == [old]
        retire_parts(conn, ["a"], NOW)
        assert live_parts(conn, "settled") == [other]


def test_a_part_is_retired_once(store: Store) -> None:
    with store.begin() as conn:
        add_parts(conn, [part("a"), part("b")])
        retire_parts(conn, ["a"], NOW)
    with pytest.raises(StoreError, match="another process"), store.begin() as conn:
        retire_parts(conn, ["a", "b"], NOW)
    with store.read() as conn:
        assert [each.part_id for each in live_parts(conn, "settled")] == ["b"]


def test_a_sweep_spares_every_part_or_only_those_still_in_use(store: Store) -> None:
    with store.begin() as conn:
        add_parts(conn, [part("live"), part("recent"), part("old")])
        retire_parts(conn, ["recent"], NOW)
        retire_parts(conn, ["old"], NOW - timedelta(days=2))
        assert len(known_paths(conn)) == 3
        spared = known_paths(conn, retired_after=NOW - timedelta(days=1))
    assert spared == {"settled/live.parquet", "settled/recent.parquet"}


def test_many_parts_fit(sqlite_store: Store) -> None:
    many = [part(str(number)) for number in range(12_000)]
    with sqlite_store.begin() as conn:
        add_parts(conn, many)
        retire_parts(conn, [each.part_id for each in many[1:]], NOW)
        assert live_parts(conn, "settled") == many[:1]


def test_the_buckets_are_those_of_the_evidence() -> None:
    assert (parts.BUCKETS, parts.NO_BUCKET) == (BUCKETS, STRANGERS)
