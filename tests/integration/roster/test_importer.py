from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from gateway.errors import ConfigError, StoreError
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.roster import importer
from gateway.roster.columns import ROSTER
from gateway.roster.fingerprint import check_fingerprint
from gateway.roster.importer import RosterReport, import_roster
from gateway.roster.keymap import NO_NAME, KeyMap
from gateway.roster.merging import ROSTER_PART
from gateway.roster.shapes import Shaper
from gateway.roster.staging import RefusedRow
from gateway.store.database import Store
from gateway.store.imports import last_import
from gateway.store.parts import Part, known_paths, live_parts
from tests.unit.roster.files import Row, id_number, row, write

MARCH = datetime(2026, 3, 1, 8)  # noqa: DTZ001 - instants are kept as naive Asia/Shanghai times
APRIL = datetime(2026, 4, 1, 8)  # noqa: DTZ001 - as above
Import = Callable[..., RosterReport]


@pytest.fixture
def take(store: Store, folder: Path, keyer: Keyer, tmp_path: Path) -> Import:
    def take(rows: list[Row], **changes: Any) -> RosterReport:
        path = write(tmp_path / "roster.csv", rows)
        where: dict[str, Any] = {"store": store, "folder": folder, "keyer": keyer, "received_at": MARCH}
        return import_roster(path, **(where | changes))

    return take


def parts(store: Store, stage: str) -> list[Part]:
    with store.read() as conn:
        return live_parts(conn, stage)


def roster(store: Store, folder: Path) -> dict[str, dict[str, Any]]:
    tables = [pq.read_table(folder / part.path) for part in parts(store, "roster")]
    return {each["benefit_id"]: each for each in pa.concat_tables(tables).to_pylist()}


def keymap(store: Store, folder: Path) -> KeyMap:
    (part,) = parts(store, "keymap")
    found = KeyMap.open(folder / part.path)
    assert len(found) == part.rows
    return found


def key(keyer: Keyer, number: str) -> int:
    return keyer.person(IdNumber.parse(number))


def test_a_first_import_brings_every_benefit_as_new(
    take: Import, store: Store, folder: Path, keyer: Keyer
) -> None:
    report = take([row(1), row(2, benefit="survivor_allowance", spouse_survivor="1", needs_assistance="0")])
    assert report == RosterReport(2, 2, 0, 0, 0, (), 0, {}, same=False)
    found = roster(store, folder)
    content = found["B1"].pop("content")
    assert content
    assert found["B1"] == {
        "person": 1,
        "person_no": "P1",
        "benefit_id": "B1",
        "benefit": "employee_pension",
        "insured_county": "430102",
        "employer_no": "E1",
        "birth_on": date(1960, 3, 15),
        "started_on": date(2020, 3, 1),
        "last_certified_on": None,
        "last_method": None,
        "payment_status": "paying",
        "suspended_on": None,
        "spouse_survivor": False,
        "needs_assistance": True,
        "matchable": True,
        "first_seen_on": date(2026, 3, 1),
    }
    assert (found["B2"]["spouse_survivor"], found["B2"]["needs_assistance"]) == (True, False)
    name = keyer.name(PersonName.parse(row(2)["name"]))
    assert keymap(store, folder).lookup(key(keyer, id_number(2))) == [(found["B2"]["person"], name)]


def test_parts_are_written_by_bucket_in_the_schema_of_the_roster(
    take: Import, store: Store, folder: Path
) -> None:
    take([row(number) for number in range(1, 40)])
    found = parts(store, "roster")
    assert [part.bucket for part in sorted(found, key=lambda part: part.bucket)] == list(range(16))
    for part in found:
        table = pq.read_table(folder / part.path)
        assert table.schema == ROSTER_PART
        assert table.select(ROSTER.names).schema == ROSTER
        assert table.num_rows == part.rows
        assert all(person % 16 == part.bucket for person in table["person"].to_pylist())
        assert table["person"].to_pylist() == sorted(table["person"].to_pylist())


