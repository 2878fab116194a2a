"""Departments whose package or samples are broken: names, README, sheets, seals, waivers."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Final

from gateway import Code, Codes, Dataset, Emit, Field, NameText, Text, records
from gateway.crypto.envelopes import open_envelope
from gateway.crypto.keyring import KeyRing
from gateway.department import Keys
from gateway.testing.conformance.package import Package
from tests.unit.core.people import id_number
from tests.unit.testing.breaking import Case, into
from tests.unit.testing.clinic import DIED, OUTCOME, SEEN, VISITS, Visit, package, row, sheet, with_row

CASES: Final[list[Case]] = []
fails = into(CASES)
SEALED = ("sealed_page_opens", "rotated_key_accepted", "tampered_page_refused")


def changed(part: str, place: int, **entry: Any) -> dict[str, Any]:
    """The samples with one entry changed."""
    samples = sheet()
    samples[part][place] |= entry
    return samples


@fails("name_is_folder", told="call the folder clinic or something_clinic")
def folder_of_another_name(folder: Path) -> Package:
    found = package(folder)
    return replace(found, folder=found.folder.rename(folder / "clinics"))


@fails("titles_given", told="give it its Chinese name")
def untitled_department(folder: Path) -> Package:
    return package(folder, title=" ")


@fails("titles_given", told="give its Dataset one")
def untitled_dataset(folder: Path) -> Package:
    return package(folder, replace(VISITS, title=""))


@fails("titles_given", told="the column XM has no title")
def untitled_column(folder: Path) -> Package:
    class Untitled(Visit):
        name: NameText = Field(alias="XM")

    return package(folder, with_row(Untitled))


@fails("envelope_is_known", *SEALED, told="name sm4_cbc_mac or jwe")
def unknown_envelope(folder: Path) -> Package:
    return package(folder, replace(VISITS, envelope="paper"))


@fails("samples_belong", told="samples/visitors.json is no dataset's")
def samples_of_nothing(folder: Path) -> Package:
    found = package(folder)
    (found.samples / "visitors.json").write_text("{}", "utf-8")
    return found


@fails("readme_is_current", told="python -m gateway.testing.field_table")
def readme_behind(folder: Path) -> Package:
    found = package(folder)
    found.readme.write_text(found.readme.read_text("utf-8").replace("日期", "时间"), "utf-8")
    return found


@fails("readme_is_current", told="README.md is missing")
def readme_missing(folder: Path) -> Package:
    found = package(folder)
    found.readme.unlink()
    return found


@fails("readme_is_current", told="needs the lines")
def readme_without_markers(folder: Path) -> Package:
    found = package(folder)
    found.readme.write_text("# clinic\n", "utf-8")
    return found


@fails("samples_are_readable", told="samples/visits.json is missing")
def sheet_missing(folder: Path) -> Package:
    found = package(folder)
    (found.samples / "visits.json").unlink()
    return found


@fails("samples_are_readable", told='"accepted": [{"why", "row", "records"}]')
def sheet_of_another_form(folder: Path) -> Package:
    return package(folder, samples={"rows": []})


@fails("samples_are_readable", told="sample at least one row that is refused")
def nothing_refused(folder: Path) -> Package:
    return package(folder, samples=sheet() | {"refused": []})


@fails("people_are_synthetic", told="begin it with 99")
def somebody_of_a_region(folder: Path) -> Package:
    number = id_number(region="880101")
    return package(folder, samples=changed("refused", 0, row=row(BH="C-3", SFZH=number, RQ="20260231")))


@fails("accepted_samples", told="outpatient_visit.happened_on is '2026-08-01', not '2026-08-02'")
def another_day(folder: Path) -> Package:
    record = {"kind": "outpatient_visit", "happened_on": "2026-08-02"}
    return package(folder, samples=changed("accepted", 0, records=[record]))


@fails("accepted_samples", told="becomes outpatient_visit, not nothing")
def another_record(folder: Path) -> Package:
    return package(folder, samples=changed("accepted", 0, records=[]))


@fails("accepted_samples", told="somebody else than SFZH")
def another_person(folder: Path) -> Package:
    return package(folder, samples=changed("accepted", 0, person=id_number(order=9)))


@fails("accepted_samples", told='its unknown codes are those of JG: say so in "unknown_codes"')
def unknown_code_unsaid(folder: Path) -> Package:
    samples = sheet()
    entry = {"why": "unknown", "row": row(BH="C-4", JG="9"), "records": [{"kind": "unclassified"}]}
    return package(folder, samples=samples | {"accepted": [*samples["accepted"], entry]})


@fails("refused_samples", told="it breaks date_form at RQ, not future_date at RQ")
def another_reason(folder: Path) -> Package:
    return package(folder, samples=changed("refused", 0, rule="future_date"))


@fails("refused_samples", told="it breaks nothing")
def nothing_broken(folder: Path) -> Package:
    return package(folder, samples=changed("refused", 0, row=row(BH="C-990101-3")))


@fails("every_emit_is_sampled", told="no accepted row needs emit 2 (HealthCheck)")
def emit_untried(folder: Path) -> Package:
    checked = Emit(records.HealthCheck, when={"JG": "1", "XM": (None,)}, happened_on="RQ")
    return package(folder, replace(VISITS, emits=[SEEN, DIED, checked]))


@fails("every_code_is_sampled", told="no accepted row has JG = 3: sample each code")
def code_untried(folder: Path) -> Package:
    class Coded(Visit):
        outcome: Annotated[Code, Codes({**OUTCOME.meanings, "3": "转院"})] = Field(alias="JG", title="结果")

    return package(folder, with_row(Coded))


@fails("every_column_is_sampled", told="no row has KS")
def column_untried(folder: Path) -> Package:
    class Wider(Visit):
        ward: Text = Field(alias="KS", title="科室")

    return package(folder, with_row(Wider))


@fails("every_column_is_sampled", told="the row has no column KS")
def column_undescribed(folder: Path) -> Package:
    return package(folder, samples=changed("accepted", 0, row=row(KS="1")))


@fails(*SEALED, told="nothing here seals the envelope 'paper'")
def envelope_of_its_own(folder: Path) -> Package:
    return package(folder, replace(VISITS, envelope="paper", open=lambda payload, _keys: payload))


@fails("sealed_page_opens", "rotated_key_accepted", told="opens to other rows than were sealed")
def reading_loses_a_row(folder: Path) -> Package:
    return package(folder, replace(VISITS, read=lambda text: json.loads(text)[1:]))


@fails("sealed_page_opens", "rotated_key_accepted", told="put a page as the department writes it into")
def another_form_without_its_document(folder: Path) -> Package:
    return package(folder, replace(VISITS, read=lambda text: json.loads(text)["rows"]))


@fails("sealed_page_opens", "rotated_key_accepted", told="a row that no accepted sample is")
def document_of_other_rows(folder: Path) -> Package:
    found = package(folder, replace(VISITS, read=lambda text: json.loads(text)["rows"]))
    (found.samples / "visits.txt").write_text(json.dumps({"rows": [row(BH="C-5")]}), "utf-8")
    return found


def _opening(chosen: Callable[[tuple[str, ...]], str]) -> Dataset:
    """The clinic opening pages of one key only."""

    def opened(payload: bytes, keys: Keys) -> bytes:
        assert isinstance(keys, KeyRing)
        if json.loads(payload)["kid"] != chosen(keys.kids):
            raise ValueError("kid_unknown")
        return open_envelope("sm4_cbc_mac", payload, keys)

    return replace(VISITS, open=opened)


@fails("rotated_key_accepted", told="under any-sm4-cbc-mac-2027")
def only_the_first_key(folder: Path) -> Package:
    return package(folder, _opening(lambda kids: kids[0]))


@fails("sealed_page_opens", told="under any-sm4-cbc-mac-2026")
def only_the_last_key(folder: Path) -> Package:
    return package(folder, _opening(lambda kids: kids[-1]))


@fails("tampered_page_refused", told="a page with another mac is taken: check its seal")
def seal_unchecked(folder: Path) -> Package:
    rows = json.dumps([entry["row"] for entry in sheet()["accepted"]]).encode()
    return package(folder, replace(VISITS, open=lambda _payload, _keys: rows))


@fails("waivers_are_needed", told="titles_given is waived, and kept all the same")
def waiver_unused(folder: Path) -> Package:
    return package(folder, waivers={"titles_given": "the data dictionary has none"})


@fails("waivers_are_needed", "titles_given", told="the waiver of titles_given has no reason")
def waiver_without_a_reason(folder: Path) -> Package:
    return package(folder, title="", waivers={"titles_given": " "})


@fails("waivers_are_needed", told="there is no rule 'titles'")
def waiver_of_no_rule(folder: Path) -> Package:
    return package(folder, waivers={"titles": "the data dictionary has none"})


@fails("waivers_are_needed", told='it is {"rule": "the reason", …}')
def waivers_of_another_form(folder: Path) -> Package:
    found = package(folder)
    (found.folder / "waivers.json").write_text('["titles_given"]', "utf-8")
    return found
