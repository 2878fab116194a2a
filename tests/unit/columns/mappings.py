"""Datasets with any mapping, for the property that any mapping means the same to both interpreters."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from hypothesis import strategies as st

from gateway import (
    MISSING,
    PRESENT,
    Code,
    Codes,
    Dataset,
    Day,
    Emit,
    Field,
    IdText,
    Instant,
    Key,
    Month,
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

Cell = st.SearchStrategy[Any]

CODES: Final = Codes({"1": "one", "2": "two", "3*": "three and more", "outside": "a literal"})


class AnyRow(SourceRow):
    """A row with a column of every form."""

    number: Key = Field(alias="BH")
    person: IdText = Field(alias="SFZH")
    name: NameText = Field(alias="XM")
    other_person: IdText = Field(alias="SFZH2")
    other_name: NameText = Field(alias="XM2")
    code: Annotated[Code, CODES] = Field(alias="YY")
    free_code: Code = Field(alias="DM")
    day: Day = Field(alias="RQ")
    time: Instant = Field(alias="SJ")
    month: Month = Field(alias="YF")
    text: Text = Field(alias="ZM")


ABOUT: Final = st.sampled_from([("SFZH", "XM"), ("other_person", "XM2")])
A_DAY: Final = st.sampled_from(
    ["RQ", "SJ", "YF", "tong_time", first("RQ", "SJ"), first("SJ", "month", "tong_time")]
)
A_BOUND: Final = st.sampled_from(
    [before("RQ"), first("RQ", before("SJ")), first(before("YF"), "RQ", before("tong_time"))]
)
A_TEXT: Final = st.sampled_from(
    ["ZM", "DM", "YY", "BH", first("ZM", "DM"), lookup("YY", {"1": "a", "2": "b"})]
)
CONDITIONS: Final = st.dictionaries(
    st.sampled_from(["YY", "DM", "ZM", "BH"]),
    st.sampled_from(
        ["1", ("1", "2"), (None, "1"), PRESENT, MISSING, not_("1"), not_("1", None), starts_with("3", "S")]
    ),
    max_size=2,
).map(lambda found: {name: _fitting(name, condition) for name, condition in found.items()})
PRESENCE: Final = st.dictionaries(
    st.sampled_from(["RQ", "SJ", "SFZH", "SFZH2", "XM", "YF", "tong_time"]),
    st.sampled_from([PRESENT, MISSING]),
    max_size=1,
)


def _fitting(name: str, condition: Any) -> Any:
    return ("1", "2") if name == "YY" and condition == starts_with("3", "S") else condition


def _values(record: type[records.Fact]) -> Mapping[str, Cell]:
    if record is records.Death:
        return {
            "basis": st.sampled_from(["cremation", "register_cancelled"]),
            "happened_on": st.one_of(A_DAY, A_BOUND),
            "certificate": A_TEXT,
            "derived_from": A_TEXT,
        }
    if record is records.Custody:
        return {
            "basis": st.sampled_from(["detention", "sentence"]),
            "began_on": A_DAY,
            "ends_on": A_DAY,
            "released_on": A_DAY,
            "released_to": st.sampled_from(["outside", "DM", lookup("YY", {"1": "prison"}, "unknown")]),
        }
    if record is records.Withdrawal:
        return {"withdraws": A_TEXT}
    if record is records.CertificationElsewhere:
        return {
            "method": st.sampled_from(["counter", "DM"]),
            "happened_on": A_DAY,
            "origin": st.just("community"),
        }
    if issubclass(record, records.OfLife):
        return {
            "happened_on": A_DAY,
            "strength": st.sampled_from(["weak", "strong", lookup("DM", {"1": "weak"})]),
        }
    return {"happened_on": A_DAY}


RECORDS: Final[st.SearchStrategy[type[records.Fact]]] = st.sampled_from(
    [
        records.Death, records.Custody, records.Absence, records.HealthCheck, records.Marriage,
        records.Emigration,
        records.Enlisted, records.WelfarePayment, records.Unclassified, records.Withdrawal,
        records.CertificationElsewhere,
    ]
)  # fmt: skip
MUST: Final = frozenset({"basis", "began_on", "withdraws", "method"})


@st.composite
def emits(draw: st.DrawFn) -> Emit:
    """One record with any words in its fields."""
    record: type[records.Fact] = draw(RECORDS)
    values = {}
    for name, strategy in _values(record).items():
        needed = name in MUST or (name == "happened_on" and record.model_fields[name].is_required())
        if needed or (record is records.Death and name == "happened_on") or draw(st.booleans()):
            values[name] = draw(strategy)
    when = draw(CONDITIONS) | draw(PRESENCE)
    return Emit(record, when=when, about=draw(ABOUT), **values)


@st.composite
def datasets(draw: st.DrawFn) -> Dataset:
    """A dataset with any mapping."""
    entries = draw(
        st.lists(
            st.one_of(emits(), st.lists(emits(), min_size=1, max_size=3).map(lambda some: either(*some))),
            min_size=1,
            max_size=4,
        )
    )
    return Dataset(
        name="anything",
        title="T",
        envelope="jwe",
        row=AnyRow,
        key="BH",
        emits=entries,
        name_check=draw(st.sampled_from(["exact", "masked", "absent"])),
    )
