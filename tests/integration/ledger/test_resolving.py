import json
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from gateway.decide.engine import decide_bucket
from gateway.errors import NotFoundError, RequestError, RunHeld, StoreError
from gateway.store import decisions, ledger, runs
from gateway.store.ledger import Entry
from gateway.store.proposals import put_in_place
from gateway.store.revisions import put_revision
from gateway.sync import deciding, one, publishing
from gateway.sync.approving import Word, approve_run
from gateway.sync.ledger import Contact, assign, contact
from gateway.sync.standing import as_revision
from tests.integration.ledger.conftest import DIED_ON
from tests.integration.ledger.office import DELETED, TODAY, Office, died, open_office
from tests.support.instances import until


def entry_of(office: Office) -> Entry:
    (found,) = office.entries(state="all")
    return found


def last_event(office: Office) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(office.events("B1")[-1].body)
    return told


def decision(office: Office) -> str:
    with office.station.store.read() as conn:
        found = decisions.current(conn, "B1")
    assert found is not None
    return found.decision


def actions(office: Office) -> list[tuple[str, str, str]]:
    with office.station.store.read() as conn:
        done = ledger.history(conn, entry_of(office).entry_id)
    return [(each.action, each.by, each.note) for each in done]


def test_a_suspicion_opens_an_entry_that_names_its_evidence(suspected: Office) -> None:
    entry = entry_of(suspected)
    assert (entry.benefit_id, entry.cause, entry.reason, entry.suspected) == ("B1", "death", "death", True)
    assert [each["kind"] for each in entry.evidence] == ["death"]
    assert len(entry.contents) == 1


def test_an_entry_is_assigned_and_contacts_are_noted(suspected: Office) -> None:
    number = entry_of(suspected).entry_id
    assert assign(suspected.station, number, "Li", "Wang").assignee == "Li"
    contact(suspected.station, number, Contact("family", "nobody answered", "Li", DIED_ON))
    assert actions(suspected)[1:] == [("assigned", "Wang", ""), ("contacted", "Li", "nobody answered")]


def test_eligible_clears_the_suspicion_and_certifies_on_that_day(suspected: Office) -> None:
    done = suspected.resolve(entry_of(suspected), "eligible", on=suspected.today)
    assert suspected.types("B1") == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    told = last_event(suspected)
    assert told["id"] == done.events[0].event_id
    data = told["data"]
    assert (data["decision"], data["method"]) == ("certified", "verification")
    assert (data["certified_on"], data["valid_until"]) == ("2026-10-02", "2027-10-02")
    assert data["restoration"]["procedure"] == "automatic"
    assert decision(suspected) == "certified"
    assert done.entry.outcome == "eligible"


def test_the_events_of_an_outcome_are_released_at_once(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "eligible")
    assert all(event.released_at for event in suspected.events("B1"))
    with suspected.station.store.read() as conn:
        (last, *_) = runs.list_runs(conn)
    assert (last.kind, last.state) == ("ledger", "done")


def test_the_next_run_takes_an_outcome_in_and_says_nothing_again(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "eligible")
    before = suspected.types("B1")
    suspected.decide()
    assert suspected.types("B1") == before
    assert decision(suspected) == "certified"


def test_a_run_as_of_a_day_before_an_outcome_takes_nothing_back(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "eligible")
    before = suspected.types("B1")
    suspected.on(suspected.today - timedelta(days=1)).decide()
    assert suspected.types("B1") == before
    suspected.on(suspected.today + timedelta(days=1)).decide()
    assert suspected.types("B1") == before
    assert decision(suspected) == "certified"


def test_changed_content_after_an_eligible_outcome_is_a_new_suspicion(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "eligible")
    suspected.on(suspected.today + timedelta(days=1))
    suspected.evidence("B1", "certificate-1", **died(DIED_ON + timedelta(days=1)))
    suspected.decide()
    assert suspected.types("B1")[2:] in (["eligibility.suspected"], ["certification.conflict.found"])
    assert [each.state for each in suspected.entries(state="all")] == ["closed", "open"]


