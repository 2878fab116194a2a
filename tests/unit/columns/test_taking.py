"""Which way a row goes, and that a page keeps the order of its rows whichever way they go."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pytest

from gateway import Emit, records
from gateway.fields import NumberText
from gateway.identity import IdNumber, PersonName
from gateway.intake.columns.cells import cells_of
from gateway.intake.columns.forms import Form
from gateway.intake.columns.plan import plan_of
from gateway.intake.columns.reading import read_columns
from gateway.intake.columns.rows import read_rows
from gateway.intake.columns.stating import state
from gateway.intake.content import canonical, version_of, versions_of
from gateway.intake.keying import NOTHING
from tests.unit.columns.twins import KEYER, ROSTER, by_column, compact, keymap, take_both, take_text_both
from tests.unit.core.examples import LOADED, LOADED_AT, RECEIVED_AT, happening, happenings, wedding, weddings
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME

WHOLE = dict.fromkeys(("SJ", "ZZ", "JG", "ZM", "YBH"))
TEN = "100000000000000000000"


def whole(**columns: Any) -> dict[str, Any]:
    """A row with every column, as a usual page has them."""
    return happening(**WHOLE | columns)


def by_row_of(rows: list[Any], monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The numbers of the rows that the column interpreter handed to the row interpreter."""
    taker = by_column(happenings)
    handed: list[int] = []
    taken = taker._by_row

    def noted(cells: Any, places: list[int], received_at: Any) -> Any:
        handed.extend(places)
        return taken(cells, places, received_at)

    monkeypatch.setattr(taker, "_by_row", noted)
    taker.take_rows(rows, RECEIVED_AT)
    return handed


