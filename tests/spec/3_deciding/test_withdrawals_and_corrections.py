"""POLICY 3, Change: what is withdrawn or corrected stops counting; events are only ever followed."""

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2026-01-15"}
DEATH = "kind | basis | happened_on | content\ndeath | cremation | 2026-06-01 | 1"
VISIT = "kind | department | happened_on\nhospital_stay | health | 2026-06-20"
OLDER = "kind | department | happened_on\nhospital_stay | health | 2026-06-10"


def test_the_same_data_twice_makes_no_event(decides: Decides) -> None:
    for records, event in [(DEATH, "eligibility.suspected"), (VISIT, "certification.renewed")]:
        last = decides(records, roster=PENSION, events=[event])
        held = {"held": [] if records == VISIT else ["death"]}
        decides(records, roster=PENSION, last=last, ledger=held, changed=False, events=[])


def test_the_same_run_started_again_makes_the_same_events(decides: Decides) -> None:
    first, second = (decides(DEATH, roster=PENSION) for _ in range(2))
    assert [event.event_id for event in first.events] == [event.event_id for event in second.events]


def test_a_death_that_is_withdrawn_clears_the_suspicion(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected")
    decides(
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        decision="uncovered",
        reason=None,
        events=["eligibility.suspicion.cleared"],
        says={"reason": "death", "replaces": last.events[0].event_id},
    )


def test_a_second_death_makes_the_suspicion_surer_and_says_what_it_replaces(decides: Decides) -> None:
    last = decides(
        """
        kind  | department | basis               | happened_on
        death | health     | medical_certificate | 2026-06-01
        """,
        roster=PENSION,
        confidence="single_source",
    )
    decides(
        """
        kind  | department | basis               | happened_on
        death | health     | medical_certificate | 2026-06-01
        death | courts     | declared_by_court   | 2026-06-01
        """,
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        events=["eligibility.suspected"],
        says={"confidence": "corroborated", "replaces": last.events[0].event_id},
    )


def test_more_of_the_same_changes_the_explanation_and_makes_no_event(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected")
    decides(
        DEATH + "\ndeath | insurance_terminated | 2026-06-01 | 2",
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        changed=True,
        opens=["death"],
        events=[],
    )


def test_a_corrected_day_of_death_is_judged_anew(decides: Decides) -> None:
    last = decides(
        """
        kind          | basis     | happened_on
        death         | cremation | 2026-06-01
        hospital_stay |           | 2026-05-20
        """,
        roster=PENSION,
        decision="suspected",
    )
    decides(
        """
        kind          | basis     | happened_on
        death         | cremation | 2026-05-01
        hospital_stay |           | 2026-05-20
        """,
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        decision="conflicting",
        events=["certification.conflict.found"],
        says={"replaces": last.events[0].event_id},
    )


def test_a_record_that_moves_to_another_person_frees_the_one_it_named_wrongly(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION, decision="suspected")
    decides(
        "person | kind | basis | happened_on\n2 | death | cremation | 2026-06-01",
        roster=PENSION,
        last=last,
        ledger={"held": ["death"]},
        decision="uncovered",
        reason=None,
        events=["eligibility.suspicion.cleared"],
    )


def test_withdrawn_evidence_takes_the_renewal_back_to_what_is_live(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, events=["certification.renewed"])
    decides(
        roster=PENSION,
        last=last,
        certified_by="roster",
        certified_on="2026-01-15",
        events=["evidence.withdrawn"],
        says={"valid_until": "2027-01-15", "replaces": last.events[0].event_id},
    )


def test_older_evidence_that_still_lives_is_what_is_restored(decides: Decides) -> None:
    last = decides(OLDER + "\nmarriage | civil_affairs | 2026-06-20", roster=PENSION)
    decides(
        OLDER,
        roster=PENSION,
        last=last,
        certified_by="evidence",
        certified_on="2026-06-10",
        events=["evidence.withdrawn"],
        says={"valid_until": "2027-06-10"},
    )


def test_what_is_restored_may_have_run_out(decides: Decides) -> None:
    roster = {"benefit": "employee_pension", "last_certified_on": "2025-06-01"}
    last = decides(VISIT, roster=roster, events=["certification.renewed"])
    told = decides(roster=roster, last=last, decision="uncovered", valid_until="2026-06-01")
    assert told.events[0].data.type_name == "evidence.withdrawn"


def test_withdrawing_what_nothing_rested_on_changes_nothing(decides: Decides) -> None:
    last = decides(VISIT + "\nmarriage | civil_affairs | 2026-06-10", roster=PENSION)
    decides(VISIT, roster=PENSION, last=last, certified_on="2026-06-20", events=[])


def test_a_refunded_settlement_certifies_no_longer(decides: Decides) -> None:
    settled = "kind | department | happened_on\nsettlement | medical_insurance | 2026-06-20"
    last = decides(settled, roster=PENSION, certified_on="2026-06-20")
    decides(roster=PENSION, last=last, certified_on="2026-01-15", events=["evidence.withdrawn"])


def test_a_renewal_that_comes_back_in_the_roster_does_not_outlive_its_evidence(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION)
    echo = PENSION | {"last_method": "data_matching", "last_certified_on": "2026-06-20"}
    restored = decides(roster=echo, last=last, certified_on="2026-01-15", events=["evidence.withdrawn"])
    decides(roster=echo, last=restored, certified_on="2026-01-15", events=[])


def test_a_certification_at_the_counter_on_that_day_does(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION)
    counter = PENSION | {"last_certified_on": "2026-06-20", "last_method": "counter"}
    decides(roster=counter, last=last, certified_on="2026-06-20", events=[])
