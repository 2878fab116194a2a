"""The departments that send no plain JSON array: how their plaintext is cut into rows."""

import json
from typing import Any

import pytest

from gateway.errors import EnvelopeError
from gateway.intake.page import json_rows, read_rows
from tests.plugins.examples import DEPARTMENTS, PLUGINS, sheet

CERTIFICATES = DEPARTMENTS["health"].dataset("death_certificates")
SETTLEMENTS = DEPARTMENTS["medical_insurance"].dataset("settlements")
TERMINATIONS = DEPARTMENTS["medical_insurance"].dataset("terminations")

LAUGHS = """<!DOCTYPE MDEML [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;"><!ENTITY c "&b;&b;&b;">]>
<MDEML><body><data><XM>&c;</XM></data></body></MDEML>"""
OUTSIDE = """<!DOCTYPE MDEML [<!ENTITY a SYSTEM "file:///etc/hostname">]>
<MDEML><body><data><XM>&a;</XM></data></body></MDEML>"""
PARAMETER = """<!DOCTYPE MDEML [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a.dtd"> %a;]>
<MDEML><body/></MDEML>"""


def certificates(document: str) -> list[Any]:
    return list(read_rows(CERTIFICATES, document.encode(), json_rows))


def test_the_xml_sample_becomes_the_sampled_rows() -> None:
    document = (PLUGINS / "health" / "samples" / "death_certificates.xml").read_bytes()
    accepted = [entry["row"] for entry in sheet("health", "death_certificates")["accepted"]]
    found = read_rows(CERTIFICATES, document, json_rows)
    assert len(found) == 5
    assert [row for row in found if row not in accepted] == []


@pytest.mark.parametrize("document", ["", "[]", "null", '""', "<MDEML><body/></MDEML>"])
def test_an_empty_reply_has_no_certificates(document: str) -> None:
    assert certificates(document) == []


def test_a_repeated_body_and_escaped_text_are_read() -> None:
    body = "<body><data><XM>a&amp;b</XM></data></body>"
    assert certificates(f"<MDEML>{body}{body}</MDEML>") == [{"XM": "a&b"}] * 2


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(LAUGHS, id="entities within entities"),
        pytest.param(OUTSIDE, id="external entity"),
        pytest.param(PARAMETER, id="parameter entity"),
        pytest.param("<!DOCTYPE MDEML><MDEML><body/></MDEML>", id="document type alone"),
        pytest.param('<!DOCTYPE MDEML SYSTEM "a.dtd"><MDEML><body/></MDEML>', id="external document type"),
    ],
)
def test_a_document_type_is_refused(document: str) -> None:
    with pytest.raises(EnvelopeError, match="xml_dtd"):
        certificates(document)


@pytest.mark.parametrize(
    "document",
    [
        pytest.param("<MDEML><body><data>", id="cut in the middle"),
        pytest.param("<MDEML><body><data><XM>&a;</XM></data></body></MDEML>", id="entity without a DTD"),
        pytest.param("<MDEML/>", id="no body"),
        pytest.param("<MDEML><body><row/></body></MDEML>", id="other rows"),
        pytest.param("<OTHER><body/></OTHER>", id="another document"),
        pytest.param('[{"SWZMBH": "1"}]', id="JSON"),
        pytest.param("<a>" * 50_000, id="nested"),
    ],
)
def test_another_form_of_document_is_refused(document: str) -> None:
    with pytest.raises(EnvelopeError, match="xml_form"):
        certificates(document)


def test_an_element_within_a_column_is_no_text_of_it() -> None:
    [row] = certificates("<MDEML><body><data><XM><b>a</b></XM></data></body></MDEML>")
    assert row == {"XM": None}


@pytest.mark.parametrize("dataset", [SETTLEMENTS, TERMINATIONS], ids=lambda dataset: dataset.name)
def test_medical_insurance_wraps_its_rows(dataset: Any) -> None:
    rows = [entry["row"] for entry in sheet("medical_insurance", dataset.name)["accepted"]]
    assert read_rows(dataset, json.dumps({"rows": rows}).encode(), json_rows) == rows


def test_numbers_are_taken_as_they_are_written() -> None:
    plaintext = f'{{"rows":[{{"setl_id":{"9" * 5000},"med_type":21,"setl_type":1.10}}]}}'.encode()
    [row] = read_rows(SETTLEMENTS, plaintext, json_rows)
    assert row == {"setl_id": "9" * 5000, "med_type": "21", "setl_type": "1.10"}


@pytest.mark.parametrize("plaintext", ['{"rows":[]}', '{"rows":null}', '{"rows":""}', "[]", "null", '""'])
def test_an_empty_reply_has_no_settlements(plaintext: str) -> None:
    assert read_rows(SETTLEMENTS, plaintext.encode(), json_rows) == []


@pytest.mark.parametrize(
    "plaintext",
    ["{}", '{"data":[]}', '[{"setl_id":"1"}]', '{"rows":{}}', '{"rows":"x"}', "7", '{"rows":['],
)
def test_another_form_of_settlements_is_refused(plaintext: str) -> None:
    with pytest.raises(EnvelopeError, match=r"rows_form|json_form"):
        read_rows(SETTLEMENTS, plaintext.encode(), json_rows)
