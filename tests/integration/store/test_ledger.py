from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gateway.errors import NotFoundError, RequestError
from gateway.store import ledger
from gateway.store.database import Store
from gateway.store.ledger import Change, Entry, change, open_or_update, told_unresolved

NOW = datetime(2026, 10, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
AS_OF = date(2026, 9, 30)
REFERENCE = {"id": "ev_1", "department": "health", "kind": "death", "happened_on": "2026-09-02"}


@dataclass(frozen=True)
class Cause:
    benefit_id: str = "B1"
    person: int = 33
    person_no: str = "P33"
    benefit: str = "employee_pension"
    county: str | None = "990101"
    cause: str = "death"
    reason: str | None = "death"
    suspected: bool = True
    contents: tuple[int, ...] = (2**62, -5)
    evidence: tuple[dict[str, Any], ...] = (REFERENCE,)


DEATH = Cause()


def found(store: Store, *causes: Cause, run_id: int = 1, at: datetime = NOW) -> None:
    with store.begin() as conn:
        open_or_update(conn, run_id, at, AS_OF, causes)


def entries(store: Store, person: int = 33) -> list[Entry]:
    with store.read() as conn:
        return ledger.entries_of(conn, [person])


def actions(store: Store, entry_id: int) -> list[tuple[str, str]]:
    with store.read() as conn:
        return [(each.action, each.by) for each in ledger.history(conn, entry_id)]


def close(store: Store, entry: Entry, outcome: str) -> None:
    done = Change(entry.entry_id, "resolved", NOW, "somebody", "seen", {"outcome": outcome})
    values = {"state": "closed", "outcome": outcome, "outcome_on": AS_OF, "closed_at": NOW}
    with store.begin() as conn:
        change(conn, entry, done, **values)


def test_a_finding_opens_one_entry_with_what_it_rests_on(store: Store) -> None:
    found(store, DEATH)
    (entry,) = entries(store)
    assert (entry.state, entry.cause, entry.bucket, entry.opened_on) == ("open", "death", 1, AS_OF)
    assert (entry.contents, entry.evidence) == ([-5, 2**62], [REFERENCE])
    assert actions(store, entry.entry_id) == [("opened", "run-1")]


def test_every_benefit_and_cause_has_an_entry_of_its_own(store: Store) -> None:
    found(store, DEATH, replace(DEATH, benefit_id="B2"), replace(DEATH, cause="custody", reason="sentence"))
    assert [(each.benefit_id, each.cause) for each in entries(store)] == [
        ("B1", "death"),
        ("B2", "death"),
        ("B1", "custody"),
    ]


def test_the_same_finding_again_changes_nothing(store: Store) -> None:
    found(store, DEATH)
    before = entries(store)
    found(store, DEATH, run_id=2)
    assert entries(store) == before


def test_new_evidence_brings_an_open_entry_up_to_date(store: Store) -> None:
    found(store, DEATH)
    found(store, replace(DEATH, contents=(-5, 7)), run_id=2)
    (entry,) = entries(store)
    assert entry.contents == [-5, 7]
    assert actions(store, entry.entry_id) == [("opened", "run-1"), ("evidence_changed", "run-2")]


@pytest.mark.parametrize("outcome", ["duplicate", "ineligible"])
def test_what_a_person_looked_at_opens_no_second_entry(store: Store, outcome: str) -> None:
    found(store, DEATH)
    close(store, entries(store)[0], outcome)
    found(store, replace(DEATH, contents=(-5,)), run_id=2)
    assert len(entries(store)) == 1
    found(store, replace(DEATH, contents=(-5, 7)), run_id=3)
    assert [each.state for each in entries(store)] == ["closed", "open"]


def test_a_cause_that_is_live_after_an_eligible_outcome_is_a_new_entry(store: Store) -> None:
    found(store, DEATH)
    close(store, entries(store)[0], "eligible")
    found(store, replace(DEATH, contents=(8,)), run_id=2)
    assert [each.state for each in entries(store)] == ["closed", "open"]


def test_what_is_told_once_is_not_told_again(store: Store) -> None:
    found(store, DEATH)
    for run_id in (2, 3):
        with store.begin() as conn:
            told_unresolved(conn, run_id, NOW, [("B1", "death"), ("B9", "death")])
    (entry,) = entries(store)
    assert entry.told_at == NOW
    assert actions(store, entry.entry_id) == [("opened", "run-1"), ("told_unresolved", "run-2")]


def test_an_entry_somebody_else_changed_is_not_changed_over_them(store: Store) -> None:
    found(store, DEATH)
    (seen,) = entries(store)
    done = Change(seen.entry_id, "assigned", NOW, "somebody", "", {"to": "another"})
    with store.begin() as conn:
        change(conn, seen, done, assignee="another")
    with pytest.raises(RequestError, match="in the meantime"), store.begin() as conn:
        change(conn, seen, done, assignee="a third")
    assert entries(store)[0].assignee == "another"


def test_entries_are_listed_by_what_is_asked_for(store: Store) -> None:
    found(store, DEATH, replace(DEATH, benefit_id="B2", cause="custody", county=None))
    with store.begin() as conn:
        open_or_update(conn, 2, NOW, AS_OF + timedelta(days=9), [replace(DEATH, benefit_id="B3")])

    def numbers(**wanted: Any) -> list[str]:
        with store.read() as conn:
            return [each.benefit_id for each in ledger.list_entries(conn, ledger.Wanted(**wanted))]

    assert numbers() == ["B1", "B2", "B3"]
    assert numbers(cause="custody") == ["B2"]
    assert numbers(county="990101") == ["B1", "B3"]
    assert numbers(opened_before=AS_OF + timedelta(days=1)) == ["B1", "B2"]
    assert numbers(state="closed") == []
    assert numbers(limit=1) == ["B1"]
    assert numbers(after=entries(store)[0].entry_id, limit=1) == ["B2"]
    assert numbers(benefit_id="B3") == ["B3"]


def test_an_entry_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no ledger entry 7"), store.read() as conn:
        ledger.entry(conn, 7)


def test_many_findings_at_once_fit(store: Store) -> None:
    found(store, *(replace(DEATH, benefit_id=f"B{number}") for number in range(5_001)))
    assert len(entries(store)) == 5_001
