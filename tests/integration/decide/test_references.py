"""Which rows are named behind a decision, in which role and with which standing."""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import BucketSources, Queries, compiled, connect, decide_bucket
from gateway.evidence.columns import EVIDENCE
from gateway.policy import load_policy
from gateway.roster.columns import ROSTER

Row = dict[str, Any]

AS_OF = date(2026, 6, 30)
ARRIVED = datetime(2026, 6, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times


@pytest.fixture(scope="module")
def queries() -> Queries:
    return compiled(load_policy(Path(__file__).parents[3] / "config"), AS_OF, Gaps())


@pytest.fixture
def behind(queries: Queries) -> Any:
    def run(evidence: list[Row], roster: list[Row], *, silenced: tuple[int, ...] = ()) -> Any:
        connection = connect()
        connection.execute("PRAGMA disable_optimizer")  # planning one benefit takes longest
        connection.register("evidence_rows", pa.Table.from_pylist(evidence, EVIDENCE))
        connection.register("roster_rows", pa.Table.from_pylist(roster, ROSTER))
        connection.register("decided_rows", DECIDED.empty_table())
        ledger = [_entries(list(silenced))] if silenced else []
        sources = BucketSources(
            evidence="FROM evidence_rows",
            roster="FROM roster_rows",
            decided="FROM decided_rows",
            ledger=pa.Table.from_pylist(ledger, LEDGER),
        )
        found = decide_bucket(connection, sources, queries).references.to_pylist()
        return sorted((row["benefit_id"], row["content"], row["role"], row["standing"]) for row in found)

    return run


def _entries(silenced: list[int]) -> Row:
    lists: Row = {"held": [], "late": [], "confirmed": [], "silenced": silenced}
    return dict.fromkeys(LEDGER.names) | lists | {"benefit_id": "B1"}


def fact(content: int, kind: str, **given: Any) -> Row:
    adverse = kind in {"death", "custody", "absence"}
    return dict.fromkeys(EVIDENCE.names) | {
        "person": 1,
        "department": "police",
        "dataset": "dataset",
        "key_hash": content.to_bytes(16, "big"),
        "item": 0,
        "kind": kind,
        "polarity": "adverse" if adverse else "of_life",
        "strength": None if adverse else "strong",
        "origin": "department",
        "identity": "match",
        "published_at": ARRIVED,
        "received_at": ARRIVED,
        "content": content,
        **given,
    }


def benefit(number: int = 1, **given: Any) -> Row:
    return dict.fromkeys(ROSTER.names) | {
        "person": 1,
        "person_no": "P1",
        "benefit_id": f"B{number}",
        "benefit": "employee_pension",
        "spouse_survivor": False,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": date(2020, 1, 1),
        **given,
    }


def test_evidence_of_life_after_a_death_speaks_against_it(behind: Any) -> None:
    died = fact(1, "death", basis="cremation", happened_on=date(2026, 5, 1), latest=date(2026, 5, 1))
    grace = fact(2, "border_crossing", happened_on=date(2026, 5, 4))
    after = fact(3, "border_crossing", happened_on=date(2026, 5, 5))
    found = behind([died, grace, after], [benefit()])
    assert found == [("B1", 1, "death", "counted"), ("B1", 3, "against", "counted")]


def test_a_certification_on_the_roster_is_evidence_without_a_key(behind: Any) -> None:
    died = fact(1, "death", basis="cremation", happened_on=date(2026, 5, 1), latest=date(2026, 5, 1))
    certified = {"last_certified_on": date(2026, 6, 1), "last_method": "counter"}
    found = behind([died], [benefit(), benefit(2, benefit="injury_long_term", **certified)])
    assert ("B1", 0, "against", "counted") in found


def test_only_seen_free_speaks_against_a_custody(behind: Any) -> None:
    held = fact(1, "custody", basis="sentence", began_on=date(2026, 4, 1))
    ill = fact(2, "hospital_stay", happened_on=date(2026, 5, 1))
    crossed = fact(3, "border_crossing", happened_on=date(2026, 5, 2))
    found = behind([held, ill, crossed], [benefit()])
    assert found == [("B1", 1, "custody", "contradicted"), ("B1", 3, "against", "counted")]


def test_a_planned_end_before_the_last_certification_is_over_for_that_benefit_only(behind: Any) -> None:
    held = fact(1, "custody", basis="sentence", began_on=date(2024, 4, 1), ends_on=date(2025, 12, 1))
    roster = [benefit(last_certified_on=date(2026, 1, 1)), benefit(2, benefit="resident_pension")]
    assert behind([held], roster) == [("B1", 1, "custody", "over"), ("B2", 1, "custody", "unconfirmed")]


def test_an_absence_is_over_when_the_person_was_seen_since(behind: Any) -> None:
    declared = fact(1, "absence", happened_on=date(2026, 4, 1))
    again = fact(2, "absence", happened_on=date(2026, 5, 1))
    seen = fact(3, "border_crossing", happened_on=date(2026, 4, 20))
    found = behind([declared, again, seen], [benefit()])
    assert [row[2:] for row in found if row[1] < 3] == [("absence", "over"), ("absence", "counted")]


def test_a_marriage_is_a_ground_for_spouses_who_survived_only(behind: Any) -> None:
    married = fact(1, "marriage", happened_on=date(2026, 4, 1))
    survivor = {"benefit": "survivor_allowance", "started_on": date(2020, 1, 1)}
    spouse, child = benefit(1) | survivor | {"spouse_survivor": True}, benefit(2) | survivor
    found = behind([married], [spouse, child])
    assert [row for row in found if row[2] == "ground"] == [("B1", 1, "ground", "counted")]


def test_an_emigration_is_a_ground_where_the_benefit_ends_by_it_and_known_elsewhere(behind: Any) -> None:
    left = fact(1, "emigration", polarity="neutral", strength=None, happened_on=date(2026, 4, 1))
    roster = [benefit(benefit="unemployment_benefit"), benefit(2, benefit="injury_long_term")]
    assert behind([left], roster) == [("B1", 1, "ground", "counted"), ("B2", 1, "abroad", "counted")]


def test_a_silenced_row_is_behind_the_other_benefits_only(behind: Any) -> None:
    died = fact(1, "death", basis="cremation", happened_on=date(2026, 5, 1), latest=date(2026, 5, 1))
    found = behind([died], [benefit(), benefit(2, benefit="injury_long_term")], silenced=(1,))
    assert found == [("B2", 1, "death", "counted")]
