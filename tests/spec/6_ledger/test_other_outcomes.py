"""POLICY 6, notice 二（五）（七）: an entry that is open too long, and a loss that a person confirmed."""

from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
DEATH = "kind | department | basis | happened_on\ndeath | health | medical_certificate | 2026-05-01"
NUMBERED = "kind | basis | happened_on | content\ndeath | cremation | 2026-05-01 | 1"
SECOND = "\ndeath | courts | declared_by_court | 2026-05-01"
VISIT = "kind | happened_on\nhospital_stay | 2026-06-20"
OPEN = {"held": ["death"]}
LATE = OPEN | {"late": ["death"]}
LOST = OPEN | {"confirmed": ["death"]}


def test_a_verification_may_take_thirty_days(policy: Policy) -> None:
    assert policy.ledger.verify_within_days.value == 30


def test_a_suspicion_nobody_closed_in_time_is_told_as_unresolved(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, events=["eligibility.suspected"])
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        ledger=LATE,
        decision="suspected",
        unresolved=True,
        events=["eligibility.suspicion.unresolved"],
        says={"reason": "death", "verify_within_days": 30, "notify": True},
    )


def test_so_is_a_conflict(decides: Decides) -> None:
    seen = DEATH + "\nborder_crossing | police | | 2026-05-20"
    last = decides(seen, roster=PENSION, events=["certification.conflict.found"])
    decides(seen, roster=PENSION, last=last, ledger=LATE, events=["eligibility.suspicion.unresolved"])


def test_it_is_told_once(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(DEATH, roster=PENSION, last=last, ledger=LATE, unresolved=True)
    decides(DEATH, roster=PENSION, last=last, ledger=OPEN, unresolved=False, changed=False, events=[])


def test_a_finding_that_changed_is_told_before_it(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    decides(
        DEATH + SECOND,
        roster=PENSION,
        last=last,
        ledger=LATE,
        events=["eligibility.suspected", "eligibility.suspicion.unresolved"],
        says={"confidence": "corroborated"},
    )


def test_an_entry_whose_ground_ended_is_not_told_so(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(roster=PENSION, last=last, ledger=OPEN, events=["eligibility.suspicion.cleared"])
    decides(roster=PENSION, last=last, ledger=LATE, unresolved=False, events=[])


def test_a_cause_that_was_not_taken_is_not_told_so(decides: Decides) -> None:
    both = """
        kind    | basis     | happened_on | began_on
        death   | cremation | 2026-05-01  |
        custody | sentence  |             | 2026-05-01
        """
    last = decides(both, roster=PENSION, reason="death")
    decides(
        both,
        roster=PENSION,
        last=last,
        ledger={"held": ["custody", "death"], "late": ["custody"]},
        unresolved=False,
        events=[],
    )


def test_a_confirmed_loss_goes_on_holding_though_its_evidence_is_gone(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(DEATH, roster=PENSION, last=last, ledger=LOST, decision="suspected", events=[])
    decides(VISIT, roster=PENSION, last=last, ledger=LOST, decision="uncovered", holds=["death"])


def test_what_is_confirmed_changes_in_silence(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, confidence="single_source")
    decides(
        DEATH + SECOND,
        roster=PENSION,
        last=last,
        ledger=LOST,
        decision="suspected",
        confidence="corroborated",
        confirmed=True,
        events=[],
    )


def test_a_confirmed_loss_may_be_found_eligible_anew(decides: Decides) -> None:
    last = decides(NUMBERED, roster=PENSION)
    last = decides(NUMBERED, roster=PENSION, last=last, ledger=LOST, events=[])
    decides(
        NUMBERED,
        roster=PENSION,
        last=last,
        ledger={"silenced": [1], "verified_on": "2026-06-29"},
        decision="certified",
        holds=[],
        events=["eligibility.suspicion.cleared"],
        says={"method": "verification", "certified_on": "2026-06-29"},
    )


def test_a_confirmed_loss_is_neither_due_nor_overdue(decides: Decides) -> None:
    ran_out = PENSION | {"last_certified_on": "2025-06-01"}
    last = decides(DEATH, roster=ran_out)
    decides(DEATH, roster=ran_out, last=last, ledger=LOST, due=False, overdue=False, events=[])


def test_a_duplicate_entry_changes_nothing(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    decides(DEATH, roster=PENSION, last=last, ledger=OPEN, changed=False, events=[])
    decides(DEATH, roster=PENSION, last=last, ledger={}, decision="suspected", holds=["death"], events=[])
