"""How a paragraph of the manual is read: its table of records, its roster row, and the expression."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import pyarrow as pa

from gateway.decide.columns import DECIDED
from gateway.decide.engine import compiled, connect
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER

Row = dict[str, Any]
Decides = Callable[..., Row]

DAYS = {field.name for schema in (EVIDENCE, ROSTER, DECIDED) for field in schema if field.type == pa.date32()}
ARRIVED = datetime(2026, 6, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times
SCHEMAS = {"evidence": EVIDENCE, "roster": ROSTER, "decided": DECIDED}
BESIDE = ("renewed", "withdrawn", "disputed_from", "disputed_until")


class Expression:
    """The expression over tables that stay, so that DuckDB plans it once and not for every paragraph."""

    def __init__(self, policy: Policy) -> None:
        self._connection = connect()
        self._connection.execute(
            "PRAGMA disable_optimizer"
        )  # planning one life takes longer than deciding it
        self._policy = policy
        self._prepared: dict[tuple[date, tuple[str, ...]], str] = {}
        for name, schema in SCHEMAS.items():
            self._connection.from_arrow(schema.empty_table()).create(name)

    def decide(
        self,
        evidence: list[Row],
        roster: list[Row],
        last: list[Row],
        as_of: date,
        uncompared: tuple[str, ...],
    ) -> list[Row]:
        for name, rows in {"evidence": evidence, "roster": roster, "decided": last}.items():
            self._connection.execute(f"TRUNCATE {name}")
            if rows:
                self._connection.from_arrow(pa.Table.from_pylist(rows, SCHEMAS[name])).insert_into(name)
        found = self._connection.execute(f"EXECUTE {self._prepare(as_of, uncompared)}")
        names = [column[0] for column in found.description]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def _prepare(self, as_of: date, uncompared: tuple[str, ...]) -> str:
        query = (as_of, uncompared)
        if query not in self._prepared:
            self._prepared[query] = f"decide_{len(self._prepared)}"
            sql = compiled(self._policy, as_of, uncompared).decide
            self._connection.execute(f"PREPARE {self._prepared[query]} AS {sql}")
        return self._prepared[query]


def records_of(text: str, policy: Policy) -> list[Row]:
    lines = [[cell.strip() for cell in line.split("|")] for line in text.strip().splitlines()]
    header = lines[0] if lines else []
    return [
        _record(number, dict(zip(header, line, strict=True)), policy) for number, line in enumerate(lines[1:])
    ]


def _record(number: int, cells: dict[str, str], policy: Policy) -> Row:
    given = {name: typed(name, cell) for name, cell in cells.items() if cell}
    polarity = policy.records[given["kind"]].polarity
    row = dict.fromkeys(EVIDENCE.names) | {
        "person": 1,
        "department": "police",
        "dataset": f"dataset_{number}",
        "key_hash": number.to_bytes(16, "big"),
        "item": 0,
        "polarity": polarity,
        "strength": "strong" if polarity == "of_life" else None,
        "origin": "department",
        "identity": "match",
        "published_at": ARRIVED,
        "received_at": ARRIVED,
        "content": 1000 + number,
    }
    row |= given
    if row["kind"] == "death":
        row["latest"] = row["latest"] or row["happened_on"]
    return row


def benefit_of(given: Mapping[str, Any]) -> Row:
    row = dict.fromkeys(ROSTER.names) | {
        "person": 1,
        "person_no": "P1",
        "benefit_id": "B1",
        "benefit": "employee_pension",
        "insured_county": "990101",
        "payment_status": "paying",
        "spouse_survivor": False,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": date(2020, 1, 1),
    }
    return row | {name: typed(name, value) for name, value in given.items()}


def typed(name: str, value: Any) -> Any:
    if name in {"certificate", "derived_from"} and isinstance(value, str):
        return value.encode().ljust(16)
    is_day = name in DAYS or name in {"disputed_from", "disputed_until"}
    return date.fromisoformat(value) if is_day and isinstance(value, str) else value
