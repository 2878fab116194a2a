from datetime import date

from gateway.decide.findings import LiveCause, live_causes
from tests.unit.decide.decided import POLICY, Row, outcome, reference, row

HELD = {"role": "custody", "kind": "custody", "dataset": "detentions"}


def causes(decision: Row, *behind: Row) -> list[LiveCause]:
    return live_causes(outcome([decision], behind), POLICY)


def test_a_suspicion_is_to_be_verified_with_the_rows_it_rests_on() -> None:
    [found] = causes(
        row(decision="suspected", causes=["death"]), reference(1), reference(2, standing="doubt")
    )
    assert found == LiveCause(
        benefit_id="B1",
        person=1,
        person_no="P1",
        benefit="employee_pension",
        county="990101",
        cause="death",
        reason="death",
        suspected=True,
        contents=[1001],
        datasets=["death_certificates"],
        evidence=[
            {
                "id": f"ev_{1:032x}00",
                "department": "health",
                "kind": "death",
                "happened_on": "2026-06-01",
            }
        ],
    )


def test_a_cause_that_comes_after_another_is_to_be_verified_too() -> None:
    sentence = reference(2, **HELD, standing="open", basis="sentence")
    found = causes(row(decision="suspected", causes=["custody", "death"]), reference(1), sentence)
    assert [(cause.cause, cause.reason, cause.suspected, cause.contents) for cause in found] == [
        ("custody", "sentence", False, [1002]),
        ("death", "death", True, [1001]),
    ]


def test_the_graver_reason_of_a_custody_is_given() -> None:
    rows = [
        reference(1, **HELD, standing="open", basis="detention"),
        reference(2, **HELD, standing="unconfirmed", basis="sentence"),
        reference(3, **HELD, standing="over", basis="sentence"),
    ]
    [found] = causes(row(causes=["custody"]), *rows)
    assert (found.reason, found.suspected, found.contents) == ("sentence", False, [1001, 1002])
    [alone] = causes(row(causes=["custody"]), rows[0])
    assert alone.reason == "detention"


def test_a_doubt_rests_on_the_doubted_rows_that_would_touch_the_benefit() -> None:
    rows = [
        reference(1, standing="doubt"),
        reference(2, **HELD, standing="doubt", basis="detention"),
        reference(3),
    ]
    [found] = causes(row(benefit="survivor_allowance", causes=["identity_doubt"]), *rows)
    assert (found.reason, found.suspected, found.contents) == (None, False, [1001])


def test_a_ground_of_few_benefits_rests_on_its_own_kind_of_record() -> None:
    rows = [
        reference(1, role="ground", kind="marriage", dataset="marriages", happened_on=date(2026, 5, 1)),
        reference(2, role="ground", kind="enlisted"),
        reference(3, role="abroad", kind="emigration"),
    ]
    decision = row(decision="suspected", reason="remarriage", causes=["remarriage"])
    [found] = causes(decision, *rows)
    assert (found.reason, found.contents, found.datasets) == ("remarriage", [1001], ["marriages"])


def test_a_pension_drawn_besides_rests_on_no_record() -> None:
    [found] = causes(row(decision="suspected", reason="also_pension", causes=["also_pension"]), reference(1))
    assert (found.contents, found.datasets, found.evidence) == ([], [], [])


def test_with_a_conflict_the_evidence_of_life_is_looked_at_but_not_silenced() -> None:
    seen = reference(2, role="against", kind="hospital_stay")
    [found] = causes(row(decision="conflicting", causes=["death"]), reference(1), seen)
    assert found.contents == [1001]
    assert [each["kind"] for each in found.evidence] == ["death", "hospital_stay"]


def test_what_is_not_live_is_not_to_be_verified() -> None:
    assert causes(row(holds=["death"]), reference(1, standing="doubt")) == []