def test_good_rows_never_meet_the_row_interpreter(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [
        happening(),
        happening(YY="1", SJ="20260305", RQ=None, ZM="sw-1"),
        happening(YY="2", JG="1"),
        happening(YY="7"),
        happening(op="U", YY="9", SFZH=None),
        happening(op="D", RQ="soon", XM=7),
        happening(SFZH=ID[:6] + ID[8:17]),
        happening(SFZH="passport", YY="9"),
        happening(BH=NumberText("7"), extra={"deep": []}),
        happening(XM="欧 阳某某", RQ="２０２６-０３-０１"),
    ]
    assert by_row_of(rows, monkeypatch) == [5]
    take_both(happenings, rows)


@pytest.mark.parametrize(
    "row",
    [
        "no row",
        None,
        ["a", "list"],
        {},
        happening(RQ="soon"),
        happening(RQ=5),
        happening(RQ=["20260301"]),
        happening(XM="\ud800", RQ="soon"),
        happening(XM="a\x1fb", RQ="soon"),
        happening(SFZH=None),
        happening(SFZH="bad"),
        happening(op="X"),
        happening(op=None),
        happening(op="D", tong_time="soon"),
        happening(RQ="20260312"),
        happening(YY="2", RQ=None),
        happening(tong_time="2026-03-13 00:00:00"),
        happening(BH=" "),
        happening(ZM="x" * 501),
    ],
)
def test_a_row_that_breaks_a_rule_goes_row_by_row_and_no_other(
    row: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = [happening(), row, happening(BH="H-2")]
    assert by_row_of(rows, monkeypatch) == [1]
    page, _ = take_both(happenings, rows)
    assert page.accepted == 2


@pytest.mark.parametrize(
    "row", [happening(XM="\ud800"), happening(XM="a\x1fb"), happening(new="\ud800", ZM="\x1c")]
)
def test_a_row_that_columns_cannot_hold_goes_row_by_row(row: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [happening(), row, happening(BH="H-2")]
    assert by_row_of(rows, monkeypatch) == [1]
    assert take_both(happenings, rows)[0].accepted == 3


def test_records_and_refusals_stand_in_the_order_of_their_rows() -> None:
    rows = [
        wedding(BH="W-1"),
        wedding(BH="W-2", M="broken"),
        wedding(BH="W-3"),
        wedding(BH="W-4", F="broken"),
    ]
    page, _ = take_both(weddings, rows)
    keys = page.evidence["key_hash"].to_pylist()
    assert [keys.index(KEYER.row("weddings", f"W-{number}")) for number in (1, 2, 3, 4)] == sorted(
        keys.index(KEYER.row("weddings", f"W-{number}")) for number in (1, 2, 3, 4)
    )
    assert [(refusal.field, refusal.rule) for refusal in page.refusals] == [
        ("M", "id_form"),
        ("F", "id_form"),
    ]
    assert page.evidence["person"].to_pylist() == [7, 23, 8, 7, 23, 7, 23, 8, 8]


def test_a_usual_page_is_taken_from_its_text() -> None:
    rows = [whole(), whole(BH="H-2", SFZH="bad"), whole(BH="H-3", op="D"), whole(BH="H-4", YY="7", XM=None)]
    found = take_text_both(happenings, compact(rows))
    assert found
    assert (found[0].received, found[0].accepted, found[0].refused) == (4, 3, 1)
    assert found[0].unknown_codes == {"YY=7": 1}


@pytest.mark.parametrize("row", [whole(RQ=20260301), whole(RQ=[]), "no row", happening()])
def test_a_page_with_one_odd_row_is_parsed(row: Any) -> None:
    rows = [whole(), row]
    assert take_text_both(happenings, compact(rows)) is None
    take_both(happenings, rows)


def test_numbers_stay_as_they_are_written_and_are_counted() -> None:
    rows = [happening(BH=NumberText("7")), happening(BH=NumberText(TEN)), happening(BH="7")]
    page, drift = take_both(happenings, rows)
    assert page.accepted == 3
    assert drift.changed_types == {"BH: number": 2}
    assert page.versions[0] == page.versions[2] != page.versions[1]


def test_unknown_columns_and_lost_ones_are_counted_alike() -> None:
    rows = [{name: value for name, value in whole(new="x").items() if name != "ZM"} for _ in range(4)]
    _, drift = take_both(happenings, rows)
    assert (drift.unknown_fields, drift.changed_types, drift.drifted) == ({"new": 4}, {"ZM: gone": 4}, 4)
    assert take_text_both(happenings, compact(rows))


def test_more_unknown_columns_than_are_kept_apart() -> None:
    rows = [whole(**{f"new_{place}": "x" for place in range(70)}) for _ in range(3)]
    _, drift = take_both(happenings, rows)
    assert drift.unknown_fields["(others)"] == 60
    take_both(happenings, [*rows, whole(other="x")])


def test_more_unknown_codes_than_are_kept_apart() -> None:
    rows = [whole(BH=f"H-{place}", YY=f"Q{place}") for place in range(70)]
    page, _ = take_both(happenings, rows)
    assert page.unknown_codes["(others)"] == 20
    take_both(happenings, [whole(YY="R1", SFZH="bad"), *rows, whole(RQ="soon", YY="S1"), whole(YY="Q0")])


@pytest.mark.parametrize("count", [2, 3, 4])
def test_dates_that_can_no_longer_be_read(count: int) -> None:
    rows = [*[whole(RQ="1 March")] * count, *[whole()] * 3, whole(RQ=None), whole(op="D")]
    _, drift = take_both(happenings, rows)
    assert drift.changed_types == ({"RQ: no date": 4} if count == 4 else {})
    take_both(happenings, [*rows, "no row"])


def test_a_page_without_rows() -> None:
    page, drift = take_both(happenings, [])
    assert (page.received, page.evidence.num_rows, drift.drifted) == (0, 0, 0)


@pytest.mark.parametrize("check", ["exact", "masked", "absent"])
def test_names_are_compared_as_by_row(check: Any) -> None:
    names = [NAME, OTHER_NAME, f"{NAME[0]}{'*' * (len(NAME) - 1)}", f"{OTHER_NAME[0]}***", "***", None, "Li*"]
    rows = [
        happening(BH=f"H-{place}", XM=name, YY=code) for place, name in enumerate(names) for code in "139"
    ]
    page, _ = take_both(replace(happenings, name_check=check), rows)
    found = set(page.evidence["identity"].to_pylist())
    assert found == ({"unchecked"} if check == "absent" else {"match", "doubt", "unchecked"})


def test_nobody_on_the_roster() -> None:
    page, _ = take_both(happenings, [happening(), happening(YY="1")], people=keymap())
    assert (page.matched, page.strangers) == (0, 2)
    assert page.evidence["kind"].to_pylist() == [NOTHING, "death"]


def test_a_longer_tolerance_takes_days_further_ahead() -> None:
    rows = [happening(RQ="20260320", tong_time=LOADED), happening(YY="2", RQ="20300101")]
    assert take_both(happenings, rows)[0].accepted == 1
    assert take_both(happenings, rows, tolerance=timedelta(days=10))[0].accepted == 2
    assert take_both(happenings, rows, tolerance=timedelta(days=9, hours=23))[0].accepted == 1


def test_a_text_that_the_record_never_holds_refuses_its_row() -> None:
    held = Emit(records.Custody, basis="detention", began_on="RQ", released_to="ZM")
    page, _ = take_both(
        replace(happenings, emits=[held]), [happening(ZM=to) for to in ("prison", "jail", None)]
    )
    assert page.evidence["released_to"].to_pylist() == ["prison", "prison", None, None]
    assert [(refusal.field, refusal.rule) for refusal in page.refusals] == [("ZM", "literal_error")]


def test_what_a_row_says_has_one_text_and_no_other_row_has_it() -> None:
    rows: list[object] = [
        {"a": "1", "b": "2"},
        {"a": "1\x1fb\x1e2"},
        {"a\x1e1\x1fb": "2"},
        {"a": "1", "b": "2", "c": ""},
        {"a": "\x1d2b\x1d12"},
        {"a": "1", "b": 2},
        {"a": "1", "b": True},
        {"a": "1", "b": []},
        {"a": "1", "b": "list"},
        ["1", "2"],
        "1",
    ]
    texts = [
        canonical(raw, deleted=deleted)
        for raw in rows
        for deleted in (False, True)
        if isinstance(raw, dict) or not deleted
    ]
    assert len(set(texts)) == len(texts)
    alike: list[object] = [
        {"b": "2", "a": "1"},
        {"a": "1", "b": "2", "c": None},
        {"a": NumberText("1"), "b": "2", "op": "U", "tong_time": "x"},
    ]
    assert {canonical(raw, deleted=False) for raw in alike} == {canonical(rows[0], deleted=False)}


def test_versions_of_many_rows_are_those_of_each() -> None:
    moments = [LOADED_AT, RECEIVED_AT, datetime.min, datetime(1970, 1, 1), datetime(9999, 12, 31, 23, 59, 59)]  # noqa: DTZ001, DTZ901 - Asia/Shanghai, unsaid
    hashes = [KEYER.row("happenings", str(number)) for number in range(len(moments))]
    many = versions_of(b"".join(hashes), np.array(moments, "datetime64[us]").view(np.int64))
    assert many.tolist() == [version_of(*each) for each in zip(hashes, moments, strict=True)]


def test_nothing_of_a_person_is_left_in_what_goes_on() -> None:
    rows = [happening(YY=code, ZM="SW-0815", YBH=back) for code in "12349" for back in (None, "H-0")]
    rows += [wedding(), happening(RQ=ID), happening(SFZH=OTHER_ID, XM=OTHER_NAME)]
    page, drift = by_column(happenings).take_rows(rows, RECEIVED_AT)
    kept = f"{page!r} {drift!r} {page.evidence.to_pydict()}"
    for secret in (ID, ID[:17], NAME, OTHER_ID, OTHER_NAME, "SW-0815", "H-1", "H-0"):
        assert secret not in kept
        assert secret.encode().hex() not in kept


def test_nothing_of_a_person_is_shown_on_the_way() -> None:
    plan = plan_of(happenings, timedelta(days=1))
    assert plan
    cells = cells_of([happening(), happening(YY="1", ZM="SW-0815")], plan.columns)
    rows = read_rows(plan, cells, RECEIVED_AT)
    read = read_columns({"person": Form.ID_NUMBER}, cells.frame)
    shown = f"{cells!r} {rows!r} {read!r} {state(plan, rows.columns)!r}"
    for secret in (ID, NAME, "SW-0815", "H-1"):
        assert secret not in shown


def test_the_roster_of_these_tests_is_searched_as_by_row() -> None:
    key = KEYER.person(IdNumber.parse(ID))
    assert [number for number, _ in ROSTER.lookup(key)] == [7, 23]
    assert ROSTER.lookup(key)[0][1] == KEYER.name(PersonName.parse(NAME))
    assert LOADED_AT < RECEIVED_AT
