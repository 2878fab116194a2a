"""The six departments are found as installed plugins, and say what HUB.md's data dictionary says."""

from importlib.metadata import entry_points

import pytest

from gateway.department import Dataset
from gateway.fields import SourceRow
from gateway.hookspecs import ENTRY_POINTS
from gateway.host import build_host
from gateway.testing.conformance.package import id_columns, name_columns
from gateway.testing.field_table import field_tables, with_tables
from tests.plugins.examples import DATASETS, DEPARTMENTS, every_dataset, sheet

COLUMNS = {
    "household_cancellations": "RKBS GMSFHM XM ZXLB SWRQ SWZMBH SLSJ",
    "identity_cards": "SLH GMSFHM XM SLRQ LQRQ",
    "border_crossings": "JLBH GMSFHM XM CRJLB CRJSJ KA",
    "detentions": "RYBH JSBH GMSFHM XM RSRQ CSRQ CSYY",
    "criminal_judgments": "AH SFZH XM XZ HXBZ SXRQ XQQR XQZR",
    "declarations": "AH SFZH XM XGLX SWRQ PJRQ YAH",
    "cremations": "CERT_NO NAME ID_CARD SEX DEATH_TIME CREMATION_TIME SWZMBH",
    "marriages": "cert_no op_type name_man cert_num_man id_type_man "
    "name_woman cert_num_woman id_type_woman op_date",
    "elderly_allowances": "ID NAME ID_CARD PAY_MONTH STATUS",
    "death_certificates": "SWZMBH GMSFHM XM XBDM SWRQ QFRQ CANCEL_STATUS",
    "inpatient_stays": "MEDRCDNO CERTNO PSN_NAME BEGNTIME ENDTIME DSCG_WAY DIE_DATE",
    "outpatient_visits": "VISIT_ID CERTNO PSN_NAME VISIT_TIME ORG_CODE PROXY_FLAG",
    "health_checks": "CHECK_ID CERTNO PSN_NAME CHECK_DATE ORG_CODE",
    "settlements": "setl_id init_setl_id psn_no psn_name psn_cert_type certno med_type setl_time begndate "
    "enddate fixmedins_code refd_setl_flag setl_type",
    "terminations": "psn_no psn_name certno reason end_date",
    "prison_custody": "RYBH JSBH XM SFZH RJRQ YXMRQ XMSFRQ SJSFRQ SFLB",
    "community_corrections": "DXBH XM SFZH JZLB KSRQ BDRQ JCRQ JJLX",
}
ENVELOPES = {
    "police": "sm4_cbc_mac",
    "courts": "jwe",
    "civil_affairs": "sm4_fields",
    "health": "sm2_sm4_gcm",
    "medical_insurance": "nhsa",
    "justice": "file_drop",
}


def test_six_departments_load_through_their_entry_points() -> None:
    host = build_host(entry_points(group=ENTRY_POINTS))
    assert host.faults == {}
    assert ENVELOPES.keys() <= host.departments.keys()


def test_every_dataset_of_the_data_dictionary_is_described_once() -> None:
    assert sorted(dataset.name for _, dataset in DATASETS) == sorted(COLUMNS)


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_columns_are_those_of_the_data_dictionary_in_its_order(department: str, dataset: Dataset) -> None:
    own = [
        field.alias for name, field in dataset.row.model_fields.items() if name not in SourceRow.model_fields
    ]
    assert own == COLUMNS[dataset.name].split()
    assert dataset.key == own[0]
    assert dataset.envelope == ENVELOPES[department]
    assert (dataset.shape == "file_drop") is (department == "justice")


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_every_row_names_a_person(department: str, dataset: Dataset) -> None:
    people = 2 if (department, dataset.name) == ("civil_affairs", "marriages") else 1
    assert len(id_columns(dataset)) == len(name_columns(dataset)) == people


@pytest.mark.parametrize(("department", "dataset"), every_dataset())
def test_corrections_deletions_and_the_usual_faults_are_sampled(department: str, dataset: Dataset) -> None:
    loaded = sheet(department, dataset.name)
    operations = {entry["row"]["op"] for entry in loaded["accepted"]}
    rules = {entry["rule"] for entry in loaded["refused"]}
    assert {"I", "D"} <= operations
    assert {"key_missing", "load_time_missing", "date_form"} <= rules


def test_a_field_table_says_what_each_column_holds() -> None:
    table = field_tables(DEPARTMENTS["police"])
    assert "### `detentions` 羁押\n\nKey `RYBH`, sealed as `sm4_cbc_mac`.\n" in table
    assert "| `GMSFHM` | 公民身份号码 | `id_number` | resident ID number |" in table
    assert "| `CSYY` | 出所原因 | `leaving` | `1` 释放 · `2` 投牢 · `3` 死亡 |" in table
    assert "value |" not in table


def test_a_readme_without_its_markers_is_named() -> None:
    with pytest.raises(ValueError, match="README of police"):
        with_tables("# police\n", DEPARTMENTS["police"])
