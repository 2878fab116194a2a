"""法院 courts: criminal judgments in force, declarations of absence and of death."""

from typing import Annotated

from gateway import (
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
    records,
)

SENTENCE = Codes({"1": "有期徒刑", "2": "无期徒刑", "3": "死缓", "4": "拘役", "5": "管制"})
PROBATION = Codes({"0": "否", "1": "缓刑"})
DECLARATION = Codes({"1": "宣告失踪", "2": "宣告死亡", "3": "撤销宣告"})


class CriminalJudgment(SourceRow):
    """生效刑事判决."""

    case_no: Key = Field(alias="AH", title="案号")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    name: NameText = Field(alias="XM", title="姓名")
    sentence: Annotated[Code, SENTENCE] = Field(alias="XZ", title="刑种")
    probation: Annotated[Code, PROBATION] = Field(alias="HXBZ", title="缓刑标志")
    in_force_on: Day = Field(alias="SXRQ", title="生效日期")
    term_began_on: Day = Field(alias="XQQR", title="刑期起日")
    term_ends_on: Day = Field(alias="XQZR", title="刑期止日")


criminal_judgments = Dataset(
    name="criminal_judgments",
    title="生效刑事判决",
    envelope="jwe",
    row=CriminalJudgment,
    key="AH",
    emits=[
        Emit(
            records.Custody,
            when={"XZ": ("1", "2", "3", "4"), "HXBZ": (None, "0")},
            basis="sentence",
            began_on=first("XQQR", "SXRQ"),
            ends_on="XQZR",
        ),
    ],
)


class Declaration(SourceRow):
    """宣告失踪、宣告死亡."""

    case_no: Key = Field(alias="AH", title="案号")
    id_number: IdText = Field(alias="SFZH", title="身份证号")
    name: NameText = Field(alias="XM", title="姓名")
    declared: Annotated[Code, DECLARATION] = Field(alias="XGLX", title="宣告类型")
    died_on: Day = Field(alias="SWRQ", title="死亡日期")
    judged_on: Day = Field(alias="PJRQ", title="判决日期")
    revoked_case_no: Text = Field(alias="YAH", title="原案号")


declarations = Dataset(
    name="declarations",
    title="宣告失踪、宣告死亡",
    envelope="jwe",
    row=Declaration,
    key="AH",
    emits=[
        Emit(records.Absence, when={"XGLX": "1"}, happened_on="PJRQ"),
        Emit(
            records.Death,
            when={"XGLX": "2"},
            basis="declared_by_court",
            happened_on=first("SWRQ", before("PJRQ"), before("tong_time")),
        ),
        Emit(records.Withdrawal, when={"XGLX": "3"}, withdraws="YAH"),
    ],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over the courts' two datasets."""
    return Department("courts", "法院", (criminal_judgments, declarations))
