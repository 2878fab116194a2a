"""From a sample file to the plan of a package: key, people, meaning, and what is refused."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gateway.errors import RequestError
from gateway.scaffold.plan import DatasetPlan, Wanted, WantedDataset, shape_for
from gateway.scaffold.propose import propose

Written = Callable[..., Path]
Row = dict[str, Any]
Rows = list[Row]
PERSON = {"SFZH": "990101194001010016", "XM": "张三"}
WANTED = Wanted("transport", "交通", (WantedDataset("rail_trips", "铁路实名行程"),), "sm4_cbc_mac")


def wanted(path: Path, *, key: str | None = None, name: str = "trips", title: str = "行程") -> Wanted:
    return replace(WANTED, datasets=(WantedDataset(name, title, key, (path,)),))


def planned(written: Written, rows: Rows, **named: str) -> DatasetPlan:
    [dataset] = propose(wanted(written(json.dumps(rows)), **named)).datasets
    return dataset


def test_a_start_without_a_sample_has_the_columns_that_every_row_needs() -> None:
    [dataset] = propose(WANTED).datasets
    assert [column.kind for column in dataset.columns] == ["key", "id", "name", "day"]
    assert dataset.start
    assert dataset.key == "JLBH"


def test_the_key_is_never_blank_and_always_distinct(written: Written) -> None:
    rows = [{**PERSON, "A": "x", "B": f"b{number}", "C": f"c{number}"} for number in range(3)]
    assert planned(written, rows).key == "B"
    assert planned(written, [{**row, "C_NO": f"{row['C']}"} for row in rows]).key == "C_NO"
    assert planned(written, [*rows, {**rows[0], "B": "", "C": "c9"}]).key == "C"
    assert planned(written, rows, key="A").key == "A"


def test_a_person_and_a_day_are_no_key(written: Written) -> None:
    rows = [{**PERSON, "CCRQ": f"2026080{number}"} for number in range(1, 4)]
    with pytest.raises(RequestError, match="--key: no column of trips is never blank and always distinct"):
        planned(written, rows)


def test_op_and_the_load_time_are_every_rows(written: Written) -> None:
    rows: Rows = [{**PERSON, "N": "1", "op": "I", "tong_time": "2026-08-01", "OP": "x"}]
    assert [column.alias for column in planned(written, rows).columns] == ["SFZH", "XM", "N", "OP"]


@pytest.mark.parametrize(
    ("name", "title", "columns", "record", "day"),
    [
        ("stays", "住院", {"RYRQ": "20260801", "CYRQ": "20260809"}, "HospitalStay", "RYRQ"),
        ("visits", "门诊", {"CSRQ": "19400101", "JZSJ": "2026-08-01 09:30:00"}, "OutpatientVisit", "JZSJ"),
        ("trips", "行程", {"CCRQ": "20260801", "GXSJ": "20260802"}, "OfLife", "CCRQ"),
        ("people", "人口", {"CSRQ": "19400101"}, "Neutral", None),
        ("people", "人口", {"GXSJ": "20260801"}, "Neutral", None),
        ("people", "人口", {"SWRQ": "20260801", "CCRQ": "20260801"}, "Death", "SWRQ"),
        ("people", "人口", {"HHRQ": "20260801"}, "Death", None),
        ("cremations", "火化", {"HHRQ": "20260801"}, "Death", None),
    ],
)
def test_the_meaning_of_a_row(
    written: Written, name: str, title: str, columns: Row, record: str, day: str | None
) -> None:
    dataset = planned(written, [{"N_NO": "1", **PERSON, **columns}], name=name, title=title)
    [plan] = dataset.emits
    assert (plan.record, plan.day) == (record, day)
    assert dataset.why


def test_only_a_title_makes_a_death_more_than_an_echo(written: Written) -> None:
    row: Row = {"N_NO": "1", **PERSON, "SWRQ": "20260801", "SWZMBH": "D1"}
    [echo] = planned(written, [row]).emits
    assert dict(echo.texts) == {"basis": "register_cancelled", "derived_from": "SWZMBH"}
    assert (echo.when, echo.bounds) == ("SWRQ", ())
    [seen] = planned(written, [row], name="death_certificates", title="死亡医学证明").emits
    assert dict(seen.texts) == {"basis": "medical_certificate", "certificate": "SWZMBH"}
    assert (seen.when, seen.bounds) == (None, ("tong_time",))


def test_a_guessed_kind_of_the_gateways_own_is_weak(written: Written) -> None:
    row: Row = {"N_NO": "1", **PERSON, "RYRQ": "20260801"}
    [stay] = planned(written, [row], title="住院").emits
    assert dict(stay.texts) == {"strength": "weak"}
    [own] = planned(written, [row]).emits
    assert own.own_kind == "trips"


@pytest.mark.parametrize(
    ("name", "kind"), [("death", "death_row"), ("ab", "ab_row"), ("nothing", "nothing_row")]
)
def test_a_kind_of_its_own_is_never_one_of_the_gateways(written: Written, name: str, kind: str) -> None:
    [own] = planned(written, [{"N_NO": "1", **PERSON, "CCRQ": "20260801"}], name=name).emits
    assert own.own_kind == kind


def test_two_people_in_a_row_are_both_spoken_of(written: Written) -> None:
    row: Row = {
        "NO": "1",
        "name_man": "张三",
        "cert_num_man": "990101194001010016",
        "name_woman": "李四",
        "cert_num_woman": "99010219450203002X",
        "DJRQ": "20260801",
    }
    dataset = planned(written, [row], title="结婚")
    assert [plan.about for plan in dataset.emits] == [
        ("cert_num_man", "name_man"),
        ("cert_num_woman", "name_woman"),
    ]


def test_a_number_without_a_name_stays_neutral(written: Written) -> None:
    dataset = planned(written, [{"NO": "1", "SFZH": PERSON["SFZH"], "CCRQ": "20260801"}])
    assert [(plan.record, plan.day) for plan in dataset.emits] == [("Unclassified", "CCRQ")]
    assert "no column of names" in dataset.why


def test_a_code_that_may_undo_the_row_is_pointed_at(written: Written) -> None:
    rows = written(json.dumps([{"NO": "1", **PERSON, "CCRQ": "20260801", "ZT": "1"}]))
    words = written("字段名,中文名,值域\nZT,车票状态,1 已检票 2 已退票\n", "dictionary.csv")
    both = replace(WANTED, datasets=(WantedDataset("trips", "行程", None, (rows, words)),))
    [dataset] = propose(both).datasets
    assert dataset.why.endswith("a code of ZT may undo it")
    [state] = [column for column in dataset.columns if column.alias == "ZT"]
    assert (state.title, dict(state.codes)) == ("车票状态", {"1": "已检票", "2": "已退票"})


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param([{"N": "1", "XM": "张三"}], "no column of its sample holds resident ID", id="no number"),
        pytest.param([{"op": "I", "tong_time": "x"}], "beside op and tong_time", id="no column"),
        pytest.param([{"SFZH": PERSON["SFZH"]}], "--key: no column", id="no key"),
    ],
)
def test_what_no_package_can_be_written_for(written: Written, rows: Rows, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        planned(written, rows)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("王小明,H1,备注\n张三,H2,x\n李四,H3,y\n", id="a name and a key"),
        pytest.param("NO,王小明\n1,张三\n2,李四\n", id="a name alone"),
        pytest.param("NO,XM,在家\n1,张三,在家\n2,李四,外出\n", id="a text that comes again"),
    ],
)
def test_a_first_row_is_not_taken_for_the_names_of_columns(written: Written, content: str) -> None:
    with pytest.raises(RequestError, match="holds a row and no column names") as caught:
        propose(wanted(written(content)))
    assert not any(each in str(caught.value) for each in ("王小明", "H1", "在家"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": "Transport"}, "NAME: a name is 2 to 30 small letters"),
        ({"name": "class"}, "NAME: .* no word of Python"),
        ({"name": "../x"}, "NAME"),
        ({"name": "x" * 31}, "NAME"),
        ({"title": ""}, "--title: a title is 1 to 30"),
        ({"title": 'a"b'}, "--title"),
        ({"title": "a\nb"}, "--title"),
        ({"envelope": "zip"}, "--envelope: write one of sm4_cbc_mac"),
        ({"datasets": ()}, "--dataset: name at least one"),
        ({"datasets": (WantedDataset("a_b", "x"),) * 2}, "--dataset a_b is given twice"),
        ({"datasets": (WantedDataset("a-b", "x"),)}, "--dataset: a name is"),
        ({"datasets": (WantedDataset("a_b", "x", key="XM"),)}, "--key: the key of a_b"),
        ({"datasets": (WantedDataset("a_b", "x", key="operation"),)}, "--key: the key of a_b"),
    ],
)
def test_what_is_asked_for_is_checked_flag_by_flag(changes: Row, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        propose(replace(WANTED, **changes))


def test_no_columns_field_is_called_as_another_column(written: Written) -> None:
    row: Row = {"N_NO": "1", **PERSON, "name": "x", "A": "y", "a": "20260801", "loaded_at": "20260802"}
    dataset = planned(written, [row])
    fields = {column.alias: column.field for column in dataset.columns}
    assert (fields["XM"], fields["name"], fields["A"], fields["a"]) == ("name_2", "name", "a_2", "a_on")
    assert fields["loaded_at"] == "loaded_on"
    assert [plan.day for plan in dataset.emits] == ["a"]


def test_a_column_called_as_a_field_of_every_row_is_not_used(written: Written) -> None:
    row: Row = {"operation": "o1", **PERSON, "loaded_at": "20260802"}
    with pytest.raises(RequestError, match="--key: no column of trips"):
        planned(written, [row])
    with pytest.raises(RequestError, match="--key: trips has no such column for a key"):
        planned(written, [row], key="operation")
    assert [plan.record for plan in planned(written, [{**row, "N": "1"}]).emits] == ["Neutral"]


def test_datasets_that_would_share_a_class_do_not() -> None:
    both = replace(WANTED, datasets=(WantedDataset("a1", "甲"), WantedDataset("a_1", "乙")))
    assert [dataset.class_name for dataset in propose(both).datasets] == ["A1", "A12"]


def test_the_envelope_says_the_shape() -> None:
    assert shape_for("jwe", None) == "service"
    assert shape_for("file_drop", None) == "file_drop"
    with pytest.raises(RequestError, match="--shape: write service"):
        shape_for("jwe", "ftp")
    for envelope, shape in (("jwe", "file_drop"), ("file_drop", "service")):
        with pytest.raises(RequestError, match="do not go together"):
            shape_for(envelope, shape)
