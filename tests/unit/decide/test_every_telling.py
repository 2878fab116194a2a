"""Whatever a run decides, what it tells keeps to the published schemas and to the benefit's order."""

import json
from datetime import UTC, date, datetime
from typing import Any, get_args

from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway.decide.behind import OPEN
from gateway.decide.changes import decision_rows, drafts, next_state
from gateway.decide.compared import Gaps
from gateway.events import MAX_BYTES, Origin, schemas, serialise
from gateway.events.words import Cause, Decision, Reason
from tests.unit.decide.decided import AS_OF, POLICY, Row, outcome, reference, row

ORIGIN = Origin("/gateway", "cn.test.", datetime(2026, 7, 1, tzinfo=UTC), "run-1")
SCHEMAS = {
    f"cn.test.{name}": Draft202012Validator(schema, format_checker=Draft202012Validator.FORMAT_CHECKER)
    for name, schema in schemas(ORIGIN.type_prefix).items()
}
GROUPS = ("found", "suspected", "cleared"), ("renewed", "withdrawn"), ("due", "overdue"), ("unresolved",)
ROLES = ["death", "custody", "custody_end", "absence", "ground", "abroad", "life", "against"]
KINDS = ["death", "custody", "release", "absence", "marriage", "hospital_stay"]
STANDINGS = ["counted", "open", "contradicted", "unconfirmed", "over", "doubt"]

DAYS = st.dates(date(2018, 1, 1), AS_OF)
CAUSES = st.lists(st.sampled_from(get_args(Cause)), unique=True).map(sorted)
FACTS = st.fixed_dictionaries(
    {
        "benefit": st.sampled_from(sorted(POLICY.benefits)),
        "insured_county": st.none() | st.just("990101"),
        "payment_status": st.sampled_from([None, "paying", "suspended", "stopped_after_verification"]),
        "suspended_on": st.none() | DAYS,
        "custody_on": st.none() | DAYS,
        "was_certified_on": st.none() | DAYS,
        "roster_certified_on": st.none() | DAYS,
        "birth_on": st.none() | st.dates(date(1920, 1, 1), date(1990, 1, 1)),
        **dict.fromkeys(("causes", "holds"), CAUSES),
        **{name: st.booleans() for name in ("abroad", "needs_assistance", "matchable", "confirmed")},
        **{name: st.booleans() for name in ("likely_alive", "rests_on_voided", "release_unconfirmed")},
    }
)
REFERENCES = st.builds(
    reference,
    number=st.integers(1, 2**40),
    role=st.sampled_from(ROLES),
    kind=st.sampled_from(KINDS),
    standing=st.sampled_from(STANDINGS),
    basis=st.sampled_from([None, "sentence", "detention"]),
    strength=st.sampled_from(["strong", "weak"]),
)


@st.composite
def decided(draw: st.DrawFn) -> Row:
    """A decision as the rules can give it: a finding has a reason, what is certified is valid, and so on."""
    now, before = draw(st.sampled_from(get_args(Decision))), draw(st.sampled_from(get_args(Decision)))
    certified_on = draw(DAYS) if now == "certified" else draw(st.none() | DAYS)
    news = draw(st.sampled_from(["renewed", "verified", "withdrawn", None]))
    told: dict[str, Any] = draw(FACTS) | {
        "decision": now,
        "was_decision": before,
        "certified_on": certified_on,
        "valid_until": certified_on,
        "renewed": news == "renewed" and now == "certified",
        "verified": news == "verified",
        "withdrawn": news == "withdrawn",
        "due": now not in OPEN and certified_on is not None and draw(st.booleans()),
        "overdue": now == "uncovered" and draw(st.booleans()),
        "notice_days": 60,
        "last_event_id": f"evt_{1:032x}",
        "renewal_event_id": f"evt_{2:032x}",
        "suspicion_event_id": f"evt_{3:032x}" if before in OPEN else None,
    }
    told["overdue"] = told["overdue"] and not told["due"]
    told["unresolved"] = now in OPEN and draw(st.booleans())
    told |= {"reason": _reason(draw, now), "confidence": "single_source" if now in OPEN else None}
    return row(**told, was_reason=_reason(draw, before))


def _reason(draw: st.DrawFn, decision: str) -> str | None:
    return draw(st.sampled_from(get_args(Reason))) if decision in OPEN else None


@settings(max_examples=40)
@given(decided(), st.lists(REFERENCES, max_size=60))
def test_every_event_keeps_to_its_schema_its_size_and_its_place(decision: Row, behind: list[Row]) -> None:
    found = outcome([decision], behind)
    events = drafts(found, POLICY, AS_OF, ORIGIN)
    bodies = [serialise(event, number) for number, event in enumerate(events, 1)]
    for event, body in zip(events, bodies, strict=True):
        SCHEMAS[event.type].validate(json.loads(body))
        assert len(body) <= MAX_BYTES
    assert [event.causation_id for event in events] == [
        decision["last_event_id"],
        *(event.event_id for event in events),
    ][: len(events)]
    places = [_group(event.type) for event in events]
    assert places == sorted(set(places)), "at most one of each group, in order"
    next_state(found, events)


@settings(max_examples=40)
@given(
    decided(),
    st.lists(REFERENCES, max_size=5),
    st.sampled_from([Gaps(), Gaps(("cremations",), ("marriages",))]),
)
def test_every_decision_can_be_explained_and_stored(decision: Row, behind: list[Row], gaps: Gaps) -> None:
    [stored] = decision_rows(outcome([decision], behind), POLICY, AS_OF, gaps)
    body = json.loads(stored.body)
    assert body["causes"][-1]["cause"] == "certification"
    taken = [cause for cause in body["causes"] if cause["taken"]]
    assert len(taken) <= 1


def _group(type_: str) -> int:
    return next(place for place, words in enumerate(GROUPS) if type_.rsplit(".", 1)[1] in words)
