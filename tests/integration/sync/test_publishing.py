"""What a run proposed is nobody's decision until it is published, and then it is all of it."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from gateway.errors import RequestError, RunHeld, StoreError
from gateway.store import runs
from gateway.store.database import Store
from gateway.store.decisions import current
from gateway.store.ledger import entries_of
from gateway.store.outbox import StoredEvent, events_after
from gateway.store.parts import live_parts
from gateway.store.proposals import drop_proposals
from gateway.store.revisions import put_revision, revisions_of
from gateway.sync import publishing
from gateway.sync import station as stations
from gateway.sync.approving import Word, approve_run, discard_run
from gateway.sync.deciding import refuse_while_held
from gateway.sync.publishing import finish_publishing, publish
from gateway.sync.station import Station
from tests.integration.crypto.test_event_signing import private_pem, verify
from tests.integration.sync.proposed import NOW, Proposed, propose, suspected, unresolved
from tests.integration.sync.shifts import HOST, configured

WORD = Word("chen", "looked at it with the department")
BOTH = (
    Proposed(1, ("B1", "B17"), (suspected("B1"), suspected("B17"))),
    Proposed(2, ("B2",), (suspected("B2"),)),
)


@pytest.fixture
def station(store: Store, folder: Path) -> Station:
    settings = configured()
    gateway = settings.gateway.model_copy(update={"evidence": folder})
    return Station(settings.model_copy(update={"gateway": gateway}), HOST, store, clock=lambda: NOW)


def told(station: Station) -> list[StoredEvent]:
    with station.store.read() as conn:
        return events_after(conn, 0, 100)


def state_of(station: Station, run_id: int) -> str:
    with station.store.read() as conn:
        return runs.get(conn, run_id).state


def subjects(station: Station) -> list[str]:
    return [event.subject for event in told(station)]


def revise(station: Station, benefit_id: str, bucket: int) -> int:
    with station.store.begin() as conn:
        put_revision(conn, benefit_id, bucket, {"benefit_id": benefit_id}, station.now())
        return revisions_of(conn, bucket)[-1].revision_id


def revised(station: Station, bucket: int) -> list[str]:
    with station.store.read() as conn:
        return [revision.benefit_id for revision in revisions_of(conn, bucket)]


def test_what_is_proposed_is_nobodys_decision(station: Station) -> None:
    propose(station, *BOTH, state="held")
    with station.store.read() as conn:
        assert current(conn, "B1") is None
        assert live_parts(conn, "decided") == []
        assert entries_of(conn, [1, 2]) == []
    assert told(station) == []


def test_publishing_numbers_the_events_and_puts_everything_in_place(station: Station) -> None:
    run_id = propose(station, *BOTH)
    publish(station, run_id)
    assert state_of(station, run_id) == "done"
    assert [(event.sequence, event.subject) for event in told(station)] == [(1, "B1"), (2, "B17"), (3, "B2")]
    assert json.loads(told(station)[2].body)["sequence"].endswith("3")
    with station.store.read() as conn:
        decision, parts = current(conn, "B17"), live_parts(conn, "decided")
        assert [entry.benefit_id for entry in entries_of(conn, [1, 2])] == ["B1", "B17", "B2"]
        assert [*live_parts(conn, "proposed"), *live_parts(conn, "changes")] == []
    assert decision
    assert (decision.run_id, decision.decided_at) == (run_id, station.now())
    rows = [pq.read_table(station.evidence / part.path).column("benefit_id").to_pylist() for part in parts]
    assert sorted(rows) == [["B1", "B17"], ["B2"]]


def test_many_events_are_signed_by_processes_as_few_are_by_this_one(
    station: Station, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = private_pem(tmp_path / "key", Ed25519PrivateKey.generate())
    gateway = station.settings.gateway
    events = gateway.events.model_copy(update={"signing_keys": [key]})
    changed = gateway.model_copy(update={"events": events, "workers": 2})
    signing = replace(station, settings=station.settings.model_copy(update={"gateway": changed}))
    monkeypatch.setattr(stations, "_MANY", 3)
    publish(signing, propose(signing, *BOTH))
    assert signing.signer
    assert len(told(signing)) == 3
    for event in told(signing):
        assert event.signature is not None
        verify(event.signature, event.body, signing.signer.jwks())


def test_a_stop_between_two_buckets_is_made_up_for_without_a_repetition(station: Station) -> None:
    run_id = propose(station, *BOTH)

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        publish(station, run_id, stop)
    assert (state_of(station, run_id), told(station)) == ("publishing", [])
    assert finish_publishing(station) == run_id
    assert subjects(station) == ["B1", "B17", "B2"]
    assert finish_publishing(station) is None


def test_a_fault_while_publishing_is_noted_and_the_run_goes_on_publishing(
    station: Station, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_id = propose(station, *BOTH)
    with monkeypatch.context() as patch:
        patch.setattr(publishing, "advance", lambda *_: 1 // 0)
        with pytest.raises(ZeroDivisionError):
            finish_publishing(station)
    with station.store.read() as conn:
        run = runs.get(conn, run_id)
    assert (run.state, run.reason) == ("publishing", "ZeroDivisionError")
    assert finish_publishing(station) == run_id
    with station.store.read() as conn:
        assert runs.get(conn, run_id).reason is None


def test_a_benefit_decided_out_of_turn_since_is_left_as_it_is(station: Station) -> None:
    before = revise(station, "B1", 1)
    run_id = propose(station, replace(BOTH[0], follows=(before,)), BOTH[1])
    since = revise(station, "B17", 1)
    assert since > before
    publish(station, run_id)
    assert subjects(station) == ["B1", "B2"]
    assert revised(station, 1) == ["B17"]
    with station.store.read() as conn:
        assert current(conn, "B17") is None
        assert [entry.benefit_id for entry in entries_of(conn, [1])] == ["B1"]


def test_an_entry_that_is_told_to_be_unresolved_is_told_once(station: Station) -> None:
    publish(station, propose(station, BOTH[1]))
    publish(station, propose(station, Proposed(2, ("B2",), (unresolved("B2"),))))
    with station.store.read() as conn:
        (entry,) = entries_of(conn, [2])
    assert entry.told_at == station.now()


def test_a_held_run_is_published_once_somebody_approves_it_and_says_why(station: Station) -> None:
    run_id = propose(station, *BOTH, state="held")
    report = approve_run(station, run_id, WORD)
    assert (report.run_id, state_of(station, run_id)) == (run_id, "done")
    assert subjects(station) == ["B1", "B17", "B2"]
    with station.store.read() as conn:
        summary = runs.get(conn, run_id).summary
    assert summary
    assert summary["approval"] == vars(WORD) | {"at": "2026-10-01T06:00:00+08:00"}


def test_a_run_that_stopped_while_publishing_is_finished_by_approving_it_again(station: Station) -> None:
    run_id = propose(station, *BOTH, state="publishing")
    approve_run(station, run_id, WORD)
    assert state_of(station, run_id) == "done"
    with pytest.raises(RequestError, match=f"run {run_id} is done, not held"):
        approve_run(station, run_id, WORD)


def test_a_discarded_run_leaves_nothing_and_says_who_discarded_it(station: Station) -> None:
    run_id = propose(station, *BOTH, state="held")
    discard_run(station, run_id, WORD)
    with station.store.read() as conn:
        run = runs.get(conn, run_id)
        assert [*live_parts(conn, "proposed"), *live_parts(conn, "changes")] == []
    assert run.state == "discarded"
    assert run.summary
    assert run.summary["discard"]["by"] == "chen"
    assert told(station) == []
    with pytest.raises(RequestError, match="is discarded, not held"):
        approve_run(station, run_id, WORD)


def test_nothing_overtakes_a_held_run(station: Station) -> None:
    run_id = propose(station, BOTH[1], state="held")
    with (
        station.store.read() as conn,
        pytest.raises(RunHeld, match=f"run {run_id}, as of 2026-09-30, is held"),
    ):
        refuse_while_held(conn)
    assert finish_publishing(station) is None
    discard_run(station, run_id, WORD)
    with station.store.read() as conn:
        refuse_while_held(conn)


def test_a_reason_with_an_id_number_in_it_is_not_kept(station: Station) -> None:
    run_id = propose(station, BOTH[1], state="held")
    with pytest.raises(RequestError, match="the reason holds what looks like an ID number"):
        approve_run(station, run_id, Word("chen", "99010119500301001X is alive"))
    assert (state_of(station, run_id), told(station)) == ("held", [])


def test_what_a_stopped_run_proposed_is_dropped_whole(station: Station) -> None:
    stopped = propose(station, *BOTH, state="failed")
    with station.store.begin() as conn:
        drop_proposals(conn, station.now())
    run_id = propose(station, BOTH[1])
    publish(station, run_id)
    assert subjects(station) == ["B2"]
    assert state_of(station, stopped) == "failed"


def test_what_another_version_proposed_is_left_to_it(station: Station) -> None:
    run_id = propose(station, *BOTH)
    with station.store.read() as conn:
        (changes, *_) = live_parts(conn, "changes")
    file = station.evidence / changes.path
    written = pq.read_table(file)
    pq.write_table(written.drop_columns(["unresolved"]), file)
    with pytest.raises(StoreError, match=f"run {run_id} was decided by another version"):
        publish(station, run_id)
    assert told(station) == []
    pq.write_table(written, file)
    publish(station, run_id)
    assert subjects(station) == ["B1", "B17", "B2"]
