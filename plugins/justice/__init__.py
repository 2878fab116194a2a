"""司法 justice: people serving in prison, people under community correction."""

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

LEAVING = Codes({"1": "刑满", "2": "假释", "3": "暂予监外执行", "4": "死亡", "9": "其他"})
CORRECTION = Codes({"1": "缓刑", "2": "管制", "3": "假释", "4": "暂予监外执行"})
ENDING = Codes({"1": "期满", "2": "收监", "3": "死亡", "9": "其他"})


class PrisonCustody(SourceRow):
    """服刑人员."""

    prisoner_no: Key = Field(alias="RYBH", title="人员编号")
    facility_no: Text = Field(alias="JSBH", title="监所编号")
    name: NameText = Field(alias="XM", title="姓名")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    entered_on: Day = Field(alias="RJRQ", title="入监日期")
    original_end_on: Day = Field(alias="YXMRQ", title="原刑期止日")
    projected_end_on: Day = Field(alias="XMSFRQ", title="现刑满释放日期")
    left_on: Day = Field(alias="SJSFRQ", title="实际释放日期")
    leaving: Annotated[Code, LEAVING] = Field(alias="SFLB", title="释放类别")


prison_custody = Dataset(
    name="prison_custody",
    title="服刑人员",
    envelope="file_drop",
    shape="file_drop",
    row=PrisonCustody,
    key="RYBH",
    emits=[
        Emit(
            records.Custody,
            basis="sentence",
            began_on="RJRQ",
            ends_on=first("XMSFRQ", "YXMRQ"),
            released_on="SJSFRQ",
            released_to=lookup(
                "SFLB", {"1": "outside", "2": "outside", "3": "outside", "4": "death"}, "unknown"
            ),
        ),
        Emit(records.Release, when={"SFLB": ("1", "2", "3"), "SJSFRQ": PRESENT}, happened_on="SJSFRQ"),
        Emit(
            records.Death,
            when={"SFLB": "4"},
            basis="died_in_custody",
            happened_on=first("SJSFRQ", before("tong_time")),
        ),
    ],
)


class CommunityCorrection(SourceRow):
    """社区矫正."""

    subject_no: Key = Field(alias="DXBH", title="对象编号")
    name: NameText = Field(alias="XM", title="姓名")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    correction: Annotated[Code, CORRECTION] = Field(alias="JZLB", title="矫正类别")
    began_on: Day = Field(alias="KSRQ", title="开始日期")
    checked_in_on: Day = Field(alias="BDRQ", title="最近报到日期")
    ended_on: Day = Field(alias="JCRQ", title="解除日期")
    ending: Annotated[Code, ENDING] = Field(alias="JJLX", title="解矫类型")


community_corrections = Dataset(
    name="community_corrections",
    title="社区矫正",
    envelope="file_drop",
    shape="file_drop",
    row=CommunityCorrection,
    key="DXBH",
    emits=[
        Emit(records.CommunityCorrection, when={"BDRQ": PRESENT}, happened_on="BDRQ"),
        Emit(records.Custody, when={"JJLX": "2"}, basis="sentence", began_on="JCRQ"),
        Emit(
            records.Death,
            when={"JJLX": "3"},
            basis="died_in_custody",
            happened_on=first(before("JCRQ"), before("tong_time")),
        ),
    ],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over justice's two datasets."""
    return Department("justice", "司法", (prison_custody, community_corrections))
