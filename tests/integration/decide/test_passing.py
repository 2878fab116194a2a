"""Before the day that stands with a decision, nothing but the passing of time changes nothing."""

import os
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import compiled, connect
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy, load_policy
from gateway.roster.columns import ROSTER
from tests.integration.decide.lives import Row, World, histories
from tests.support.policies import with_weak_pairs

EXAMPLES: Final = int(os.environ.get("DECIDER_EXAMPLES", "25"))
EVERY: Final = settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
POLICY: Final = load_policy(Path(__file__).parents[3] / "config")
FIRST: Final = date(2026, 5, 31)
LATER: Final = tuple(FIRST + timedelta(days) for days in (0, 1, 2, 3, 5, 10, 30, 45, 60, 100, 200, 370))
GAPS: Final = (Gaps(), Gaps(uncompared=("cremations",)), Gaps(of_life=("settlements",)))
SCHEMAS: Final = {"evidence": EVIDENCE, "roster": ROSTER, "decided": DECIDED, "ledger": LEDGER}


class Decider:
    """The expression, prepared for every day and gap."""

    def __init__(self, policy: Policy, gaps: Gaps) -> None:
        self._connection = connect()
        self._connection.execute("PRAGMA disable_optimizer")  # planning a few lives takes longest
        for name, schema in SCHEMAS.items():
            self._connection.from_arrow(schema.empty_table()).create(name)
        self._connection.execute(f"CREATE VIEW told AS {compiled(policy, FIRST, gaps).told}")
        for number, day in enumerate(LATER):
            self._connection.execute(f"PREPARE day_{number} AS {compiled(policy, day, gaps).decide}")

    def know(self, world: World) -> None:
        self._fill("evidence", world.evidence)
        self._fill("roster", world.roster)

    def decide(self, day: date, last: list[Row]) -> list[dict[str, Any]]:
        self._fill("decided", last)
        rows = self._connection.sql(f"EXECUTE day_{LATER.index(day)}").to_arrow_table().to_pylist()
        return sorted(rows, key=lambda row: str(row["benefit_id"]))

    def _fill(self, name: str, rows: list[Row]) -> None:
        self._connection.execute(f"TRUNCATE {name}")
        self._connection.from_arrow(pa.Table.from_pylist(rows, SCHEMAS[name])).insert_into(name)


@pytest.fixture(scope="module", params=GAPS, ids=("compared", "uncompared", "of_life"))
def decider(request: pytest.FixtureRequest) -> Decider:
    return Decider(POLICY, request.param)


@pytest.fixture(scope="module")
def decider_by_pairs() -> Decider:
    return Decider(with_weak_pairs(POLICY), Gaps())


@EVERY
@given(history=histories(), before=st.booleans())
def test_time_alone_changes_nothing_before_its_day(
    decider: Decider, history: tuple[World, World], *, before: bool
) -> None:
    assert_still(decider, history, before=before)


@EVERY
@given(history=histories(), before=st.booleans())
def test_so_it_is_where_weak_pairs_certify(
    decider_by_pairs: Decider, history: tuple[World, World], *, before: bool
) -> None:
    assert_still(decider_by_pairs, history, before=before)


def assert_still(decider: Decider, history: tuple[World, World], *, before: bool) -> None:
    """Decided twice is decided once; and on every later day whoever's day has not come is as decided.

    A person's benefits are looked at together, since what is known of one may be a ground for another.
    """
    first, later = history
    last: list[Row] = []
    if before:  # something stands already, and much of what it stands on has moved since
        decider.know(first)
        last = _kept(decider.decide(FIRST, last))
    decider.know(later)
    last = _kept(decider.decide(FIRST, last))
    next_on: dict[int, date] = {}
    for row in last:
        own = row["next_on"] or date.max
        assert own > FIRST
        next_on[row["person"]] = min(own, next_on.get(row["person"], date.max))
    for day in LATER:
        found = decider.decide(day, last)
        still = [row for row in found if next_on[row["person"]] > day]
        assert [row["benefit_id"] for row in still if row["stored"]] == []
        assert _kept(still) == [row for row in last if next_on[row["person"]] > day]


def test_most_decisions_stay_for_some_days(decider: Decider) -> None:
    """Else the property would hold of nothing."""
    world = World([], [_benefit(number) for number in range(40)], [])
    decider.know(world)
    last = _kept(decider.decide(FIRST, []))
    last = _kept(decider.decide(FIRST, last))
    assert sum(row["next_on"] > FIRST + timedelta(10) for row in last) > 20
    found = decider.decide(FIRST + timedelta(370), last)
    assert all(row["stored"] for row in found)


def _benefit(number: int) -> Row:
    return dict.fromkeys(ROSTER.names) | {
        "person": number,
        "person_no": f"P{number}",
        "benefit_id": f"B{number}",
        "benefit": "employee_pension",
        "insured_county": "990101",
        "last_certified_on": FIRST - timedelta(5 * number),
        "payment_status": "paying",
        "spouse_survivor": False,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": date(2020, 1, 1),
    }


def _kept(rows: list[dict[str, Any]]) -> list[Row]:
    return [{name: row[name] for name in DECIDED.names} for row in rows]
