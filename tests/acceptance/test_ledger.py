"""A person's word about a suspicion: what it tells, what it silences, and what is new after it."""

import json
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from gateway.events import series
from gateway.evidence.columns import BUCKETS
from gateway.store.ledger import Entry, Wanted, list_entries
from gateway.store.outbox import events_about
from gateway.sync.ledger import Resolution, resolve
from gateway.sync.statements import Said, accept
from tests.acceptance.cast import (
    LATER,
    LI,
    LOADED,
    OCTOBER,
    REGISTER,
    SEPTEMBER,
    WANG,
    Somebody,
    death,
)
from tests.acceptance.desk import data_of, decided, october, open_desk, run, told
from tests.support.site import Supplies, Trial, put, write_roster

ALIVE = Resolution("eligible", by="officer", note="seen at home")


@pytest.fixture
def desk(supplies: Supplies, tmp_path: Path) -> Iterator[Trial]:
    """Wang's death is reported while his payment is suspended; everything else is compared and quiet."""
    with open_desk(tmp_path, supplies) as trial:
        suspended = WANG.on_roster(payment_status="suspended", suspended_on="2026-06-01")
        trial.take_roster(write_roster(tmp_path / "suspended.csv", suspended, LI.on_roster()))
        death(trial.province, WANG, LOADED)
        run(trial, SEPTEMBER)
        yield trial


def entries(desk: Trial) -> list[Entry]:
    with desk.station.store.read() as conn:
        return list_entries(conn, Wanted(state="all"))


def newest(desk: Trial, about: Somebody) -> dict[str, Any]:
    return data_of(desk, about)[-1]


def test_a_suspicion_found_harmless_is_cleared_with_the_way_back(desk: Trial) -> None:
    (entry,) = entries(desk)
    assert (entry.cause, entry.state) == ("death", "open")
    resolve(desk.station, entry.entry_id, ALIVE)
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    data = newest(desk, WANG)
    assert (data["method"], data["decision"]) == ("verification", "certified")
    assert data["certified_on"] == desk.clock.now.date().isoformat()
    assert data["restoration"]["procedure"] == "automatic"


def test_ids_begin_with_the_day_and_bucket_decided_in_a_run_and_out_of_turn(desk: Trial) -> None:
    (entry,) = entries(desk)
    resolve(desk.station, entry.entry_id, ALIVE)
    with desk.station.store.read() as conn:
        by_the_run, by_a_person = events_about(conn, WANG.benefit_id)
    for event in (by_the_run, by_a_person):
        as_of = date.fromisoformat(json.loads(event.body)["data"]["as_of"])
        assert event.event_id.startswith(f"evt_{series(as_of, entry.person % BUCKETS)}")


def test_what_was_looked_at_is_silent_until_it_changes(desk: Trial) -> None:
    resolve(desk.station, entries(desk)[0].entry_id, ALIVE)
    october(desk)
    assert decided(desk, WANG) == ("certified", None)
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    put(desk.province, REGISTER, LATER + timedelta(days=30), "U", RKBS="99RK1", GMSFHM=WANG.id_number,
        XM=WANG.name, ZXLB="01", SWRQ="20261101", SLSJ="2026-11-04 09:00:00")  # fmt: skip
    desk.clock.now += timedelta(days=5)
    desk.sync()
    desk.decide(desk.clock.now.date())
    assert told(desk, WANG)[2:] == ["eligibility.suspected"]
    assert [entry.state for entry in entries(desk)] == ["closed", "open"]


def test_what_is_loaded_once_more_unchanged_is_not_asked_about_again(desk: Trial) -> None:
    resolve(desk.station, entries(desk)[0].entry_id, ALIVE)
    death(desk.province, WANG, LATER)
    october(desk)
    assert decided(desk, WANG) == ("certified", None)
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.cleared"]
    assert [entry.state for entry in entries(desk)] == ["closed"]


def test_a_confirmed_loss_is_told_once(desk: Trial) -> None:
    lost = Resolution(
        "ineligible", by="officer", note="family confirmed", effect="terminate", ended_on=date(2026, 8, 31)
    )
    resolve(desk.station, entries(desk)[0].entry_id, lost)
    october(desk)
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.loss.confirmed"]
    assert decided(desk, WANG) == ("suspected", "death")
    assert newest(desk, WANG)["overpaid_from"] == "2026-09-01"


def test_nobody_closing_an_entry_is_told_once(desk: Trial) -> None:
    october(desk)
    desk.decide(OCTOBER + timedelta(days=1))
    assert told(desk, WANG) == ["eligibility.suspected", "eligibility.suspicion.unresolved"]


def test_a_certification_at_the_counter_and_a_reported_death_contradict_each_other(desk: Trial) -> None:
    reported = Said("community_reports", LI.benefit_id, date(2026, 9, 1), "village", certificate="99D1")
    accept(desk.station, reported)
    desk.decide(SEPTEMBER)
    assert decided(desk, LI) == ("suspected", "death")
    accept(
        desk.station, Said("certifications", LI.benefit_id, date(2026, 9, 20), "officer", method="counter")
    )
    desk.decide(SEPTEMBER)
    assert decided(desk, LI) == ("conflicting", "death")
    assert newest(desk, LI)["priority"] == "likely_alive"
    assert told(desk, LI) == ["eligibility.suspected", "certification.conflict.found"]
