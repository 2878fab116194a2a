"""POLICY 6, notice 二（七）: a person found the benefit eligible; what was looked at is silenced."""

from gateway.decide.compared import Gaps
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
DEATH = "kind | basis | happened_on | content\ndeath | cremation | 2026-05-01 | 1"
SEEN = DEATH + "\nborder_crossing | | 2026-05-20 | 2"
OPEN = {"held": ["death"]}
ELIGIBLE = {"silenced": [1], "verified_on": "2026-06-29"}


def test_it_clears_the_suspicion_and_certifies_on_the_day_of_the_outcome(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected")
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        decision="certified",
        certified_by="verification",
        certified_on="2026-06-29",
        valid_until="2027-06-29",
        causes=[],
        holds=[],
        verified=True,
        renewed=False,
        events=["eligibility.suspicion.cleared"],
        says={
            "reason": "death",
            "method": "verification",
            "certified_on": "2026-06-29",
            "valid_until": "2027-06-29",
            "replaces": last.events[0].event_id,
        },
    )


def test_a_conflict_is_cleared_as_a_conflict(decides: Decides) -> None:
    last = decides(SEEN, roster=PENSION, decision="conflicting")
    decides(
        SEEN,
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        decision="certified",
        certified_on="2026-06-29",
        events=["certification.conflict.cleared"],
        says={"method": "verification", "replaces": last.events[0].event_id},
    )


def test_a_persons_verification_waits_for_no_comparison(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        gaps=Gaps(uncompared=("cremations",)),
        decision="uncompared",
        certified_by="verification",
        certified_on="2026-06-29",
        events=["eligibility.suspicion.cleared"],
        says={"method": "verification", "valid_until": "2027-06-29"},
    )


def test_a_suspended_benefit_is_told_its_way_back(decides: Decides) -> None:
    suspended = PENSION | {"payment_status": "suspended", "suspended_on": "2026-05-02"}
    last = decides(DEATH, roster=suspended)
    told = decides(DEATH, roster=suspended, last=last, ledger=ELIGIBLE)
    assert told.last["restoration"]["procedure"] == "automatic"


def test_an_entry_whose_ground_had_ended_is_closed_without_a_second_clearing(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(roster=PENSION, last=last, ledger=OPEN, events=["eligibility.suspicion.cleared"])
    decides(
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        decision="certified",
        certified_by="verification",
        certified_on="2026-06-29",
        events=["certification.renewed"],
        says={"method": "verification", "valid_until": "2027-06-29"},
    )


def test_a_benefit_without_a_cycle_is_cleared_and_not_certified(decides: Decides) -> None:
    unemployed = {"benefit": "unemployment_benefit"}
    last = decides(DEATH, roster=unemployed, decision="suspected")
    decides(
        DEATH,
        roster=unemployed,
        last=last,
        ledger=ELIGIBLE,
        decision="uncovered",
        certified_on=None,
        events=["eligibility.suspicion.cleared"],
    )


def test_the_same_evidence_says_nothing_from_then_on(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(DEATH, roster=PENSION, last=last, ledger=ELIGIBLE)
    decides(DEATH, roster=PENSION, last=last, ledger=ELIGIBLE, decision="certified", changed=False, events=[])


def test_changed_content_is_new_evidence_and_a_new_suspicion(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(DEATH, roster=PENSION, last=last, ledger=ELIGIBLE)
    decides(
        "kind | basis | happened_on | content\ndeath | cremation | 2026-06-29 | 3",
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        decision="suspected",
        reason="death",
        certified_on="2026-06-29",
        events=["eligibility.suspected"],
        says={"replaces": None},
        opens=["death"],
    )


def test_it_is_silenced_for_this_benefit_alone(decides: Decides) -> None:
    told = decides(DEATH, roster=PENSION, beside=[PENSION], ledger=ELIGIBLE, decision="certified")
    assert [state["decision"] for state in told.states if state["benefit_id"] == "B2"] == ["suspected"]


def test_only_what_was_looked_at_is_silenced(decides: Decides) -> None:
    decides(
        DEATH + "\ndeath | register_cancelled | 2026-05-01 | 2",
        roster=PENSION,
        ledger=ELIGIBLE,
        decision="suspected",
        confidence="single_source",
    )


def test_a_silenced_death_corroborates_no_other(decides: Decides) -> None:
    decides(
        """
        kind  | department    | basis             | happened_on | content
        death | civil_affairs | cremation         | 2026-05-01  | 1
        death | courts        | declared_by_court | 2026-05-01  | 2
        """,
        roster=PENSION,
        ledger=ELIGIBLE,
        decision="suspected",
        confidence="single_source",
    )


def test_other_causes_go_on_to_hold(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE | {"held": ["custody"]},
        decision="uncovered",
        holds=["custody"],
        events=["eligibility.suspicion.cleared"],
    )


def test_a_verification_of_a_later_day_is_not_seen_yet(decides: Decides) -> None:
    decides(roster=PENSION, ledger={"verified_on": "2026-07-01"}, certified_on="2026-01-15", verified=False)


def test_newer_evidence_renews_after_a_verification(decides: Decides) -> None:
    last = decides(roster=PENSION, ledger={"verified_on": "2026-05-01"}, certified_on="2026-05-01")
    decides(
        "kind | happened_on\nhospital_stay | 2026-06-20",
        roster=PENSION,
        last=last,
        ledger={"verified_on": "2026-05-01"},
        certified_on="2026-06-20",
        certified_by="evidence",
        events=["certification.renewed"],
        says={"method": "data_matching"},
    )


def test_a_pension_beside_unemployment_benefit_is_silenced_by_its_day(decides: Decides) -> None:
    unemployed = {"benefit": "unemployment_benefit"}
    pension = PENSION | {"first_seen_on": "2026-05-31"}
    looked_at = {"pension_silenced_on": "2026-05-31"}
    decides(roster=unemployed, beside=[pension], ledger=looked_at, decision="uncovered", causes=[])
    newer = pension | {"first_seen_on": "2026-06-01"}
    decides(roster=unemployed, beside=[newer], ledger=looked_at, reason="also_pension")


def test_while_another_cause_stands_the_day_counts_only_once_that_has_ended(decides: Decides) -> None:
    both = DEATH + "\nabsence | | 2026-06-01 | 2"
    last = decides(both, roster=PENSION, reason="death")
    last = decides(
        both,
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        decision="suspected",
        reason="absence",
        certified_on="2026-01-15",
        verified=False,
        events=["eligibility.suspected"],
    )
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        ledger=ELIGIBLE,
        decision="certified",
        certified_on="2026-06-29",
        verified=True,
        events=["eligibility.suspicion.cleared"],
    )
