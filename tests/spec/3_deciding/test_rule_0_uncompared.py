"""POLICY 3.0: without the comparisons that must be made, nothing is renewed; suspicions are still raised."""

from datetime import date

from gateway.decide.compared import uncompared_datasets
from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-08-01"}
VISIT = """
kind             | department | happened_on
outpatient_visit | health     | 2026-06-20
"""


def test_a_dataset_compared_within_forty_days_of_the_as_of_date_is_compared(policy: Policy) -> None:
    compared = dict.fromkeys(policy.sources.must_be_compared.value, date(2026, 5, 21))
    assert uncompared_datasets(policy, compared, date(2026, 6, 30)) == ()


def test_a_dataset_compared_forty_one_days_ago_or_never_is_named(policy: Policy) -> None:
    compared = dict.fromkeys(policy.sources.must_be_compared.value, date(2026, 6, 1))
    compared |= {"cremations": date(2026, 5, 20)}
    del compared["detentions"]
    assert uncompared_datasets(policy, compared, date(2026, 6, 30)) == ("cremations", "detentions")


def test_datasets_that_need_not_be_compared_do_not_stand_in_the_way(policy: Policy) -> None:
    compared = dict.fromkeys(policy.sources.must_be_compared.value, date(2026, 6, 1))
    assert uncompared_datasets(policy, compared | {"settlements": date(2020, 1, 1)}, date(2026, 6, 30)) == ()


def test_evidence_renews_nothing_while_a_dataset_is_not_compared(decides: Decides) -> None:
    decides(
        VISIT,
        roster=PENSION,
        uncompared=["cremations"],
        decision="uncompared",
        certified_on="2025-08-01",
        valid_until="2026-08-01",
        renewed=False,
    )


def test_a_certification_that_would_be_valid_is_uncompared_all_the_same(decides: Decides) -> None:
    decides(roster=PENSION, uncompared=["cremations"], decision="uncompared", valid_until="2026-08-01")


def test_what_was_certified_before_is_carried_unchanged(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, renewed=True, valid_until="2027-06-20")
    decides(
        "",
        roster=PENSION,
        last=last,
        uncompared=["detentions"],
        decision="uncompared",
        valid_until="2027-06-20",
        withdrawn=False,
    )


def test_the_renewal_follows_when_everything_is_compared_again(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, uncompared=["detentions"], decision="uncompared")
    decides(VISIT, roster=PENSION, last=last, decision="certified", certified_on="2026-06-20", renewed=True)


def test_a_death_is_suspected_all_the_same(decides: Decides) -> None:
    decides(
        "kind | basis | happened_on\ndeath | register_cancelled | 2026-06-01",
        roster=PENSION,
        uncompared=["cremations"],
        decision="suspected",
        reason="death",
    )


def test_a_benefit_that_is_never_certified_is_uncompared_too(decides: Decides) -> None:
    decides(roster={"benefit": "unemployment_benefit"}, uncompared=["cremations"], decision="uncompared")
