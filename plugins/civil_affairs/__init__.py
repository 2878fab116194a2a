"""民政 civil affairs: cremations, marriages and divorces, allowances for the elderly."""

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
    Month,
    NameText,
    SourceRow,
    Text,
    before,
    first,
    hookimpl,
    records,
)

MARRIAGE = Codes(
    {
        "IA": "结婚",
        "IB": "离婚",
        "IC": "补领",
        "ICA": "补发结婚证",
        "ICB": "补发离婚证",
        "ID": "撤销",
        "INR": "涉外结婚",
    }
)
DOCUMENT = Codes({"1": "内地居民身份证", "*": "其他证件"})
ALLOWANCE = Codes({"1": "发放"})

MARRIED = ("IA", "INR")
REISSUED = ("IC", "ICA", "ICB")
MAN = ("cert_num_man", "name_man")
WOMAN = ("cert_num_woman", "name_woman")


class Cremation(SourceRow):
    """火化."""

    certificate_no: Key = Field(alias="CERT_NO", title="火化证编号")
    name: NameText = Field(alias="NAME", title="姓名")
    id_number: IdText = Field(alias="ID_CARD", title="身份证号")
    sex: Text = Field(alias="SEX", title="性别")
    died_on: Day = Field(alias="DEATH_TIME", title="死亡时间")
    cremated_on: Day = Field(alias="CREMATION_TIME", title="火化时间")
    medical_certificate_no: Text = Field(alias="SWZMBH", title="死亡证明编号")


cremations = Dataset(
    name="cremations",
    title="火化",
    envelope="sm4_fields",
    row=Cremation,
    key="CERT_NO",
    emits=[
        Emit(
            records.Death,
            basis="cremation",
            happened_on=first("DEATH_TIME", before("CREMATION_TIME"), before("tong_time")),
            certificate="CERT_NO",
            derived_from="SWZMBH",
        ),
    ],
)


class MarriageRegistration(SourceRow):
    """婚姻登记."""

    certificate_no: Key = Field(alias="cert_no", title="证书编号")
    operation_type: Annotated[Code, MARRIAGE] = Field(alias="op_type", title="业务类型")
    man_name: NameText = Field(alias="name_man", title="男方姓名")
    man_id_number: IdText = Field(alias="cert_num_man", title="男方证件号码")
    man_document: Annotated[Code, DOCUMENT] = Field(alias="id_type_man", title="男方证件类型")
    woman_name: NameText = Field(alias="name_woman", title="女方姓名")
    woman_id_number: IdText = Field(alias="cert_num_woman", title="女方证件号码")
    woman_document: Annotated[Code, DOCUMENT] = Field(alias="id_type_woman", title="女方证件类型")
    registered_on: Day = Field(alias="op_date", title="登记日期")


def _for_each(record: type[records.Fact], codes: str | tuple[str, ...], strength: str) -> list[Emit]:
    """Both spouses came in person; only a mainland document can be matched."""
    return [
        Emit(
            record,
            when={"op_type": codes, document: "1"},
            about=side,
            happened_on="op_date",
            strength=strength,
        )
        for side, document in ((MAN, "id_type_man"), (WOMAN, "id_type_woman"))
    ]


marriages = Dataset(
    name="marriages",
    title="婚姻登记",
    envelope="sm4_fields",
    row=MarriageRegistration,
    key="cert_no",
    emits=[
        *_for_each(records.Marriage, MARRIED, "strong"),
        *_for_each(records.Divorce, "IB", "strong"),
        *_for_each(records.Marriage, REISSUED, "weak"),
        Emit(records.Withdrawal, when={"op_type": "ID"}, withdraws="cert_no"),
    ],
)


class ElderlyAllowance(SourceRow):
    """高龄津贴."""

    payment_no: Key = Field(alias="ID", title="发放编号")
    name: NameText = Field(alias="NAME", title="姓名")
    id_number: IdText = Field(alias="ID_CARD", title="身份证号")
    paid_for: Month = Field(alias="PAY_MONTH", title="发放月份")
    status: Annotated[Code, ALLOWANCE] = Field(alias="STATUS", title="状态")


elderly_allowances = Dataset(
    name="elderly_allowances",
    title="高龄津贴",
    envelope="sm4_fields",
    row=ElderlyAllowance,
    key="ID",
    emits=[Emit(records.WelfarePayment, when={"STATUS": "1"}, happened_on="PAY_MONTH")],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over civil affairs' three datasets."""
    return Department("civil_affairs", "民政", (cremations, marriages, elderly_allowances))