def test_ineligible_confirms_the_loss_and_keeps_holding(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "ineligible", effect="terminate", ended_on=DIED_ON)
    told = last_event(suspected)
    assert told["type"].endswith("eligibility.loss.confirmed")
    data = told["data"]
    assert (data["effect"], data["ended_on"], data["overpaid_from"]) == (
        "terminate",
        "2026-09-10",
        "2026-09-11",
    )
    assert told["causationid"] == suspected.events("B1")[0].event_id
    suspected.decide()
    assert suspected.types("B1") == ["eligibility.suspected", "eligibility.loss.confirmed"]
    assert [each.state for each in suspected.entries(state="all")] == ["closed"]


def test_a_loss_may_be_resolved_anew_as_eligible(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "ineligible", effect="stop", ended_on=DIED_ON)
    suspected.resolve(entry_of(suspected), "eligible")
    assert suspected.types("B1")[1:] == ["eligibility.loss.confirmed", "eligibility.suspicion.cleared"]
    cleared = last_event(suspected)["data"]
    assert cleared["replaces"] == suspected.events("B1")[1].event_id
    assert cleared["restoration"]["procedure"] == "resumption"
    with pytest.raises(RequestError, match="closed as eligible"):
        suspected.resolve(entry_of(suspected), "ineligible", effect="stop", ended_on=DIED_ON)


def test_that_a_person_cleared_it_is_said_also_where_nothing_is_certified_by_it(suspected: Office) -> None:
    """Another channel certified on the day of the outcome already, so the certification does not move."""
    later = suspected.on(TODAY + timedelta(days=7))
    later.roster({"benefit_id": "B1", "last_certified_on": "2026-10-06", "last_method": "counter"})
    later.decide()
    later.resolve(entry_of(suspected), "eligible", on=date(2026, 10, 6))
    told = last_event(suspected)
    assert told["type"].endswith("conflict.cleared")
    assert (told["data"]["method"], told["data"]["certified_on"]) == ("verification", "2026-10-06")
    assert any("二（七）" in clause for clause in told["data"]["clauses"])


def test_a_duplicate_is_closed_without_an_event(suspected: Office) -> None:
    done = suspected.resolve(entry_of(suspected), "duplicate")
    assert (done.events, suspected.types("B1")) == ((), ["eligibility.suspected"])
    suspected.decide()
    assert [each.outcome for each in suspected.entries(state="all")] == ["duplicate"]


@pytest.mark.parametrize(
    ("outcome", "given", "told"),
    [
        ("eligible", {}, ["eligibility.suspicion.cleared"]),
        ("ineligible", {"effect": "stop", "ended_on": DIED_ON}, ["eligibility.loss.confirmed"]),
    ],
)
def test_a_duplicate_can_still_be_resolved_by_itself(
    suspected: Office, outcome: str, given: dict[str, Any], told: list[str]
) -> None:
    suspected.resolve(entry_of(suspected), "duplicate")
    suspected.decide()
    assert decision(suspected) == "suspected"
    with pytest.raises(RequestError, match="closed as duplicate"):
        suspected.resolve(entry_of(suspected), "duplicate")
    suspected.resolve(entry_of(suspected), outcome, **given)
    assert suspected.types("B1")[1:] == told
    assert entry_of(suspected).outcome == outcome
    assert decision(suspected) == ("certified" if outcome == "eligible" else "suspected")


def test_an_entry_open_too_long_is_told_once(suspected: Office) -> None:
    suspected.on(suspected.today + timedelta(days=31)).compared(suspected.today)
    suspected.decide()
    suspected.decide()
    assert suspected.types("B1") == ["eligibility.suspected", "eligibility.suspicion.unresolved"]
    assert entry_of(suspected).told_at is not None


def test_an_outcome_after_the_ground_has_ended_renews_and_clears_nothing_twice(suspected: Office) -> None:
    suspected.evidence("B1", "certificate-1", **DELETED)
    suspected.decide()
    assert suspected.types("B1")[1:] == ["eligibility.suspicion.cleared"]
    assert decision(suspected) == "uncovered"
    suspected.resolve(entry_of(suspected), "eligible")
    assert suspected.types("B1")[2:] == ["certification.renewed"]
    assert last_event(suspected)["data"]["method"] == "verification"


