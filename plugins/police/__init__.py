"""公安 police: household cancellations, identity cards, border crossings, detentions."""

from typing import Annotated

from gateway import (
    PRESENT,
    Code,
    Codes,
    Dataset,
    Day,
    Department,
    Emit,
    Field,
    IdText,
    Instant,
    Key,
    NameText,
    SourceRow,
    Text,
    before,
    first,
    hookimpl,
    lookup,
    records,
)

CANCELLATION = Codes({"01": "死亡", "02": "出国（境）定居", "03": "参军", "04": "重复户口", "09": "其他"})
CROSSING = Codes({"1": "出境", "2": "入境"})
LEAVING = Codes({"1": "释放", "2": "投牢", "3": "死亡"})


class HouseholdCancellation(SourceRow):
    """户口注销."""

    register_no: Key = Field(alias="RKBS", title="人口标识")
    id_number: IdText = Field(alias="GMSFHM", title="公民身份号码")
    name: NameText = Field(alias="XM", title="姓名")
    reason: Annotated[Code, CANCELLATION] = Field(alias="ZXLB", title="注销类别")
    died_on: Day = Field(alias="SWRQ", title="死亡日期")
    certificate_no: Text = Field(alias="SWZMBH", title="死亡证明编号")
    filed_on: Day = Field(alias="SLSJ", title="受理时间")


household_cancellations = Dataset(
    name="household_cancellations",
    title="户口注销",
    envelope="sm4_cbc_mac",
    row=HouseholdCancellation,
    key="RKBS",
    emits=[
        Emit(
            records.Death,
            when={"ZXLB": "01"},
            basis="register_cancelled",
            happened_on=first("SWRQ", before("SLSJ"), before("tong_time")),
            derived_from="SWZMBH",
        ),
        Emit(records.Emigration, when={"ZXLB": "02"}, happened_on="SLSJ"),
        Emit(records.Enlisted, when={"ZXLB": "03"}, happened_on="SLSJ"),
        Emit(records.RegisterDuplicate, when={"ZXLB": "04"}, happened_on="SLSJ"),
    ],
)


class IdentityCard(SourceRow):
    """身份证办理."""

    application_no: Key = Field(alias="SLH", title="受理号")
    id_number: IdText = Field(alias="GMSFHM", title="公民身份号码")
    name: NameText = Field(alias="XM", title="姓名")
    applied_on: Day = Field(alias="SLRQ", title="受理日期")
    collected_on: Day = Field(alias="LQRQ", title="领取日期")


identity_cards = Dataset(
    name="identity_cards",
    title="身份证办理",
    envelope="sm4_cbc_mac",
    row=IdentityCard,
    key="SLH",
    emits=[
        Emit(records.IdentityCard, when={"SLRQ": PRESENT}, happened_on="SLRQ", strength="strong"),
        Emit(records.IdentityCard, when={"LQRQ": PRESENT}, happened_on="LQRQ", strength="weak"),
    ],
)


class BorderCrossing(SourceRow):
    """出入境."""

    record_no: Key = Field(alias="JLBH", title="记录编号")
    id_number: IdText = Field(alias="GMSFHM", title="公民身份号码")
    name: NameText = Field(alias="XM", title="姓名")
    direction: Annotated[Code, CROSSING] = Field(alias="CRJLB", title="出入境类别")
    crossed_at: Instant = Field(alias="CRJSJ", title="出入境时间")
    checkpoint: Text = Field(alias="KA", title="口岸")


border_crossings = Dataset(
    name="border_crossings",
    title="出入境",
    envelope="sm4_cbc_mac",
    row=BorderCrossing,
    key="JLBH",
    emits=[Emit(records.BorderCrossing, when={"CRJLB": ("1", "2")}, happened_on="CRJSJ")],
)


class Detention(SourceRow):
    """羁押."""

    detainee_no: Key = Field(alias="RYBH", title="人员编号")
    facility_no: Text = Field(alias="JSBH", title="监所编号")
    id_number: IdText = Field(alias="GMSFHM", title="公民身份号码")
    name: NameText = Field(alias="XM", title="姓名")
    entered_on: Day = Field(alias="RSRQ", title="入所日期")
    left_on: Day = Field(alias="CSRQ", title="出所日期")
    leaving: Annotated[Code, LEAVING] = Field(alias="CSYY", title="出所原因")


detentions = Dataset(
    name="detentions",
    title="羁押",
    envelope="sm4_cbc_mac",
    row=Detention,
    key="RYBH",
    emits=[
        Emit(
            records.Custody,
            basis="detention",
            began_on="RSRQ",
            released_on="CSRQ",
            released_to=lookup("CSYY", {"1": "outside", "2": "prison", "3": "death"}, "unknown"),
        ),
        Emit(records.Release, when={"CSYY": "1", "CSRQ": PRESENT}, happened_on="CSRQ"),
        Emit(
            records.Death,
            when={"CSYY": "3"},
            basis="died_in_custody",
            happened_on=first("CSRQ", before("tong_time")),
        ),
    ],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over the police's four datasets."""
    return Department(
        "police", "公安", (household_cancellations, identity_cards, border_crossings, detentions)
    )
