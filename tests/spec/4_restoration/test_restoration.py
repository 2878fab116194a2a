"""POLICY 4, notice 二（五）: what a suspended benefit needs for its payment to come back."""

import pytest

from tests.spec.manual import Decides

VISIT = "kind | department | happened_on\nhospital_stay | health | 2026-06-20"
SUSPENDED = {
    "benefit": "employee_pension",
    "payment_status": "suspended",
    "last_certified_on": "2025-05-01",
    "suspended_on": "2026-05-02",
}
RENEWED = {"certified_on": "2026-06-20", "events": ["certification.renewed"]}


def restored(**given: object) -> dict[str, object]:
    plain = {"procedure": "automatic", "requires": [], "back_pay": "yes", "post_restoration_review": False}
    return plain | {"clause": "湘人社办发〔2026〕10号 二（五）"} | given


def test_within_a_year_of_suspension_payment_comes_back_by_itself(decides: Decides) -> None:
    decides(VISIT, roster=SUSPENDED, **RENEWED, says={"restoration": restored()})


def test_a_benefit_that_is_paid_needs_no_way_back(decides: Decides) -> None:
    decides(VISIT, roster=SUSPENDED | {"payment_status": "paying"}, **RENEWED, says={"restoration": None})


@pytest.mark.parametrize(
    ("suspended_on", "requires", "review"),
    [("2025-06-20", [], False), ("2025-06-19", ["commitment"], True)],
    ids=["exactly a year", "more than a year"],
)
def test_suspended_for_more_than_a_year_it_asks_for_a_commitment_and_is_looked_at_afterwards(
    decides: Decides, suspended_on: str, requires: list[str], *, review: bool
) -> None:
    decides(
        VISIT,
        roster=SUSPENDED | {"suspended_on": suspended_on},
        **RENEWED,
        says={"restoration": restored(requires=requires, post_restoration_review=review)},
    )


@pytest.mark.parametrize(
    ("last_certified_on", "requires"),
    [("2024-06-20", []), ("2024-06-19", ["commitment"])],
    ids=["exactly two years", "more than two years"],
)
def test_certified_more_than_two_years_ago_it_asks_for_a_commitment(
    decides: Decides, last_certified_on: str, requires: list[str]
) -> None:
    decides(
        VISIT,
        roster=SUSPENDED | {"last_certified_on": last_certified_on},
        **RENEWED,
        says={"restoration": restored(requires=requires)},
    )


@pytest.mark.parametrize(
    ("last_certified_on", "procedure", "back_pay"),
    [("2021-06-21", "automatic", "yes"), ("2021-06-20", "resumption", "agency_decides")],
    ids=["a day less than five years", "five years"],
)
def test_certified_five_years_ago_or_more_it_takes_a_resumption(
    decides: Decides, last_certified_on: str, procedure: str, back_pay: str
) -> None:
    decides(
        VISIT,
        roster=SUSPENDED | {"last_certified_on": last_certified_on},
        **RENEWED,
        says={"restoration": restored(procedure=procedure, requires=["commitment"], back_pay=back_pay)},
    )


def test_stopped_after_verification_it_takes_a_resumption(decides: Decides) -> None:
    decides(
        VISIT,
        roster=SUSPENDED | {"payment_status": "stopped_after_verification"},
        **RENEWED,
        says={"restoration": restored(procedure="resumption", back_pay="agency_decides")},
    )


@pytest.mark.parametrize(
    ("suspended_on", "requires"),
    [("2025-06-20", []), ("2025-06-19", ["commitment", "employer_verification"])],
    ids=["exactly a year", "more than a year"],
)
def test_an_institution_pension_suspended_for_more_than_a_year_is_verified_by_the_employer(
    decides: Decides, suspended_on: str, requires: list[str]
) -> None:
    told = decides(
        VISIT,
        roster=SUSPENDED | {"benefit": "institution_pension", "suspended_on": suspended_on},
        **RENEWED,
    )
    assert told.last["restoration"]["requires"] == requires


def test_years_are_counted_to_the_day_of_certification_and_not_to_the_run(decides: Decides) -> None:
    decides(
        VISIT,
        roster=SUSPENDED | {"last_certified_on": "2024-06-25", "suspended_on": "2025-06-25"},
        **RENEWED,
        says={"restoration": restored()},
    )


def test_a_suspended_benefit_stays_in_every_comparison(decides: Decides) -> None:
    decides(
        "kind | basis | happened_on\ndeath | cremation | 2026-06-01",
        roster=SUSPENDED,
        decision="suspected",
        events=["eligibility.suspected"],
    )
