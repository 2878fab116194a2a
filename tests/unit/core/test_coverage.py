"""What one page is like is told in shares, counts and masked cells."""

from typing import Any

from gateway.intake.coverage import Coverage, Findings, Refused, examine
from gateway.intake.interpret import TOLERANCE
from tests.unit.core.examples import RECEIVED_AT, happening, happenings
from tests.unit.core.people import ID, NAME

DELETED = {"op": "D", "tong_time": "2026-03-10 09:00:00", "BH": "H-9"}


def found(*rows: object) -> Findings:
    return examine(happenings, rows, RECEIVED_AT, TOLERANCE)


def column(findings: Findings, name: str) -> Coverage:
    return next(each for each in findings.coverage if each.field == name)


def cells(**columns: Any) -> dict[str, str | None]:
    (shown,) = found(happening(**columns)).sample
    return shown


def test_coverage_is_the_share_that_is_filled_and_of_that_the_share_that_can_be_read() -> None:
    rows = [
        happening(),
        happening(SFZH="990101"),
        happening(SFZH="-", RQ="soon"),
        happening(SFZH=ID),
        DELETED,
    ]
    findings = found(*rows)
    assert (findings.rows, findings.deleted) == (5, 1)
    assert column(findings, "SFZH") == Coverage("SFZH", None, 3 / 4, 2 / 3)
    assert column(findings, "RQ") == Coverage("RQ", None, 1.0, 3 / 4)
    assert column(findings, "ZM") == Coverage("ZM", None, 0.0, None)
    assert column(findings, "op") == Coverage("op", "操作", 1.0, 1.0)


def test_a_column_is_judged_by_itself_in_a_row_that_is_refused_for_another() -> None:
    findings = found(happening(RQ="soon", SFZH="990101"))
    assert (column(findings, "SFZH").readable, column(findings, "BH").readable) == (0.0, 1.0)


def test_refusals_are_grouped_and_records_counted_by_kind() -> None:
    rows = [
        happening(SFZH=None),
        happening(SFZH=""),
        happening(RQ="soon"),
        happening(YY="4"),
        happening(YY="7"),
        5,
    ]
    findings = found(*rows)
    assert findings.refusals == (
        Refused("SFZH", "id_missing", 2),
        Refused("RQ", "date_form", 1),
        Refused(None, "row_form", 1),
    )
    assert findings.refused == 4
    assert findings.records == {"emigration": 1, "unclassified": 1}
    assert findings.unknown_codes == {"YY=7": 1}


def test_a_sample_shows_dates_and_short_codes_and_masks_the_rest() -> None:
    shown = cells(ZM="a certificate", SJ="20260301081500", JG="1")
    assert shown == {
        "op": "I",
        "tong_time": "2026-03-10T09:00:00",
        "BH": "***",
        "SFZH": "***",
        "XM": "***",
        "YY": "3",
        "RQ": "2026-03-01",
        "SJ": "2026-03-01T08:15:00",
        "ZZ": None,
        "JG": "1",
        "ZM": "***",
        "YBH": None,
    }


def test_what_stands_in_the_wrong_column_is_not_shown_either() -> None:
    shown = cells(YY=NAME, RQ=ID, op=NAME, JG=ID, SJ=[ID], NEW=ID)
    assert [shown[name] for name in ("YY", "RQ", "op", "JG", "SJ")] == ["***", "?", "?", "***", "?"]
    assert "NEW" not in shown


def test_a_sample_is_three_rows_and_no_deleted_one() -> None:
    assert len(found(DELETED, *[happening()] * 9).sample) == 3


def test_an_empty_page_is_told_as_one() -> None:
    findings = found()
    assert (findings.rows, findings.sample, findings.records) == (0, (), {})
    assert {each.filled for each in findings.coverage} == {0.0}
