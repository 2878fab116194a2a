"""POLICY 7: what an event says, and what it never says."""

import json

import pytest

from gateway.events import EVENT_TYPES, serialise
from gateway.policy import Policy
from tests.spec.manual import Decides

PENSION = {"benefit": "employee_pension", "person_no": "P1", "last_certified_on": "2026-01-15"}
DEATH = "kind | department | basis | happened_on\ndeath | health | medical_certificate | 2026-06-10"
SENTENCE = "kind | department | basis | began_on\ncustody | courts | sentence | 2026-06-10"
VISIT = "kind | department | happened_on\nhospital_stay | health | 2026-06-20"


def test_there_are_ten_types() -> None:
    assert sorted(event.type_name for event in EVENT_TYPES) == [
        "certification.conflict.cleared",
        "certification.conflict.found",
        "certification.due",
        "certification.overdue",
        "certification.renewed",
        "eligibility.loss.confirmed",
        "eligibility.suspected",
        "eligibility.suspicion.cleared",
        "eligibility.suspicion.unresolved",
        "evidence.withdrawn",
    ]


def test_a_suspicion_says_whom_what_why_and_by_which_rules(decides: Decides, policy: Policy) -> None:
    told = decides(DEATH, roster=PENSION)
    evidence = told.last["evidence"]
    assert told.last | {"evidence": []} == {
        "person_no": "P1",
        "benefit_id": "B1",
        "benefit": "employee_pension",
        "county": "990101",
        "decision": "suspected",
        "reason": "death",
        "confidence": "single_source",
        "as_of": "2026-06-30",
        "certified_on": "2026-01-15",
        "valid_until": "2027-01-15",
        "suggested_channel": "self_service",
        "notify": True,
        "clauses": ["湘人社办发〔2026〕10号 二（五）", "社会保险经办条例 26"],
        "policy_version": policy.version,
        "evidence": [],
    }
    assert [(row["department"], row["kind"], row["happened_on"]) for row in evidence] == [
        ("health", "death", "2026-06-10")
    ]


def test_a_renewal_says_of_its_evidence_department_and_strength_only(decides: Decides) -> None:
    decides(VISIT, roster=PENSION, says={"evidence": [{"department": "health", "strength": "strong"}]})


@pytest.mark.parametrize("records", [DEATH, SENTENCE], ids=["death", "custody"])
def test_evidence_has_an_opaque_id_and_no_basis(decides: Decides, records: str) -> None:
    for row in decides(records, roster=PENSION).last["evidence"]:
        assert set(row) <= {"id", "department", "kind", "happened_on"}


def test_the_rows_that_were_looked_at_and_not_taken_are_not_in_the_event(decides: Decides) -> None:
    both = """
        kind    | department | basis               | happened_on | began_on
        death   | health     | medical_certificate | 2026-06-10  |
        custody | courts     | sentence            |             | 2026-06-01
        """
    told = decides(both, roster=PENSION, causes=["custody", "death"])
    assert [row["kind"] for row in told.last["evidence"]] == ["death"]


def test_an_envelope_names_the_type_the_benefit_and_the_run(decides: Decides) -> None:
    [event] = decides(DEATH, roster=PENSION).events
    sent = json.loads(serialise(event, 7))
    assert {name: sent[name] for name in ("specversion", "type", "subject", "correlationid", "sequence")} == {
        "specversion": "1.0",
        "type": "cn.test.eligibility.suspected",
        "subject": "B1",
        "correlationid": "run-1",
        "sequence": "00000000000000000007",
    }


def test_what_is_not_known_is_left_out(decides: Decides) -> None:
    told = decides(DEATH, roster={"benefit": "unemployment_benefit", "insured_county": None})
    assert not {"county", "certified_on", "valid_until", "replaces", "date_disputed"} & set(told.last)
