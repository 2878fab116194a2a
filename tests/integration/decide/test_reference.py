import os
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import compiled, connect
from gateway.decide.reference import decide_person
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy, load_policy
from gateway.roster.columns import ROSTER
from tests.integration.decide.lives import Row, World, histories
from tests.support.policies import with_weak_pairs

EXAMPLES = int(os.environ.get("DECIDER_EXAMPLES", "25"))

Run = tuple[date, Gaps]

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 30)
LATER_RUNS = (
    (JUNE, Gaps()),
    (JUNE, Gaps(uncompared=("cremations",))),
    (JUNE, Gaps(of_life=("settlements",))),
)
RUNS: tuple[Run, ...] = ((MAY, Gaps()), *LATER_RUNS)
SCHEMAS: Mapping[str, pa.Schema] = {
    "evidence": EVIDENCE,
    "roster": ROSTER,
    "decided": DECIDED,
    "ledger": LEDGER,
}


class Deciders:
    """Both deciders over the same rows; which evidence is behind a decision is not their matter."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._connection = connect()
        # Planning a few lives takes longer than deciding them.
        self._connection.execute("PRAGMA disable_optimizer")
        for name, schema in SCHEMAS.items():
            self._connection.from_arrow(schema.empty_table()).create(name)
        self._connection.execute(f"CREATE VIEW told AS {compiled(policy, *RUNS[0]).told}")
        for number, run in enumerate(RUNS):
            self._connection.execute(f"PREPARE run_{number} AS {compiled(policy, *run).decide}")

    def expression(self, world: World, last: list[Row], run: Run) -> list[Row]:
        for name, rows in {**vars(world), "decided": last}.items():
            self._connection.execute(f"TRUNCATE {name}")
            table = pa.Table.from_pylist(rows, SCHEMAS[name])
            self._connection.from_arrow(table).insert_into(name)
        found = self._connection.sql(f"EXECUTE run_{RUNS.index(run)}").to_arrow_table().to_pylist()
        return _sorted(found)

    def reference(self, world: World, last: list[Row], run: Run) -> list[dict[str, Any]]:
        before = {row["benefit_id"]: row for row in last}
        found: list[dict[str, Any]] = []
        for person in {row["person"] for row in world.roster}:
            theirs = world.of_person(person)
            ledger = {row["benefit_id"]: row for row in theirs.ledger}
            found += decide_person(theirs.evidence, theirs.roster, before, ledger, self._policy, *run)
        return _sorted(found)


POLICY = load_policy(Path(__file__).parents[3] / "config")


@pytest.fixture(scope="module")
def deciders() -> Deciders:
    return Deciders(POLICY)


@pytest.fixture(scope="module")
def deciders_by_pairs() -> Deciders:
    """By rules under which two departments' weak evidence certifies together."""
    return Deciders(with_weak_pairs(POLICY))


@settings(max_examples=EXAMPLES, suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), second_run=st.sampled_from(LATER_RUNS))
def test_the_expression_decides_as_the_reference_does_run_after_run(
    deciders: Deciders, history: tuple[World, World], second_run: Run
) -> None:
    assert_equal(deciders, history, second_run)


@settings(max_examples=max(EXAMPLES // 3, 1), suppress_health_check=[HealthCheck.too_slow])
@given(history=histories(), second_run=st.sampled_from(LATER_RUNS))
def test_so_it_does_where_weak_pairs_certify(
    deciders_by_pairs: Deciders, history: tuple[World, World], second_run: Run
) -> None:
    assert_equal(deciders_by_pairs, history, second_run)


def assert_equal(deciders: Deciders, history: tuple[World, World], second_run: Run) -> None:
    first, later = history
    last: list[Row] = []
    for world, run in ((first, RUNS[0]), (later, second_run), (first, LATER_RUNS[0])):
        told = World(world.evidence, _echoing(world.roster, last), world.ledger)
        found = deciders.expression(told, last, run)
        expected = deciders.reference(told, last, run)
        assert [{name: row[name] for name in expected[0]} for row in found] == expected
        last = [{name: row[name] for name in DECIDED.names} for row in found]


def _sorted(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: str(row["benefit_id"]))


def _echoing(roster: list[Row], last: list[Row]) -> list[Row]:
    """The roster takes over our renewals, as the core system does."""
    renewed = {row["benefit_id"]: row for row in last if row["certified_by"] == "evidence"}
    return [_with_renewal(row, renewed.get(row["benefit_id"])) for row in roster]


def _with_renewal(benefit: Row, renewed: Row | None) -> Row:
    if renewed is None:
        return benefit
    return benefit | {"last_certified_on": renewed["certified_on"], "last_method": "data_matching"}
