from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gateway.decide.columns import DECIDED
from gateway.decide.engine import Queries, compiled, connect
from gateway.decide.reference import decide_person
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy, load_policy
from gateway.roster.columns import ROSTER
from tests.integration.decide.lives import Row, lives

RUNS = ((date(2026, 5, 31), ()), (date(2026, 6, 30), ()), (date(2026, 6, 30), ("cremations",)))


class Bucket:
    """Both deciders over the same rows; the second query is not their matter."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._connection = connect()
        self._queries: dict[tuple[date, tuple[str, ...]], Queries] = {
            run: compiled(policy, *run) for run in RUNS
        }

    def expression(
        self, evidence: list[Row], roster: list[Row], last: list[Row], run: tuple[date, tuple[str, ...]]
    ) -> list[Row]:
        tables = {"evidence": (evidence, EVIDENCE), "roster": (roster, ROSTER), "decided": (last, DECIDED)}
        for name, (rows, schema) in tables.items():
            self._connection.register(name, pa.Table.from_pylist(rows, schema))
        found: list[Row] = self._connection.sql(self._queries[run].decide).to_arrow_table().to_pylist()
        return sorted(found, key=lambda row: str(row["benefit_id"]))

    def reference(
        self, evidence: list[Row], roster: list[Row], last: list[Row], run: tuple[date, tuple[str, ...]]
    ) -> list[dict[str, Any]]:
        before = {row["benefit_id"]: row for row in last}
        found: list[dict[str, Any]] = []
        for person in {row["person"] for row in roster}:
            theirs = [row for row in evidence if row["person"] == person]
            benefits = [row for row in roster if row["person"] == person]
            found += decide_person(theirs, benefits, before, self._policy, *run)
        return sorted(found, key=lambda row: str(row["benefit_id"]))


@pytest.fixture(scope="module")
def bucket() -> Bucket:
    return Bucket(load_policy(Path(__file__).parents[3] / "config"))


@settings(
    max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(life=lives(), second_run=st.sampled_from(RUNS[1:]))
def test_the_expression_decides_as_the_reference_does_run_after_run(
    bucket: Bucket,
    life: tuple[list[Row], list[Row], set[int]],
    second_run: tuple[date, tuple[str, ...]],
) -> None:
    evidence, roster, withdrawn = life
    remaining = [row for index, row in enumerate(evidence) if index not in withdrawn]
    echoing = roster
    last: list[Row] = []
    for rows, run in ((evidence, RUNS[0]), (remaining, second_run), (evidence, RUNS[1])):
        found = bucket.expression(rows, echoing, last, run)
        expected = bucket.reference(rows, echoing, last, run)
        assert [{name: row[name] for name in expected[0]} for row in found] == expected
        last = [{name: row[name] for name in DECIDED.names} for row in found]
        echoing = [_echo(row, decided) for row, decided in zip(_sorted(roster), last, strict=True)]


def _sorted(roster: list[Row]) -> list[Row]:
    return sorted(roster, key=lambda row: str(row["benefit_id"]))


def _echo(benefit: Row, decided: Row) -> Row:
    """The roster takes over our renewals, as the core system does."""
    return benefit | {"last_certified_on": decided["certified_on"] or benefit["last_certified_on"]}
