"""Plaintexts are cut into rows, and what a page came to is on the disk before it is told."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from gateway.crypto.keyring import KeyRing
from gateway.department import Dataset, Department, Keys
from gateway.errors import ConfigError, EnvelopeError, StoreError
from gateway.host import Host
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.columns.taking import ColumnTaker
from gateway.intake.page import Bench, csv_rows, json_rows, open_page, read_rows
from gateway.intake.pool import IntakePool
from gateway.places import local_folder
from gateway.roster.keymap import ENTRY, KeyMap
from gateway.settings import DepartmentSettings, GatewaySettings, HubSettings, Settings
from tests.unit.core.examples import RECEIVED_AT, happening, happenings
from tests.unit.core.people import ID, NAME

KEY = b"an identity key of the tests"


def as_sent(payload: bytes, _: Keys) -> bytes:
    return payload


def raising(error: Exception) -> Any:
    def fail(*_: object) -> Any:
        raise error

    return fail


def is_loaded(module: str) -> bool:
    return module in sys.modules


def unread(dataset: Dataset, plaintext: bytes, usual: Any) -> str:
    with pytest.raises(EnvelopeError) as caught:
        read_rows(dataset, plaintext, usual)
    assert caught.value.__cause__ is None
    return str(caught.value).removeprefix("happenings: the opened page cannot be read ").strip("()")


def test_numbers_of_a_page_stay_as_they_are_written() -> None:
    assert json_rows(b'[{"a": 1, "b": 1.50, "c": null, "d": true}]') == [
        {"a": "1", "b": "1.50", "c": None, "d": True}
    ]
    long = b"9" * 5000
    assert json_rows(b'[{"a": ' + long + b"}]") == [{"a": long.decode()}]


@pytest.mark.parametrize(
    ("plaintext", "rule"),
    [
        (b"", "json_form"),
        (b'[{"a": 1}', "json_form"),
        ("[甲]".encode("gb18030"), "json_form"),
        (b'{"rows": []}', "json_array"),
        (b"null", "json_array"),
        (b"[" * 200_000, "RecursionError"),
    ],
)
def test_a_plaintext_that_is_no_array_is_named_by_its_rule(plaintext: bytes, rule: str) -> None:
    assert unread(happenings, plaintext, json_rows) == rule


def csv(*lines: str) -> bytes:
    return "\r\n".join(lines).encode("gb18030")


def test_a_table_becomes_rows() -> None:
    rows = csv_rows(csv("BH,XM,BZ", '1,艾山·吐尔逊,"a,\n""b"""', "", "2,欧阳,", "3,x"))
    assert rows == [
        {"BH": "1", "XM": "艾山·吐尔逊", "BZ": 'a,\n"b"'},
        {"BH": "2", "XM": "欧阳", "BZ": ""},
        ["3", "x"],
    ]
    assert csv_rows("\ufeffBH\n1".encode("gb18030")) == [{"BH": "1"}]
    assert csv_rows(csv("BH,XM")) == []


@pytest.mark.parametrize(
    ("plaintext", "rule"),
    [
        (b"", "csv_header"),
        (b"\r\nBH", "csv_header"),
        (b"BH,BH\n1,2", "csv_header"),
        (b"BH\n\xff\xff", "csv_encoding"),
        (b'BH\n"' + b"x" * 200_000, "csv_form"),
    ],
)
def test_a_table_that_is_none_is_named_by_its_rule(plaintext: bytes, rule: str) -> None:
    assert unread(happenings, plaintext, csv_rows) == rule


@pytest.mark.parametrize(
    ("error", "rule"),
    [
        (ValueError("xml_dtd"), "xml_dtd"),
        (ValueError(f"not a number: {ID}"), "ValueError"),
        (KeyError(ID), "KeyError"),
        (RecursionError(), "RecursionError"),
    ],
)
def test_a_plugin_that_cannot_read_or_open_shows_nothing(error: Exception, rule: str) -> None:
    assert unread(replace(happenings, read=raising(error)), b"[]", json_rows) == rule
    with pytest.raises(EnvelopeError, match=rf"\Ahappenings: the page cannot be opened \({rule}\)\Z"):
        open_page(replace(happenings, open=raising(error)), b"", KeyRing([]))


def test_an_error_of_ours_from_a_plugin_passes_unchanged() -> None:
    with pytest.raises(EnvelopeError, match="a key is wrong"):
        read_rows(replace(happenings, read=raising(EnvelopeError("a key is wrong"))), b"", json_rows)
    with pytest.raises(ConfigError, match="no key"):
        open_page(replace(happenings, open=raising(ConfigError("no key"))), b"", KeyRing([]))


@pytest.fixture
def configured(tmp_path: Path) -> Settings:
    (tmp_path / "key").write_bytes(KEY)
    gateway = GatewaySettings(
        store=f"sqlite:///{tmp_path}/gateway.sqlite",
        evidence=tmp_path / "evidence",
        identity_key=f"file:{tmp_path}/key",
        hub=HubSettings(base_url="http://127.0.0.1:1"),
        workers=1,
    )
    return Settings(folder=tmp_path, gateway=gateway, departments={"police": DepartmentSettings()})


@pytest.fixture
def keymap(tmp_path: Path) -> Path:
    keyer = Keyer(KEY)
    entry = (keyer.person(IdNumber.parse(ID)), 7, keyer.name(PersonName.parse(NAME)))
    KeyMap.write(tmp_path / "people.keymap", np.array([entry], ENTRY))
    return tmp_path / "people.keymap"


