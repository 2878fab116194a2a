"""POLICY 3.0: without the comparisons that must be made, nothing is renewed; suspicions are still raised."""

from datetime import date

import pytest

from gateway.decide.compared import Gaps, gaps
from gateway.policy import Policy
from tests.spec.manual import Decides

AS_OF = date(2026, 6, 30)
OLDEST = date(2026, 5, 21)
PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-09-15"}
RAN_OUT = {"benefit": "employee_pension", "last_certified_on": "2025-06-01"}
UNCOMPARED = Gaps(uncompared=("cremations",))
NO_LIFE = Gaps(of_life=("settlements",))
VISIT = """
kind          | department | happened_on
health_check  | health     | 2026-06-20
"""
DEATH = "kind | basis | happened_on\ndeath | register_cancelled | 2026-06-01"


def test_five_datasets_must_be_compared_within_forty_days(policy: Policy) -> None:
    assert policy.sources.must_be_compared.value == [
        "household_cancellations",
        "death_certificates",
        "cremations",
        "prison_custody",
        "detentions",
    ]
    assert policy.sources.max_source_age_days.value == 40


@pytest.fixture
def compared(policy: Policy) -> dict[str, date]:
    """Every dataset compared up to the oldest day that is still enough."""
    sources = policy.sources
    return dict.fromkeys([*sources.must_be_compared.value, *sources.of_life_for_overdue.value], OLDEST)


def test_a_dataset_compared_up_to_forty_days_before_the_as_of_date_is_compared(
    policy: Policy, compared: dict[str, date]
) -> None:
    assert gaps(policy, compared, AS_OF) == Gaps()


def test_a_dataset_compared_forty_one_days_ago_or_never_is_named(
    policy: Policy, compared: dict[str, date]
) -> None:
    compared |= {"cremations": date(2026, 5, 20)}
    del compared["detentions"]
    assert gaps(policy, compared, AS_OF) == Gaps(uncompared=("cremations", "detentions"))


def test_a_source_of_life_that_is_too_old_is_named_beside_them(
    policy: Policy, compared: dict[str, date]
) -> None:
    compared |= {"settlements": date(2026, 5, 20)}
    assert gaps(policy, compared, AS_OF) == Gaps(of_life=("settlements",))


def test_datasets_that_need_not_be_compared_do_not_stand_in_the_way(
    policy: Policy, compared: dict[str, date]
) -> None:
    assert gaps(policy, compared | {"welfare_payments": date(2020, 1, 1)}, AS_OF) == Gaps()


def test_evidence_renews_nothing_while_a_dataset_is_not_compared(decides: Decides) -> None:
    decides(
        VISIT,
        roster=PENSION,
        gaps=UNCOMPARED,
        decision="uncompared",
        certified_on="2025-09-15",
        valid_until="2026-09-15",
        renewed=False,
        events=[],
    )


def test_a_certification_that_would_be_valid_is_uncompared_all_the_same(decides: Decides) -> None:
    decides(roster=PENSION, gaps=UNCOMPARED, decision="uncompared", valid_until="2026-09-15", events=[])


def test_what_was_certified_before_is_carried_unchanged(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, renewed=True, valid_until="2027-06-20")
    decides(
        VISIT,
        roster=PENSION,
        last=last,
        gaps=UNCOMPARED,
        decision="uncompared",
        valid_until="2027-06-20",
        events=[],
    )


def test_evidence_that_is_withdrawn_stops_counting_all_the_same(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, renewed=True, valid_until="2027-06-20")
    decides(
        "",
        roster=PENSION,
        last=last,
        gaps=UNCOMPARED,
        decision="uncompared",
        certified_on="2025-09-15",
        valid_until="2026-09-15",
        withdrawn=True,
        events=["evidence.withdrawn"],
        says={"replaces": last.events[0].event_id, "valid_until": "2026-09-15"},
    )


def test_the_renewal_follows_when_everything_is_compared_again(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, gaps=UNCOMPARED, decision="uncompared")
    decides(
        VISIT,
        roster=PENSION,
        last=last,
        decision="certified",
        certified_on="2026-06-20",
        events=["certification.renewed"],
    )


def test_a_death_is_suspected_all_the_same(decides: Decides) -> None:
    decides(
        DEATH,
        roster=PENSION,
        gaps=UNCOMPARED,
        decision="suspected",
        reason="death",
        events=["eligibility.suspected"],
    )


def test_a_conflict_is_found_all_the_same(decides: Decides) -> None:
    decides(
        """
        kind         | basis              | happened_on
        death        | register_cancelled | 2026-06-01
        health_check |                    | 2026-06-20
        """,
        roster=PENSION,
        gaps=UNCOMPARED,
        decision="conflicting",
        events=["certification.conflict.found"],
    )


def test_nothing_is_overdue_while_a_dataset_is_not_compared(decides: Decides) -> None:
    decides(roster=RAN_OUT, gaps=UNCOMPARED, decision="uncompared", overdue=False, events=[])


def test_nothing_is_overdue_while_a_source_of_life_is_not_compared(decides: Decides) -> None:
    decides(roster=RAN_OUT, gaps=NO_LIFE, decision="uncovered", overdue=False, events=[])


def test_it_is_overdue_once_they_are_compared(decides: Decides) -> None:
    last = decides(roster=RAN_OUT, gaps=NO_LIFE, events=[])
    decides(roster=RAN_OUT, last=last, decision="uncovered", events=["certification.overdue"])


def test_a_source_of_life_that_is_not_compared_hinders_no_renewal(decides: Decides) -> None:
    decides(VISIT, roster=PENSION, gaps=NO_LIFE, decision="certified", events=["certification.renewed"])


def test_a_reminder_is_sent_all_the_same(decides: Decides) -> None:
    due = {"benefit": "employee_pension", "last_certified_on": "2025-07-10"}
    decides(roster=due, gaps=UNCOMPARED, decision="uncompared", due=True, events=["certification.due"])
    decides(roster=due, gaps=NO_LIFE, decision="certified", due=True, events=["certification.due"])


def test_a_benefit_that_is_never_certified_is_uncompared_too(decides: Decides) -> None:
    decides(roster={"benefit": "unemployment_benefit"}, gaps=UNCOMPARED, decision="uncompared", events=[])


def test_a_suspicion_that_ends_while_uncompared_is_cleared(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected")
    decides(
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        gaps=UNCOMPARED,
        decision="uncompared",
        holds=["death"],
        events=["eligibility.suspicion.cleared"],
    )
