"""Where a dataset's rows drift, its setting says what follows: nothing, an alarm, or a stop."""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from aiohttp.test_utils import TestClient, TestServer

from gateway.department import Department
from gateway.errors import EnvelopeError, RowsChanged
from gateway.host import Host
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.page import Bench, Taken
from gateway.roster.keymap import ENTRY, KeyMap
from gateway.settings import Settings
from gateway.store.alarms import standing_alarms
from gateway.store.counts import Counts
from gateway.store.database import Store
from gateway.sync.drift import judged_drift, note_drift
from gateway.sync.reading import read_service
from gateway.web.app import make_app
from tests.integration.sync.shifts import FEED, Hub, Pool, at, configured, days, shift, states
from tests.support.serving import KEYS
from tests.unit.core.examples import RECEIVED_AT, happening, happenings
from tests.unit.core.people import ID, NAME

NOW = at("2026-03-20 12:00:00")
ROWS = Counts(100, 100, 0, 0, 0, {})
NEW_FIELD = replace(ROWS, unknown_fields={"NEW": 50}, drifted=50)
ALARM = (
    "in more than 1 % of its rows: unknown field NEW; "
    "describe it in plugin police, or set `drift: evolve` in its configuration"
)
FROZEN = (
    "happenings: 3 of 8 rows are not as the plugin describes them (unknown field NEW): frozen, "
    "nothing of this page is taken; "
    "describe it in plugin police, or set `drift: warn` in departments/police.yaml, then run again"
)


def bench(folder: Path, **police: Any) -> Bench:
    (folder / "key").write_bytes(b"an identity key of the tests")
    keyer = Keyer(b"an identity key of the tests")
    entry = (keyer.person(IdNumber.parse(ID)), 7, keyer.name(PersonName.parse(NAME)))
    KeyMap.write(folder / "people.keymap", np.array([entry], ENTRY))
    bare = configured(**police)
    own = {"evidence": folder / "evidence", "identity_key": f"file:{folder}/key"}
    settings = bare.model_copy(update={"gateway": bare.gateway.model_copy(update=own)})
    plain = replace(happenings, open=lambda payload, _keys: payload)
    return Bench(settings, folder / "people.keymap", Host({"police": Department("police", "公安", [plain])}))


def take(bench: Bench, *rows: object) -> Taken:
    return bench.page("police", "happenings", json.dumps(rows).encode(), RECEIVED_AT)


def test_a_page_tells_what_drifted_beside_what_it_took(tmp_path: Path) -> None:
    taken = take(bench(tmp_path), happening(NEW=ID), happening(BH="H-2", YY="7"), happening(BH="H-3"))
    assert (taken.drift.unknown_fields, taken.unknown_codes) == ({"NEW": 1}, {"YY=7": 1})
    assert (taken.drift.drifted, taken.received, taken.accepted) == (2, 3, 3)


def test_a_frozen_dataset_writes_nothing_of_a_page_that_drifted(tmp_path: Path) -> None:
    frozen = bench(tmp_path, datasets={"happenings": {"drift": "freeze"}})
    rows = [happening(BH=f"H-{number}", NEW=ID) for number in range(3)]
    with pytest.raises(RowsChanged) as caught:
        take(frozen, *rows, *[happening()] * 5)
    assert str(caught.value) == FROZEN
    assert caught.value.exit_code == EnvelopeError.exit_code == 22
    assert list((tmp_path / "evidence").rglob("*")) == []


def test_a_frozen_dataset_takes_what_is_below_its_share(tmp_path: Path) -> None:
    frozen = bench(tmp_path, drift="freeze", drift_alarm_share=0.5)
    assert take(frozen, *[happening(NEW="1")] * 4, *[happening()] * 4).part
    with pytest.raises(RowsChanged):
        take(frozen, *[happening(NEW="1")] * 5, *[happening()] * 3)


@pytest.mark.parametrize("mode", ["evolve", "warn"])
def test_others_take_every_page(tmp_path: Path, mode: str) -> None:
    assert take(bench(tmp_path, drift=mode), *[happening(NEW="1")] * 9).part


