"""The mass guard: what is too much to be published unseen."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime

import pytest

from gateway.decide.findings import LiveCause
from gateway.decide.guard import (
    NOTHING,
    Finding,
    Findings,
    Kind,
    added,
    counted,
    from_json,
    judge,
    new_findings,
)
from gateway.events import CertificationOverdue, EligibilitySuspected, EventDraft, Origin, draft
from gateway.policy import Policy, load_policy
from tests.support.project import ROOT

ORIGIN = Origin("urn:x", "cn.hunan.rst.", datetime(2026, 9, 30, tzinfo=UTC), "run-1")
LARGE = {"990101": 900_000, "990102": 100_000}
CERTIFICATES = ("death_certificates",)


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(ROOT / "config")


def found(
    count: int,
    kind: Kind = "suspicions",
    county: str | None = "990101",
    datasets: Sequence[str] = CERTIFICATES,
) -> Findings:
    return counted([Finding(kind, "death", county, datasets)] * count)


def lines(
    policy: Policy,
    findings: Findings,
    benefits: Mapping[str, int] = LARGE,
    history: Sequence[Findings] = (),
    *,
    first: bool = False,
) -> list[str]:
    return judge(findings, benefits, history, policy, first=first)


def test_a_run_that_finds_nothing_is_published(policy: Policy) -> None:
    assert lines(policy, NOTHING) == []


def test_fifty_findings_are_never_too_many_however_small_the_place(policy: Policy) -> None:
    usual = [found(1)] * 6
    assert lines(policy, found(50), {"990101": 50}, usual, first=True) == []
    assert lines(policy, found(51), {"990101": 50}, usual)


def test_a_dataset_that_suspects_more_than_three_in_a_thousand_is_named_with_its_share(
    policy: Policy,
) -> None:
    held = lines(policy, found(612), {"990101": 15_000})
    assert held == [
        "in all: 612 new suspicions, 4.1 % of 15,000 benefits, allowed 0.3 %",
        "death_certificates: 612 new suspicions, 4.1 % of 15,000 benefits, allowed 0.3 %",
        "county 990101: 612 new suspicions, 4.1 % of 15,000 benefits, allowed 0.3 %",
    ]


def test_exactly_the_allowed_share_is_allowed(policy: Policy) -> None:
    assert lines(policy, found(300), {"990101": 100_000}) == []
    assert len(lines(policy, found(301), {"990101": 100_000})) == 3


def test_a_county_is_measured_by_its_own_benefits(policy: Policy) -> None:
    (held,) = lines(policy, found(400, county="990102"))
    assert held == "county 990102: 400 new suspicions, 0.4 % of 100,000 benefits, allowed 0.3 %"


def test_more_than_three_times_the_median_of_the_last_runs_is_held_by_that_dataset(policy: Policy) -> None:
    usual = [added(found(60), found(500, datasets=["prison_custody"]))] * 6
    assert lines(policy, added(found(180), found(500, datasets=["prison_custody"])), history=usual) == []
    (held,) = lines(policy, added(found(181), found(500, datasets=["prison_custody"])), history=usual)
    assert held.startswith("death_certificates: 181 new suspicions")
    assert held.endswith(", more than 3 times the median 60 of the last 6 runs")


def test_only_the_newest_six_runs_say_what_is_usual(policy: Policy) -> None:
    assert lines(policy, found(900), history=[found(300)] * 6 + [found(1)] * 20) == []
    assert lines(policy, found(901), history=[found(300)] * 6 + [found(1000)] * 20)


def test_the_median_forgives_one_run_that_stood_out(policy: Policy) -> None:
    assert lines(policy, found(400), history=[found(100), found(2600), found(100)])


def test_suspicions_conflicts_and_overdues_are_judged_each_by_itself(policy: Policy) -> None:
    of_each = [found(200), found(200, "conflicts"), found(200, "overdues", datasets=())]
    together = added(added(of_each[0], of_each[1]), of_each[2])
    assert lines(policy, together, {"990101": 100_000}) == []
    held = lines(policy, found(400, "conflicts", datasets=()), {"990101": 100_000})
    assert [line.split(",")[0] for line in held] == [
        "in all: 400 new conflicts",
        "county 990101: 400 new conflicts",
    ]


def test_overdues_have_a_share_of_their_own(policy: Policy) -> None:
    assert lines(policy, found(5_000, "overdues", datasets=()), {"990101": 100_000}) == []
    (of_all, _) = lines(policy, found(5_001, "overdues", datasets=()), {"990101": 100_000})
    assert of_all == "in all: 5,001 new overdues, 5.0 % of 100,000 benefits, allowed 5 %"


def test_the_first_run_is_held_for_more_than_fifty_findings_of_any_kind(policy: Policy) -> None:
    together = added(found(30), found(21, "overdues", datasets=()))
    assert lines(policy, together) == []
    assert lines(policy, together, first=True) == ["51 findings, more than 50, in the first run there is"]


def test_benefits_without_a_usable_county_are_a_scope_of_their_own(policy: Policy) -> None:
    (held,) = lines(policy, found(51, county=None), {"": 100, "990101": 999_900})
    assert held.startswith("county unknown: 51 new suspicions, 51.0 %")


def test_a_finding_counts_once_for_each_dataset_behind_it() -> None:
    tally = found(3, datasets=["cremations", "cremations", "death_certificates"])["suspicions"]
    assert tally.in_all == 3
    assert tally.by_dataset == {"cremations": 3, "death_certificates": 3}


def test_findings_come_back_from_a_summary_as_they_were() -> None:
    findings = added(found(2), found(3, "conflicts", county=None))
    assert from_json({kind: asdict(tally) for kind, tally in findings.items()}) == findings


def told(benefit_id: str, replaces: str | None = None) -> EventDraft:
    data = EligibilitySuspected(
        **common(benefit_id),
        reason="sentence",
        confidence="single_source",
        suggested_channel="counter",
        replaces=replaces,
        evidence=[],
    )
    return draft(data, ORIGIN, None)


def overdue(benefit_id: str) -> EventDraft:
    data = CertificationOverdue(
        **common(benefit_id) | {"decision": "uncovered"}, suggested_channel="community", notify=True
    )
    return draft(data, ORIGIN, None)


def common(benefit_id: str) -> dict[str, object]:
    return {
        "person_no": "P1",
        "benefit_id": benefit_id,
        "benefit": "employee_pension",
        "county": "990101",
        "decision": "suspected",
        "as_of": date(2026, 9, 30),
        "clauses": [],
        "policy_version": "1",
    }


def cause(benefit_id: str, name: str, *datasets: str, taken: bool) -> LiveCause:
    return LiveCause(
        benefit_id=benefit_id,
        person=1,
        person_no="P1",
        benefit="employee_pension",
        county="990101",
        cause=name,
        reason=None,
        suspected=taken,
        contents=[],
        datasets=list(datasets),
        evidence=[],
    )


def test_an_event_that_follows_another_finds_nothing_new() -> None:
    assert list(new_findings([told("B1", replaces="evt_0")], [], {"B1": "suspected"})) == []


def test_a_conflict_that_becomes_a_suspicion_is_new() -> None:
    (only,) = new_findings([told("B1", replaces="evt_0")], [], {"B1": "conflicting"})
    assert only.kind == "suspicions"


def test_a_finding_rests_on_the_datasets_of_the_cause_that_was_taken() -> None:
    causes = [
        cause("B1", "custody", "prison_custody", taken=True),
        cause("B1", "identity_doubt", "cremations", taken=False),
        cause("B2", "death", "cremations", taken=True),
    ]
    expected = Finding("suspicions", "sentence", "990101", ["prison_custody"])
    assert list(new_findings([told("B1")], causes, {})) == [expected]


def test_an_overdue_rests_on_no_dataset() -> None:
    causes = [cause("B1", "identity_doubt", "cremations", taken=False)]
    (only,) = new_findings([overdue("B1")], causes, {})
    assert (only.kind, only.reason, [*only.datasets]) == ("overdues", None, [])
