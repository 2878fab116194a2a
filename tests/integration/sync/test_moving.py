"""A benefit whose holder's number is corrected keeps its last decision, its events' order and its holds.

The new number lies in another bucket, and buckets are decided apart from each other.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from bench.decide.data import AS_OF, Size
from bench.decide.site import DecideSite, compare, copied, province
from gateway.evidence.columns import BUCKETS
from gateway.evidence.live import scan
from gateway.roster.columns import ROSTER
from gateway.store.decisions import current
from gateway.store.ledger import Entry, Wanted, entry, list_entries
from gateway.store.outbox import StoredEvent, events_about
from gateway.store.parts import live_parts
from gateway.sync import proposing
from gateway.sync.approving import Word, approve_run
from gateway.sync.deciding import decide_run
from gateway.sync.ledger import Resolution, resolve
from tests.integration.sync.turning import Turn, read

SIZE: Final = Size(400, 1300, seed=7)
WORD: Final = Word("chen", "looked at")


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[DecideSite]:
    """Decided once; from then on in groups of a few buckets."""
    monkeypatch.setenv("GATEWAY_BENCH_CACHE", str(tmp_path / "cache"))
    with copied(province(SIZE), SIZE, tmp_path / "site") as found:
        decide(found, AS_OF)
        monkeypatch.setattr(proposing, "at_once", lambda _station: 400)
        yield found


def decide(site: DecideSite, day: date, *, full: bool = False) -> None:
    site.clock.now = datetime.combine(day, datetime.min.time())
    compare(site, day)
    report = decide_run(site.station, day, full=full)
    if report.held:
        approve_run(site.station, report.run_id, WORD)


def correct(site: DecideSite, held: Entry) -> int:
    """Another number for the holder of a benefit, of the next bucket, where nobody has it yet."""
    with site.station.store.read() as conn:
        parts = {bucket: live_parts(conn, "roster", bucket) for bucket in range(BUCKETS)}
    folder = site.station.evidence
    rosters = {bucket: read(scan(folder, own, ROSTER)).cast(ROSTER) for bucket, own in parts.items()}
    own = held.person % BUCKETS
    into = (own + 1) % BUCKETS
    number = 16 * 10**9 + into
    of_it = pc.equal(rosters[own]["benefit_id"], held.benefit_id)
    row = rosters[own].filter(of_it).set_column(0, ROSTER.field("person"), pa.array([number]))
    rosters[own] = rosters[own].filter(pc.invert(of_it))
    rosters[into] = pa.concat_tables([rosters[into], row])
    Turn([], rosters).give(site)
    return number


def told(site: DecideSite, held: Entry) -> list[StoredEvent]:
    with site.station.store.read() as conn:
        return events_about(conn, held.benefit_id)


def holds_of(site: DecideSite, held: Entry) -> list[str]:
    with site.station.store.read() as conn:
        decided = current(conn, held.benefit_id)
    assert decided is not None
    found: list[str] = decided.body["holds"]
    return found


@pytest.mark.parametrize("full", [False, True], ids=["by what has moved", "in full"])
def test_what_stands_about_a_benefit_follows_it_to_its_holders_new_number(
    site: DecideSite, *, full: bool
) -> None:
    with site.station.store.read() as conn:
        held = list_entries(conn, Wanted(cause="death", limit=1))[0]
    (found,) = told(site, held)
    number = correct(site, held)
    decide(site, AS_OF + timedelta(1), full=full)
    with site.station.store.read() as conn:
        now = entry(conn, held.entry_id)
    assert (now.person, now.state, holds_of(site, held)) == (number, "open", ["death"])
    (cleared,) = told(site, held)[1:]
    assert (cleared.type.endswith(".cleared"), cleared.replaces) == (True, found.event_id)
    resolution = Resolution(outcome="eligible", by="chen", note="seen", on=site.clock.now.date())
    resolve(site.station, held.entry_id, resolution)
    assert holds_of(site, held) == []
