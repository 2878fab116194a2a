from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.clock import add_months
from gateway.decide.restoration import restoration
from gateway.events import Restoration
from tests.unit.decide.decided import AS_OF, POLICY, Row, changed, reference, was

SUSPENDED = {
    "payment_status": "suspended",
    "suspended_on": date(2026, 3, 1),
    "was_certified_on": date(2025, 2, 1),
    "roster_certified_on": date(2025, 2, 1),
    "certified_on": date(2026, 6, 20),
    "renewed": True,
}
OF_SCHOOLS = {"benefit": "institution_pension"}
UNPAID_SINCE_2024 = {"suspended_on": date(2024, 6, 1)}
YEARS_AGO = {"was_certified_on": None, "roster_certified_on": date(2021, 6, 20), **UNPAID_SINCE_2024}


SENTENCE: Row = {"role": "custody", "kind": "custody", "basis": "sentence", "standing": "over"}
SERVED = [reference(**SENTENCE, happened_on=date(2025, 3, 1), released_on=date(2026, 5, 1))]
LONG_AGO = [reference(**SENTENCE, happened_on=date(2014, 3, 1), released_on=date(2015, 5, 1))]


def way_back(**given: Any) -> Restoration:
    behind = given.pop("behind", [])
    found = restoration(changed(*behind, **SUSPENDED | given), AS_OF)
    assert found is not None
    return found


@pytest.mark.parametrize("status", ["paying", "terminated", None])
def test_who_is_paid_or_no_longer_entitled_has_no_way_back(status: str | None) -> None:
    assert restoration(changed(**SUSPENDED | {"payment_status": status}), AS_OF) is None


def test_within_a_year_payment_comes_back_by_itself() -> None:
    assert way_back() == Restoration(
        procedure="automatic",
        requires=[],
        back_pay="yes",
        clause="湘人社办发〔2026〕10号 二（五）",
        post_restoration_review=False,
    )


@pytest.mark.parametrize(
    ("told", "requires"),
    [
        ({"suspended_on": date(2025, 6, 20)}, []),
        ({"suspended_on": date(2025, 6, 19)}, ["commitment"]),
        ({"suspended_on": None}, ["commitment"]),
        ({"was_certified_on": date(2024, 6, 20), "roster_certified_on": None}, []),
        ({"was_certified_on": date(2024, 6, 19), "roster_certified_on": None}, ["commitment"]),
        ({"was_certified_on": None, "roster_certified_on": date(2024, 6, 19)}, ["commitment"]),
        ({"was_certified_on": None, "roster_certified_on": None}, ["commitment"]),
        (OF_SCHOOLS, []),
        (OF_SCHOOLS | {"suspended_on": date(2025, 6, 20)}, []),
        (OF_SCHOOLS | {"suspended_on": date(2025, 6, 19)}, ["commitment", "employer_verification"]),
        ({"holds": ["custody"]}, ["in_person_documents"]),
        ({"causes": ["custody"]}, ["in_person_documents"]),
        (was("suspected", "detention"), ["in_person_documents"]),
        ({"custody_on": date(2026, 4, 30)}, ["in_person_documents"]),
        ({"custody_on": date(2025, 12, 31)}, ["in_person_documents"]),
        ({"custody_on": date(2025, 1, 31)}, []),
        (OF_SCHOOLS | {"holds": ["custody"]}, ["employer_verification", "in_person_documents"]),
    ],
    ids=[
        "suspended a year",
        "suspended over a year",
        "suspended nobody knows when",
        "certified two years ago",
        "certified over two years ago",
        "certified over two years ago, by the roster alone",
        "never certified",
        "employer: suspended some months",
        "employer: suspended a year",
        "employer: suspended over a year",
        "custody held",
        "custody live",
        "custody suspected until now",
        "custody looked into since the suspension",
        "custody looked into before the suspension, not before the certification",
        "custody settled before the last certification",
        "employer: custody",
    ],
)
def test_what_is_required(told: dict[str, Any], requires: list[str]) -> None:
    assert way_back(**told).requires == requires