@pytest.mark.parametrize(
    ("outcome", "given", "why"),
    [
        ("ineligible", {}, "needs an effect"),
        ("ineligible", {"effect": "stop"}, "needs an effect"),
        ("ineligible", {"effect": "stop", "ended_on": date(2026, 11, 1)}, "future"),
        ("eligible", {"effect": "stop"}, "belong to ineligible"),
        ("duplicate", {"ended_on": DIED_ON}, "belong to ineligible"),
        ("eligible", {"on": date(2026, 11, 1)}, "future"),
        ("eligible", {"note": ""}, "note is missing"),
        ("eligible", {"note": "is 990101195001010017"}, "ID number"),
        ("eligible", {"by": "990101500101001"}, "ID number"),
        ("perhaps", {}, "one of eligible"),
    ],
)
def test_an_impossible_outcome_is_named_and_changes_nothing(
    suspected: Office, outcome: str, given: dict[str, Any], why: str
) -> None:
    before = entry_of(suspected)
    with pytest.raises(RequestError, match=why):
        suspected.resolve(before, outcome, **given)
    assert entry_of(suspected) == before


STOP: dict[str, Any] = {"effect": "stop", "ended_on": DIED_ON}


@pytest.mark.parametrize(
    ("outcome", "given", "field", "why"),
    [
        ("eligible", {"on": date(2020, 1, 1)}, "on", "before 2026-10-01, when entry 1 was opened"),
        ("eligible", {"on": date(2026, 9, 30)}, "on", "before 2026-10-01, when entry 1 was opened"),
        ("duplicate", {"on": date(2026, 9, 30)}, "on", "before 2026-10-01, when entry 1 was opened"),
        ("ineligible", STOP | {"on": date(2026, 9, 30)}, "on", "when entry 1 was opened"),
        (
            "ineligible",
            STOP | {"ended_on": date(1800, 1, 1)},
            "ended_on",
            "before 2015-01-01, when the benefit",
        ),
        (
            "ineligible",
            STOP | {"ended_on": date(2014, 12, 31)},
            "ended_on",
            "before 2015-01-01, when the benefit",
        ),
        ("ineligible", STOP | {"ended_on": date(2026, 11, 1)}, "ended_on", "in the future"),
        ("eligible", {"on": date(2026, 11, 1)}, "on", "in the future"),
    ],
)
def test_a_day_that_cannot_be_names_its_option_and_the_rule_and_changes_nothing(
    suspected: Office, outcome: str, given: dict[str, Any], field: str, why: str
) -> None:
    before = entry_of(suspected)
    with pytest.raises(RequestError, match=why) as told:
        suspected.resolve(before, outcome, **given)
    assert told.value.field == field
    assert entry_of(suspected) == before
    assert suspected.types("B1") == ["eligibility.suspected"]


def test_an_outcome_may_be_of_the_day_its_entry_was_opened(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "eligible", on=date(2026, 10, 1))
    assert last_event(suspected)["data"]["certified_on"] == "2026-10-01"


def test_an_entry_opened_as_of_a_later_day_may_be_closed_the_day_of_its_run(office: Office) -> None:
    office.evidence("B1", "certificate-1", **died(DIED_ON))
    deciding.decide_run(office.station, date(2026, 10, 20))
    assert entry_of(office).opened_on == date(2026, 10, 20)
    with pytest.raises(RequestError, match="before 2026-10-01"):
        office.resolve(entry_of(office), "eligible", on=date(2026, 9, 30))
    office.resolve(entry_of(office), "eligible", on=date(2026, 10, 1))
    assert decision(office) == "certified"


def test_an_outcome_is_not_before_the_newest_evidence_of_its_entry(suspected: Office) -> None:
    suspected.on(suspected.today + timedelta(days=7))
    suspected.evidence("B1", "cremation-1", **died(date(2026, 10, 5)) | {"department": "civil_affairs"})
    suspected.decide()
    with pytest.raises(RequestError, match="before 2026-10-05, the day of the newest evidence of entry 1"):
        suspected.resolve(entry_of(suspected), "eligible", on=date(2026, 10, 4))
    suspected.resolve(entry_of(suspected), "eligible", on=date(2026, 10, 5))


