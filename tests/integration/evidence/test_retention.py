"""Evidence that is past its time goes, but for what a decision rests on or what stands beside a suspicion."""

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert

from gateway.errors import ConfigError
from gateway.settings import RetentionSettings
from gateway.store import audit
from gateway.store.database import Store
from gateway.store.tables import LEDGER
from gateway.sync.retaining import Class, retain, retain_monthly
from gateway.sync.station import Station
from tests.integration.evidence.compaction import days, decided, standing, station_of
from tests.integration.evidence.places import Place, Row
from tests.integration.store.test_retention import entry
from tests.unit.core.examples import RECEIVED_AT, happening

AFTER = datetime(2028, 3, 8, 12)  # noqa: DTZ001 - columns hold naive Asia/Shanghai times
"""Two years after a day in the midst of the rows."""

LONG_AFTER = datetime(2030, 3, 15, 12)  # noqa: DTZ001 - as above
RULES = Path(__file__).parents[3] / "config"


@pytest.fixture
def place(store: Store, tmp_path: Path) -> Place:
    return Place(store, tmp_path / "evidence")


def station(place: Place, at: datetime = AFTER, **kept: int) -> Station:
    found = station_of(place, at)
    gateway = found.settings.gateway.model_copy(update={"retention": RetentionSettings(**kept)})
    settings = found.settings.model_copy(update={"gateway": gateway, "folder": RULES})
    return Station(settings, found.host, found.store, clock=found.clock)


def seen(day: int) -> Row:
    return happening(BH=f"H-{day}", RQ=f"202603{day:02}")


def death(**columns: object) -> Row:
    return happening(**{"BH": "H-d", "YY": "1", "RQ": "20260301", **columns})


def goes(found: list[Class]) -> dict[str, int]:
    return {each.name: each.goes for each in found}


def content_of(place: Place, kind: str) -> int:
    return int(next(row["content"] for row in place.counting() if row["kind"] == kind))


def test_evidence_of_life_goes_with_its_day(place: Place) -> None:
    place.settled(seen(7), seen(8), seen(1))
    decided(place)
    found = retain(station(place), "tests")
    assert goes(found) == {"evidence of life": 2, "adverse evidence": 0, "events": 0, "refusals": 0}
    assert found[0].until == "2026-03-08"
    assert days(place, 7) == [8]


def test_what_a_standing_decision_rests_on_stays_with_all_that_is_newer(place: Place) -> None:
    standing(place, 7, certified_on=date(2026, 3, 5))
    place.settled(seen(4), seen(5), seen(6))
    decided(place)
    retain(station(place), "tests")
    assert days(place, 7) == [5, 6]


def test_beside_adverse_evidence_everything_stays(place: Place) -> None:
    place.settled(seen(1), seen(2), death())
    decided(place)
    assert goes(retain(station(place), "tests"))["evidence of life"] == 0
    assert days(place, 7) == [1, 2]


def test_adverse_evidence_goes_once_its_verification_was_closed_long_enough_ago(place: Place) -> None:
    place.settled(death())
    decided(place)
    closed = RECEIVED_AT + timedelta(days=90)
    with place.store.begin() as conn:
        conn.execute(insert(LEDGER), [entry(7, [content_of(place, "death")], closed)])
    assert goes(retain(station(place), "tests"))["adverse evidence"] == 0
    assert goes(retain(station(place, LONG_AFTER), "tests"))["adverse evidence"] == 1
    assert place.said() == []
    place.settled(death(tong_time="2026-03-10 08:00:00", RQ="20260201"))
    assert place.said() == []


def test_adverse_evidence_that_a_decision_counts_or_nobody_looked_at_stays(place: Place) -> None:
    place.settled(death())
    standing(place, 7, facts=[content_of(place, "death")], decision="suspected")
    decided(place)
    assert goes(retain(station(place, LONG_AFTER), "tests"))["adverse evidence"] == 0
    with place.store.begin() as conn:
        conn.execute(insert(LEDGER), [entry(7, [content_of(place, "death")], RECEIVED_AT)])
    assert goes(retain(station(place, LONG_AFTER), "tests"))["adverse evidence"] == 0
    assert place.said() == [(7, "death")]


def test_what_was_published_before_is_not_taken_any_more(place: Place) -> None:
    place.settled(seen(1))
    decided(place)
    retain(station(place, AFTER + timedelta(days=3)), "tests")
    assert place.settled(seen(1), seen(2)).dropped == 2
    assert place.settled(death()).new == 1
    assert place.said() == [(7, "death")]


def test_a_dry_run_says_the_same_and_changes_nothing(place: Place) -> None:
    place.settled(seen(1), seen(2))
    decided(place)
    parts = place.parts()
    said = retain(station(place), "tests", dry_run=True)
    assert place.parts() == parts
    with place.store.read() as conn:
        assert audit.list_entries(conn, audit.Wanted()) == []
    assert retain(station(place), "tests") == said
    assert place.said() == []


def test_it_is_audited(place: Place) -> None:
    place.settled(seen(1))
    decided(place)
    retain(station(place), "wang")
    with place.store.read() as conn:
        entries = audit.list_entries(conn, audit.Wanted())
    assert [(each.actor, each.action) for each in entries] == [
        ("wang", "evidence.compacted"),
        ("wang", "retention.applied"),
    ]
    assert entries[1].details["of_life"] == 1


def test_by_itself_it_is_done_once_in_four_weeks(place: Place) -> None:
    decided(place)
    assert retain_monthly(station(place), "run-1")
    assert retain_monthly(station(place, AFTER + timedelta(days=27)), "run-2") == []
    assert retain_monthly(station(place, AFTER + timedelta(days=28)), "run-3")


def test_evidence_that_can_still_certify_is_never_let_go(place: Place) -> None:
    too_short = station(place)
    gateway = too_short.settings.gateway
    shorter = gateway.retention.model_copy(update={"of_life_months": 11})
    settings = too_short.settings.model_copy(
        update={"gateway": gateway.model_copy(update={"retention": shorter})}
    )
    with pytest.raises(ConfigError, match="of_life_months is 11"):
        retain(Station(settings, too_short.host, too_short.store, clock=too_short.clock), "tests")
