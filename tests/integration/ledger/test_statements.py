from dataclasses import replace
from datetime import date, timedelta

import duckdb
import pytest

from gateway.errors import NotFoundError, RequestError
from gateway.evidence.live import live
from gateway.store.parts import live_parts
from gateway.store.statements import statements_about
from gateway.sync.statements import Said, accept, withdraw
from tests.integration.ledger.office import TODAY, Office

SAID = Said("certifications", "B1", date(2026, 9, 20), "officer", method="counter")
DEATH = Said("community_reports", "B1", date(2026, 9, 21), "village", certificate="D-1")


def records(office: Office) -> list[tuple[object, ...]]:
    """What lives: kind, basis, origin, days."""
    with office.station.store.read() as conn:
        settled, retired = (live_parts(conn, stage) for stage in ("settled", "retired"))
    query = live(office.station.evidence, settled, retired)
    columns = "kind, basis, origin, happened_on, latest"
    with duckdb.connect() as engine:
        found = engine.sql(query).filter("kind <> 'nothing'").project(columns)
        return sorted(found.fetchall(), key=repr)


def state(office: Office) -> list[str]:
    with office.station.store.read() as conn:
        return [each.state for each in statements_about(conn, "B1")]


def test_a_certification_from_another_channel_is_evidence_after_the_next_run(office: Office) -> None:
    accept(office.station, SAID)
    assert state(office) == ["accepted"]
    office.take()
    assert state(office) == ["taken"]
    assert records(office) == [("certification_elsewhere", "counter", "agency", SAID.on, None)]


def test_a_reported_death_may_only_be_bounded(office: Office) -> None:
    accept(office.station, replace(DEATH, exact=False))
    accept(office.station, Said("community_visits", "B1", TODAY, "village"))
    office.take()
    assert records(office) == [
        ("community_visit", None, "community", TODAY, None),
        ("death", "community_report", "community", None, DEATH.on),
    ]


def test_what_is_said_twice_is_kept_once(office: Office) -> None:
    first = accept(office.station, SAID)
    assert accept(office.station, replace(SAID, by="another")) == first
    named = accept(office.station, replace(SAID, reference="R-1"))
    assert accept(office.station, replace(SAID, reference=" R-1 ")) == named
    office.take()
    assert accept(office.station, SAID).state == "taken"
    assert office.take() == 0


def test_a_withdrawn_statement_no_longer_lives(office: Office) -> None:
    made = accept(office.station, DEATH)
    office.take()
    assert withdraw(office.station, made.statement_id, "village").state == "withdrawn"
    assert withdraw(office.station, made.statement_id, "village").withdrawn_by == "village"
    office.take()
    assert records(office) == []
    with pytest.raises(RequestError, match="was withdrawn"):
        accept(office.station, DEATH)


def test_a_statement_withdrawn_before_the_run_never_lives(office: Office) -> None:
    withdraw(office.station, accept(office.station, SAID).statement_id, "officer")
    office.take()
    assert records(office) == []


def test_a_reported_death_stays_with_its_person_when_the_roster_comes_again(office: Office) -> None:
    accept(office.station, DEATH)
    office.take()
    before = records(office)
    office.roster({"benefit_id": "B0"}, {"benefit_id": "B1", "person_no": "P0"})
    assert records(office) == before


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (replace(SAID, on=TODAY + timedelta(days=1)), "future"),
        (replace(SAID, on=date(1800, 1, 1)), "on: 1800-01-01 is before 1900-01-01"),
        (replace(DEATH, on=date(1949, 12, 31)), "on: 1949-12-31 is before the person was born"),
        (replace(DEATH, certificate="D-\udcff"), "certificate: holds"),
        (replace(SAID, by="Li\x00"), "control character"),
        (replace(SAID, method="telepathy"), "one of self_service"),
        (replace(SAID, method=None), "one of self_service"),
        (replace(SAID, reference="990101195001010017"), "ID number"),
        (replace(SAID, by=" "), "missing"),
    ],
)
def test_what_cannot_be_stated_is_named(office: Office, said: Said, why: str) -> None:
    with pytest.raises(RequestError, match=why):
        accept(office.station, said)
    assert state(office) == []


def test_a_reference_names_one_statement(office: Office) -> None:
    accept(office.station, replace(SAID, reference="R-1"))
    with pytest.raises(RequestError, match="used before"):
        accept(office.station, replace(SAID, reference="R-1", on=date(2026, 9, 22)))


def test_a_benefit_that_is_not_on_the_roster_is_not_repeated(office: Office) -> None:
    with pytest.raises(NotFoundError, match="no such benefit") as told:
        accept(office.station, replace(SAID, benefit_id="990101195001010017"))
    assert "9901" not in str(told.value)


def test_a_statement_that_was_never_made_is_named(office: Office) -> None:
    with pytest.raises(NotFoundError):
        withdraw(office.station, "st_9", "officer")
