import json
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from gateway.clock import add_months
from gateway.decide.changes import DecisionText
from gateway.errors import NotFoundError, StoreError
from gateway.store import counters, decisions, imports, runs
from gateway.store.database import Store
from gateway.store.decisions import ByRun, Decision
from gateway.store.imports import RosterImport
from gateway.store.refusals import (
    RefusalGroup,
    Refused,
    Which,
    add_refusals,
    group_refusals,
    list_refusals,
)
from tests.support.plans import plans_of

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
REFUSED = Refused(1, "marriages", "00ff", "op_date", "date_form", NOW, "123")
FIRST, SECOND = ByRun(1, date(2026, 3, 1), NOW), ByRun(2, date(2026, 4, 1), NOW)
DECISION = DecisionText(
    "B1",
    "P1",
    "certified",
    None,
    None,
    date(2026, 2, 1),
    date(2027, 2, 1),
    '{"clauses":["二"],"holds":[]}',
)


def read_back(deciding: ByRun, kept: DecisionText) -> Decision:
    return Decision(**vars(deciding), **kept._asdict() | {"body": json.loads(kept.body)})


def test_a_row_refused_again_is_not_a_second_refusal(store: Store) -> None:
    keyless = replace(REFUSED, key_hash=None, field=None, rule="row_form")
    with store.begin() as conn:
        add_refusals(conn, [REFUSED, keyless, REFUSED])
        add_refusals(conn, [])
    with store.begin() as conn:
        add_refusals(conn, [replace(keyless, window_id=2, received_at=NOW + timedelta(days=1)), REFUSED])
        again = replace(keyless, again_at=NOW + timedelta(days=1), again_window_id=2)
        assert list_refusals(conn) == [again, replace(REFUSED, again_at=NOW, again_window_id=1)]


def test_a_changed_row_refused_again_is_another_refusal(store: Store) -> None:
    later = replace(REFUSED, content="124", received_at=NOW + timedelta(days=1))
    with store.begin() as conn:
        add_refusals(conn, [REFUSED, later, replace(REFUSED, dataset="cremations")])
        assert list_refusals(conn, Which("marriages")) == [later, REFUSED]
        assert list_refusals(conn, limit=1) == [later]
        assert group_refusals(conn) == [
            RefusalGroup("marriages", "op_date", "date_form", 2, NOW, later.received_at),
            RefusalGroup("cremations", "op_date", "date_form", 1, NOW, NOW),
        ]
        assert [group.dataset for group in group_refusals(conn, Which("cremations"))] == ["cremations"]


def test_one_decision_of_a_benefit_is_current(store: Store) -> None:
    later = DECISION._replace(decision="uncovered", certified_on=None, valid_until=None)
    another = DECISION._replace(benefit_id="B2")
    with store.begin() as conn:
        decisions.advance(conn, FIRST, [DECISION, another])
        decisions.advance(conn, SECOND, [later])
    with store.read() as conn:
        assert decisions.current(conn, "B1") == read_back(SECOND, later)
        assert decisions.history(conn, "B1") == [read_back(SECOND, later), read_back(FIRST, DECISION)]
        assert decisions.current(conn, "B2") == read_back(FIRST, another)
        assert decisions.current(conn, "B3") is None
        assert decisions.history(conn, "B3") == []


def test_decisions_of_every_month_are_found_newest_first(store: Store) -> None:
    years = [ByRun(number, add_months(date(2025, 11, 30), number - 1), NOW) for number in range(1, 16)]
    with store.begin() as conn:
        for run in years:
            decisions.advance(conn, run, [DECISION])
    with store.read() as conn:
        assert decisions.history(conn, "B1") == [read_back(run, DECISION) for run in reversed(years)]
        assert decisions.current(conn, "B1") == read_back(years[-1], DECISION)


def test_no_decision_of_others_is_gone_through_to_find_those_of_a_benefit(sqlite_store: Store) -> None:
    with sqlite_store.begin() as conn:
        decisions.advance(conn, FIRST, [DECISION])
        with plans_of(conn) as steps:
            assert decisions.history(conn, "B1")
    first, last, own = [step for step in steps if " decisions " in step]
    assert "month=? AND benefit_id=?" in own
    assert [step.startswith("SEARCH") for step in (first, last)] == [True, True]


def test_two_decisions_of_a_benefit_at_once_are_refused(store: Store) -> None:
    with pytest.raises(StoreError), store.begin() as conn:
        decisions.advance(conn, FIRST, [DECISION, DECISION])


def test_many_decisions_fit(store: Store) -> None:
    many = [DECISION._replace(benefit_id=f"B{number}") for number in range(6_000)]
    with store.begin() as conn:
        decisions.advance(conn, FIRST, many)
        decisions.advance(conn, SECOND, many)
        assert len(decisions.history(conn, "B5999")) == 2


def test_a_run_is_noted_from_start_to_end(store: Store) -> None:
    with store.begin() as conn:
        first = runs.start_run(conn, "sync", NOW)
        second = runs.start_run(conn, "decide", NOW, date(2026, 3, 1), "v1")
        runs.finish_run(conn, first, "failed", NOW, reason="the hub did not answer")
        runs.finish_run(conn, second, "done", NOW, summary={"certified": 3})
        assert [run.run_id for run in runs.list_runs(conn)] == [second, first]
        assert [run.run_id for run in runs.list_runs(conn, kind="sync")] == [first]
        assert runs.get(conn, first).reason == "the hub did not answer"
        done = runs.get(conn, second)
    assert (done.state, done.as_of, done.policy_version, done.summary) == (
        "done",
        date(2026, 3, 1),
        "v1",
        {"certified": 3},
    )


def test_a_run_that_is_not_there_is_named(store: Store) -> None:
    with pytest.raises(NotFoundError, match="no run 7"), store.read() as conn:
        runs.get(conn, 7)


def test_the_last_import_is_the_one_that_counts(store: Store) -> None:
    first = RosterImport("aa", NOW, date(2026, 3, 1), 10, 10, 0, 0, 1, 0, "0badcafe")
    with store.begin() as conn:
        assert imports.last_import(conn) is None
        imports.add_import(conn, first)
        imports.add_import(conn, replace(first, file_sha256="bb"))
        assert imports.last_import(conn) == replace(first, file_sha256="bb")


def test_a_counter_that_was_never_made_starts_at_nothing(store: Store) -> None:
    with store.begin() as conn:
        assert counters.value(conn, "another") == 0
        assert [counters.advance(conn, "another", by) for by in (2, 0, 3)] == [2, 2, 5]
        assert counters.value(conn, "another") == 5
