"""The rules as a manual: folder = clause, file = section, test = paragraph.

Each paragraph gives a small table of records, a roster row and an as-of date, and says what is decided. The
expression and the plain reference decider must both say so.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gateway.decide.columns import DECIDED
from gateway.decide.reference import decide_person
from gateway.policy import Policy, load_policy
from tests.spec.manual import BESIDE, Decides, Expression, Row, benefit_of, records_of, typed


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(Path(__file__).parents[2] / "config")


@pytest.fixture(scope="session")
def decides(policy: Policy) -> Decides:
    """Decide one benefit of one person by both deciders, compare them, and check what is expected."""
    expression = Expression(policy)

    def run(
        records: str = "",
        *,
        as_of: str = "2026-06-30",
        roster: Mapping[str, Any],
        last: Row | None = None,
        uncompared: Sequence[str] = (),
        **expected: Any,
    ) -> Row:
        day, missing = date.fromisoformat(as_of), tuple(uncompared)
        evidence, benefit = records_of(records, policy), benefit_of(roster)
        [found] = expression.decide(evidence, [benefit], [last] if last else [], day, missing)
        before = {benefit["benefit_id"]: last} if last else {}
        [reference] = decide_person(evidence, [benefit], before, policy, day, missing)
        assert {name: found[name] for name in reference} == reference
        wanted = {name: typed(name, value) for name, value in expected.items()}
        assert {name: found[name] for name in wanted} == wanted
        return {name: found[name] for name in DECIDED.names} | {name: found[name] for name in BESIDE}

    return run
