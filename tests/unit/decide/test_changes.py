from datetime import UTC, date, datetime
from typing import Any

import pytest

from gateway.decide.changes import drafts, next_state
from gateway.decide.columns import DECIDED
from gateway.events import EventDraft, Origin
from tests.unit.decide.decided import AS_OF, POLICY, Row, outcome, row, was

ORIGIN = Origin("/gateway", "cn.test.", datetime(2026, 7, 1, tzinfo=UTC), "run-1")
ENDED_AND_OVERDUE = was("suspected") | {"holds": ["death"], "overdue": True}
CERTIFIED = {"decision": "certified", "certified_on": date(2026, 6, 20), "valid_until": date(2027, 6, 20)}


def told(*rows: Row) -> tuple[list[EventDraft], dict[str, Any]]:
    """The events of a run, and the first benefit's ids as they are carried on."""
    found = outcome(rows)
    events = drafts(found, POLICY, AS_OF, ORIGIN)
    state = next_state(found, events)
    assert state.schema == DECIDED
    ids = {name: value for name, value in state.to_pylist()[0].items() if name.endswith("event_id")}
    return events, ids


def test_the_events_of_one_benefit_follow_each_other() -> None:
    [cleared, overdue], _ = told(row(**ENDED_AND_OVERDUE))
    assert (cleared.causation_id, overdue.causation_id) == ("evt_last", cleared.event_id)


def test_events_of_different_benefits_do_not() -> None:
    first, second = row(decision="suspected"), row(decision="suspected", benefit_id="B2")
    events, _ = told(first, second)
    assert [event.causation_id for event in events] == [None, None]
    assert [event.subject for event in events] == ["B1", "B2"]


def test_the_same_run_again_gives_the_same_ids() -> None:
    assert told(row(**ENDED_AND_OVERDUE))[0] == told(row(**ENDED_AND_OVERDUE))[0]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ({"decision": "suspected"}, ("new", "evt_renewed", "new")),
        ({"decision": "conflicting"} | was("suspected"), ("new", "evt_renewed", "new")),
        (was("suspected"), (None, "evt_renewed", "new")),
        (was("suspected") | CERTIFIED | {"verified": True}, (None, "new", "new")),
        (CERTIFIED | {"renewed": True}, (None, "new", "new")),
        (CERTIFIED | {"verified": True}, (None, "new", "new")),
        ({"withdrawn": True}, (None, "new", "new")),
        ({"overdue": True}, (None, "evt_renewed", "new")),
        (
            was("suspected") | {"decision": "suspected", "unresolved": True},
            ("evt_open", "evt_renewed", "new"),
        ),
        ({}, (None, "evt_renewed", None)),
    ],
    ids=[
        "suspected",
        "conflict after a suspicion",
        "cleared by the data",
        "cleared by a person",
        "renewed",
        "verified",
        "withdrawn",
        "overdue",
        "unresolved",
        "nothing told",
    ],
)
def test_what_is_remembered_of_the_events_told(given: dict[str, Any], kept: tuple[str | None, ...]) -> None:
    events, ids = told(row(**{"renewal_event_id": "evt_renewed"} | given))
    new = {event.event_id: "new" for event in events}
    assert tuple(new.get(value, value) for value in ids.values()) == kept
