"""POLICY 5: who is told that a certification ran out, or never came; once per cycle."""

from tests.spec.manual import Decides

RAN_OUT = {"benefit": "employee_pension", "last_certified_on": "2025-06-29"}
VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"


def test_a_certification_that_ran_out_is_overdue(decides: Decides) -> None:
    decides(
        roster=RAN_OUT,
        decision="uncovered",
        overdue=True,
        notice_days=0,
        events=["certification.overdue"],
        says={"valid_until": "2026-06-29", "notify": True, "suggested_channel": "self_service"},
    )


def test_it_is_told_once(decides: Decides) -> None:
    last = decides(roster=RAN_OUT, events=["certification.overdue"])
    decides(roster=RAN_OUT, last=last, decision="uncovered", overdue=False, changed=False, events=[])


def test_a_benefit_that_was_due_becomes_overdue(decides: Decides) -> None:
    roster = {"benefit": "employee_pension", "last_certified_on": "2025-07-15"}
    last = decides(roster=roster, events=["certification.due"])
    decides(roster=roster, last=last, as_of="2026-08-15", events=["certification.overdue"])


def test_a_benefit_never_certified_is_overdue_after_one_cycle_on_the_roster(decides: Decides) -> None:
    never = {"benefit": "employee_pension"}
    decides(roster=never | {"first_seen_on": "2025-06-30"}, overdue=False, events=[])
    decides(
        roster=never | {"first_seen_on": "2025-06-29"},
        overdue=True,
        notice_for=None,
        events=["certification.overdue"],
    )


def test_that_cycle_is_the_benefits_own(decides: Decides) -> None:
    survivor = {"benefit": "survivor_allowance"}
    decides(roster=survivor | {"first_seen_on": "2025-12-30"}, events=[])
    decides(roster=survivor | {"first_seen_on": "2025-12-29"}, events=["certification.overdue"])


def test_evidence_in_the_window_renews_and_nothing_is_overdue(decides: Decides) -> None:
    decides(VISIT, roster=RAN_OUT, overdue=False, events=["certification.renewed"])


def test_a_suspected_benefit_is_not_overdue(decides: Decides) -> None:
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-06-01",
        roster=RAN_OUT,
        overdue=False,
        events=["eligibility.suspected"],
    )


def test_a_held_benefit_that_ran_out_is_overdue_all_the_same(decides: Decides) -> None:
    decides(
        VISIT,
        roster=RAN_OUT,
        ledger={"held": ["identity_doubt"]},
        decision="uncovered",
        holds=["identity_doubt"],
        events=["certification.overdue"],
    )


def test_a_renewal_taken_back_may_leave_the_benefit_overdue(decides: Decides) -> None:
    last = decides(VISIT, roster=RAN_OUT, events=["certification.renewed"])
    decides(
        roster=RAN_OUT,
        last=last,
        decision="uncovered",
        events=["evidence.withdrawn", "certification.overdue"],
    )


def test_the_end_of_a_suspicion_and_a_notice_come_in_this_order(decides: Decides) -> None:
    last = decides("kind | happened_on\nabsence | 2026-06-01", roster=RAN_OUT, decision="suspected")
    decides(
        roster=RAN_OUT,
        last=last,
        decision="uncovered",
        events=["eligibility.suspicion.cleared", "certification.overdue"],
    )
