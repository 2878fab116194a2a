from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.decide.columns import DECIDED
from gateway.policy import Policy, load_policy
from gateway.store.ledger import Mark
from gateway.sync.standing import as_columns, as_revision
from tests.support.project import ROOT

AS_OF = date(2026, 9, 30)
CLOSED_AT = datetime(2026, 9, 20, 9)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
OPEN = Mark(
    benefit_id="B1",
    cause="death",
    state="open",
    opened_on=date(2026, 8, 1),
    contents=[1, 2],
    told_at=None,
    outcome=None,
    outcome_on=None,
    closed_at=None,
)
CLOSED = replace(OPEN, state="closed", outcome_on=date(2026, 9, 19), closed_at=CLOSED_AT)


@pytest.fixture(scope="session")
def policy() -> Policy:
    return load_policy(Path(ROOT) / "config")


def row(policy: Policy, *marks: Mark) -> dict[str, Any]:
    (found,) = as_columns(marks, policy, AS_OF).to_pylist()
    return {name: value for name, value in found.items() if value and name != "benefit_id"}


def test_a_benefit_without_an_entry_has_no_row(policy: Policy) -> None:
    assert as_columns([], policy, AS_OF).num_rows == 0


def test_an_open_entry_holds_and_is_late_after_the_days_allowed(policy: Policy) -> None:
    assert row(policy, OPEN) == {"held": ["death"], "late": ["death"]}
    in_time = replace(OPEN, opened_on=AS_OF - timedelta(days=30))
    assert row(policy, in_time) == {"held": ["death"]}


def test_what_was_told_once_is_not_late_again(policy: Policy) -> None:
    assert row(policy, replace(OPEN, told_at=CLOSED_AT)) == {"held": ["death"]}


def test_a_loss_goes_on_holding_and_is_confirmed(policy: Policy) -> None:
    assert row(policy, replace(CLOSED, outcome="ineligible")) == {"held": ["death"], "confirmed": ["death"]}


def test_what_was_found_harmless_is_silenced_and_certifies(policy: Policy) -> None:
    earlier = replace(CLOSED, outcome="eligible", outcome_on=date(2026, 5, 1), contents=[2, 3])
    assert row(policy, earlier, replace(CLOSED, outcome="eligible")) == {
        "silenced": [1, 2, 3],
        "verified_on": date(2026, 9, 19),
    }


def test_a_duplicate_says_nothing(policy: Policy) -> None:
    assert row(policy, replace(CLOSED, outcome="duplicate")) == {}


def test_a_pension_that_was_looked_at_is_silenced_by_the_day_it_was_closed(policy: Policy) -> None:
    looked_at = replace(CLOSED, cause="also_pension", outcome="eligible", contents=[])
    assert row(policy, looked_at) == {
        "pension_silenced_on": CLOSED_AT.date(),
        "verified_on": date(2026, 9, 19),
    }


def test_the_newest_custody_entry_is_remembered_open_or_closed(policy: Policy) -> None:
    custody = replace(CLOSED, cause="custody", outcome="duplicate")
    newer = replace(custody, opened_on=date(2026, 9, 1))
    assert row(policy, newer, custody) == {"custody_on": date(2026, 9, 1)}


def test_every_benefit_has_a_row_of_its_own(policy: Policy) -> None:
    found = as_columns([OPEN, replace(OPEN, benefit_id="B2", cause="custody")], policy, AS_OF)
    assert found["benefit_id"].to_pylist() == ["B1", "B2"]
    assert found["held"].to_pylist() == [["death"], ["custody"]]


def test_a_revision_keeps_days_as_texts() -> None:
    names = {"valid_until": AS_OF, "announced_on": [AS_OF], "facts": [1], "notice_days": None}
    kept = as_revision(dict.fromkeys(DECIDED.names) | names)
    assert (kept["valid_until"], kept["announced_on"], kept["facts"]) == ("2026-09-30", ["2026-09-30"], [1])