@pytest.mark.parametrize(
    ("told", "procedure", "back_pay"),
    [
        (YEARS_AGO, "resumption", "agency_decides"),
        (YEARS_AGO | {"roster_certified_on": date(2021, 6, 21)}, "automatic", "yes"),
        ({"payment_status": "stopped_after_verification"}, "resumption", "agency_decides"),
        (was("suspected", "sentence") | {"behind": SERVED}, "automatic", "no"),
        (was("suspected", "sentence"), "automatic", "agency_decides"),
        (was("suspected", "sentence") | {"behind": LONG_AGO}, "automatic", "agency_decides"),
        (was("suspected", "sentence") | {"behind": SERVED, "benefit": "resident_pension"}, "automatic", "no"),
        (YEARS_AGO | was("suspected", "sentence") | {"behind": SERVED}, "resumption", "no"),
        (was("suspected", "detention"), "automatic", "agency_decides"),
        (was("suspected", "death"), "automatic", "yes"),
        ({"holds": ["custody"]}, "automatic", "agency_decides"),
        ({"custody_on": date(2026, 4, 30)}, "automatic", "agency_decides"),
    ],
    ids=[
        "five years",
        "a day less than five years",
        "stopped after verification",
        "time served",
        "a sentence withdrawn, or found harmless",
        "a sentence withdrawn, another served long ago",
        "time served, resident pension",
        "time served, five years",
        "detained: paid if acquitted",
        "reported dead",
        "custody held, reason unknown",
        "custody looked into, reason unknown",
    ],
)
def test_procedure_and_back_pay(told: dict[str, Any], procedure: str, back_pay: str) -> None:
    found = way_back(**told)
    assert (found.procedure, found.back_pay) == (procedure, back_pay)


def test_years_are_counted_to_the_new_certification_and_else_to_the_as_of_date() -> None:
    at_the_edge = {"suspended_on": date(2025, 6, 20)}
    assert way_back(**at_the_edge).requires == []
    assert way_back(**at_the_edge, renewed=False).requires == ["commitment"]


@pytest.mark.parametrize(
    ("suspended_on", "review"), [(date(2025, 6, 20), False), (date(2025, 6, 19), True), (None, True)]
)
def test_a_long_suspension_is_reviewed_afterwards(suspended_on: date | None, review: bool) -> None:  # noqa: FBT001 - a cell
    assert way_back(suspended_on=suspended_on).post_restoration_review is review


DAYS = st.dates(date(2015, 1, 1), AS_OF)


@given(
    st.fixed_dictionaries(
        {
            "payment_status": st.sampled_from(["suspended", "stopped_after_verification"]),
            "benefit": st.sampled_from(sorted(POLICY.benefits)),
            "suspended_on": st.none() | DAYS,
            "was_certified_on": st.none() | DAYS,
            "roster_certified_on": st.none() | DAYS,
            "custody_on": st.none() | DAYS,
            "was_reason": st.sampled_from([None, "death", "sentence", "detention", "absence"]),
            "holds": st.sampled_from([[], ["custody"], ["death"]]),
            "verified": st.booleans(),
            "certified_on": DAYS,
        }
    ),
    st.sampled_from([[], SERVED, LONG_AGO]),
)
def test_every_way_back_holds_together(told: dict[str, Any], behind: list[Row]) -> None:
    found = restoration(changed(*behind, **told), AS_OF)
    assert found is not None
    assert found.requires == sorted(set(found.requires))
    assert found.back_pay != "yes" or found.procedure == "automatic"
    assert found.back_pay != "no" or (told["was_reason"] == "sentence" and behind)
    assert "employer_verification" not in found.requires or told["benefit"] == "institution_pension"
    if found.post_restoration_review:
        assert "commitment" in found.requires
    if told["was_reason"] in {"sentence", "detention"}:
        assert "in_person_documents" in found.requires


@given(DAYS, st.integers(0, 4000))
def test_waiting_longer_never_asks_for_less(last: date, waited: int) -> None:
    day = min(last + timedelta(days=waited), AS_OF)
    told = {"suspended_on": last, "was_certified_on": None, "roster_certified_on": last, "verified": True}
    sooner = way_back(**told, certified_on=day, renewed=False)
    later = way_back(**told, certified_on=add_months(day, 1), renewed=False)
    assert set(sooner.requires) <= set(later.requires)
    assert (sooner.procedure, later.procedure) != ("resumption", "automatic")
