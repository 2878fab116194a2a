"""Departments whose own code is broken: their rows, their mapping, their keys."""

import itertools
import logging
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, model_validator

from gateway import Code, Emit, Field, Key, NameText, Text, not_, records
from gateway.fields import LoadTime
from gateway.mapping import Lookup
from gateway.testing.conformance.package import Package
from tests.unit.testing.breaking import Case, into
from tests.unit.testing.clinic import DIED, OUTCOME, SEEN, VISITS, Visit, package, sheet, with_row

CASES: Final[list[Case]] = []
fails = into(CASES)


@fails("keys_exist", told="a row whose BH is None is taken: make BH a Key")
def key_made_up(folder: Path) -> Package:
    class Keyless(Visit):
        number: Annotated[str, BeforeValidator(lambda text: text if text and text != "-" else "none")] = (
            Field(alias="BH", title="编号")
        )

    return package(folder, with_row(Keyless))


@fails("keys_exist", "deletion_withdraws", told="it still counts after op D with the same BH")
def key_respelt(folder: Path) -> Package:
    class Lower(Visit):
        number: Annotated[Key, AfterValidator(str.lower)] = Field(alias="BH", title="编号")

    return package(folder, with_row(Lower))


@fails("correction_moves", told="never the ID number")
def key_is_the_person(folder: Path) -> Package:
    class ByPerson(Visit):
        number: Key = Field(alias="SFZH", title="身份证号")
        visit: Text = Field(alias="BH", title="编号")

    return package(folder, with_row(ByPerson, key="number"))


@fails("mapping_is_pure", told="reading a row changes it: build new values")
def row_changed(folder: Path) -> Package:
    class Trimming(Visit):
        @model_validator(mode="before")
        @classmethod
        def trimmed(cls, columns: dict[str, Any]) -> dict[str, Any]:
            columns["XM"] = f"{columns.get('XM') or ''} "
            return columns

    return package(folder, with_row(Trimming))


@fails(
    "keys_exist",
    "mapping_is_pure",
    "cut_page_resumes",
    "page_twice_counts_once",
    told="keep nothing between rows",
)
def rows_remembered(folder: Path) -> Package:
    counted = itertools.count()

    class Numbered(Visit):
        number: Annotated[Key, AfterValidator(lambda text: f"{text}-{next(counted)}")] = Field(
            alias="BH", title="编号"
        )

    return package(folder, with_row(Numbered))


@fails("equal_by_row_and_by_column", told="visits: column by column the samples come to other evidence")
def table_finds_more_than_it_holds(folder: Path) -> Package:
    class Loose(dict[str, str]):
        def get(self, code: str, default: Any = None) -> Any:
            return super().get(f"0{code}", default)

    table = MappingProxyType(Loose({"01": "weak"}))
    seen = Emit(
        records.OutpatientVisit, when={"JG": "1"}, happened_on="RQ", strength=Lookup("KS", table, None)
    )

    class Warded(Visit):
        ward: Text = Field(alias="KS", title="科室")

    samples = sheet()
    samples["accepted"][0]["row"]["KS"] = "1"
    return package(folder, with_row(Warded, emits=[seen, DIED]), samples)


@fails("unknown_codes_are_neutral", told="an unknown JG becomes an adverse record")
def unknown_is_adverse(folder: Path) -> Package:
    died = Emit(records.Death, when={"JG": not_("1", None)}, basis="died_in_hospital", happened_on="RQ")
    return package(folder, replace(VISITS, emits=[SEEN, died]))


@fails("unknown_codes_are_neutral", told="an unknown JG refuses the row")
def unknown_is_refused(folder: Path) -> Package:
    def known(code: object) -> object:
        if code not in ("1", "2", None):
            raise ValueError("code_unknown")
        return code

    class Strict(Visit):
        outcome: Annotated[Code, OUTCOME, BeforeValidator(known)] = Field(alias="JG", title="结果")

    return package(folder, with_row(Strict))


@fails("hostile_values", told="XM holding null: AttributeError comes out")
def validator_trusts_the_text(folder: Path) -> Package:
    class Trusting(Visit):
        name: Annotated[NameText, BeforeValidator(lambda text: text.strip())] = Field(
            alias="XM", title="姓名"
        )

    return package(folder, with_row(Trusting))


@fails("missing_columns", "what_is_no_row_is_refused", told="without XM: KeyError comes out")
def validator_trusts_the_columns(folder: Path) -> Package:
    class Trusting(Visit):
        @model_validator(mode="before")
        @classmethod
        def named(cls, columns: dict[str, Any]) -> dict[str, Any]:
            return {**columns, "XM": columns["XM"]}

    return package(folder, with_row(Trusting))


@fails("what_is_no_row_is_refused", told="a dict is taken for a row")
def anything_is_a_row(folder: Path) -> Package:
    class Open(Visit):
        operation: Annotated[Any, None] = Field("I", alias="op", title="操作")
        loaded_at: LoadTime = Field(
            "2026-08-06 01:00:00", alias="tong_time", title="入库时间", validate_default=True
        )
        number: Key = Field("none", alias="BH", title="编号")

    return package(folder, with_row(Open))


@fails("shifted_columns", "hostile_values", told="let a rule's name be a word, without any value")
def rule_names_the_value(folder: Path) -> Package:
    def in_hospital(text: object) -> object:
        if text and not str(text).startswith("H"):
            raise ValueError(f"ward_{text}")
        return text

    class Warded(Visit):
        ward: Annotated[Text, BeforeValidator(in_hospital)] = Field(alias="KS", title="科室")

    samples = sheet()
    samples["accepted"][0]["row"]["KS"] = "H1"
    return package(folder, with_row(Warded), samples)


@fails("nothing_is_shown", told="give the row no __repr__ of its own")
def row_shown(folder: Path) -> Package:
    class Shown(Visit):
        def __repr__(self) -> str:
            return f"Shown({self.number})"

    return package(folder, with_row(Shown))


@fails("nothing_is_shown", told="its repr or its error shows what the row holds")
def input_shown_in_errors(folder: Path) -> Package:
    class Telling(Visit):
        model_config = ConfigDict(hide_input_in_errors=False)

    return package(folder, with_row(Telling))


@fails("nothing_is_shown", told="log and print nothing of a row")
def row_logged(folder: Path) -> Package:
    def logged(text: object) -> object:
        logging.getLogger("clinic").debug("read %s", text)
        return text

    class Logging(Visit):
        number: Annotated[Key, BeforeValidator(logged)] = Field(alias="BH", title="编号")

    return package(folder, with_row(Logging))


@fails("nothing_is_shown", told="log and print nothing of a row")
def row_printed(folder: Path) -> Package:
    class Printing(Visit):
        def model_post_init(self, _context: object) -> None:
            print(self.number)  # noqa: T201 - that it is printed is what is broken

    return package(folder, with_row(Printing))
