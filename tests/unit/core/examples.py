"""Two small datasets that use every mapping word, for the tests of this folder."""

from datetime import datetime
from typing import Annotated, Any, Final

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
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME

LOADED: Final = "2026-03-10 09:00:00"
LOADED_AT: Final = datetime.fromisoformat(LOADED)
RECEIVED_AT: Final = datetime.fromisoformat("2026-03-11 12:00:00")


REASONS: Final = Codes({"1": "died", "2": "held", "3": "seen", "4*": "left", "9": "other"})


class Happening(SourceRow):
    number: Key = Field(alias="BH")
    person: IdText = Field(alias="SFZH")
    name: NameText = Field(alias="XM")
    reason: Annotated[Code, REASONS] = Field(alias="YY")
    day: Day = Field(alias="RQ")
    filed: Instant = Field(alias="SJ")
    ends: Day = Field(alias="ZZ")
    outcome: Annotated[Code, Codes({"1": "free", "2": "prison"})] = Field(alias="JG")
    certificate: Text = Field(alias="ZM")
    undoes: Text = Field(alias="YBH")


happenings = Dataset(
    name="happenings",
    title="T",
    envelope="jwe",
    row=Happening,
    key="BH",
    emits=[
        Emit(records.Withdrawal, when={"YBH": PRESENT}, withdraws="YBH"),
        Emit(
            records.Death,
            when={"YY": "1", "YBH": MISSING},
            basis="register_cancelled",
            happened_on=first("RQ", before("SJ"), before("tong_time")),
            derived_from="ZM",
        ),
        Emit(
            records.Custody,
            when={"YY": "2"},
            basis="detention",
            began_on="RQ",
            ends_on="ZZ",
            released_to=lookup("JG", {"1": "outside", "2": "prison"}, "unknown"),
        ),
        either(
            Emit(records.HealthCheck, when={"YY": "3", "SJ": MISSING}, happened_on="RQ", strength="weak"),
            Emit(records.HealthCheck, when={"YY": ("3",), "JG": not_("2")}, happened_on="SJ"),
        ),
        Emit(records.Emigration, when={"YY": starts_with("4")}, happened_on="RQ"),
    ],
)


class Wedding(SourceRow):
    number: Key = Field(alias="BH")
    her_id: IdText = Field(alias="F")
    her_name: NameText = Field(alias="FX")
    his_id: IdText = Field(alias="M")
    his_name: NameText = Field(alias="MX")
    day: Day = Field(alias="RQ")


weddings = Dataset(
    name="weddings",
    title="T",
    envelope="jwe",
    row=Wedding,
    key="BH",
    emits=[
        Emit(records.Marriage, about=("F", "FX"), happened_on="RQ"),
        Emit(records.Marriage, about=("M", "MX"), happened_on="RQ"),
    ],
)


def happening(**columns: Any) -> dict[str, Any]:
    """A row about a known person, seen on a day before it was loaded."""
    usual = {"op": "I", "tong_time": LOADED, "BH": "H-1", "SFZH": ID, "XM": NAME, "YY": "3", "RQ": "20260301"}
    return usual | columns


def wedding(**columns: Any) -> dict[str, Any]:
    """A row about two people."""
    couple = {"F": ID, "FX": NAME, "M": OTHER_ID, "MX": OTHER_NAME}
    return {"op": "I", "tong_time": LOADED, "BH": "W-1", "RQ": "2026-03-01"} | couple | columns