def test_the_end_of_an_entitlement_may_be_the_day_it_began(suspected: Office) -> None:
    suspected.resolve(entry_of(suspected), "ineligible", effect="terminate", ended_on=date(2015, 1, 1))
    assert last_event(suspected)["data"]["overpaid_from"] == "2015-01-02"


@pytest.mark.parametrize(
    ("on", "why"),
    [(date(1800, 1, 1), "before 1900"), (date(1949, 12, 31), "was born"), (date(2026, 11, 1), "future")],
)
def test_a_contact_is_in_the_life_of_the_person(suspected: Office, on: date, why: str) -> None:
    with pytest.raises(RequestError, match=why) as told:
        contact(suspected.station, 1, Contact("self", "well", "Wang", on))
    assert told.value.field == "on"
    assert "1950" not in str(told.value)


def test_evidence_nobody_looked_at_is_not_closed_with_the_entry(suspected: Office) -> None:
    seen = entry_of(suspected)
    assign(suspected.station, seen.entry_id, "Li", "Wang")
    with pytest.raises(RequestError, match="changed since"):
        suspected.resolve(seen, "duplicate", version=seen.version)
    suspected.resolve(seen, "duplicate", version=seen.version + 1)


@pytest.mark.parametrize(
    "do",
    [
        lambda office, number: assign(office.station, number, "Li", "Wang"),
        lambda office, number: contact(office.station, number, Contact("self", "well", "Wang")),
        lambda office, _: office.resolve(entry_of(office), "eligible"),
    ],
)
def test_nothing_is_done_about_a_closed_entry(suspected: Office, do: Callable[[Office, int], Any]) -> None:
    suspected.resolve(entry_of(suspected), "eligible")
    with pytest.raises(RequestError, match="is closed as eligible"):
        do(suspected, entry_of(suspected).entry_id)


@pytest.mark.parametrize(
    ("outcome", "given", "told"),
    [
        ("eligible", {}, ["eligibility.suspicion.cleared"]),
        ("ineligible", {"effect": "stop", "ended_on": DIED_ON}, ["eligibility.loss.confirmed"]),
    ],
)
def test_an_entry_of_a_benefit_that_left_the_roster_can_still_be_closed(
    suspected: Office, outcome: str, given: dict[str, Any], told: list[str]
) -> None:
    suspected.roster({"benefit_id": "B2", "person_no": "P1"})
    suspected.decide()
    suspected.resolve(entry_of(suspected), outcome, **given)
    assert entry_of(suspected).state == "closed"
    assert suspected.types("B1") == ["eligibility.suspected", *told]
    assert last_event(suspected)["data"].get("method", "verification") == "verification"


def test_an_entry_that_is_not_there_is_named(suspected: Office) -> None:
    with pytest.raises(NotFoundError, match="no ledger entry 99"):
        assign(suspected.station, 99, "Li", "Wang")


