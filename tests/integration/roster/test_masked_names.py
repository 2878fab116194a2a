"""Adverse rows whose names come masked find their person when the roster brings one."""

import json
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from gateway.department import Department
from gateway.errors import ConfigError
from gateway.evidence.files import as_part, write_part
from gateway.evidence.settle import settle
from gateway.host import Host
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.interpret import RowReader
from gateway.intake.keying import Keyed, RowKeyer
from gateway.intake.page import Bench
from gateway.intake.rematch import rematch
from gateway.roster.importer import import_roster
from gateway.roster.keymap import ENTRY, KeyMap
from gateway.roster.shapes import Shaper
from gateway.settings import DepartmentSettings, GatewaySettings, HubSettings, Settings
from gateway.store.database import Store
from gateway.store.parts import add_parts, live_parts
from tests.integration.evidence.places import Place
from tests.unit.core.examples import RECEIVED_AT, happening, happenings
from tests.unit.roster.files import Row, id_number, row, write

NOW = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times

KEY = b"a synthetic identity key of these tests"


class Site:
    """A store with its folder, to which a death under a masked name has come before its person."""

    def __init__(self, store: Store, folder: Path, keyer: Keyer, roster: Path) -> None:
        self.place = Place(store, folder)
        self._keyer = keyer
        self._roster = roster

    def take_death(self, name: str, number: str) -> None:
        dataset = replace(happenings, name_check="masked")
        raw: dict[str, Any] = happening(YY="1", XM=name, SFZH=number)
        keyed, reading = Keyed(), RowReader(dataset).read(raw, RECEIVED_AT)
        RowKeyer("police", dataset, self._keyer, KeyMap.empty()).take(keyed, reading, raw, RECEIVED_AT)
        written = write_part(self.place.folder, "arrived", keyed.evidence())
        with self.place.store.begin() as conn:
            add_parts(conn, [as_part(written, "arrived", -1, 1, NOW)])
        settle(self.place.store, self.place.folder, 1, NOW)

    def take_roster(self, *rows: Row, shapes: bool = True) -> list[tuple[int | None, str]]:
        """Import and match again; gives whom the kept records name now, and how surely."""
        path = write(self._roster, list(rows))
        where: dict[str, Any] = {"store": self.place.store, "folder": self.place.folder}
        import_roster(path, keyer=self._keyer, received_at=NOW, shapes=shapes, **where)
        with self.place.store.read() as conn:
            keymap = KeyMap.open(self.place.folder / live_parts(conn, "keymap")[-1].path)
        rematch(self.place.store, self.place.folder, keymap, 1, NOW)
        return [(record["person"], record["identity"]) for record in self.place.whole()]


@pytest.fixture
def site(store: Store, folder: Path, keyer: Keyer, tmp_path: Path) -> Site:
    return Site(store, folder, keyer, tmp_path / "roster.csv")


def test_what_is_visible_decides_whether_it_is_the_same_person(site: Site) -> None:
    site.take_death("张*三", id_number(1))
    assert site.take_roster(row(2)) == [(None, "unchecked")]
    assert site.take_roster(row(1, name="张小三"), row(2)) == [(2, "match")]
    assert site.take_roster(row(1, name="李小三"), row(2)) == [(2, "doubt")]
    assert site.take_roster(row(2)) == [(None, "unchecked")]


def test_where_shapes_are_kept_no_more_the_name_is_not_compared(site: Site) -> None:
    site.take_death("张*三", id_number(1))
    assert site.take_roster(row(1, name="李小三"), shapes=False) == [(1, "unchecked")]


def test_a_death_under_a_name_that_shows_nothing_is_not_compared(site: Site) -> None:
    site.take_death("***", id_number(1))
    assert site.take_roster(row(1, name="李小三")) == [(1, "unchecked")]


def bench(folder: Path, entry: tuple[int, ...], names: bytes | None) -> Bench:
    """A bench of a dataset whose names come masked, over a key map of one person."""
    (folder / "key").write_bytes(KEY)
    KeyMap.write(folder / "people.keymap", np.array([entry], ENTRY))
    if names is not None:
        (folder / "people.names").write_bytes(names)
    gateway = GatewaySettings(
        store="sqlite:///x",
        evidence=folder / "evidence",
        identity_key=f"file:{folder}/key",
        hub=HubSettings(base_url="http://127.0.0.1:1"),
    )
    masked = DepartmentSettings.model_validate({"datasets": {"happenings": {"name_check": "masked"}}})
    settings = Settings(folder=folder, gateway=gateway, departments={"police": masked})
    sent_open = replace(happenings, open=lambda payload, _keys: payload)
    police = Department("police", "公安", [sent_open])
    return Bench(settings, folder / "people.keymap", Host({"police": police}))


def test_a_page_with_masked_names_is_compared_by_what_is_visible(tmp_path: Path) -> None:
    keyer, name = Keyer(KEY), PersonName.parse("张小三")
    entry = (keyer.person(IdNumber.parse(id_number(1))), 7, keyer.name(name))
    shape = np.array([entry[2]], "<i8").tobytes() + Shaper(keyer).shape(name)
    rows = [happening(BH=f"H-{seen}", SFZH=id_number(1), XM=seen) for seen in ("张*三", "李*三")]
    taken = bench(tmp_path, entry, shape).page("police", "happenings", json.dumps(rows).encode(), RECEIVED_AT)
    assert taken.part
    found = pq.read_table(tmp_path / "evidence" / taken.part.path)
    assert found["identity"].to_pylist() == ["match", "doubt"]


def test_masked_names_are_not_taken_before_the_roster_was_imported_for_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="happenings: its names are masked: import the roster again"):
        bench(tmp_path, (1, 7, 5), None).page("police", "happenings", b"[]", RECEIVED_AT)
