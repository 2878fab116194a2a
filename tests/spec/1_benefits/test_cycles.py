"""POLICY 1, notice 二（一）: how long a certification lasts."""

import pytest

from tests.spec.manual import Decides

VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"


@pytest.mark.parametrize(
    ("benefit", "valid_until"),
    [
        ("employee_pension", "2027-03-15"),
        ("institution_pension", "2027-03-15"),
        ("resident_pension", "2027-03-15"),
        ("injury_long_term", "2027-03-15"),
        ("survivor_allowance", "2026-09-15"),
        ("unemployment_benefit", None),
    ],
)
def test_each_benefit_has_its_cycle(decides: Decides, benefit: str, valid_until: str | None) -> None:
    decides(
        roster={"benefit": benefit, "last_certified_on": "2026-03-15"},
        valid_until=valid_until,
        decision="certified" if valid_until else "uncovered",
        events=[],
    )


@pytest.mark.parametrize(
    ("certified_on", "valid_until"),
    [("2025-08-31", "2026-02-28"), ("2023-08-31", "2024-02-29"), ("2026-03-31", "2026-09-30")],
)
def test_a_month_is_a_calendar_month_cut_at_its_end(
    decides: Decides, certified_on: str, valid_until: str
) -> None:
    roster = {"benefit": "survivor_allowance", "last_certified_on": certified_on}
    decides(roster=roster, valid_until=valid_until)


def test_evidence_certifies_for_a_calendar_cycle_too(decides: Decides) -> None:
    decides(
        "kind | happened_on\nhospital_stay | 2026-02-28",
        roster={"benefit": "survivor_allowance", "last_certified_on": "2025-12-31"},
        certified_on="2026-02-28",
        valid_until="2026-08-28",
    )


def test_the_last_day_of_validity_is_included(decides: Decides) -> None:
    pension = {"benefit": "employee_pension"}
    decides(roster=pension | {"last_certified_on": "2025-06-30"}, decision="certified")
    decides(roster=pension | {"last_certified_on": "2025-06-29"}, decision="uncovered")


def test_half_the_cycle_where_the_county_has_no_funeral_subsidy(decides: Decides) -> None:
    resident = {"benefit": "resident_pension", "last_certified_on": "2026-03-15"}
    decides(roster=resident | {"insured_county": "990103"}, valid_until="2026-09-15")
    decides(roster=resident | {"insured_county": "990101"}, valid_until="2027-03-15")
    decides(roster=resident | {"insured_county": None}, valid_until="2027-03-15")


def test_other_benefits_of_that_county_keep_theirs(decides: Decides) -> None:
    roster = {"benefit": "employee_pension", "insured_county": "990103", "last_certified_on": "2026-03-15"}
    decides(roster=roster, valid_until="2027-03-15")


def test_the_cycle_is_the_one_in_force_on_the_day_of_certification(decides: Decides) -> None:
    county = {"benefit": "resident_pension", "insured_county": "990104"}
    decides(roster=county | {"last_certified_on": "2026-03-31"}, valid_until="2026-09-30")
    decides(roster=county | {"last_certified_on": "2026-04-01"}, valid_until="2027-04-01")


def test_a_cycle_that_became_shorter_never_shortens_what_was_given(decides: Decides) -> None:
    resident = {"benefit": "resident_pension", "last_certified_on": "2026-03-15"}
    last = decides(roster=resident | {"insured_county": "990101"}, valid_until="2027-03-15")
    decides(
        VISIT,
        roster=resident | {"insured_county": "990103"},
        last=last,
        renewed=False,
        valid_until="2027-03-15",
        events=[],
    )
