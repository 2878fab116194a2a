"""POLICY 1, notice 二（一）: which benefits are looked at, one decision for each."""

from gateway.policy import Policy
from tests.spec.deciders import deciding
from tests.spec.manual import Decides

VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"
DETAINED = "kind | basis | began_on\ncustody | detention | 2026-06-01"
PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-03-15"}
UNEMPLOYED = {"benefit": "unemployment_benefit", "last_certified_on": "2026-05-01"}


def test_six_benefits_are_certified_by_the_notice(policy: Policy) -> None:
    assert {code: (entry.name, entry.cycle_months) for code, entry in policy.benefits.items()} == {
        "employee_pension": ("企业职工基本养老保险", 12),
        "institution_pension": ("机关事业单位养老保险", 12),
        "resident_pension": ("城乡居民养老保险", 12),
        "injury_long_term": ("工伤保险长期待遇", 12),
        "survivor_allowance": ("工伤保险供养亲属抚恤金", 6),
        "unemployment_benefit": ("失业保险", None),
    }


def test_unemployment_benefit_is_never_certified_by_evidence_either(decides: Decides) -> None:
    decides(
        VISIT,
        roster=UNEMPLOYED,
        decision="uncovered",
        certified_on=None,
        renewed=False,
        events=[],
    )


def test_unemployment_benefit_is_never_due_or_overdue(decides: Decides) -> None:
    decides(
        roster=UNEMPLOYED | {"first_seen_on": "2020-01-01", "last_certified_on": "2025-07-01"},
        due=False,
        overdue=False,
        events=[],
    )


def test_unemployment_benefit_is_looked_at_for_suspicion(decides: Decides) -> None:
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-06-01",
        roster=UNEMPLOYED,
        decision="suspected",
        reason="death",
        events=["eligibility.suspected"],
    )


def test_evidence_is_about_the_person_and_a_decision_about_one_benefit(decides: Decides) -> None:
    survivor = {"benefit": "survivor_allowance", "last_certified_on": "2026-03-15"}
    decides(DETAINED, roster=PENSION, beside=[survivor], decision="suspected", reason="detention")
    decides(DETAINED, roster=survivor, beside=[PENSION], decision="certified", events=[])


def test_one_record_renews_every_benefit_of_the_person_by_its_own_cycle(decides: Decides) -> None:
    survivor = {"benefit": "survivor_allowance", "last_certified_on": "2026-03-15"}
    decides(VISIT, roster=PENSION, beside=[survivor], renewed=True, valid_until="2027-06-20")
    decides(VISIT, roster=survivor, beside=[PENSION], renewed=True, valid_until="2026-12-20")


def test_a_benefit_that_no_rule_knows_is_uncovered_and_not_lost(decides: Decides) -> None:
    decides(VISIT, roster={"benefit": "another_benefit"}, decision="uncovered", certified_on=None, events=[])


def test_another_benefit_is_a_row_in_the_rules(policy: Policy) -> None:
    row = policy.benefits["survivor_allowance"].model_copy(update={"cycle_months": 3})
    wider = policy.model_copy(update={"benefits": {**policy.benefits, "another_benefit": row}})
    deciding(wider)(
        VISIT,
        roster={"benefit": "another_benefit"},
        decision="certified",
        valid_until="2026-09-20",
        events=["certification.renewed"],
    )
