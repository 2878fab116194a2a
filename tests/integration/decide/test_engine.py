import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.clock import CHINA
from gateway.decide.changes import decision_rows, drafts, next_state
from gateway.decide.columns import DECIDED, LEDGER
from gateway.decide.compared import Gaps
from gateway.decide.engine import (
    BucketSources,
    Queries,
    compiled,
    connect,
    decide_bucket,
)
from gateway.decide.outcome import BucketOutcome
from gateway.errors import StoreError
from gateway.events import EventDraft, Origin, serialise
from gateway.evidence.columns import EVIDENCE, RETIRED
from gateway.evidence.live import counting, scan
from gateway.policy import Policy, load_policy
from gateway.roster.columns import ROSTER
from gateway.store.parts import Part

Row = dict[str, Any]

AS_OF = date(2026, 6, 30)
STAGES = ("settled", "retired", "roster", "decided")
ARRIVED = datetime(2026, 6, 1)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times
ORIGIN = Origin("/gateway", "cn.test.", datetime(2026, 7, 1, tzinfo=CHINA), "run-1")


@pytest.fixture(scope="module")
def policy() -> Policy:
    return load_policy(Path(__file__).parents[3] / "config")


@pytest.fixture(scope="module")
def queries(policy: Policy) -> Queries:
    return compiled(policy, AS_OF, Gaps())


class Bucket:
    """One bucket of Parquet parts in a folder, decided run after run."""

    def __init__(self, folder: Path, policy: Policy, queries: Queries) -> None:
        self.folder, self.policy, self.queries = folder, policy, queries
        self.connection = connect(256)
        self.connection.execute("PRAGMA disable_optimizer")  # planning one benefit takes longest
        self.parts: dict[str, list[Path]] = {name: [] for name in STAGES}
        self.ledger: list[Row] = []

    def add(self, stage: str, rows: list[Row] | pa.Table, schema: pa.Schema) -> None:
        table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(rows, schema)
        path = self.folder / f"{stage}_{len(self.parts[stage])}.parquet"
        pq.write_table(table, path)
        self.parts[stage].append(path)

    def run(self) -> tuple[BucketOutcome, list[EventDraft]]:
        settled, retired, roster, decided = (self._stage(name) for name in STAGES)
        sources = BucketSources(
            evidence=counting(self.folder, settled, retired, ([], [])),
            roster=scan(self.folder, roster, ROSTER),
            decided=scan(self.folder, decided, DECIDED),
            ledger=pa.Table.from_pylist(self.ledger, LEDGER),
        )
        outcome = decide_bucket(self.connection, sources, self.queries)
        events = drafts(outcome, self.policy, AS_OF, ORIGIN)
        self.parts["decided"] = []
        self.add("decided", next_state(outcome, events), DECIDED)
        return outcome, events

    def _stage(self, name: str) -> list[Part]:
        return [Part(path.stem, name, None, 1, path.name, 1, None, ARRIVED) for path in self.parts[name]]

    def retire(self, row: Row) -> None:
        self.add("retired", [{name: row[name] for name in RETIRED.names}], RETIRED)


@pytest.fixture
def bucket(tmp_path: Path, policy: Policy, queries: Queries) -> Bucket:
    return Bucket(tmp_path, policy, queries)


def record(number: int, **given: Any) -> Row:
    life = {"kind": "hospital_stay", "polarity": "of_life", "strength": "strong"}
    return dict.fromkeys(EVIDENCE.names) | {
        "person": 1,
        "department": "health",
        "dataset": "inpatient_stays",
        "key_hash": number.to_bytes(16, "big"),
        "item": 0,
        "origin": "department",
        "identity": "match",
        "published_at": ARRIVED,
        "received_at": ARRIVED,
        "content": number,
        **(life if "kind" not in given else {}),
        **given,
    }


def death(number: int, **given: Any) -> Row:
    day = date(2026, 6, 1)
    facts = {"kind": "death", "polarity": "adverse", "happened_on": day, "latest": day}
    return record(number, **{**facts, "basis": "medical_certificate", **given})


def benefit(number: int = 1, **given: Any) -> Row:
    return dict.fromkeys(ROSTER.names) | {
        "person": number,
        "person_no": f"P{number}",
        "benefit_id": f"B{number}",
        "benefit": "employee_pension",
        "insured_county": "990101",
        "last_certified_on": date(2025, 9, 15),
        "payment_status": "paying",
        "spouse_survivor": False,
        "needs_assistance": False,
        "matchable": True,
        "first_seen_on": date(2020, 1, 1),
        **given,
    }


def entries(**given: Any) -> Row:
    lists: Row = {name: [] for name in ("held", "late", "confirmed", "silenced")}
    return dict.fromkeys(LEDGER.names) | lists | {"benefit_id": "B1"} | given


