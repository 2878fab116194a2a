"""卫健 health: death certificates, hospital stays, outpatient visits, health checks."""

from collections.abc import Sequence
from typing import Annotated
from xml.etree import ElementTree as ET

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
    records,
)

CANCELLED = Codes({"0": "有效", "1": "作废"})
DISCHARGE = Codes({"1": "医嘱离院", "2": "转院", "3": "转社区", "4": "非医嘱离院", "5": "死亡", "9": "其他"})
PROXY = Codes({"0": "本人", "1": "代取药"})


class DeathCertificate(SourceRow):
    """死亡医学证明."""

    certificate_no: Key = Field(alias="SWZMBH", title="死亡证明编号")
    id_number: IdText = Field(alias="GMSFHM", title="公民身份号码")
    name: NameText = Field(alias="XM", title="姓名")
    sex: Text = Field(alias="XBDM", title="性别代码")
    died_on: Day = Field(alias="SWRQ", title="死亡日期")
    issued_on: Day = Field(alias="QFRQ", title="签发日期")
    cancelled: Annotated[Code, CANCELLED] = Field(alias="CANCEL_STATUS", title="作废标志")


class _WithoutDtd(ET.TreeBuilder):
    """Stops at the document type, before an entity in it is declared, let alone expanded."""

    def doctype(self, _name: str, _public: str | None, _system: str | None) -> None:
        raise ValueError("xml_dtd")


def rows_of(document: bytes) -> Sequence[object]:
    """The `<data>` elements of `<MDEML><body>` as rows, a column per child; an empty reply has none.

    Raises:
        ValueError: `xml_dtd` for a document type, `xml_form` for an entity or any other form.
    """
    if document.strip() in {b"", b"[]", b"null", b'""'}:
        return []
    try:
        root = ET.fromstring(document, ET.XMLParser(target=_WithoutDtd()))  # noqa: S314 - see _WithoutDtd
    except ET.ParseError:
        raise ValueError("xml_form") from None
    bodies = root.findall("body")
    found = [each for body in bodies for each in body]
    if root.tag != "MDEML" or not bodies or any(each.tag != "data" for each in found):
        raise ValueError("xml_form")
    return [{column.tag: column.text for column in each} for each in found]


death_certificates = Dataset(
    name="death_certificates",
    title="死亡医学证明",
    envelope="sm2_sm4_gcm",
    read=rows_of,
    row=DeathCertificate,
    key="SWZMBH",
    emits=[
        Emit(
            records.Death,
            when={"CANCEL_STATUS": (None, "0")},
            basis="medical_certificate",
            happened_on=first("SWRQ", before("QFRQ"), before("tong_time")),
            certificate="SWZMBH",
        ),
        Emit(records.Withdrawal, when={"CANCEL_STATUS": "1"}, withdraws="SWZMBH"),
    ],
)


class InpatientStay(SourceRow):
    """住院."""

    record_no: Key = Field(alias="MEDRCDNO", title="病案号")
    id_number: IdText = Field(alias="CERTNO", title="证件号码")
    name: NameText = Field(alias="PSN_NAME", title="姓名")
    admitted_on: Day = Field(alias="BEGNTIME", title="入院时间")
    discharged_on: Day = Field(alias="ENDTIME", title="出院时间")
    discharge: Annotated[Code, DISCHARGE] = Field(alias="DSCG_WAY", title="离院方式")
    died_on: Day = Field(alias="DIE_DATE", title="死亡日期")


inpatient_stays = Dataset(
    name="inpatient_stays",
    title="住院",
    envelope="sm2_sm4_gcm",
    row=InpatientStay,
    key="MEDRCDNO",
    emits=[
        Emit(records.HospitalStay, when={"BEGNTIME": PRESENT}, happened_on="BEGNTIME"),
        Emit(
            records.Death,
            when={"DSCG_WAY": "5"},
            basis="died_in_hospital",
            happened_on=first("DIE_DATE", before("ENDTIME"), before("tong_time")),
        ),
    ],
)


class OutpatientVisit(SourceRow):
    """门诊."""

    visit_no: Key = Field(alias="VISIT_ID", title="就诊编号")
    id_number: IdText = Field(alias="CERTNO", title="证件号码")
    name: NameText = Field(alias="PSN_NAME", title="姓名")
    visited_on: Day = Field(alias="VISIT_TIME", title="就诊时间")
    facility_no: Text = Field(alias="ORG_CODE", title="机构代码")
    proxy: Annotated[Code, PROXY] = Field(alias="PROXY_FLAG", title="代取药标志")


outpatient_visits = Dataset(
    name="outpatient_visits",
    title="门诊",
    envelope="sm2_sm4_gcm",
    row=OutpatientVisit,
    key="VISIT_ID",
    emits=[
        Emit(
            records.OutpatientVisit,
            when={"PROXY_FLAG": (None, "0")},
            happened_on="VISIT_TIME",
            strength="strong",
        ),
        Emit(records.OutpatientVisit, when={"PROXY_FLAG": "1"}, happened_on="VISIT_TIME", strength="weak"),
    ],
)


class HealthCheck(SourceRow):
    """体检."""

    check_no: Key = Field(alias="CHECK_ID", title="体检编号")
    id_number: IdText = Field(alias="CERTNO", title="证件号码")
    name: NameText = Field(alias="PSN_NAME", title="姓名")
    checked_on: Day = Field(alias="CHECK_DATE", title="体检日期")
    facility_no: Text = Field(alias="ORG_CODE", title="机构代码")


health_checks = Dataset(
    name="health_checks",
    title="体检",
    envelope="sm2_sm4_gcm",
    row=HealthCheck,
    key="CHECK_ID",
    emits=[Emit(records.HealthCheck, happened_on="CHECK_DATE")],
)


@hookimpl
def gateway_department() -> Department:
    """Hand over health's four datasets."""
    return Department(
        "health", "卫健", (death_certificates, inpatient_stays, outpatient_visits, health_checks)
    )
