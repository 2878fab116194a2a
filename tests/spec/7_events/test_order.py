"""POLICY 7: events are never rewritten, only followed; their order is kept per benefit."""

from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "last_certified_on": "2025-06-01"}
VISIT = "kind | department | basis | happened_on\nhospital_stay | health | | 2026-06-01"
DEATH = "kind | department | basis | happened_on\ndeath | health | medical_certificate | 2026-06-10"
SECOND = "\ndeath | courts | declared_by_court | 2026-06-10"
SEEN = "\nborder_crossing | police | | 2026-06-20"
OPEN = {"held": ["death"]}


def test_a_run_a_late_correction_a_run(decides: Decides) -> None:
    died = VISIT + DEATH.partition("happened_on")[2]
    renewed = decides(VISIT, roster=PENSION, events=["certification.renewed"])
    suspected = decides(died, roster=PENSION, last=renewed, events=["eligibility.suspected"])
    surer = decides(
        died + SECOND, roster=PENSION, last=suspected, ledger=OPEN, events=["eligibility.suspected"]
    )
    conflict = decides(
        died + SECOND + SEEN,
        roster=PENSION,
        last=surer,
        ledger=OPEN,
        events=["certification.conflict.found"],
    )
    cleared = decides(
        VISIT, roster=PENSION, last=conflict, ledger=OPEN, events=["certification.conflict.cleared"]
    )
    chain = [told.events[0] for told in (renewed, suspected, surer, conflict, cleared)]
    ids = [event.event_id for event in chain]
    assert [event.causation_id for event in chain] == [None, *ids[:-1]]
    assert [event.replaces for event in chain] == [None, None, *ids[1:-1]]
    assert len(set(ids)) == len(ids)


def test_several_events_of_one_run_follow_each_other(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, events=["certification.renewed"])
    told = decides(roster=PENSION, last=last, events=["evidence.withdrawn", "certification.overdue"])
    withdrawn, overdue = told.events
    assert (withdrawn.causation_id, overdue.causation_id) == (last.events[0].event_id, withdrawn.event_id)
    assert told.row["last_event_id"] == overdue.event_id


def test_a_renewal_that_is_taken_back_is_the_one_replaced(decides: Decides) -> None:
    last = decides(VISIT, roster=PENSION, events=["certification.renewed"])
    decides(roster=PENSION, last=last, says={"replaces": None}, overdue=True)
    told = decides(roster=PENSION, last=last)
    assert told.events[0].replaces == last.events[0].event_id


def test_a_suspicion_after_one_that_was_cleared_replaces_nothing(decides: Decides) -> None:
    last = decides(DEATH, roster=PENSION)
    last = decides(roster=PENSION, last=last, ledger=OPEN)
    assert last.row["suspicion_event_id"] is None
    decides(
        DEATH,
        roster=PENSION,
        last=last,
        ledger=OPEN,
        events=["eligibility.suspected"],
        says={"replaces": None},
    )


def test_the_same_finding_at_another_place_of_the_history_is_another_event(decides: Decides) -> None:
    first = decides(DEATH, roster=PENSION)
    cleared = decides(roster=PENSION, last=first, ledger=OPEN)
    again = decides(DEATH, roster=PENSION, last=cleared, ledger=OPEN)
    assert first.events[0].event_id != again.events[0].event_id