def test_the_same_file_again_changes_nothing(take: Import, store: Store, folder: Path) -> None:
    rows = [row(1), row(2), row(3, id_number="broken")]
    take(rows)
    before, entries = roster(store, folder), len(keymap(store, folder))
    report = take(rows, received_at=APRIL)
    assert report == RosterReport(3, 0, 0, 0, 1, (), 0, {}, same=True)
    assert roster(store, folder) == before
    assert len(keymap(store, folder)) == entries
    assert len(parts(store, "roster")) == 16


CHANGES: list[Row] = [
    {"payment_status": "suspended"},
    {"suspended_on": "2026-02-01"},
    {"last_certified_on": "2026-02-01"},
    {"insured_county": "430103"},
    {"needs_assistance": "0"},
    {"person_no": "P99"},
    {"name": "测试改名"},
    {"id_number": id_number(99)},
    {"other_id_numbers": id_number(99)},
    {"id_type": "02"},
]


def test_any_kept_value_that_differs_is_a_change(take: Import, store: Store, folder: Path) -> None:
    def contents() -> dict[str, int]:
        return {name: each["content"] for name, each in roster(store, folder).items()}

    take([row(number) for number in range(len(CHANGES) + 1)])
    before = contents()
    report = take([*(row(number, **change) for number, change in enumerate(CHANGES)), row(len(CHANGES))])
    assert (report.new, report.changed, report.gone, report.same) == (0, len(CHANGES), 0, False)
    unchanged = [name for name, content in contents().items() if before[name] == content]
    assert unchanged == [f"B{len(CHANGES)}"]


def test_the_same_value_in_another_form_is_no_change(take: Import) -> None:
    take([row(1, other_id_numbers=f"{id_number(4)};{id_number(5)}")])
    other_form = {
        "birth_on": "19600315",
        "last_certified_on": "",
        "name": " 测试某 丁 ",
        "spouse_survivor": "false",
    }
    same = row(1, **other_form, other_id_numbers=f"{id_number(5)}； {id_number(4).lower()}")
    assert take([same]).changed == 0


def test_what_is_new_and_gone_is_counted_and_first_seen_stays(
    take: Import, store: Store, folder: Path
) -> None:
    take([row(1), row(2)])
    report = take([row(2, birth_on="1961-01-01"), row(3), row(4)], received_at=APRIL)
    assert (report.rows, report.new, report.changed, report.gone) == (3, 2, 1, 1)
    found = roster(store, folder)
    assert {name: each["first_seen_on"] for name, each in found.items()} == {
        "B2": date(2026, 3, 1),
        "B3": date(2026, 4, 1),
        "B4": date(2026, 4, 1),
    }
    with store.read() as conn:
        last = last_import(conn)
    assert last is not None
    assert (last.rows, last.new, last.changed, last.gone, last.as_of) == (3, 2, 1, 1, date(2026, 4, 1))


def test_a_roster_number_is_one_person_s_for_ever(take: Import, store: Store, folder: Path) -> None:
    def number(benefit: str) -> int:
        return int(roster(store, folder)[benefit]["person"])

    take([row(1), row(2), row(3)])
    first = {name: number(name) for name in ("B1", "B2", "B3")}
    assert len(set(first.values())) == 3
    take([row(1)])
    take([row(4), row(1)])
    assert number("B1") == first["B1"]
    assert number("B4") not in first.values()
    take([row(4), row(3, benefit_id="B30")])
    assert number("B30") == first["B3"]


def test_two_benefits_of_a_person_have_one_number(
    take: Import, store: Store, folder: Path, keyer: Keyer
) -> None:
    take([row(1), row(1, benefit_id="B10", benefit="survivor_allowance")])
    found = roster(store, folder)
    assert found["B1"]["person"] == found["B10"]["person"]
    assert len(keymap(store, folder).lookup(key(keyer, id_number(1)))) == 1


