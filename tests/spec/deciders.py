"""Both deciders over the few rows of a paragraph, and what the gateway tells of the decision."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import pyarrow as pa

from gateway.clock import CHINA
from gateway.decide.changes import decision_rows, drafts, next_state
from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import compiled, connect
from gateway.decide.findings import live_causes
from gateway.decide.outcome import BucketOutcome
from gateway.decide.reference import decide_person
from gateway.decide.references import REFERENCES, TOUCHED
from gateway.events import Origin
from gateway.evidence.columns import EVIDENCE
from gateway.policy import Policy
from gateway.roster.columns import ROSTER
from tests.spec.manual import Decides, Row, Told, benefits_of, ledger_of, records_of, typed

PREFIX: Final = "cn.test."
COMPARED: Final = Gaps()
ORIGIN: Final = Origin("/gateway", PREFIX, datetime(2026, 7, 1, tzinfo=CHINA), "run-1")
DECIDED_BY_BOTH: Final = {name for name in DECIDED.names if not name.endswith("_event_id")} - {"next_on"}
SCHEMAS: Final = {"evidence": EVIDENCE, "roster": ROSTER, "decided": DECIDED, "ledger": LEDGER}


class Expression:
    """The expression, compiled once for every as-of date, over tables that stay."""

    def __init__(self, policy: Policy) -> None:
        self._connection = connect()
        # Planning one life, or spreading it over threads, takes longer than deciding it.
        self._connection.execute("PRAGMA disable_optimizer")
        self._connection.execute("SET threads = 1")
        self._policy = policy
        self._prepared: dict[tuple[date, Gaps], str] = {}
        self._decided: dict[str, tuple[list[Row], BucketOutcome]] = {}
        self._filled = {name: schema.empty_table() for name, schema in SCHEMAS.items()}
        for name, empty in self._filled.items():
            self._connection.from_arrow(empty).create(name)
        self._connection.execute(f"CREATE VIEW told AS {compiled(policy, date(2026, 6, 30), COMPARED).told}")

    def decide(
        self, rows: Mapping[str, list[Row]], as_of: date, gaps: Gaps
    ) -> tuple[list[Row], BucketOutcome]:
        """Every benefit's row, changed or not, and the outcome as the engine gives it.

        Many paragraphs begin with the same first run: it is decided once.
        """
        asked = repr((rows, as_of, gaps))
        if asked not in self._decided:
            self._decided[asked] = self._decide(rows, as_of, gaps)
        return self._decided[asked]

    def _decide(
        self, rows: Mapping[str, list[Row]], as_of: date, gaps: Gaps
    ) -> tuple[list[Row], BucketOutcome]:
        for name, schema in SCHEMAS.items():
            self._fill(name, pa.Table.from_pylist(rows[name], schema))
        query = self._prepare(as_of, gaps)
        decided = self._execute(query)
        changed = decided.filter(decided["changed"])
        self._fill("changed", changed.select(TOUCHED))
        outcome = BucketOutcome(
            state=decided.select(DECIDED.names).cast(DECIDED),
            changed=changed,
            references=self._execute(f"{query}_references").cast(REFERENCES),
        )
        return decided.to_pylist(), outcome

    def _execute(self, query: str) -> pa.Table:
        return self._connection.sql(f"EXECUTE {query}").to_arrow_table()

    def _fill(self, name: str, rows: pa.Table) -> None:
        if rows.equals(self._filled.get(name)):
            return
        self._connection.execute(f"TRUNCATE {name}")
        self._connection.from_arrow(rows).insert_into(name)
        self._filled[name] = rows

    def _prepare(self, as_of: date, gaps: Gaps) -> str:
        if (as_of, gaps) not in self._prepared:
            name = f"decide_{len(self._prepared)}"
            queries = compiled(self._policy, as_of, gaps)
            self._connection.execute(f"PREPARE {name} AS {queries.decide}")
            if not self._prepared:
                self._connection.from_arrow(self._execute(name).select(TOUCHED).slice(0, 0)).create("changed")
            self._connection.execute(f"PREPARE {name}_references AS {queries.references}")
            self._prepared[as_of, gaps] = name
        return self._prepared[as_of, gaps]


def deciding(policy: Policy) -> Decides:
    """Decides a benefit by both deciders, compares them, and checks what the paragraph expects.

    `roster` is the benefit in question, `beside` the person's others, `ledger` what people did about it, and
    `last` what an earlier run told. `events` are the types it makes, `opens` the causes that it hands to the
    ledger, `says` some data of its last event (None: not said); everything else is a column of its decision.
    """
    expression = Expression(policy)

    def run(
        records: str = "",
        *,
        as_of: str = "2026-06-30",
        roster: Mapping[str, Any],
        beside: Sequence[Mapping[str, Any]] = (),
        ledger: Mapping[str, Any] | None = None,
        last: Told | None = None,
        gaps: Gaps = COMPARED,
        **expected: Any,
    ) -> Told:
        day = date.fromisoformat(as_of)
        rows = {
            "evidence": records_of(records, policy),
            "roster": benefits_of(roster, beside),
            "decided": last.states if last else [],
            "ledger": ledger_of(ledger),
        }
        found, outcome = expression.decide(rows, day, gaps)
        _same_by_reference(found, rows, policy, day, gaps)
        told = _told(found, outcome, policy, day, gaps)
        _check(told, outcome, policy, expected)
        return told

    return run


def _same_by_reference(
    found: list[Row], rows: Mapping[str, list[Row]], policy: Policy, as_of: date, gaps: Gaps
) -> None:
    last, ledger = ({row["benefit_id"]: row for row in rows[name]} for name in ("decided", "ledger"))
    theirs = [row for row in rows["evidence"] if row["person"] == 1]
    expected = decide_person(theirs, rows["roster"], last, ledger, policy, as_of, gaps)
    by_id = {row["benefit_id"]: row for row in found}
    assert all(set(row) >= DECIDED_BY_BOTH for row in expected)
    assert [{name: by_id[row["benefit_id"]][name] for name in row} for row in expected] == expected
    assert len(by_id) == len(expected)


def _told(found: list[Row], outcome: BucketOutcome, policy: Policy, as_of: date, gaps: Gaps) -> Told:
    events = drafts(outcome, policy, as_of, ORIGIN)
    assert list(decision_rows(outcome, policy, as_of, gaps)) or not outcome.changed.num_rows
    states = next_state(outcome, events).to_pylist()
    row = next(row for row in found if row["benefit_id"] == "B1")
    return Told(
        row=row | next(state for state in states if state["benefit_id"] == "B1"),
        events=[event for event in events if event.subject == "B1"],
        states=states,
    )


def _check(told: Told, outcome: BucketOutcome, policy: Policy, expected: Mapping[str, Any]) -> None:
    seen = {
        "events": [event.type.removeprefix(PREFIX) for event in told.events],
        "opens": sorted(cause.cause for cause in live_causes(outcome, policy) if cause.benefit_id == "B1"),
        "says": {name: told.last.get(name) for name in expected.get("says", ())},
    }
    wanted = {name: typed(name, value) for name, value in expected.items()}
    assert {name: (told.row | seen)[name] for name in wanted} == wanted
