"""医保 medical insurance: settlements, terminations of insurance."""

from typing import Annotated

from gateway import (
    MISSING,
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
    either,
    first,
    hookimpl,
    not_,
    records,
    starts_with,
)

DOCUMENT = Codes({"01": "居民身份证", "*": "其他证件"})
CARE = Codes(
    {
        "11": "普通门诊",
        "12": "门诊挂号",
        "13": "急诊",
        "14*": "门诊慢特病",
        "2*": "住院",
        "41": "定点药店购药",
    }
)
PROVIDER = Codes({"H*": "定点医院", "P*": "定点药店", "*": "其他机构"})
REFUND = Codes({"0": "否", "1": "退费"})
TERMINATION = Codes({"1": "死亡", "2": "出国定居", "9": "其他"})

PHARMACY = starts_with("P")
INPATIENT = starts_with("2")
REVERSED = first("init_setl_id", "setl_id")


class Settlement(SourceRow):
    """结算."""

    settlement_no: Key = Field(alias="setl_id", title="结算编号")
    reversed_settlement_no: Text = Field(alias="init_setl_id", title="原结算编号")
    insured_no: Text = Field(alias="psn_no", title="人员编号")
    name: NameText = Field(alias="psn_name", title="人员姓名")
    document: Annotated[Code, DOCUMENT] = Field(alias="psn_cert_type", title="人员证件类型")
    id_number: IdText = Field(alias="certno", title="证件号码")
    care: Annotated[Code, CARE] = Field(alias="med_type", title="医疗类别")
    settled_on: Day = Field(alias="setl_time", title="结算时间")
    began_on: Day = Field(alias="begndate", title="开始日期")
    ended_on: Day = Field(alias="enddate", title="结束日期")
    provider: Annotated[Code, PROVIDER] = Field(alias="fixmedins_code", title="定点医药机构编号")
    refunded: Annotated[Code, REFUND] = Field(alias="refd_setl_flag", title="退费结算标志")
    settlement_type: Text = Field(alias="setl_type", title="结算类别")


settlements = Dataset(
    name="settlements",
    title="结算",
    envelope="nhsa",
    rows_in="rows",
    row=Settlement,
    key="setl_id",
    emits=[
        either(
            Emit(records.Withdrawal, when={"refd_setl_flag": "1"}, withdraws=REVERSED),
            Emit(records.Withdrawal, when={"init_setl_id": PRESENT}, withdraws=REVERSED),
            Emit(records.Unclassified, when={"psn_cert_type": not_("01")}),
            Emit(records.Settlement, when={"begndate": MISSING}, happened_on="setl_time", strength="weak"),
            Emit(
                records.Settlement, when={"fixmedins_code": PHARMACY}, happened_on="begndate", strength="weak"
            ),
            Emit(records.Settlement, when={"med_type": INPATIENT}, happened_on="begndate", strength="strong"),
            Emit(records.Settlement, when={"med_type": "13"}, happened_on="begndate", strength="strong"),
            Emit(records.Settlement, happened_on="begndate", strength="weak"),
        ),
    ],
)


class Termination(SourceRow):
    """参保终止."""

    insured_no: Key = Field(alias="psn_no", title="人员编号")
    name: NameText = Field(alias="psn_name", title="人员姓名")
    id_number: IdText = Field(alias="certno", title="证件号码")
    reason: Annotated[Code, TERMINATION] = Field(alias="reason", title="终止原因")
    ended_on: Day = Field(alias="end_date", title="终止日期")


terminations = Dataset(
    name="terminations",
    title="参保终止",
    envelope="nhsa",
    rows_in="rows",
    row=Termination,
    key="psn_no",
    emits=[
        Emit(
            records.Death,
            when={"reason": "1"},
            basis="insurance_terminated",
            happened_on=first(before("end_date"), before("tong_time")),
        ),
        Emit(records.Emigration, when={"reason": "2"}, happened_on="end_date"),
    ],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over medical insurance's two datasets."""
    return Department("medical_insurance", "医保", (settlements, terminations))
