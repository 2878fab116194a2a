"""Both engines find the same: on a real cluster over a million benefits, and over rows that are hard."""

from collections.abc import Mapping
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest

from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.outcome import BucketOutcome
from gateway.decide.references import REFERENCES
from gateway.decide.spark import SparkEngine
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER
from tests.integration.decide import lives
from tests.spark.comparing import by_duckdb, decided_on, differing, laid
from tests.spark.world import Columns, made

BENEFITS = 1_000_000
RECORDS = 3_300_000
PEOPLE = 800_000
SEED = 11

_IN_ORDER = [name for name in REFERENCES.names if name != "happened_on"]
_ORDER: Mapping[str, list[str]] = {
    "state": ["benefit_id"],
    "changed": ["benefit_id"],
    "references": [*_IN_ORDER, "happened_on"],
}


def apart(found: Mapping[int, BucketOutcome], other: Mapping[int, BucketOutcome]) -> dict[str, int]:
    """How many rows differ, by what they are."""
    assert found.keys() == other.keys()
    return {
        what: sum(
            differing(getattr(outcome, what), getattr(other[bucket], what), order)
            for bucket, outcome in found.items()
        )
        for what, order in _ORDER.items()
    }


def rows_of(found: Mapping[int, BucketOutcome], what: str) -> int:
    return sum(getattr(outcome, what).num_rows for outcome in found.values())


def test_a_million_benefits_are_decided_alike(
    on_cluster: SparkEngine, policy: Policy, tmp_path: Path
) -> None:
    world = laid(made(PEOPLE, RECORDS, BENEFITS), tmp_path)

    ours = by_duckdb(world, tmp_path, policy)
    assert rows_of(ours, "state") == BENEFITS
    assert rows_of(ours, "references") > BENEFITS
    assert {None, "death", "sentence", "detention"} <= _reasons(ours)

    theirs = dict(decided_on(on_cluster, world, policy, "spark"))
    assert apart(ours, theirs) == {"state": 0, "changed": 0, "references": 0}


def _reasons(found: Mapping[int, BucketOutcome]) -> set[str | None]:
    return {reason for outcome in found.values() for reason in outcome.state["reason"].unique().to_pylist()}


@pytest.mark.parametrize(
    "gaps", [Gaps(), Gaps(("deaths",), ("stays",))], ids=["all compared", "not all compared"]
)
def test_a_later_run_over_hard_rows_is_decided_alike(
    on_cluster: SparkEngine, policy: Policy, tmp_path: Path, gaps: Gaps
) -> None:
    first, later = histories()
    before = by_duckdb(laid(first, tmp_path), tmp_path, policy)
    last = pa.concat_tables(outcome.state for outcome in before.values())
    world = laid(later, tmp_path, last)

    ours = by_duckdb(world, tmp_path, policy, gaps)
    theirs = dict(decided_on(on_cluster, world, policy, "spark", gaps))

    assert 0 < rows_of(ours, "changed") < rows_of(ours, "state")
    assert apart(ours, theirs) == {"state": 0, "changed": 0, "references": 0}


def histories(people: int = 600) -> tuple[Columns, Columns]:
    """The world of a first run and of a later one, in which rows were withdrawn and moved."""
    chance = Random(SEED)  # noqa: S311 - seeded, so that a difference comes again
    evidence: list[lives.Row] = []
    roster: list[lives.Row] = []
    for person in range(1, people + 1):
        number = 100 * person
        evidence += [lives._evidence(chance, person, number + each) for each in range(chance.randint(0, 5))]
        roster += [lives._benefit(chance, person, each) for each in range(chance.choice([1, 1, 2, 3]))]
    first = lives.World(evidence, roster, lives._ledger(chance, roster))
    return _columns(first), _columns(first.later(chance))


def _columns(world: lives.World) -> Columns:
    return Columns(
        pa.Table.from_pylist(world.evidence, EVIDENCE),
        pa.Table.from_pylist(world.roster, ROSTER),
        pa.Table.from_pylist(world.ledger, LEDGER),
    )


def test_the_differences_would_be_seen() -> None:
    row = dict.fromkeys(DECIDED.names) | {"benefit_id": "B1", "announced_on": [], "facts": [1]}
    one = pa.Table.from_pylist([row, row | {"benefit_id": "B2"}], _loose(DECIDED))
    other = pa.Table.from_pylist([row | {"benefit_id": "B2", "facts": [2]}, row], _loose(DECIDED))
    assert differing(one, other, ["benefit_id"]) == 1
    assert differing(one, one.slice(1), ["benefit_id"]) == 1
    assert differing(one, one.take([1, 0]), ["benefit_id"]) == 0


def _loose(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field.with_nullable(True) for field in schema])
