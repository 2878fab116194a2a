"""POLICY 3, Mass guard: a run whose findings look like an error of the data is held for approval."""

import pytest

from gateway.decide.guard import Finding, Findings, Kind, counted, judge
from gateway.policy import Policy

PROVINCE = {"990101": 1_000, "990102": 999_000}


def found(kind: Kind, count: int, county: str = "990102", dataset: str = "cremations") -> Findings:
    return counted([Finding(kind, "death", county, [dataset])] * count)


def test_more_than_fifty_and_three_in_a_thousand_or_thrice_the_median_of_six_runs(policy: Policy) -> None:
    rules = policy.mass_guard
    assert (rules.min_count.value, rules.max_share.value) == (50, 0.003)
    assert rules.max_share_of_overdues.value == 0.05
    assert (rules.times_the_median.value, rules.median_of_runs.value) == (3, 6)


@pytest.mark.parametrize("kind", ["suspicions", "conflicts", "overdues"])
def test_fifty_findings_of_a_kind_are_never_too_many(policy: Policy, kind: Kind) -> None:
    assert judge(found(kind, 50), {"990102": 100}, [], policy, first=False) == []


@pytest.mark.parametrize("kind", ["suspicions", "conflicts"])
def test_fifty_one_are_where_they_are_more_than_three_in_a_thousand(policy: Policy, kind: Kind) -> None:
    assert judge(found(kind, 51), {"990102": 16_999}, [], policy, first=False)
    assert judge(found(kind, 51), {"990102": 17_000}, [], policy, first=False) == []


def test_overdues_are_where_they_are_more_than_five_in_a_hundred(policy: Policy) -> None:
    assert judge(found("overdues", 51), {"990102": 1_000}, [], policy, first=False)
    assert judge(found("overdues", 51), {"990102": 1_020}, [], policy, first=False) == []


def test_or_more_than_three_times_the_median_of_the_last_runs(policy: Policy) -> None:
    before = [found("suspicions", count) for count in (20, 20, 20, 30, 30, 10)]
    assert judge(found("suspicions", 61), PROVINCE, before, policy, first=False)
    assert judge(found("suspicions", 60), PROVINCE, before, policy, first=False) == []


def test_runs_before_the_last_six_do_not_count(policy: Policy) -> None:
    before = [found("suspicions", 30)] * 6 + [found("suspicions", 1)] * 20
    assert judge(found("suspicions", 61), PROVINCE, before, policy, first=False) == []


def test_a_county_is_measured_against_its_own_benefits(policy: Policy) -> None:
    lines = judge(found("suspicions", 51, county="990101"), PROVINCE, [], policy, first=False)
    assert [line.split(":")[0] for line in lines] == ["county 990101"]


def test_a_dataset_is_measured_by_its_own_runs(policy: Policy) -> None:
    before = [counted([Finding("suspicions", "death", "990102", ["cremations"])] * 100)] * 6
    lines = judge(found("suspicions", 60, dataset="detentions"), PROVINCE, before, policy, first=False)
    assert [line.split(":")[0] for line in lines] == ["detentions"]


def test_the_first_run_is_held_if_it_has_more_than_fifty_findings(policy: Policy) -> None:
    assert judge(found("suspicions", 51), PROVINCE, [], policy, first=True)
    assert judge(found("suspicions", 50), PROVINCE, [], policy, first=True) == []