@pytest.fixture
def bench(configured: Settings, keymap: Path) -> Bench:
    police = Department("police", "公安", [replace(happenings, open=as_sent)])
    return Bench(configured, keymap, Host({"police": police}))


def test_a_page_is_written_before_it_is_told_and_names_nobody(bench: Bench, configured: Settings) -> None:
    rows = [happening(), happening(BH="H-2", YY="1", SFZH=None), happening(BH="H-3", YY="7"), "broken"]
    taken = bench.page("police", "happenings", json.dumps(rows).encode(), RECEIVED_AT)
    assert (taken.received, taken.accepted, taken.refused, taken.matched, taken.strangers) == (4, 2, 2, 2, 0)
    assert taken.unknown_codes == {"YY=7": 1}
    assert [(refusal.field, refusal.rule) for refusal in taken.refusals] == [
        ("SFZH", "id_missing"),
        (None, "row_form"),
    ]
    assert len(taken.row_hashes) == 4 * 8
    assert taken.part
    file = local_folder(configured.gateway.evidence) / taken.part.path
    kept = pq.read_table(file, columns=["person", "kind"]).to_pydict()
    assert kept == {"person": [7, None, None], "kind": ["health_check", "nothing", "nothing"]}
    assert not any(
        secret in file.read_bytes() + repr(taken).encode() for secret in (ID.encode(), NAME.encode())
    )


@pytest.mark.parametrize("style", [(",", ":"), (", ", " : ")])
def test_a_page_comes_to_the_same_whichever_way_it_is_taken(
    configured: Settings, keymap: Path, style: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole: dict[str, Any] = dict.fromkeys(("SJ", "ZZ", "JG", "ZM", "YBH"))
    changes: list[dict[str, Any]] = [
        {},
        {"YY": "1"},
        {"SFZH": None},
        {"YY": "7"},
        {"op": "D"},
        {"RQ": "soon"},
        {"op": "U", "YY": "9"},
    ]
    rows = [happening(BH=f"H-{place}", **whole) | each for place, each in enumerate(changes)]
    payload = json.dumps(rows, ensure_ascii=False, separators=style).encode()
    police = Host({"police": Department("police", "公安", [replace(happenings, open=as_sent)])})
    by_column = Bench(configured, keymap, police).page("police", "happenings", payload, RECEIVED_AT)
    monkeypatch.setattr(ColumnTaker, "of", lambda *_: None)
    by_row = Bench(configured, keymap, police).page("police", "happenings", payload, RECEIVED_AT)
    assert by_column.part
    assert by_row.part
    assert replace(by_column, part=None) == replace(by_row, part=None)
    parts = [
        pq.read_table(configured.gateway.evidence / taken.part.path)
        for taken in (by_column, by_row)
        if taken.part
    ]
    assert parts[0].equals(parts[1])
    assert (by_column.received, by_column.accepted, by_column.unknown_codes) == (7, 5, {"YY=7": 1})


@pytest.mark.parametrize("payload", [b"", b"[]"])
def test_an_empty_page_leaves_no_part(bench: Bench, payload: bytes) -> None:
    taken = bench.page("police", "happenings", payload, RECEIVED_AT)
    assert (taken.part, taken.received, taken.row_hashes) == (None, 0, b"")


def test_a_page_of_refusals_only_leaves_no_part(bench: Bench) -> None:
    taken = bench.page("police", "happenings", b'[{}, 5, "x"]', RECEIVED_AT)
    assert (taken.part, taken.received, taken.refused) == (None, 3, 3)


def test_a_configured_name_check_replaces_the_plugin_s(configured: Settings, keymap: Path) -> None:
    own = DepartmentSettings.model_validate({"datasets": {"happenings": {"name_check": "absent"}}})
    police = Department("police", "公安", [replace(happenings, open=as_sent)])
    bench = Bench(
        configured.model_copy(update={"departments": {"police": own}}), keymap, Host({"police": police})
    )
    taken = bench.page("police", "happenings", json.dumps([happening(XM="某某")]).encode(), RECEIVED_AT)
    assert taken.part
    assert pq.read_table(configured.gateway.evidence / taken.part.path)["identity"].to_pylist() == [
        "unchecked"
    ]


async def test_what_is_wrong_with_the_configuration_is_heard_from_a_worker(
    configured: Settings, keymap: Path
) -> None:
    keys = DepartmentSettings(keys=({"sm4": "env:NO_KID"},))
    with IntakePool(configured.model_copy(update={"departments": {"police": keys}}), keymap) as pool:
        for _ in range(2):
            with pytest.raises(ConfigError, match="a key without a kid"):
                await pool.page("police", "detentions", b"", RECEIVED_AT)


def test_a_missing_key_map_is_named(configured: Settings, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"gone\.keymap cannot be read"):
        Bench(configured, tmp_path / "gone.keymap")


async def test_a_worker_that_has_taken_a_page_has_loaded_no_pandas(
    configured: Settings, keymap: Path
) -> None:
    with IntakePool(configured, keymap) as pool:
        await pool.page("police", "detentions", b"", RECEIVED_AT)
        assert pool._pool is not None
        assert not pool._pool.submit(is_loaded, "pandas").result()


async def test_without_workers_pages_are_taken_in_this_process(configured: Settings, keymap: Path) -> None:
    here = configured.gateway.model_copy(update={"workers": 0})
    with IntakePool(configured.model_copy(update={"gateway": here}), keymap) as pool:
        taken = await pool.page("police", "detentions", b"", RECEIVED_AT)
    assert taken.received == 0
