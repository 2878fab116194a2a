"""Rows that are not as a plugin describes them are counted by name and kind, and never shown."""

import json
from typing import Any

import pytest

from gateway.intake.coverage import examine
from gateway.intake.drift import Drift, DriftWatch, is_past, named, shown
from gateway.intake.interpret import TOLERANCE, RowReader
from gateway.intake.page import json_rows
from gateway.store.tally import MOST_NAMES, OTHERS
from tests.unit.core.examples import RECEIVED_AT, Happening, happening, happenings
from tests.unit.core.people import ID, NAME, OTHER_ID

WHOLE: dict[str, Any] = dict.fromkeys(field.alias or "" for field in Happening.model_fields.values())


def row(**columns: Any) -> dict[str, Any]:
    """A row that writes out every column, blank or not."""
    return WHOLE | happening(**columns)


def drift(*rows: object) -> Drift:
    watch, reader = DriftWatch(happenings), RowReader(happenings)
    for raw in rows:
        watch.see(raw, reader.read(raw, RECEIVED_AT))
    return watch.found(rows)


def test_rows_as_described_do_not_drift() -> None:
    rows = [row(), row(YY="1", RQ=None), {"op": "D", "tong_time": "2026-03-10 09:00:00", "BH": "H-1"}]
    assert drift(*rows) == Drift()
    assert drift() == Drift()


def test_an_unknown_field_is_counted_by_name_whatever_it_holds() -> None:
    found = drift(row(NEW="1"), row(NEW=[ID], BZ_2="x"), row(), row(op="D", NEW=None))
    assert found == Drift({"NEW": 3, "BZ_2": 1}, {}, 3)


@pytest.mark.parametrize(
    "name", [ID, OTHER_ID[:15], NAME, f"zjhm_{ID}", "N" * 41, "", "a b", "x\n", "[red]", "9A", "é"]
)
def test_a_field_s_name_that_may_be_something_else_is_not_shown(name: str) -> None:
    found = drift(row(**{name: "1"}), row(**{name: "1"}))
    assert found == Drift({"?": 2}, {}, 2)


@pytest.mark.parametrize("name", ["BZ_NEW", "psn_no2", "_x", "N" * 40, "year2026"])
def test_a_plain_column_s_name_is_shown(name: str) -> None:
    assert shown(name) == name


@pytest.mark.parametrize(
    ("sent", "kind"),
    [
        ("1", "number"),
        ("1.50", "number"),
        ("NaN", "number"),
        ("true", "boolean"),
        ('["1"]', "list"),
        ('{"a": 1}', "object"),
    ],
)
def test_a_value_of_another_json_type_is_counted_by_column_and_kind(sent: str, kind: str) -> None:
    text = json.dumps(row()).replace('"ZM": null', f'"ZM": {sent}')
    found = drift(*json_rows(f"[{text}]".encode()))
    assert found == Drift({}, {f"ZM: {kind}": 1}, 1)


def test_a_number_is_read_as_it_is_written_all_the_same() -> None:
    (raw,) = json_rows(json.dumps(row(YY=3)).encode().join([b"[", b"]"]))
    reading = RowReader(happenings).read(raw, RECEIVED_AT)
    assert [statement.record.happened_on for statement in reading.statements] != []  # type: ignore[attr-defined]  # a health check has a day
    assert drift(raw).changed_types == {"YY: number": 1}


def test_dates_that_can_no_longer_be_read_are_a_change_and_a_slip_is_not() -> None:
    slips = [row(RQ="2026-02-30"), row(RQ="yesterday"), *[row()] * 3]
    assert drift(*slips) == Drift()
    written = [
        row(RQ="01.03.2026"),
        row(RQ="02.03.2026"),
        row(RQ="03.03.2026"),
        row(),
        row(RQ=""),
        row(RQ="-"),
    ]
    assert drift(*written) == Drift({}, {"RQ: no date": 3}, 3)


def test_a_column_that_no_row_has_is_gone_where_empty_ones_are_written_out() -> None:
    without = {name: value for name, value in row().items() if name != "ZM"}
    deleted = {"op": "D", "tong_time": "2026-03-10 09:00:00", "BH": "H-1"}
    assert drift(without, without, without, deleted) == Drift({}, {"ZM: gone": 3}, 3)
    assert drift(without, without, without, row()) == Drift()
    assert drift(without, without) == Drift()


def test_a_sender_that_leaves_empty_columns_out_has_lost_none() -> None:
    assert drift(*[happening()] * 5) == Drift()
    assert drift(*[happening(ZM="")] * 2, *[happening(YBH=None)] * 2) == Drift()


def test_a_row_that_is_odd_in_several_ways_counts_once() -> None:
    rows = [row(NEW="1", ZM=["x"], YY="7"), row(YY="7"), row(), "no row"]
    assert drift(*rows) == Drift({"NEW": 1}, {"ZM: list": 1}, 2)


def test_so_many_names_are_kept_and_no_more() -> None:
    found = drift(*(row(**{f"N{number}": "1"}) for number in range(200)))
    assert len(found.unknown_fields) == MOST_NAMES + 1
    assert found.unknown_fields[OTHERS] == 200 - MOST_NAMES
    assert sum(found.unknown_fields.values()) == found.drifted == 200


def test_what_is_kept_holds_nobody() -> None:
    hostile = [row(**{ID: NAME, NAME: ID, "XM": [NAME], "SFZH": {"n": ID}, "YY": ID}) for _ in range(3)]
    kept = repr((drift(*hostile), examine(happenings, hostile, RECEIVED_AT, TOLERANCE)))
    assert [secret in kept for secret in (ID, NAME)] == [False, False]


@pytest.mark.parametrize(
    ("drifted", "rows", "share", "past"),
    [
        (0, 0, 0.01, False),
        (0, 100, 0.0, False),
        (1, 100, 0.0, True),
        (1, 1, 0.01, True),
        (2, 2, 0.5, True),
        (2, 20, 0.01, False),
        (3, 20, 0.01, True),
        (10, 1000, 0.01, False),
        (11, 1000, 0.01, True),
        (100, 100, 1.0, False),
    ],
)
def test_drift_is_a_change_past_a_share_unless_it_is_one_row_or_two(
    drifted: int, rows: int, share: float, *, past: bool
) -> None:
    assert is_past(drifted, rows, share) is past


def test_the_names_that_occur_most_are_told() -> None:
    fields = {f"F{number}": number for number in range(1, 7)}
    said = named({"YY=7": 9}, fields, {"RQ: gone": 8})
    most = [
        "changed type RQ: gone",
        "unknown code YY=7",
        *(f"unknown field F{number}" for number in (4, 5, 6)),
    ]
    assert said == f"{', '.join(most)} and 3 more"