async def test_a_frozen_window_stays_where_it_is_and_goes_on_once_it_may(store: Store) -> None:
    class Freezing(Pool):
        """A pool that takes the first page and is stopped by the second."""

        frozen = True

        async def page(self, _department: str, _dataset: str, payload: bytes, _at: datetime) -> Taken:
            count = len(payload) // 8
            if self.frozen and count == 1:
                raise RowsChanged("happenings: frozen")
            return Taken(None, count, count, 0, 0, 0, {}, payload)

    hub, pool = Hub(days("2026-03-01", "2026-03-02", "2026-03-03")), Freezing()
    with pytest.raises(RowsChanged, match=r"^happenings: frozen$"):
        await read_service(shift(store, hub, pool, history_from="2026-01-01"), FEED)
    assert states(store) == [("01-01", "03-20", "open")]
    pool.frozen = False
    later = replace(shift(store, hub, pool, history_from="2026-01-01"), run_id=2)
    assert await read_service(later, FEED) == []
    assert [start for *_, start in hub.asked] == ["0", "2", "2", "0"]
    assert states(store, run_id=2)[0] == ("01-01", "03-20", "closed")


def judge(
    store: Store, counts: Counts | None, settings: Settings | None = None, stop: RowsChanged | None = None
) -> tuple[list[str], list[str]]:
    """The warnings of a sync that came to these counts, and the alarms that stand after it."""
    taken = {} if counts is None else {"happenings": counts}
    stops = {"happenings": stop} if stop else {}
    found = judged_drift(settings or configured(), [FEED], taken, stops)
    with store.begin() as conn:
        note_drift(conn, found, NOW)
        standing = [f"{each.name} {each.subject}: {each.message}" for each in standing_alarms(conn)]
    return [each.warning for each in found if each.warning], standing


def test_drift_is_warned_of_and_is_an_alarm_until_it_is_over(store: Store) -> None:
    warning = "happenings: 50 of 100 rows are not as the plugin describes them (unknown field NEW)"
    assert judge(store, NEW_FIELD) == ([warning], [f"drift happenings: {ALARM}"])
    assert judge(store, None)[1] == [f"drift happenings: {ALARM}"]
    assert judge(store, replace(ROWS, received=0))[1] == [f"drift happenings: {ALARM}"]
    assert judge(store, ROWS) == ([], [])


def test_the_same_drift_is_one_alarm_and_another_is_a_new_one(
    store: Store, caplog: pytest.LogCaptureFixture
) -> None:
    judge(store, NEW_FIELD)
    judge(store, replace(NEW_FIELD, unknown_fields={"NEW": 70}, drifted=70))
    judge(store, replace(NEW_FIELD, changed_types={"RQ: list": 3}))
    told = [record.getMessage() for record in caplog.records if record.getMessage().startswith("ALARM")]
    assert len(told) == 2
    assert "changed type RQ: list, unknown field NEW" in told[1]


def test_unknown_codes_alone_are_drift(store: Store) -> None:
    codes = replace(ROWS, unknown_codes={"YY=7": 5}, drifted=5)
    assert "unknown code YY=7" in judge(store, codes)[1][0]


def test_below_its_share_and_where_it_may_evolve_drift_is_no_alarm(store: Store) -> None:
    assert judge(store, replace(NEW_FIELD, drifted=1)) == ([], [])
    judge(store, NEW_FIELD)
    assert judge(store, NEW_FIELD, configured(drift="evolve")) == ([], [])


def test_a_frozen_dataset_is_an_alarm_that_says_what_to_do(store: Store) -> None:
    stop = RowsChanged("happenings: 3 of 8 rows: frozen")
    assert judge(store, None, stop=stop) == ([], ["drift happenings: 3 of 8 rows: frozen"])
    assert judge(store, ROWS) == ([], [])


async def test_health_tells_of_drift(store: Store) -> None:
    judge(store, NEW_FIELD)
    async with TestClient(TestServer(make_app(store, KEYS))) as client:
        reply = await client.get("/healthz")
        said = await reply.json()
    assert (reply.status, said["status"]) == (200, "warn")
    assert [(each["name"], each["subject"], each["message"]) for each in said["alarms"]] == [
        ("drift", "happenings", ALARM)
    ]


def test_an_alarm_stands_from_when_it_began(store: Store) -> None:
    judge(store, NEW_FIELD)
    found = judged_drift(configured(), [FEED], {"happenings": NEW_FIELD}, {})
    with store.begin() as conn:
        note_drift(conn, found, NOW + timedelta(days=1))
        assert [each.raised_at for each in standing_alarms(conn)] == [NOW]
