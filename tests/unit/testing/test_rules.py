"""Every rule can fail: a department broken in one place fails that rule, and is told what to change."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from gateway import PRESENT, Emit, Field, Key, SourceRow, Text, records
from gateway.testing.conformance.checks import checks_of
from gateway.testing.conformance.rules import CASE_RULES, PACKAGE_RULES, WAIVERS, meaning
from tests.unit.testing import broken_code, broken_samples
from tests.unit.testing.breaking import Case
from tests.unit.testing.clinic import NAME, NUMBER, VISITS, failed, package, row, sheet

CASES = [*broken_samples.CASES, *broken_code.CASES]
EVERY_RULE = {WAIVERS, *PACKAGE_RULES, *CASE_RULES}


def test_a_sound_department_keeps_every_rule(tmp_path: Path) -> None:
    found = package(tmp_path)
    assert failed(found) == {}
    assert {check.rule for check in checks_of(found)} == EVERY_RULE


@pytest.mark.parametrize("case", CASES, ids=[case.make.__name__ for case in CASES])
def test_a_broken_department_fails_what_it_breaks_and_nothing_else(case: Case, tmp_path: Path) -> None:
    found = failed(case.make(tmp_path))
    assert found.keys() == case.rules
    told = "\n".join(found.values())
    assert case.told in told
    assert NUMBER not in told
    assert NAME not in told


def test_no_rule_is_without_a_department_that_breaks_it() -> None:
    assert {rule for case in CASES for rule in case.rules} == EVERY_RULE


@pytest.mark.parametrize("rule", sorted(EVERY_RULE))
def test_every_rule_says_what_it_asks(rule: str) -> None:
    assert meaning(rule).endswith(".")


@pytest.mark.parametrize("envelope", ["sm4_cbc_mac", "nhsa"])
def test_a_page_of_another_form_is_sealed_as_its_department_writes_it(envelope: str, tmp_path: Path) -> None:
    dataset = replace(VISITS, envelope=envelope, read=lambda text: json.loads(text)["output"]["list"])
    found = package(tmp_path, dataset)
    rows = [entry["row"] for entry in sheet()["accepted"]]
    (found.samples / "visits.txt").write_text(json.dumps({"output": {"list": rows}}), "utf-8")
    assert failed(found) == {}


def test_rows_in_a_member_are_sealed_as_their_department_writes_them(tmp_path: Path) -> None:
    assert failed(package(tmp_path, replace(VISITS, rows_in="list"))) == {}


def test_a_waived_rule_is_no_failure_and_keeps_its_reason(tmp_path: Path) -> None:
    found = package(tmp_path, title="", waivers={"titles_given": "the data dictionary has none"})
    verdicts = [check.run() for check in checks_of(found)]
    [waived] = [verdict for verdict in verdicts if verdict.result != "passed"]
    assert (waived.rule, waived.result, waived.reason) == (
        "titles_given",
        "waived",
        "the data dictionary has none",
    )


def test_no_more_faults_are_told_than_somebody_mends_at_a_time(tmp_path: Path) -> None:
    samples = sheet()
    samples["accepted"] = [
        {"why": f"row {number}", "row": row(BH=f"C-990101-{number}"), "records": []} for number in range(9)
    ]
    told = failed(package(tmp_path, samples=samples))["accepted_samples"].splitlines()
    assert told[-1] == "and more of the same rule: mend these, then ask again"
    assert len(told) == 6


def test_a_dataset_that_names_nobody_keeps_every_rule(tmp_path: Path) -> None:
    class Notice(SourceRow):
        number: Key = Field(alias="BH", title="编号")
        undoes: Text = Field(alias="YBH", title="原编号")

    undone = Emit(records.Withdrawal, when={"YBH": PRESENT}, withdraws="YBH")
    notice = {"BH": "N-990101-2", "YBH": "N-990101-1", "op": "I", "tong_time": "2026-08-06 01:00:00"}
    entry = {"why": "an earlier row was wrong", "row": notice}
    samples = {
        "received_at": "2026-09-02 08:00:00",
        "accepted": [entry | {"records": [{"kind": "withdrawal", "withdraws": "N-990101-1"}]}],
        "refused": [entry | {"row": notice | {"BH": "-"}, "field": "BH", "rule": "key_missing"}],
    }
    assert failed(package(tmp_path, replace(VISITS, row=Notice, emits=[undone]), samples)) == {}
