"""The decisions that stand are those of the newest part that has them."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from gateway.decide.columns import DECIDED
from gateway.evidence.files import as_part, write_part
from gateway.store.parts import Part
from gateway.sync.layers import is_to_be_folded, standing

AT = datetime(2026, 9, 30)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times


def part(folder: Path, run_id: int, bucket: int = 0, **reasons: str) -> Part:
    empty: dict[str, Any] = {
        field.name: [] if pa.types.is_list(field.type) else False for field in DECIDED if not field.nullable
    }
    rows = [
        empty | {"benefit_id": benefit_id, "decision": "suspected", "reason": reason}
        for benefit_id, reason in reasons.items()
    ]
    table = pa.Table.from_pylist([dict.fromkeys(DECIDED.names) | row for row in rows], DECIDED)
    return as_part(write_part(folder, "decided", table), "decided", bucket, run_id, AT)


def reasons(folder: Path, *parts: Part) -> dict[str, str]:
    with duckdb.connect() as connection:
        rows = connection.execute(f"SELECT benefit_id, reason FROM ({standing(folder, parts)})").fetchall()  # noqa: S608 - our own SQL
    found = dict(rows)
    assert len(found) == len(rows)
    return found


def test_without_parts_nothing_stands(tmp_path: Path) -> None:
    assert reasons(tmp_path) == {}


def test_the_newest_run_that_has_a_benefit_says_what_stands(tmp_path: Path) -> None:
    whole = part(tmp_path, 1, A="death", B="death", C="death")
    second, third = part(tmp_path, 2, A="absence", B="absence"), part(tmp_path, 9, B="sentence")
    assert reasons(tmp_path, third, whole, second) == {"A": "absence", "B": "sentence", "C": "death"}


def test_each_bucket_has_a_whole_part_of_its_own(tmp_path: Path) -> None:
    one, other = part(tmp_path, 1, A="death"), part(tmp_path, 5, bucket=1, B="death")
    layer = part(tmp_path, 6, A="absence", N="death")
    assert reasons(tmp_path, one, other, layer) == {"A": "absence", "N": "death", "B": "death"}


def test_columns_that_an_older_version_did_not_write_are_missing(tmp_path: Path) -> None:
    whole = part(tmp_path, 1, A="death")
    table = pa.Table.from_pylist([{"benefit_id": "B", "decision": "suspected", "reason": "absence"}])
    old = as_part(write_part(tmp_path, "decided", table), "decided", 1, 1, AT)
    assert reasons(tmp_path, whole, old) == {"A": "death", "B": "absence"}


def test_layers_are_folded_once_they_are_many_or_large(tmp_path: Path) -> None:
    whole = replace(part(tmp_path, 1, A="death"), rows=100)
    layer = replace(part(tmp_path, 2, A="death"), rows=10)
    layers = [replace(layer, part_id=str(number), run_id=number) for number in range(2, 10)]
    assert is_to_be_folded([], 1)
    assert not is_to_be_folded([whole], 25)
    assert is_to_be_folded([whole], 26)
    assert is_to_be_folded([whole, layer], 16)
    assert is_to_be_folded([whole, *(replace(each, rows=0) for each in layers)], 0)
