"""A plugin's faults are named when its department is described, not when its first row arrives."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any

import pytest

from gateway import (
    PRESENT,
    Code,
    Codes,
    Dataset,
    Day,
    Department,
    Either,
    Emit,
    Field,
    IdText,
    Instant,
    Key,
    NameText,
    SourceRow,
    Text,
    before,
    either,
    first,
    lookup,
    not_,
    records,
    starts_with,
)
from gateway.errors import PluginError
from gateway.mapping import Column, Constant


class Row(SourceRow):
    number: Key = Field(alias="BH")
    person: IdText = Field(alias="SFZH")
    name: NameText = Field(alias="XM")
    reason: Annotated[Code, Codes({"1": "one", "2": "two", "14*": "fourteens"})] = Field(alias="YY")
    day: Day = Field(alias="RQ")
    time: Instant = Field(alias="SJ")
    note: Text = Field(alias="BZ")


class Couple(SourceRow):
    number: Key = Field(alias="BH")
    her_id: IdText = Field(alias="F")
    her_name: NameText = Field(alias="FX")
    his_id: IdText = Field(alias="M")
    his_name: NameText = Field(alias="MX")
    day: Day = Field(alias="RQ")


class Nobody(SourceRow):
    number: Key = Field(alias="BH")
    day: Day = Field(alias="RQ")
    other: Text = Field(alias="YAH")


def dataset(*emits: Emit | Either, row: type[SourceRow] = Row, **other: Any) -> Dataset:
    described: dict[str, Any] = {"name": "d", "title": "T", "envelope": "jwe", "row": row, "key": "BH"}
    return Dataset(**described | {"emits": emits} | other)


def faults(*emits: Emit | Either, **other: Any) -> list[str]:
    return [fault.removeprefix("d: ") for fault in dataset(*emits, **other).faults()]


@pytest.mark.parametrize("other", [{"read": lambda _: []}, {"shape": "file_drop"}])
def test_rows_lie_in_a_member_only_where_the_gateway_itself_reads_json(other: dict[str, Any]) -> None:
    said = "rows_in is for pages of JSON: not with read, nor for dropped files"
    assert said not in faults(rows_in="rows")
    assert said in faults(rows_in="rows", **other)


def visit(**values: Any) -> Emit:
    return Emit(records.HealthCheck, **{"happened_on": "RQ"} | values)


SOUND = [
    visit(),
    visit(happened_on="day"),
    visit(happened_on=first("SJ", "RQ"), strength="weak", when={"YY": ("1", None)}),
    visit(when={"YY": "145", "SFZH": PRESENT, "RQ": PRESENT, "BZ": starts_with("P")}),
    Emit(records.Death, basis="cremation", happened_on=first("RQ", before("tong_time")), certificate="BZ"),
    Emit(
        records.Custody,
        basis="sentence",
        began_on="RQ",
        released_to=lookup("YY", {"1": "outside"}, "unknown"),
    ),
    Emit(records.Withdrawal, withdraws=first("BZ", "BH"), when={"YY": not_("1")}),
    Emit(records.Unclassified),
]


@pytest.mark.parametrize("emit", SOUND, ids=repr)
def test_a_sound_description_has_no_fault(emit: Emit) -> None:
    assert faults(emit) == []


WRONG: list[tuple[Callable[[], Emit], str]] = [
    (lambda: visit(happened_on="RX"), "'RX' is not a column of the row"),
    (lambda: visit(happened_on=first("RQ", "RX")), "'RX' is not a column of the row"),
    (lambda: visit(when={"YX": "1"}), "'YX' is not a column of the row"),
    (lambda: visit(about=("SFZX", "XM")), "'SFZX' is not a column of the row"),
    (lambda: visit(strength="strnog"), "'strnog' is not a column of the row"),
    (lambda: visit(severity="RQ"), "HealthCheck has no field 'severity'"),
    (lambda: Emit(records.HealthCheck), "'happened_on' is required and not given"),
    (lambda: Emit(records.Death, basis="cremation"), "'latest' is required and not given"),
    (lambda: Emit(records.Death, happened_on="RQ"), "'basis' is required and not given"),
    (lambda: visit(published_at="SJ"), "'published_at' is filled by the gateway itself"),
    (lambda: visit(kind="death"), "'kind' is filled by the gateway itself"),
    (lambda: visit(when={"YY": "3"}), "'3' is not in the code table of 'YY'"),
    (lambda: visit(when={"YY": ("1", "15")}), "'15' is not in the code table of 'YY'"),
    (lambda: visit(when={"reason": not_("9")}), "'9' is not in the code table of 'reason'"),
    (
        lambda: Emit(
            records.Custody, basis="sentence", began_on="RQ", released_to=lookup("YY", {"7": "outside"})
        ),
        "'7' is not in the code table of 'YY'",
    ),
    (
        lambda: Emit(
            records.Custody, basis="sentence", began_on="RQ", released_to=lookup("YY", {"1": "freedom"})
        ),
        "'released_to' is never 'freedom'",
    ),
    (lambda: visit(happened_on="BZ"), "'happened_on' is a day, but 'BZ' is not a column of days"),
    (lambda: visit(happened_on="SFZH"), "'happened_on' is a day, but 'SFZH' is not a column of days"),
    (
        lambda: visit(happened_on=first("RQ", "BZ")),
        "'happened_on' is a day, but 'BZ' is not a column of days",
    ),
    (lambda: visit(happened_on=lookup("RQ", {})), "'happened_on' is a day, and no code means one"),
    (lambda: visit(happened_on=before("RQ")), "before() bounds the day of a death, not 'happened_on'"),
    (
        lambda: Emit(records.Withdrawal, withdraws="RQ"),
        "'withdraws' is a text, but 'RQ' is not a column of text",
    ),
    (
        lambda: Emit(records.Withdrawal, withdraws="SFZH"),
        "'withdraws' is a text, but 'SFZH' is not a column of text",
    ),
    (
        lambda: visit(when={"RQ": "20260101"}),
        "'RQ' is not a column of text: it can only be PRESENT or MISSING",
    ),
    (
        lambda: visit(when={"XM": starts_with("A")}),
        "'XM' is not a column of text: it can only be PRESENT or MISSING",
    ),
    (lambda: visit(about=("XM", "SFZH")), "about: 'XM' is not a column of ID numbers"),
    (lambda: visit(about=("SFZH", "BZ")), "about: 'BZ' is not a column of names"),
]


@pytest.mark.parametrize(("emit", "fault"), WRONG, ids=[fault for _, fault in WRONG])
def test_a_wrong_word_in_a_mapping_is_named(emit: Callable[[], Emit], fault: str) -> None:
    named = f"emit 0 ({emit().record.__name__}): {fault}"
    assert named in faults(emit())
    assert named in faults(either(emit()))


def test_a_row_of_several_people_must_say_whom_a_record_is_about() -> None:
    fault = "the row names several people or none: say which with about=(id, name)"
    assert faults(visit(), row=Couple) == [f"emit 0 (HealthCheck): {fault}"]
    assert faults(visit(), row=Nobody) == [f"emit 0 (HealthCheck): {fault}"]
    assert faults(visit(about=("F", "FX")), visit(about=("his_id", "his_name")), row=Couple) == []
    assert faults(Emit(records.Withdrawal, withdraws="YAH"), row=Nobody) == []
    assert dataset(row=Couple).about is dataset(row=Nobody).about is None
    assert dataset().about == ("person", "name")


def test_the_key_is_a_column_that_is_never_blank() -> None:
    assert faults(visit(), key="HB") == ["key 'HB' is not a column of the row"]
    assert faults(visit(), key="BZ") == ["key 'BZ' may be blank: make it a Key"]
    assert faults(visit(), key="number") == []


def to_records(_: SourceRow) -> Sequence[Any]:
    return ()


def test_a_mapping_and_code_are_not_given_together_nor_neither() -> None:
    fault = ["either emits or to_records says what a row means, and not both"]
    assert faults() == fault
    assert faults(visit(), to_records=to_records) == fault
    assert faults(to_records=to_records) == []


def test_a_department_names_every_fault_of_every_dataset_at_once() -> None:
    broken = [
        dataset(visit(), name="one", key="HB"),
        dataset(visit(happened_on="RX"), visit(when={"YY": "3"}), name="two"),
    ]
    with pytest.raises(PluginError) as caught:
        Department("police", "公安", [*broken, dataset(visit(), name="two")])
    assert str(caught.value).splitlines() == [
        "department 'police':",
        "  dataset 'two' is described twice",
        "  one: key 'HB' is not a column of the row",
        "  two: emit 0 (HealthCheck): 'RX' is not a column of the row",
        "  two: emit 1 (HealthCheck): '3' is not in the code table of 'YY'",
    ]


def test_datasets_are_found_by_name() -> None:
    found = Department("police", "公安", [dataset(visit(), name="one"), dataset(visit(), name="two")])
    assert found.dataset("two").name == "two"
    with pytest.raises(PluginError, match="department 'police' has no dataset 'three'; it has one, two"):
        found.dataset("three")


def test_a_column_goes_by_either_name() -> None:
    described = dataset(visit())
    assert described.column("RQ") == described.column("day") == "day"
    assert described.column("DAY") is None
    assert [described.alias(name) for name in ("day", "loaded_at")] == ["RQ", "tong_time"]


def test_a_text_is_a_constant_only_where_the_record_allows_it() -> None:
    emit = Emit(records.Custody, basis="sentence", began_on="sentence", released_to="outside", ends_on="RQ")
    assert emit.values == {
        "basis": Constant("sentence"),
        "began_on": Column("sentence"),
        "released_to": Constant("outside"),
        "ends_on": Column("RQ"),
    }


def test_what_a_table_means_cannot_be_changed_later() -> None:
    meanings = {"1": "outside"}
    word = lookup("YY", meanings)
    meanings["1"] = "prison"
    assert dict(word.table) == {"1": "outside"}
