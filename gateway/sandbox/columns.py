"""The datasets of the contract, their columns and their code tables, as the sandbox serves them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Columns:
    """One dataset: who sends it, its columns in order, and which of them hold what.

    `adverse` datasets hold deaths and the like: their rows about people on the roster are never broken.
    """

    department: str
    key: str
    names: tuple[str, ...]
    id_column: str
    date_column: str
    adverse: bool = False
    codes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def _columns(
    department: str,
    names: str,
    id_column: str,
    date_column: str,
    *,
    adverse: bool = False,
    **codes: str,
) -> Columns:
    """Build one entry; the first column is the key."""
    all_names = (*names.split(), "op", "tong_time")
    tables = {column: tuple(values.split()) for column, values in codes.items()}
    return Columns(department, all_names[0], all_names, id_column, date_column, adverse, tables)


DATASETS: Mapping[str, Columns] = MappingProxyType(
    {
        "household_cancellations": _columns(
            "police",
            "RKBS GMSFHM XM ZXLB SWRQ SWZMBH SLSJ",
            "GMSFHM",
            "SLSJ",
            adverse=True,
            ZXLB="01 02 03 04 09",
        ),
        "identity_cards": _columns("police", "SLH GMSFHM XM SLRQ LQRQ", "GMSFHM", "SLRQ"),
        "border_crossings": _columns(
            "police", "JLBH GMSFHM XM CRJLB CRJSJ KA", "GMSFHM", "CRJSJ", CRJLB="1 2"
        ),
        "detentions": _columns(
            "police", "RYBH JSBH GMSFHM XM RSRQ CSRQ CSYY", "GMSFHM", "RSRQ", adverse=True, CSYY="1 2 3"
        ),
        "criminal_judgments": _columns(
            "courts", "AH SFZH XM XZ HXBZ SXRQ XQQR XQZR", "SFZH", "SXRQ", adverse=True, XZ="1 2 3 4 5"
        ),
        "declarations": _columns(
            "courts", "AH SFZH XM XGLX SWRQ PJRQ YAH", "SFZH", "PJRQ", adverse=True, XGLX="1 2 3"
        ),
        "cremations": _columns(
            "civil_affairs",
            "CERT_NO NAME ID_CARD SEX DEATH_TIME CREMATION_TIME SWZMBH",
            "ID_CARD",
            "CREMATION_TIME",
            adverse=True,
            SEX="1 2",
        ),
        "marriages": _columns(
            "civil_affairs",
            "cert_no op_type name_man cert_num_man id_type_man name_woman cert_num_woman id_type_woman "
            "op_date",
            "cert_num_man",
            "op_date",
            op_type="IA IB IC ICA ICB ID INR",
        ),
        "elderly_allowances": _columns(
            "civil_affairs", "ID NAME ID_CARD PAY_MONTH STATUS", "ID_CARD", "PAY_MONTH", STATUS="1 2"
        ),
        "death_certificates": _columns(
            "health",
            "SWZMBH GMSFHM XM XBDM SWRQ QFRQ CANCEL_STATUS",
            "GMSFHM",
            "QFRQ",
            adverse=True,
            XBDM="1 2",
            CANCEL_STATUS="0 1",
        ),
        "inpatient_stays": _columns(
            "health",
            "MEDRCDNO CERTNO PSN_NAME BEGNTIME ENDTIME DSCG_WAY DIE_DATE",
            "CERTNO",
            "BEGNTIME",
            DSCG_WAY="1 2 3 4 5 9",
        ),
        "outpatient_visits": _columns(
            "health",
            "VISIT_ID CERTNO PSN_NAME VISIT_TIME ORG_CODE PROXY_FLAG",
            "CERTNO",
            "VISIT_TIME",
            PROXY_FLAG="0 1",
        ),
        "health_checks": _columns(
            "health", "CHECK_ID CERTNO PSN_NAME CHECK_DATE ORG_CODE", "CERTNO", "CHECK_DATE"
        ),
        "settlements": _columns(
            "medical_insurance",
            "setl_id init_setl_id psn_no psn_name psn_cert_type certno med_type setl_time begndate enddate "
            "fixmedins_code refd_setl_flag setl_type",
            "certno",
            "setl_time",
            med_type="11 12 13 14 1401 21 22 24 41 91",
            refd_setl_flag="0 1",
        ),
        "terminations": _columns(
            "medical_insurance",
            "psn_no psn_name certno reason end_date",
            "certno",
            "end_date",
            adverse=True,
            reason="1 2 9",
        ),
        "prison_custody": _columns(
            "justice",
            "RYBH JSBH XM SFZH RJRQ YXMRQ XMSFRQ SJSFRQ SFLB",
            "SFZH",
            "RJRQ",
            adverse=True,
            SFLB="1 2 3 4 9",
        ),
        "community_corrections": _columns(
            "justice",
            "DXBH XM SFZH JZLB KSRQ BDRQ JCRQ JJLX",
            "SFZH",
            "KSRQ",
            adverse=True,
            JZLB="1 2 3 4",
            JJLX="1 2 3 9",
        ),
    }
)
"""Every dataset by name; those of justice are dropped as files, the others are served by the hub."""

FILE_DATASETS = tuple(name for name, columns in DATASETS.items() if columns.department == "justice")
SERVED_DATASETS = tuple(name for name in DATASETS if name not in FILE_DATASETS)


def service_id(dataset: str) -> str:
    """Return the hub service id (sid) of a served dataset."""
    return f"s_990000_{dataset}"
