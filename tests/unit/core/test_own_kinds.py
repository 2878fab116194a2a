"""A department may bring a kind of record of its own; what it may be is checked when it is described."""

from typing import Literal

import pytest

from gateway import Field
from gateway.department import Dataset, Department
from gateway.errors import PluginError
from gateway.fields import Day, IdText, Key, NameText, SourceRow
from gateway.mapping import Emit
from gateway.records import Absence, BorderCrossing, Fact, Neutral, OfLife


class FerryRow(SourceRow):
    number: Key = Field(alias="BH", title="编号")
    person: IdText = Field(alias="SFZH", title="身份证号")
    name: NameText = Field(alias="XM", title="姓名")
    sailed_on: Day = Field(alias="RQ", title="日期")


class Ferry(OfLife):
    kind: Literal["ferry_trip"] = "ferry_trip"
    basis: str | None = None


class Notice(Neutral):
    kind: Literal["ferry_notice"] = "ferry_notice"


class Borrowed(OfLife):
    kind: Literal["border_crossing"] = "border_crossing"


class Reserved(OfLife):
    kind: Literal["nothing"] = "nothing"


class Nameless(OfLife):
    pass


class Adverse(Absence):
    kind: Literal["ferry_loss"] = "ferry_loss"  # type: ignore[assignment]  # that is the mistake


class Wordy(OfLife):
    kind: Literal["ferry_words"] = "ferry_words"
    withdraws: str | None = None


class Turncoat(OfLife):
    polarity = "adverse"
    kind: Literal["ferry_turn"] = "ferry_turn"


def department(record: type[Fact]) -> Department:
    emit = Emit(record, happened_on="RQ")
    return Department("harbours", "港航", [Dataset("ferries", "轮渡", "jwe", FerryRow, "BH", [emit])])


def test_a_kind_of_life_or_a_neutral_one_may_be_brought() -> None:
    assert department(Ferry).own_kinds() == {"ferry_trip": "of_life"}
    assert department(Notice).own_kinds() == {"ferry_notice": "neutral"}


def test_the_gateways_own_kinds_are_not_the_departments() -> None:
    assert department(BorderCrossing).own_kinds() == {}


@pytest.mark.parametrize(
    ("record", "fault"),
    [
        (Borrowed, "the kind 'border_crossing' is the gateway's own"),
        (Reserved, "the kind 'nothing' is the gateway's own"),
        (Nameless, "name its kind"),
        (Adverse, "subclass records.OfLife or records.Neutral"),
        (Wordy, "adds nothing but a basis: remove withdraws"),
        (Turncoat, "adds nothing but a basis: remove polarity"),
    ],
)
def test_what_a_kind_may_not_be_is_a_fault_of_the_department(record: type[Fact], fault: str) -> None:
    with pytest.raises(PluginError, match=fault):
        department(record)