def test_every_id_number_of_a_person_leads_to_them(
    take: Import, store: Store, folder: Path, keyer: Keyer
) -> None:
    short = id_number(1)[:6] + id_number(1)[8:17]
    shared = id_number(5)
    take(
        [
            row(1, id_number=short, other_id_numbers=f"{id_number(4)};{shared};broken;"),
            row(1, benefit_id="B10", id_number=id_number(6), name="测试别名"),
            row(2, other_id_numbers=shared),
        ]
    )
    found, people = keymap(store, folder), roster(store, folder)
    first, second = people["B1"]["person"], people["B2"]["person"]
    for number in (id_number(1), id_number(4)):
        assert [each for each, _ in found.lookup(key(keyer, number))] == [first]
    other_name = keyer.name(PersonName.parse("测试别名"))
    assert found.lookup(key(keyer, id_number(6))) == [(first, other_name)]
    assert sorted(each for each, _ in found.lookup(key(keyer, shared))) == sorted([first, second])
    assert len(found) == 6


UNMATCHABLE: list[Row] = [
    {"id_number": "99010119600315000"},
    {"id_number": ""},
    {"id_type": "02"},
    {"id_type": "-"},
]


def test_a_bad_or_foreign_id_number_loses_nobody(take: Import, store: Store, folder: Path) -> None:
    report = take([row(9), *(row(number, **change) for number, change in enumerate(UNMATCHABLE))])
    assert (report.new, report.unmatchable, report.refused_total) == (5, 4, 0)
    matchable = {name: each["matchable"] for name, each in roster(store, folder).items()}
    assert matchable == {"B0": False, "B1": False, "B2": False, "B3": False, "B9": True}
    assert len(keymap(store, folder)) == 1


def test_a_person_found_by_another_row_is_matchable_in_all(take: Import, store: Store, folder: Path) -> None:
    report = take([row(1), row(1, benefit_id="B10", id_number="broken")])
    assert report.unmatchable == 0
    assert all(each["matchable"] for each in roster(store, folder).values())


def test_a_person_without_a_name_is_found_but_never_without_doubt(
    take: Import, store: Store, folder: Path, keyer: Keyer
) -> None:
    report = take([row(1, name="-")])
    assert report.warnings == {"name": 1}
    assert keymap(store, folder).lookup(key(keyer, id_number(1))) == [(1, NO_NAME)]


REFUSED: list[tuple[Row, str, str]] = [
    ({"benefit_id": "-"}, "benefit_id", "benefit_id_missing"),
    ({"benefit_id": "B\x002"}, "benefit_id", "benefit_id_form"),
    ({"benefit": "null"}, "benefit", "benefit_missing"),
    ({"person_no": " "}, "person_no", "person_no_missing"),
    ({"person_no": id_number(4).lower()}, "person_no", "person_no_is_id_number"),
    ({"benefit_id": id_number(5)}, "benefit_id", "benefit_id_is_id_number"),
    ({"benefit_id": "B9"}, "benefit_id", "benefit_id_duplicate"),
    ({"benefit": "fuel_allowance"}, "benefit", "benefit_unknown"),
    ({"benefit_id": "", "person_no": "", "benefit": ""}, "benefit_id", "benefit_id_missing"),
]


def test_a_row_that_cannot_be_used_is_named_and_the_rest_imported(
    take: Import, store: Store, folder: Path
) -> None:
    broken = [row(number, **change) for number, (change, _, _) in enumerate(REFUSED)]
    report = take([row(9), *broken, row(10)], benefits={"employee_pension"})
    assert report.refused == tuple(
        RefusedRow(line, field, rule) for line, (_, field, rule) in enumerate(REFUSED, start=3)
    )
    assert (report.rows, report.new, report.refused_total) == (11, 2, 9)
    assert set(roster(store, folder)) == {"B9", "B10"}


def test_many_refusals_are_counted_and_the_first_listed(take: Import) -> None:
    report = take([row(number % 100, benefit_id="" if number else "B0") for number in range(150)])
    assert report.refused_total == 149
    assert [each.line for each in report.refused] == list(range(3, 103))


UNREADABLE: list[Row] = [
    {"birth_on": "2024-02-31"},
    {"birth_on": "1960-3-15"},
    {"started_on": "20240229x"},
    {"last_certified_on": "20230229"},
    {"suspended_on": "soon"},
    {"insured_county": "43010"},
    {"payment_status": "paused"},
    {"spouse_survivor": "yes"},
]


