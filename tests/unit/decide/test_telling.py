from datetime import date
from typing import Any

import pytest

from gateway.decide.tell import told_of
from gateway.events import MAX_EVIDENCE, BenefitEvent
from tests.unit.decide.decided import AS_OF, POLICY, Row, changed, reference, was

CERTIFIED = {
    "decision": "certified",
    "certified_on": date(2026, 6, 20),
    "valid_until": date(2027, 6, 20),
    "certified_by": "evidence",
}
VERIFIED = CERTIFIED | {"certified_by": "verification", "verified": True}
ENDED = {"decision": "uncovered", "holds": ["death"]}
SUSPENDED = {"payment_status": "suspended", "suspended_on": date(2026, 3, 1)}
LIFE = reference(9, role="life", kind="hospital_stay", strength="strong")
CUSTODY = {"reason": "sentence", "confidence": "single_source", "causes": ["custody"]}


def events(*behind: Row, **given: Any) -> list[BenefitEvent]:
    return told_of(changed(*behind, **given), AS_OF)


def types(*behind: Row, **given: Any) -> list[str]:
    return [event.type_name for event in events(*behind, **given)]


def data(*behind: Row, **given: Any) -> dict[str, Any]:
    """The data of the only event, as it is sent."""
    [event] = events(*behind, **given)
    return event.model_dump(mode="json", exclude_none=True)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"decision": "suspected"}, ["eligibility.suspected"]),
        ({"decision": "conflicting"}, ["certification.conflict.found"]),
        ({"decision": "suspected"} | was("conflicting"), ["eligibility.suspected"]),
        ({"decision": "conflicting"} | was("suspected"), ["certification.conflict.found"]),
        ({"decision": "suspected"} | was("suspected"), []),
        (
            {"decision": "suspected", "confidence": "corroborated"} | was("suspected"),
            ["eligibility.suspected"],
        ),
        ({"decision": "suspected", "reason": "absence"} | was("suspected"), ["eligibility.suspected"]),
        (ENDED | was("suspected"), ["eligibility.suspicion.cleared"]),
        (ENDED | was("conflicting"), ["certification.conflict.cleared"]),
        ({}, []),
    ],
    ids=[
        "suspected",
        "conflicting",
        "a conflict becomes a suspicion",
        "a suspicion becomes a conflict",
        "the same suspicion",
        "corroborated since",
        "another reason",
        "a suspicion ends",
        "a conflict ends",
        "nothing",
    ],
)
def test_a_finding_is_told_when_it_begins_changes_and_ends(
    given: dict[str, Any], expected: list[str]
) -> None:
    assert types(**given) == expected


@pytest.mark.parametrize("decision", ["suspected", "conflicting", "uncovered"])
def test_what_follows_a_finding_names_the_event_it_replaces(decision: str) -> None:
    told = data(
        **was("suspected") | {"decision": decision, "reason": "absence", "confidence": "single_source"}
    )
    assert told["replaces"] == "evt_open"


def test_a_loss_that_a_person_confirmed_changes_silently_until_it_ends() -> None:
    corroborated = {"confirmed": True, "confidence": "corroborated"}
    assert types(decision="suspected", **corroborated | was("suspected")) == []
    assert types(decision="conflicting", **corroborated | was("suspected")) == []
    assert types(**ENDED | was("suspected")) == ["eligibility.suspicion.cleared"]


def test_a_finding_that_was_never_told_ends_in_silence_and_is_told_once_it_is_no_longer_confirmed() -> None:
    silent = was("suspected") | {"suspicion_event_id": None}
    assert types(**ENDED | silent) == []
    assert types(decision="suspected", **silent) == ["eligibility.suspected"]


def test_a_suspicion_says_all_it_knows() -> None:
    assert data(reference(7), decision="suspected", causes=["death"]) == {
        "person_no": "P1",
        "benefit_id": "B1",
        "benefit": "employee_pension",
        "county": "990101",
        "decision": "suspected",
        "as_of": "2026-06-30",
        "reason": "death",
        "confidence": "single_source",
        "suggested_channel": "self_service",
        "notify": True,
        "clauses": ["湘人社办发〔2026〕10号 二（五）", "社会保险经办条例 26"],
        "policy_version": POLICY.version,
        "evidence": [
            {
                "id": f"ev_{7:032x}00",
                "department": "health",
                "kind": "death",
                "happened_on": "2026-06-01",
            }
        ],
    }


@pytest.mark.parametrize(
    ("given", "name", "said"),
    [
        (
            {"disputed_from": date(2026, 5, 1), "disputed_until": date(2026, 6, 1)},
            "date_disputed",
            ["2026-05-01", "2026-06-01"],
        ),
        ({"rests_on_voided": True}, "rests_on_voided", True),
        (CUSTODY | {"release_unconfirmed": True}, "release_unconfirmed", True),
        (CUSTODY, "requires", ["in_person_documents"]),
        (
            CUSTODY | {"benefit": "institution_pension"},
            "requires",
            ["employer_verification", "in_person_documents"],
        ),
        (CUSTODY, "suggested_channel", "counter"),
    ],
)
def test_a_suspicion_says_what_is_particular_about_it(given: dict[str, Any], name: str, said: object) -> None:
    assert data(**{"decision": "suspected"} | given)[name] == said


def test_a_conflict_names_both_sides_and_whether_the_person_is_likely_alive() -> None:
    against = reference(8, role="against", kind="certification_elsewhere", key_hash=None, department="roster")
    told = data(against, reference(7), decision="conflicting", causes=["death"], likely_alive=True)
    assert told["priority"] == "likely_alive"
    assert [(found["kind"], found["id"][:9]) for found in told["evidence"]] == [
        ("death", "ev_000000"),
        ("certification_elsewhere", "ev_roster"),
    ]
    assert "priority" not in data(decision="conflicting")


