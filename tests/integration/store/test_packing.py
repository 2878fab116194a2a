"""Explanations packed: read back as they were, small, by one dictionary a run at most."""

import json
from datetime import datetime
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.decide.changes import DecisionText
from gateway.store.database import Store
from gateway.store.decisions import ByRun, advance, current, history
from gateway.store.packing import pack, unpack
from gateway.store.tables import DICTIONARIES
from tests.support.migrating import migrate

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
CAUSES = ("certification", "death", "custody", "absence", "detention", "cremation", "conflict", "sentence")


def alike(count: int, kind: str = "health") -> list[str]:
    """Texts that differ by an id and a day only, of some shapes."""
    return [
        json.dumps(
            {
                "decision": "certified",
                "certified_on": f"2026-01-{number % 28 + 1:02}",
                "causes": [{"cause": CAUSES[number % 8], "clauses": ["二（一）"], "why": f"{kind} says so"}],
                "evidence": [{"id": f"ev_{number * 7919:032x}", "department": kind, "standing": "counted"}],
            },
            ensure_ascii=False,
        )
        for number in range(count)
    ]


def runs_of(conn: sa.Connection) -> list[int]:
    return list(conn.scalars(sa.select(DICTIONARIES.c.run_id).order_by(DICTIONARIES.c.run_id)))


def test_texts_come_back_as_they_were_packed_with_a_dictionary_or_without(store: Store) -> None:
    few, many = alike(10), alike(3000)
    with store.begin() as conn:
        alone, together = pack(conn, 1, few), pack(conn, 1, many)
        with_it = pack(conn, 1, few)
    with store.read() as conn:
        assert unpack(conn, [*together, *alone, *with_it]) == [*many, *few, *few]
        assert unpack(conn, []) == []
    assert sum(map(len, together)) * 6 < len("".join(many).encode())
    assert sum(map(len, with_it)) * 2 < sum(map(len, alone))


def test_a_run_makes_a_dictionary_where_none_fits_and_never_two(store: Store) -> None:
    with store.begin() as conn:
        pack(conn, 1, alike(10))
        assert runs_of(conn) == []
        pack(conn, 3, alike(2000))
        assert runs_of(conn) == [3]
        pack(conn, 4, alike(2000))
        assert runs_of(conn) == [3]
        pack(conn, 5, [f"{number:x} 与以前的说明没有共同之处 {number % 5}" * 3 for number in range(2000)])
        assert runs_of(conn) == [3, 5]
        pack(conn, 5, alike(2000, "police"))
        assert runs_of(conn) == [3, 5]


@pytest.mark.parametrize("texts", [["{}"] * 2000, [""] * 2000, [str(number) for number in range(2000)]])
def test_texts_of_which_no_dictionary_can_be_made_are_packed_all_the_same(
    sqlite_store: Store, texts: list[str]
) -> None:
    with sqlite_store.begin() as conn:
        packed = pack(conn, 1, texts)
        assert unpack(conn, packed) == texts


OLD_DECISIONS = sa.table(
    "decisions",
    *map(sa.column, ("benefit_id", "person_no", "run_id", "decision", "month")),
    sa.column("decision_id", sa.BigInteger),
    sa.column("as_of", sa.Date),
    sa.column("decided_at", sa.DateTime),
    sa.column("body", sa.JSON),
)
OLD = {"benefit_id": "B1", "person_no": "P1", "run_id": 1, "decision": "due", "month": 202602}


def test_an_older_store_keeps_its_explanations_and_all_are_written_out_where_it_goes_back(
    new_url: str,
) -> None:
    said = list(map(json.loads, alike(1500)))
    rows = [_decided(f"B{number}", body) for number, body in enumerate(said)]
    with Store(new_url) as store:
        store.migrate()
        migrate(store, to="0011")
        with store.begin() as conn:
            when = {"as_of": NOW.date(), "decided_at": NOW}
            conn.execute(sa.insert(OLD_DECISIONS), OLD | when | {"body": {"old": 1}})
        migrate(store, to="0012")
        with store.begin() as conn:
            advance(conn, ByRun(2, NOW.date(), NOW), rows)
            advance(conn, ByRun(3, NOW.date(), NOW), rows[:2])
        with store.read() as conn:
            assert [found.body for found in history(conn, "B1")] == [said[1], said[1], {"old": 1}]
            last = current(conn, "B1499")
            assert last is not None
            assert last.body == said[1499]
        migrate(store, to="0011")
        columns = OLD_DECISIONS.c
        with store.read() as conn:
            kept = conn.scalars(sa.select(columns.body).order_by(columns.decision_id)).all()
            assert kept == [{"old": 1}, *said, *said[:2]]
            assert not sa.inspect(conn).has_table("compression_dictionaries")


def _decided(benefit_id: str, body: dict[str, Any]) -> DecisionText:
    return DecisionText(benefit_id, "P1", "due", None, None, None, None, json.dumps(body))
