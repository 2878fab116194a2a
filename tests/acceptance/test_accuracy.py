"""The accuracy bench over a small province: a month without health's feed, then one with a corrupted file."""

import json
from pathlib import Path
from typing import Any

import pytest

from bench.accuracy.__main__ import write
from bench.accuracy.bench import Outcome, run_bench
from bench.accuracy.figures import figures
from bench.accuracy.rates import Rates, load_rates

PEOPLE, MONTHS, SILENT, CORRUPTED = 1500, 2, 0, 1


def short(rates: Rates) -> Rates:
    """The rates as they are, with the bad months early."""
    early = {"silent_month": SILENT, "corrupted_month": CORRUPTED}
    return rates.model_copy(update={"calendar": rates.calendar.model_copy(update=early)})


@pytest.fixture(scope="module")
def outcome(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    lines: list[str] = []
    return run_bench(
        short(load_rates(PEOPLE, MONTHS)), 7, tmp_path_factory.mktemp("bench") / "site", lines.append
    )


@pytest.fixture(scope="module")
def found(outcome: Outcome) -> dict[str, Any]:
    return figures(outcome)


def test_people_are_certified_without_doing_anything(found: dict[str, Any]) -> None:
    assert found["runs"][CORRUPTED]["events"]["certification.renewed"] > PEOPLE / 50
    assert 0 < found["rules"]["gateway"]["living_certified_silently"] < 1


def test_reported_deaths_are_suspected(found: dict[str, Any]) -> None:
    assert found["truth"]["deaths_reported"] > 0
    assert found["rules"]["gateway"]["suspected_rightly"]


def test_the_run_after_the_corrupted_file_is_held_and_nothing_of_it_leaves(outcome: Outcome) -> None:
    assert outcome.corrupted_held
    suspected = outcome.months[CORRUPTED].events.get("eligibility.suspected", 0)
    assert suspected < len(outcome.truth.named_by_corrupted) / 2


def test_without_a_feed_nobody_is_renewed_or_overdue_and_its_rows_come_a_month_later(
    outcome: Outcome,
) -> None:
    silent, after = outcome.months
    assert "death_certificates" in silent.uncompared
    assert not {"certification.renewed", "certification.overdue"} & set(silent.events)
    assert silent.rows < after.rows


def test_no_dead_person_is_certified_on_weak_evidence(found: dict[str, Any]) -> None:
    assert (found["dead_certified_on_weak"], found["dead_certified_beyond"]) == (0, 0)


def test_the_naive_rules_see_the_same_rows(found: dict[str, Any]) -> None:
    naive = [rule for name, rule in found["rules"].items() if name != "gateway"]
    assert {rule["living_months"] for rule in naive} == {found["rules"]["gateway"]["living_months"]}
    assert all(rule["living_certified_silently"] for rule in naive)


def test_every_target_is_printed_with_its_outcome(found: dict[str, Any]) -> None:
    assert {target["name"] for target in found["targets"]} >= {
        "wrongful suspicions",
        "wrongful corroborated suspicions",
        "reported deaths suspected by week 26 after the first report",
        "living with qualifying evidence who are certified",
        "the corrupted file",
        "overdue notices in the month without feed",
    }


def test_the_figures_are_written_as_json_plot_and_table(found: dict[str, Any], tmp_path: Path) -> None:
    (tmp_path / "accuracy.md").write_text("before\n<!-- measured -->\nold\n<!-- end of measured -->\nafter\n")
    write(found, tmp_path)
    page = (tmp_path / "accuracy.md").read_text()
    assert json.loads((tmp_path / "accuracy.json").read_text()) == found
    assert (tmp_path / "accuracy.svg").read_text().startswith("<?xml")
    assert (page[:7], page[-6:]) == ("before\n", "after\n")
    assert "old" not in page