def test_a_suspicion_names_only_what_it_rests_on() -> None:
    held = {"role": "custody", "kind": "custody", "standing": "open"}
    behind = [
        reference(1),
        reference(2, standing="doubt"),
        reference(3, **held, basis="detention"),
        reference(4, **held, basis="sentence"),
        reference(5, **held | {"standing": "over"}, basis="sentence"),
    ]
    told = data(*behind, **CUSTODY, decision="suspected", benefit="survivor_allowance")
    assert [found["id"] for found in told["evidence"]] == [f"ev_{4:032x}00"]


def test_very_much_evidence_is_cut_to_the_newest_of_both_sides() -> None:
    against = [reference(n, role="against", kind="hospital_stay") for n in range(100, 200)]
    deaths = [reference(n) for n in range(1, 100)]
    told = data(*against, *deaths, decision="conflicting", causes=["death"])
    kinds = [found["kind"] for found in told["evidence"]]
    assert kinds == ["death"] * (MAX_EVIDENCE // 2) + ["hospital_stay"] * (MAX_EVIDENCE // 2)
    assert told["evidence"][-1]["id"] == f"ev_{199:032x}00"


def test_a_renewal_tells_of_its_evidence_whose_it_is_and_how_strong_no_more() -> None:
    told = data(LIFE, LIFE, **CERTIFIED, renewed=True)
    assert (told["method"], told["decision"]) == ("data_matching", "certified")
    assert told["evidence"] == [{"department": "health", "strength": "strong"}]
    assert told["clauses"] == [
        "湘人社办发〔2026〕10号 二（一）",
        "湘人社办发〔2026〕10号 二（二）",
        "湘人社办发〔2026〕10号 三（四）",
    ]


def test_a_verification_certifies_with_the_event_that_clears() -> None:
    told = data(**VERIFIED | SUSPENDED | was("suspected", "death"))
    assert told["method"] == "verification"
    assert told["reason"] == "death"
    assert (told["certified_on"], told["valid_until"]) == ("2026-06-20", "2027-06-20")
    assert told["restoration"]["procedure"] == "automatic"
    assert "湘人社办发〔2026〕10号 二（七）" in told["clauses"]


def test_a_verification_after_the_ground_has_ended_is_a_renewal() -> None:
    told = data(**VERIFIED | SUSPENDED)
    assert (told["method"], told["evidence"]) == ("verification", [])
    assert told["restoration"]["back_pay"] == "yes"


def test_a_verification_of_one_cause_renews_though_another_is_suspected() -> None:
    told = data(
        **VERIFIED | was("suspected") | {"decision": "suspected", "reason": "death"} | {"holds": ["death"]}
    )
    assert (told["method"], told["decision"]) == ("verification", "suspected")


def test_a_benefit_without_a_cycle_is_verified_without_a_renewal() -> None:
    assert types(benefit="unemployment_benefit", verified=True) == []


def test_only_a_payment_that_is_suspended_comes_back() -> None:
    assert "restoration" not in data(LIFE, **CERTIFIED, renewed=True)
    assert "restoration" in data(LIFE, **CERTIFIED | SUSPENDED, renewed=True)
    assert "restoration" not in data(**ENDED | was("suspected"))
    assert "restoration" in data(**ENDED | SUSPENDED | was("suspected"))


def test_what_ended_a_custody_is_named() -> None:
    release = reference(3, role="custody_end", kind="release", department="justice")
    told = data(release, **ENDED | was("suspected", "sentence"))
    assert [found["kind"] for found in told["evidence"]] == ["release"]
    assert data(release, **ENDED | was("suspected", "death"))["evidence"] == []


def test_a_renewal_taken_back_carries_what_is_restored() -> None:
    restored = {"decision": "certified", "certified_on": date(2025, 8, 1), "valid_until": date(2026, 8, 1)}
    told = data(**restored, withdrawn=True, renewal_event_id="evt_renewed")
    assert told["replaces"] == "evt_renewed"
    assert told["valid_until"] == "2026-08-01"
    assert "valid_until" not in data(withdrawn=True, renewal_event_id="evt_renewed")


def test_notices_go_to_the_person_with_a_channel() -> None:
    soon = {"decision": "certified", "certified_on": date(2025, 8, 1), "valid_until": date(2026, 8, 1)}
    due = data(**soon, due=True, notice_days=60, notice_for=date(2026, 8, 1))
    assert (due["within_days"], due["notify"], due["suggested_channel"]) == (60, True, "self_service")
    overdue = data(overdue=True, notice_days=0, was_notice_days=15)
    assert (overdue["decision"], overdue["notify"]) == ("uncovered", True)
    assert overdue["suggested_channel"] == "community"
    assert "湘人社办发〔2026〕10号 二（五）" in overdue["clauses"]


def test_a_verification_that_takes_too_long_leaves_the_suspicion_as_it_was_told() -> None:
    told = data(
        reference(7), decision="suspected", causes=["death"], unresolved=True, **was("suspected", "death")
    )
    assert told["verify_within_days"] == POLICY.ledger.verify_within_days.value
    assert told["reason"] == "death"
    assert len(told["evidence"]) == 1
    assert "replaces" not in told


def test_what_one_run_tells_has_an_order() -> None:
    assert types(**ENDED | was("suspected"), withdrawn=True, overdue=True) == [
        "eligibility.suspicion.cleared",
        "evidence.withdrawn",
        "certification.overdue",
    ]
    assert types(decision="conflicting", unresolved=True, withdrawn=True, **was("suspected")) == [
        "certification.conflict.found",
        "evidence.withdrawn",
        "eligibility.suspicion.unresolved",
    ]