def test_an_unreadable_optional_value_is_left_empty_and_counted(
    take: Import, store: Store, folder: Path
) -> None:
    report = take([row(9), *(row(number, **change) for number, change in enumerate(UNREADABLE))])
    names = [name for change in UNREADABLE for name in change]
    assert report.warnings == Counter(names)
    found = roster(store, folder)
    assert not any(found[f"B{number}"][name] for number, name in enumerate(names))
    assert report.new == len(found) == 9


def test_progress_is_told_rows_read_so_far(take: Import, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.roster.reading.BATCH_ROWS", 2)
    told: list[int] = []
    take([row(number) for number in range(5)], progress=told.append)
    assert told == [2, 4, 5]


@pytest.mark.parametrize("rows", [[], [row(1, benefit_id="")]])
def test_a_file_without_a_usable_row_leaves_the_roster_as_it_was(
    take: Import, store: Store, folder: Path, rows: list[Row]
) -> None:
    take([row(1)])
    with pytest.raises(ConfigError, match="no usable row"):
        take(rows)
    assert set(roster(store, folder)) == {"B1"}


def test_an_import_killed_before_its_commit_leaves_the_old_roster_live(
    take: Import, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take([row(1)])
    before = roster(store, folder)
    with monkeypatch.context() as patch:
        patch.setattr(importer, "_commit", killed)
        with pytest.raises(KeyboardInterrupt):
            take([row(1, name="测试改名"), row(2)])
    assert roster(store, folder) == before
    with store.read() as conn:
        orphans = {str(path.relative_to(folder)) for path in folder.rglob("*.*")} - known_paths(conn)
    assert len(orphans) == 18
    assert (take([row(1), row(2)]).new, len(roster(store, folder))) == (1, 2)


def killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_a_commit_that_fails_halfway_leaves_the_old_roster_live(
    take: Import, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    take([row(1)])
    before = roster(store, folder)
    with monkeypatch.context() as patch:
        patch.setattr(importer, "add_import", killed)
        with pytest.raises(KeyboardInterrupt):
            take([row(2)])
    assert roster(store, folder) == before


def test_a_full_disk_is_one_clear_line_and_leaves_the_old_roster_live(
    take: Import, store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    take([row(1)])
    before = roster(store, folder)
    with monkeypatch.context() as patch:
        patch.setattr("gateway.store.files.os.fsync", full)
        with pytest.raises(StoreError, match="the disk is full"):
            take([row(2)])
    assert roster(store, folder) == before
    assert not list(folder.glob(".import-*"))


def test_two_imports_at_once_cannot_both_win(take: Import, store: Store, folder: Path) -> None:
    def meanwhile(_: int) -> None:
        take([row(2)])

    with pytest.raises(StoreError, match="another roster import finished in the meantime"):
        take([row(1)], progress=meanwhile)
    assert set(roster(store, folder)) == {"B2"}


def test_what_a_killed_import_left_is_removed_a_day_later(take: Import, folder: Path) -> None:
    left = folder / ".import-killed"
    left.mkdir(parents=True)
    (left / "staged.parquet").touch()
    take([row(1)], received_at=datetime.now())  # noqa: DTZ005 - compared with the time of a file
    assert left.exists()
    take([row(1)], received_at=datetime.now().replace(year=2099))  # noqa: DTZ005 - as above
    assert not left.exists()


def test_another_identity_key_is_refused_until_it_is_meant(
    take: Import, store: Store, folder: Path, keyer: Keyer
) -> None:
    other = Keyer(b"another synthetic identity key")
    take([row(1), row(2)])
    numbers = {name: each["person"] for name, each in roster(store, folder).items()}
    with pytest.raises(ConfigError, match="import the roster again"):
        take([row(1), row(2)], keyer=other)
    with store.read() as conn:
        check_fingerprint(conn, keyer)
        with pytest.raises(ConfigError, match="is not the one of the roster"):
            check_fingerprint(conn, other)
    report = take([row(1), row(2)], keyer=other, new_key=True)
    assert (report.new, report.changed) == (0, 2)
    assert {name: each["person"] for name, each in roster(store, folder).items()} == numbers
    assert keymap(store, folder).lookup(key(keyer, id_number(1))) == []
    assert len(keymap(store, folder).lookup(key(other, id_number(1)))) == 1
    with store.read() as conn:
        check_fingerprint(conn, other)


def test_any_identity_key_will_do_before_the_first_import(store: Store, keyer: Keyer) -> None:
    with store.read() as conn:
        check_fingerprint(conn, keyer)


def test_no_name_and_no_id_number_reaches_the_disk(
    take: Import, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = {"id_number": id_number(7), "name": "测试隐名", "other_id_numbers": id_number(8)}
    texts = [
        "测试隐名",
        *(number[start:end] for number in (id_number(7), id_number(8)) for start, end in ((0, 18), (6, 17))),
    ]
    kept: list[bytes] = []

    def keep(*_: object) -> None:
        # uncompressed and looked at before the import tidies up: its temporary files are on the disk too
        kept.extend(
            path.read_bytes() for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".csv"
        )
        kept.extend(dumped(path) for path in tmp_path.rglob("*.parquet"))

    monkeypatch.setattr(importer, "_commit", keep)
    report = take([row(1, **secret), row(2, **secret, benefit_id="")])
    assert any(b"P1" in each for each in kept)
    everything = b"".join([*kept, repr(report).encode()])
    for each in texts:
        assert each.encode() not in everything
        assert each.encode("gb18030") not in everything
    for number in (id_number(7), id_number(8)):
        digits = int(number[:17])
        assert np.int64(digits).tobytes() not in everything


def dumped(path: Path) -> bytes:
    return repr(pq.read_table(path).to_pylist()).encode()


def test_a_report_holds_nothing_that_names_a_person(take: Import) -> None:
    report = take([row(1), row(2, person_no=id_number(2))])
    assert id_number(2) not in repr(report)
    assert row(2)["name"] not in repr(replace(report, same=True))


@pytest.mark.server
def test_the_roster_is_the_same_on_postgresql(
    postgres_url: str, folder: Path, keyer: Keyer, tmp_path: Path
) -> None:
    def take(rows: list[Row]) -> RosterReport:
        path = write(tmp_path / "roster.csv", rows)
        return import_roster(path, store=store, folder=folder, keyer=keyer, received_at=MARCH)

    with Store(postgres_url) as store:
        store.migrate()
        assert take([row(1), row(2)]).new == 2
        report = take([row(2, name="测试改名"), row(3)])
        assert (report.new, report.changed, report.gone) == (1, 1, 1)
        assert set(roster(store, folder)) == {"B2", "B3"}
        assert len(parts(store, "roster")) == 16


def test_shapes_of_names_are_kept_only_where_they_are_asked_for(
    take: Import, store: Store, folder: Path, keyer: Keyer
) -> None:
    take([row(1)])
    assert parts(store, "names") == []
    assert not keymap(store, folder).knows_shapes
    take([row(1, name="张小三"), row(2, name="李四"), row(3, name="张小三"), row(4, name="")], shapes=True)
    (part,) = parts(store, "names")
    assert part.rows == 2
    shaper, found = Shaper(keyer), keymap(store, folder)
    seen = {text: shaper.seen(PersonName.parse(text)) for text in ("张*三", "*四")}
    known = {text: keyer.name(PersonName.parse(text)) for text in ("张小三", "李四")}
    agreed = {(text, name) for text in seen for name in known if found.agrees(known[name], seen[text] or 0)}
    assert agreed == {("张*三", "张小三"), ("*四", "李四")}
    take([row(1)])
    assert parts(store, "names") == []


def test_the_shapes_of_names_name_nobody(take: Import, folder: Path) -> None:
    take([row(1, name="张小三")], shapes=True)
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    for sign in "张小三":
        assert sign.encode() not in content