def types(events: list[EventDraft]) -> list[str]:
    return [event.type.removeprefix("cn.test.") for event in events]


def test_a_renewal_is_announced_once_and_never_again(bucket: Bucket) -> None:
    bucket.add("settled", [record(1, happened_on=date(2026, 6, 20))], EVIDENCE)
    bucket.add("roster", [benefit()], ROSTER)
    _, events = bucket.run()
    assert types(events) == ["certification.renewed"]
    told = events[0].data.model_dump(mode="json", exclude_none=True)
    assert told["evidence"] == [{"department": "health", "strength": "strong"}]
    assert (told["certified_on"], told["valid_until"]) == ("2026-06-20", "2027-06-20")
    again, events = bucket.run()
    assert events == []
    assert again.changed.num_rows == 0
    assert again.references.num_rows == 0


def test_a_retired_version_no_longer_counts_and_its_renewal_is_taken_back(bucket: Bucket) -> None:
    stay = record(1, happened_on=date(2026, 6, 20))
    bucket.add("settled", [stay], EVIDENCE)
    bucket.add("roster", [benefit()], ROSTER)
    _, [renewed] = bucket.run()
    bucket.retire(stay)
    _, [taken_back] = bucket.run()
    assert types([taken_back]) == ["evidence.withdrawn"]
    assert taken_back.replaces == taken_back.causation_id == renewed.event_id
    assert taken_back.data.valid_until == date(2026, 9, 15)
    assert bucket.run()[1] == []


def test_a_bucket_without_a_change_has_the_same_state(bucket: Bucket) -> None:
    bucket.add("roster", [benefit(last_certified_on=date(2025, 7, 1))], ROSTER)
    bucket.add("settled", [record(1, happened_on=date(2026, 6, 20))], EVIDENCE)
    bucket.run()
    bucket.parts["roster"] = []
    bucket.add("roster", [benefit(last_certified_on=date(2025, 9, 1))], ROSTER)
    moved, events = bucket.run()
    assert (moved.changed.num_rows, events) == (1, [])
    still, _ = bucket.run()
    assert still.changed.num_rows == 0
    assert still.state.equals(moved.state)


def test_another_version_of_a_retired_row_lives(bucket: Bucket) -> None:
    stay = record(1, happened_on=date(2026, 6, 20))
    bucket.add("settled", [stay], EVIDENCE)
    bucket.add("settled", [stay | {"content": 99}], EVIDENCE)
    bucket.retire(stay)
    bucket.add("roster", [benefit()], ROSTER)
    assert types(bucket.run()[1]) == ["certification.renewed"]


def test_a_suspicion_is_sent_again_when_it_is_corroborated_and_cleared_when_it_ends(bucket: Bucket) -> None:
    first, second = death(1), death(2, department="civil_affairs", basis="cremation")
    bucket.add("roster", [benefit()], ROSTER)
    bucket.add("settled", [first], EVIDENCE)
    _, [suspected] = bucket.run()
    bucket.add("settled", [second], EVIDENCE)
    _, [corroborated] = bucket.run()
    bucket.ledger = [entries(held=["death"])]
    bucket.retire(first)
    bucket.retire(second)
    outcome, [cleared] = bucket.run()
    assert types([suspected, corroborated, cleared]) == [
        "eligibility.suspected",
        "eligibility.suspected",
        "eligibility.suspicion.cleared",
    ]
    assert [suspected.replaces, corroborated.replaces, cleared.replaces] == [
        None,
        suspected.event_id,
        corroborated.event_id,
    ]
    assert outcome.state["holds"].to_pylist() == [["death"]]
    assert bucket.run()[1] == []


def test_the_same_finding_later_is_another_event(bucket: Bucket) -> None:
    found = death(1)
    bucket.add("roster", [benefit()], ROSTER)
    bucket.add("settled", [found], EVIDENCE)
    _, [first] = bucket.run()
    bucket.retire(found)
    bucket.run()
    bucket.parts["retired"] = []
    _, [second] = bucket.run()
    assert first.data.model_copy(update={"replaces": None}) == second.data
    assert second.replaces is None
    assert first.event_id != second.event_id


def test_a_second_report_of_a_death_is_stored_without_an_event(bucket: Bucket) -> None:
    bucket.add("roster", [benefit()], ROSTER)
    bucket.add("settled", [death(1)], EVIDENCE)
    bucket.run()
    bucket.add("settled", [death(2, basis="register_cancelled", department="police")], EVIDENCE)
    outcome, events = bucket.run()
    assert events == []
    [row] = decision_rows(outcome, bucket.policy, AS_OF, Gaps())
    assert {found["department"] for found in json.loads(row.body)["evidence"]} == {"health", "police"}


