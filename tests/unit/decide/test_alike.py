"""What patterns tell of decisions that are alike is, byte for byte, what is told of each by itself."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from gateway.decide import guard
from gateway.decide.alike import told_alike
from gateway.decide.behind import changed_decisions
from gateway.decide.changes import EventIds, drafts_of, event_ids, rows_of_decisions
from gateway.decide.columns import DECIDED
from gateway.decide.compared import Gaps
from gateway.decide.findings import causes_live
from gateway.decide.outcome import BucketOutcome
from gateway.decide.patterns import Telling
from gateway.decide.proposal import CHANGES, as_batches
from gateway.decide.references import REFERENCES
from gateway.decide.telling import tell
from gateway.events import Origin
from tests.unit.decide.decided import AS_OF, POLICY, Row, reference, row

ORIGIN = Origin("urn:x", "cn.hunan.rst.", datetime(2026, 6, 30, 19, 5, 1, tzinfo=UTC), "run-1")
GAPS = st.sampled_from([Gaps(), Gaps(("death_certificates",), ("settlements",))])
_BESIDE = {
    "life": pa.int64(),
    "person_no": pa.string(),
    **dict.fromkeys(("benefit", "insured_county", "last_method", "payment_status"), pa.string()),
    **dict.fromkeys(("birth_on", "last_certified_on", "suspended_on", "custody_on"), pa.date32()),
    **dict.fromkeys(("disputed_from", "disputed_until", "agency_on", "against_after"), pa.date32()),
    **dict.fromkeys(
        ("needs_assistance", "matchable", "abroad", "renewed", "withdrawn", "verified"), pa.bool_()
    ),
    **dict.fromkeys(("due", "overdue", "unresolved"), pa.bool_()),
    **dict.fromkeys(("confirmed", "changed", "stored"), pa.bool_()),
    **dict.fromkeys(("was_decision", "was_reason", "was_confidence", "was_certified_by"), pa.string()),
    **dict.fromkeys(("was_certified_on", "was_valid_until", "was_notice_for"), pa.date32()),
    "was_notice_days": pa.int16(),
}
CHANGED = pa.schema([*DECIDED, *(pa.field(name, kind) for name, kind in _BESIDE.items())])

DAYS = st.sampled_from([date(2025, 2, 28), date(2026, 6, 1), date(2026, 7, 9), date(2027, 5, 31)])
COUNTIES = st.sampled_from(
    ["990101", "990102", None, "", "永州", '99"1', *(each.county for each in POLICY.counties)]
)
LIFE = st.fixed_dictionaries(
    {
        "role": st.sampled_from(["life", "life", "life", "life", "abroad", "against"]),
        "key_hash": st.one_of(st.none(), st.binary(min_size=16, max_size=16)),
        "item": st.sampled_from([0, 7, 100]),
        "department": st.sampled_from(["health", "medical_insurance"]),
        "kind": st.sampled_from(["settlement", "health_check"]),
        "strength": st.sampled_from(["strong", "weak"]),
        "basis": st.sampled_from([None, "counter"]),
        "happened_on": DAYS,
        "ends_on": st.sampled_from([None, None, None, date(2026, 1, 1)]),
    }
)


@st.composite
def decisions(draw: st.DrawFn) -> Row:
    """A decision without a finding, mostly of the usual shapes; some with what patterns leave alone."""
    news = draw(st.sampled_from(["renewed", "due", "overdue", "", "verified", "withdrawn"]))
    decision = "uncovered" if news == "overdue" else draw(st.sampled_from(["certified", "uncovered"]))
    known = news in {"renewed", "due", "verified"} or draw(st.booleans())
    benefits = sorted(POLICY.benefits) if news in {"", "renewed"} else ["resident_pension"]
    given: dict[str, Any] = {
        "decision": "certified" if news == "renewed" else decision,
        "was_decision": draw(st.sampled_from([None, "certified", "uncovered", "suspected"])),
        "was_reason": "death",
        "certified_on": draw(DAYS) if known else None,
        "valid_until": draw(DAYS) if known else None,
        "certified_by": draw(st.sampled_from(["evidence", "roster"])) if known else None,
        "notice_days": {"due": 30, "overdue": 0}.get(news, draw(st.sampled_from([None, 0, 60]))),
        "notice_for": draw(st.one_of(st.none(), DAYS)),
        "was_notice_days": draw(st.sampled_from([None, 60])),
        "was_notice_for": draw(st.one_of(st.none(), DAYS)),
        "birth_on": draw(st.sampled_from([None, date(1946, 6, 30), date(1946, 7, 1), date(1980, 1, 1)])),
        "insured_county": draw(COUNTIES),
        "benefit": draw(st.sampled_from(benefits)),
        "last_event_id": draw(st.sampled_from([None, "evt_1", "evt_2"])),
        "renewal_event_id": "evt_0",
        "suspicion_event_id": draw(st.sampled_from([None, "evt_s"])),
        "payment_status": draw(st.sampled_from(["paying", "paying", None, "suspended"])),
        "holds": draw(st.sampled_from([[], [], [], ["death"]])),
        "person_no": draw(st.sampled_from(["P1", "P2", "P\n3", "P\u2028"])),
    }
    flags = {name: draw(st.booleans()) for name in ("matchable", "needs_assistance", "abroad")}
    return row(**given, **flags, **({news: True} if news else {}))


@given(st.lists(st.tuples(decisions(), st.lists(LIFE, max_size=3)), max_size=12), st.integers(1, 5), GAPS)
def test_byte_for_byte(told: Sequence[tuple[Row, Sequence[Row]]], times: int, gaps: Gaps) -> None:
    rows: list[Row] = []
    behind: list[Row] = []
    for number, (each, lives) in enumerate([*told] * times):
        rows.append(each | {"benefit_id": f"B{number}"})
        behind += [reference(**life, benefit_id=f"B{number}") for life in lives]
    piece = outcome(rows, behind)
    alone = changes_alone(piece, gaps)
    alike = changes_alike(piece, Telling(POLICY, AS_OF, ORIGIN, gaps))
    assert alike[1:] == alone[1:]
    assert alike[0].to_pylist() == alone[0].to_pylist()


def test_usual_shapes_are_told_by_patterns() -> None:
    usual = [
        row(decision="certified", renewed=True, certified_on=AS_OF, valid_until=date(2027, 6, 30)),
        row(due=True, notice_days=30, certified_on=AS_OF, valid_until=AS_OF),
        row(overdue=True, notice_days=0),
        row(decision="certified", was_decision=None, certified_on=AS_OF, valid_until=date(2027, 6, 30)),
    ]
    rows = [each | {"benefit_id": f"B{number}"} for number, each in enumerate(usual * 3)]
    life: Row = {"role": "life", "kind": "settlement", "strength": "strong"}
    behind = [reference(**life, benefit_id=f"B{number}") for number in (0, 4, 8)]
    alike, others, _ = told_alike(outcome(rows, behind), Telling(POLICY, AS_OF, ORIGIN, Gaps()))
    assert alike.changes.num_rows == len(rows)
    assert others.changed.num_rows == 0


def test_a_shape_is_told_by_a_pattern_once_it_was_met_often_enough() -> None:
    renewed = row(decision="certified", renewed=True, certified_on=AS_OF, valid_until=date(2027, 6, 30))
    telling = Telling(POLICY, AS_OF, ORIGIN, Gaps())
    told = []
    for bucket in range(3):
        rows = [renewed | {"benefit_id": f"B{bucket}{number}"} for number in range(2)]
        told.append(told_alike(outcome(rows, []), telling)[0].changes.num_rows)
    assert told == [0, 2, 2]


def test_a_benefit_without_a_county_is_of_another_shape() -> None:
    renewed = row(decision="certified", renewed=True, certified_on=AS_OF, valid_until=date(2027, 6, 30))
    counties = ["990101", None, "990102", None] * 3
    rows = [renewed | {"benefit_id": f"B{n}", "insured_county": each} for n, each in enumerate(counties)]
    piece = outcome(rows, [])
    assert changes_alike(piece, Telling(POLICY, AS_OF, ORIGIN, Gaps())) == changes_alone(piece, Gaps())


def outcome(rows: Sequence[Row], behind: Sequence[Row]) -> BucketOutcome:
    changed = pa.Table.from_pylist([*rows], CHANGED)
    return BucketOutcome(changed.select(DECIDED.names), changed, pa.Table.from_pylist([*behind], REFERENCES))


Told = tuple[pa.Table, dict[str, Any], Counter[str], guard.Findings]


def changes_alone(piece: BucketOutcome, gaps: Gaps) -> Told:
    found = list(changed_decisions(piece, POLICY))
    events, causes = drafts_of(found, AS_OF, ORIGIN), causes_live(found)
    was = dict(
        zip(*(piece.changed[name].to_pylist() for name in ("benefit_id", "was_decision")), strict=True)
    )
    table = pa.Table.from_batches(as_batches(rows_of_decisions(found, AS_OF, gaps), events, causes), CHANGES)
    findings = guard.counted(guard.new_findings(events, causes, was))
    return table, by_benefit(event_ids(piece, events)), Counter(event.type for event in events), findings


def by_benefit(ids: EventIds) -> dict[str, dict[str, str | None]]:
    """By benefit the ids to remember, by column."""
    found: dict[str, dict[str, str | None]] = {}
    for name, own in ids.items():
        for benefit, each in zip(own.benefits.to_pylist(), own.ids.to_pylist(), strict=True):
            found.setdefault(benefit, {})[name] = each
    return found


def changes_alike(piece: BucketOutcome, telling: Telling) -> Told:
    told = tell(piece, telling)
    ids: dict[str, dict[str, str | None]] = {}
    for each in told.ids:
        ids |= by_benefit(each)
    return pa.Table.from_batches(told.changes, CHANGES), ids, told.types, told.findings
