import hashlib
import json
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.clock import CHINA
from gateway.errors import StoreError
from gateway.store import audit
from gateway.store.audit import START, Checked, Wanted
from gateway.store.database import Store
from gateway.store.tables import AUDIT

AT = datetime(2026, 10, 1, 6, 0, 0, 7, CHINA)


def kept(store: Store, count: int = 5) -> None:
    with store.begin() as conn:
        for number in range(1, count + 1):
            at = AT + timedelta(minutes=number)
            audit.append(conn, at, "local", "evidence.resolved", f"ev_{number}", {"reason": "核实"})


def verdict(store: Store) -> Checked:
    with store.read() as conn:
        return list(audit.verify(conn))[-1]


def change(store: Store, statement: sa.Executable) -> None:
    with store.begin() as conn:
        conn.execute(statement)


def test_an_untouched_chain_holds_and_its_head_is_made_by_the_documented_rule(store: Store) -> None:
    kept(store, 3)
    before = START
    for number in (1, 2, 3):
        written = json.dumps(
            {
                "action": "evidence.resolved",
                "actor": "local",
                "at": f"2026-10-01T06:0{number}:00.000007",
                "audit_id": number,
                "before": before.hex(),
                "details": {"reason": "核实"},
                "subject": f"ev_{number}",
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
        before = hashlib.sha256(written.encode()).digest()
    assert verdict(store) == Checked(3, before)


def test_a_chain_without_an_entry_holds(store: Store) -> None:
    assert verdict(store) == Checked(0, START)


def test_a_long_chain_is_read_in_pages(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "_PAGE", 2)
    kept(store)
    with store.read() as conn:
        assert [found.entries for found in audit.verify(conn)] == [2, 4, 5, 5]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("actor", "somebody else"),
        ("subject", "ev_9"),
        ("action", "nothing"),
        ("at", datetime(2026, 10, 1, 6)),  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
        ("details", {"reason": "another"}),
        ("hash", b"\1" * 32),
    ],
)
def test_a_changed_entry_is_named(store: Store, column: str, value: object) -> None:
    kept(store)
    change(store, sa.update(AUDIT).where(AUDIT.c.audit_id == 3).values({column: value}))
    found = verdict(store)
    assert (found.entries, found.fault) == (2, "entry 3 was changed, moved or put in")


@pytest.mark.parametrize("number", [1, 3, 5])
def test_a_removed_entry_is_named_even_if_it_was_the_last(store: Store, number: int) -> None:
    kept(store)
    change(store, sa.delete(AUDIT).where(AUDIT.c.audit_id == number))
    assert verdict(store).fault == f"entry {number} is missing"


def test_two_entries_that_changed_places_are_seen(store: Store) -> None:
    kept(store)
    for before, after in ((2, 99), (3, 2), (99, 3)):
        change(store, sa.update(AUDIT).where(AUDIT.c.audit_id == before).values(audit_id=after))
    assert verdict(store).fault == "entry 2 was changed, moved or put in"


def row(store: Store, number: int) -> dict[str, Any]:
    with store.read() as conn:
        return dict(conn.execute(sa.select(AUDIT).where(AUDIT.c.audit_id == number)).one()._mapping)


def test_an_entry_that_was_put_in_between_is_seen(store: Store) -> None:
    kept(store)
    for number in (5, 4, 3):
        change(store, sa.update(AUDIT).where(AUDIT.c.audit_id == number).values(audit_id=number + 1))
    change(store, sa.insert(AUDIT).values(row(store, 2) | {"audit_id": 3}))
    assert verdict(store).fault == "entry 3 was changed, moved or put in"


def test_an_entry_that_was_put_behind_the_last_is_seen_though_its_hash_is_right(store: Store) -> None:
    kept(store)
    last = row(store, 5)
    said = {name: last[name] for name in audit._CHAINED} | {"audit_id": 6}
    change(store, sa.insert(AUDIT).values(said | {"hash": audit._hash(said, last["hash"])}))
    assert verdict(store).fault == "entry 6 was put in: the counter ends at 5"


def test_a_chain_whose_last_entry_is_gone_is_not_gone_on_with(store: Store) -> None:
    kept(store)
    change(store, sa.delete(AUDIT).where(AUDIT.c.audit_id == 5))
    with pytest.raises(StoreError, match="audit entry 5 is gone"), store.begin() as conn:
        audit.append(conn, AT, "local", "evidence.resolved", "ev_6")


def test_an_entry_that_is_written_while_the_chain_is_gone_through_breaks_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept(store)
    counted = iter([5, 6])
    monkeypatch.setattr(audit, "count", lambda _conn: next(counted))
    assert verdict(store).fault is None


def test_what_is_rolled_back_leaves_no_gap(store: Store) -> None:
    kept(store)
    with store.begin() as conn:
        audit.append(conn, AT, "local", "evidence.resolved", "ev_6")
        conn.rollback()
    kept(store, 1)
    assert verdict(store).entries == 6
    assert verdict(store).fault is None


def test_entries_written_at_the_same_time_stand_one_behind_the_other(store: Store) -> None:
    def one(number: int) -> int:
        with store.begin() as conn:
            return audit.append(conn, AT, "local", "evidence.resolved", f"ev_{number}")

    with ThreadPoolExecutor(8) as pool:
        numbers = list(pool.map(one, range(40)))
    assert sorted(numbers) == list(range(1, 41))
    assert (verdict(store).entries, verdict(store).fault) == (40, None)


def test_entries_are_listed_by_subject_and_since_an_instant_oldest_first(store: Store) -> None:
    kept(store)

    def listed(**wanted: Any) -> list[int]:
        with store.read() as conn:
            return [entry.audit_id for entry in audit.list_entries(conn, Wanted(**wanted))]

    since = datetime(2026, 10, 1, 6, 4)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
    assert listed() == [1, 2, 3, 4, 5]
    assert listed(limit=2) == [4, 5]
    assert listed(since=since) == [4, 5]
    assert listed(subject="ev_2") == [2]