def test_a_suspicion_names_its_evidence_by_opaque_ids_and_its_clauses(bucket: Bucket) -> None:
    bucket.add("roster", [benefit()], ROSTER)
    bucket.add("settled", [death(7), record(8, happened_on=date(2026, 5, 1))], EVIDENCE)
    _, [event] = bucket.run()
    told = event.data.model_dump(mode="json", exclude_none=True)
    assert told["evidence"] == [
        {
            "id": "ev_" + (7).to_bytes(16, "big").hex() + "00",
            "department": "health",
            "kind": "death",
            "happened_on": "2026-06-01",
        }
    ]
    assert told["clauses"] == ["湘人社办发〔2026〕10号 二（五）", "社会保险经办条例 26"]
    assert told["notify"] is True
    assert told["reason"] == "death"
    assert told["policy_version"] == bucket.policy.version


def test_a_custody_that_is_no_ground_is_not_evidence_of_a_suspicion(bucket: Bucket) -> None:
    held = {"kind": "custody", "polarity": "adverse", "began_on": date(2026, 6, 1)}
    bucket.add("roster", [benefit(benefit="survivor_allowance")], ROSTER)
    rows = [record(1, **held, basis="detention"), record(2, **held, basis="sentence", department="justice")]
    bucket.add("settled", rows, EVIDENCE)
    _, [event] = bucket.run()
    told = event.data.model_dump(mode="json")
    assert [found["department"] for found in told["evidence"]] == ["justice"]
    assert told["suggested_channel"] == "counter"


def test_an_event_with_very_much_evidence_stays_small(bucket: Bucket) -> None:
    bucket.add("roster", [benefit()], ROSTER)
    bucket.add("settled", [death(number) for number in range(1, 300)], EVIDENCE)
    _, [event] = bucket.run()
    assert len(serialise(event, 1)) < 20_000


def test_every_benefit_of_a_person_is_decided_by_itself(bucket: Bucket) -> None:
    bucket.add("roster", [benefit(), benefit(2, person=1, benefit="unemployment_benefit")], ROSTER)
    bucket.add("settled", [record(1, happened_on=date(2026, 6, 20))], EVIDENCE)
    outcome, events = bucket.run()
    decided = dict(
        zip(outcome.state["benefit_id"].to_pylist(), outcome.state["decision"].to_pylist(), strict=True)
    )
    assert decided == {"B1": "certified", "B2": "suspected"}
    told = dict(zip([event.subject for event in events], types(events), strict=True))
    assert told == {"B1": "certification.renewed", "B2": "eligibility.suspected"}


def test_a_bucket_without_evidence_or_roster_is_decided(bucket: Bucket) -> None:
    outcome, events = bucket.run()
    assert (outcome.state.num_rows, outcome.state.schema, events) == (0, DECIDED, [])


def test_a_part_that_cannot_be_read_is_a_store_error_without_its_content(bucket: Bucket) -> None:
    broken = bucket.folder / "broken.parquet"
    broken.write_bytes(b"PAR1 not a part at all PAR1")
    bucket.parts["settled"].append(broken)
    with pytest.raises(StoreError, match="could not be decided") as caught:
        bucket.run()
    assert "not a part" not in str(caught.value)


@pytest.mark.parametrize(
    ("given", "records", "cause", "why"),
    [
        ({}, [death(1)], "death", "suspected"),
        ({}, [death(1, identity="doubt")], "identity_doubt", "the name differs"),
        (
            {"benefit": "injury_long_term"},
            [record(1, kind="custody", polarity="adverse", basis="sentence", began_on=AS_OF)],
            "custody",
            "only holds certification",
        ),
        (
            {"benefit": "survivor_allowance"},
            [record(1, kind="custody", polarity="adverse", basis="detention", began_on=AS_OF)],
            "custody",
            "not a ground for this benefit",
        ),
        ({}, [record(1, happened_on=AS_OF)], "certification", "valid until 2027-06-30"),
        ({"last_certified_on": None}, [], "certification", "no certification known"),
        ({"last_certified_on": date(2025, 1, 1)}, [], "certification", "ran out on 2026-01-01"),
        ({"benefit": "unemployment_benefit"}, [], "certification", "this benefit is never certified"),
    ],
)
def test_the_explanation_says_why(
    bucket: Bucket, given: Row, records: list[Row], cause: str, why: str
) -> None:
    bucket.add("roster", [benefit(**given)], ROSTER)
    bucket.add("settled", records, EVIDENCE)
    outcome, _ = bucket.run()
    [row] = decision_rows(outcome, bucket.policy, AS_OF, Gaps())
    body = json.loads(row.body)
    found = {entry["cause"]: entry for entry in body["causes"]}
    assert found[cause]["why"].startswith(why)
    assert found[cause]["taken"] is (why == "suspected" or why.startswith("valid"))
    assert body["would_change"]