def test_a_benefit_decided_in_the_meantime_is_decided_once_more(
    suspected: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaken = overtaking(suspected, monkeypatch, times=1)
    suspected.resolve(entry_of(suspected), "eligible")
    assert overtaken == []
    assert suspected.types("B1")[1:] == ["eligibility.suspicion.cleared"]


def test_a_benefit_decided_over_and_over_in_the_meantime_is_left_as_it_is(
    suspected: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    overtaking(suspected, monkeypatch, times=2)
    with pytest.raises(StoreError, match="another run is deciding"):
        suspected.resolve(entry_of(suspected), "eligible")
    assert entry_of(suspected).state == "open"
    assert suspected.types("B1") == ["eligibility.suspected"]


def test_what_a_held_run_says_of_a_benefit_resolved_since_is_left_out(
    suspected: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspected.evidence("B1", "certificate-1", **DELETED)
    suspected.evidence("B2", "certificate-2", **died(DIED_ON))
    with monkeypatch.context() as patch:
        patch.setattr(deciding, "judge", lambda *_, **__: ["too many"])
        held = suspected.decide()
    suspected.resolve(suspected.entries()[0], "eligible")
    told = ["eligibility.suspected", "eligibility.suspicion.cleared"]
    assert (suspected.types("B1"), suspected.types("B2")) == (told, [])
    approve_run(suspected.station, held.run_id, Word("officer", "looked at"))
    assert (suspected.types("B1"), suspected.types("B2")) == (told, ["eligibility.suspected"])
    suspected.decide()
    assert (suspected.types("B1"), suspected.types("B2")) == (told, ["eligibility.suspected"])
    assert decision(suspected) == "certified"


@pytest.mark.server
def test_an_outcome_is_kept_on_postgresql_too(postgres_url: str, tmp_path: Path) -> None:
    with open_office(tmp_path, postgres_url) as office:
        office.roster({"benefit_id": "B1"})
        office.compared(office.today)
        office.evidence("B1", "certificate-1", **died(DIED_ON))
        office.decide()
        office.resolve(entry_of(office), "eligible")
        office.decide()
        assert office.types("B1") == ["eligibility.suspected", "eligibility.suspicion.cleared"]


@pytest.mark.server
def test_an_outcome_said_while_its_benefit_is_published_is_decided_by_what_was_published(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run takes the suspicion back; before it has committed that, the officer's outcome is to be kept."""
    starts: list[int] = []
    with open_office(tmp_path, postgres_url) as office, ThreadPoolExecutor(1) as desk:
        office.roster({"benefit_id": "B1"})
        office.compared(office.today)
        office.evidence("B1", "certificate-1", **died(DIED_ON))
        office.decide()
        office.evidence("B1", "certificate-1", **DELETED)
        entry, said = entry_of(office), list[Future[Any]]()

        def put_in_place_late(*given: Any) -> None:
            said.append(desk.submit(office.resolve, entry, "eligible"))
            until(lambda: is_waiting(office) or None, "the outcome to wait for the run")
            put_in_place(*given)

        def counted(*given: Any) -> Any:
            starts.append(1)
            return decide_bucket(*given)

        monkeypatch.setattr(one, "decide_bucket", counted)
        monkeypatch.setattr(publishing, "put_in_place", put_in_place_late)
        office.decide()
        said[0].result(timeout=60)
        told = ["eligibility.suspected", "eligibility.suspicion.cleared", "certification.renewed"]
        assert office.types("B1") == told
        assert len(starts) == 2


def is_waiting(office: Office) -> bool:
    """Whether a transaction waits for another one to end."""
    waiting = text("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                   " AND wait_event_type = 'Lock'")  # fmt: skip
    with office.station.store.read() as conn:
        return bool(conn.scalar(waiting))


def overtaking(office: Office, monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Let another writer revise the benefit while it is decided, so many times."""
    left = list(range(times))

    def slow(*given: Any) -> Any:
        outcome = decide_bucket(*given)
        if left:
            left.pop()
            row = outcome.state.filter(outcome.state["decision"].is_valid()).to_pylist()[0]
            with office.station.store.begin() as conn:
                state = as_revision(row) | {"decision": "suspected", "reason": "death"}
                put_revision(conn, "B1", 1, state, office.clock.now)
        return outcome

    monkeypatch.setattr(one, "decide_bucket", slow)
    return left


def test_what_a_held_run_found_does_not_leave_by_the_ledger(
    suspected: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    suspected.evidence("B1", "more", kind="absence", department="courts", dataset="declarations",
                       polarity="adverse", happened_on=DIED_ON)  # fmt: skip
    with monkeypatch.context() as patched:
        patched.setattr(deciding, "judge", lambda *_, **__: ["too many"])
        held = suspected.decide()
    assert held.held
    before = suspected.types("B1")
    with pytest.raises(RunHeld, match=f"run {held.run_id}"):
        suspected.resolve(entry_of(suspected), "eligible")
    assert suspected.types("B1") == before
    approve_run(suspected.station, held.run_id, Word("officer", "looked at"))
    suspected.resolve(suspected.entries(cause="death")[0], "eligible")
    assert suspected.types("B1")[len(before) :] == ["eligibility.suspected"]
