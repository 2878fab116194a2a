"""POLICY 4, notice 二（五）: the way back after a suspicion is cleared, and after custody above all."""

import pytest

from tests.spec.manual import Decides

SUSPENDED = {
    "benefit": "employee_pension",
    "payment_status": "suspended",
    "last_certified_on": "2025-12-01",
    "suspended_on": "2026-03-01",
}
INSTITUTION = SUSPENDED | {"benefit": "institution_pension"}
SENTENCE = "kind | basis | began_on | happened_on\ncustody | sentence | 2026-02-01 |"
DETENTION = "kind | basis | began_on | happened_on\ncustody | detention | 2026-02-01 |"
RELEASE = "\nrelease | | | 2026-06-20"
VISIT = "kind | department | happened_on\nhospital_stay | health | 2026-06-20"


def test_the_end_of_a_suspected_death_carries_the_way_back(decides: Decides) -> None:
    last = decides("kind | basis | happened_on\ndeath | cremation | 2026-02-01", roster=SUSPENDED)
    told = decides(
        roster=SUSPENDED,
        last=last,
        ledger={"held": ["death"]},
        events=["eligibility.suspicion.cleared"],
    )
    assert told.last["restoration"] == {
        "procedure": "automatic",
        "requires": [],
        "back_pay": "yes",
        "clause": "湘人社办发〔2026〕10号 二（五）",
        "post_restoration_review": False,
    }


@pytest.mark.parametrize(
    ("custody", "back_pay"), [(SENTENCE, "no"), (DETENTION, "agency_decides")], ids=["sentence", "detention"]
)
def test_after_custody_the_person_brings_documents_and_time_served_is_not_paid(
    decides: Decides, custody: str, back_pay: str
) -> None:
    last = decides(custody, roster=SUSPENDED, decision="suspected")
    told = decides(
        custody + RELEASE,
        roster=SUSPENDED,
        last=last,
        ledger={"held": ["custody"], "custody_on": "2026-05-31"},
        events=["eligibility.suspicion.cleared"],
    )
    assert told.last["restoration"]["requires"] == ["in_person_documents"]
    assert told.last["restoration"]["back_pay"] == back_pay


def test_the_employer_of_an_institution_pension_verifies_too(decides: Decides) -> None:
    last = decides(SENTENCE, roster=INSTITUTION)
    told = decides(
        SENTENCE + RELEASE,
        roster=INSTITUTION,
        last=last,
        ledger={"held": ["custody"], "custody_on": "2026-05-31"},
    )
    assert told.last["restoration"]["requires"] == ["employer_verification", "in_person_documents"]


def test_the_suspicion_of_custody_says_already_what_it_takes(decides: Decides) -> None:
    decides(
        SENTENCE,
        roster=SUSPENDED,
        says={"requires": ["in_person_documents"], "suggested_channel": "counter", "notify": True},
    )
    decides(
        SENTENCE,
        roster=INSTITUTION,
        says={"requires": ["employer_verification", "in_person_documents"], "suggested_channel": "employer"},
    )


@pytest.mark.parametrize(
    ("custody_on", "requires"),
    [("2026-03-15", ["in_person_documents"]), ("2025-10-01", [])],
    ids=["since the suspension", "before it and before the last certification"],
)
def test_documents_are_asked_for_where_a_custody_was_suspected_since(
    decides: Decides, custody_on: str, requires: list[str]
) -> None:
    told = decides(
        VISIT,
        roster=SUSPENDED,
        ledger={"custody_on": custody_on},
        decision="certified",
        events=["certification.renewed"],
    )
    assert told.last["restoration"]["requires"] == requires


def test_a_suspicion_of_a_benefit_that_is_paid_ends_without_a_way_back(decides: Decides) -> None:
    paid = SUSPENDED | {"payment_status": "paying"}
    last = decides(SENTENCE, roster=paid)
    decides(
        SENTENCE + RELEASE,
        roster=paid,
        last=last,
        ledger={"held": ["custody"]},
        events=["eligibility.suspicion.cleared"],
        says={"restoration": None},
    )
