from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest

from gateway.errors import NotFoundError, StoreError
from gateway.store import revisions, statements
from gateway.store.database import Store
from gateway.store.statements import Statement

NOW = datetime(2026, 10, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
SAID = Statement(
    statement_id="st_1",
    dataset="certifications",
    benefit_id="B1",
    person=33,
    happened_on=date(2026, 9, 2),
    exact=True,
    method="counter",
    certificate=None,
    reference="R-1",
    content=-(2**62),
    made_by="somebody",
    accepted_at=NOW,
)


def add(store: Store, *made: Statement) -> None:
    with store.begin() as conn:
        for each in made:
            statements.add_statement(conn, each)


def pending(store: Store) -> list[Statement]:
    with store.read() as conn:
        return statements.pending_statements(conn)


def test_the_newest_revision_of_a_benefit_is_the_only_one(store: Store) -> None:
    with store.begin() as conn:
        revisions.put_revision(conn, "B1", 1, {"decision": "suspected"}, NOW)
        revisions.put_revision(conn, "B2", 1, {"decision": "certified"}, NOW)
        (old, other) = revisions.revisions_of(conn, 1)
        revisions.put_revision(conn, "B1", 1, {"decision": "uncovered"}, NOW)
        found = revisions.revision_of(conn, "B1")
        assert found is not None
        assert found.state == {"decision": "uncovered"}
        assert revisions.revisions_of(conn, 1) == [other, found]
        revisions.drop_revisions(conn, [old.revision_id, other.revision_id])
        assert revisions.revisions_of(conn, 1) == [found]
        assert revisions.revisions_of(conn, 2) == []


def test_a_number_of_a_revision_is_never_given_again(store: Store) -> None:
    with store.begin() as conn:
        revisions.put_revision(conn, "B1", 1, {}, NOW)
        (first,) = revisions.revisions_of(conn, 1)
        revisions.put_revision(conn, "B1", 1, {}, NOW)
        (second,) = revisions.revisions_of(conn, 1)
    assert second.revision_id > first.revision_id


def test_a_statement_waits_until_it_is_taken(store: Store) -> None:
    other = replace(SAID, statement_id="st_2", benefit_id="B2", certificate=b"x" * 16, exact=False)
    add(store, SAID, other)
    assert pending(store) == [SAID, other]
    with store.begin() as conn:
        statements.mark_taken(conn, [SAID])
        assert statements.statement(conn, "st_1").state == "taken"
        assert statements.statements_about(conn, "B2") == [other]
    assert pending(store) == [other]


def test_a_withdrawn_statement_waits_again_and_is_later_than_it_was_made(store: Store) -> None:
    add(store, SAID)
    with store.begin() as conn:
        statements.mark_taken(conn, [SAID])
        statements.withdraw_statement(conn, SAID, "another", NOW - timedelta(hours=1))
    (found,) = pending(store)
    assert found.state == "withdrawn"
    assert found.withdrawn_at is not None
    assert found.withdrawn_at > SAID.accepted_at


def test_a_statement_withdrawn_while_it_was_taken_is_taken_by_the_next_run(store: Store) -> None:
    add(store, SAID)
    with store.begin() as conn:
        statements.withdraw_statement(conn, SAID, "another", NOW)
    with pytest.raises(StoreError, match="run again"), store.begin() as conn:
        statements.mark_taken(conn, [SAID])
    with pytest.raises(StoreError, match="in the meantime"), store.begin() as conn:
        statements.withdraw_statement(conn, SAID, "a third", NOW)


def test_a_statement_that_is_not_there_is_named(store: Store) -> None:
    with store.read() as conn:
        assert statements.find_statement(conn, "st_9") is None
        with pytest.raises(NotFoundError):
            statements.statement(conn, "st_9")
