"""A dataset is taken by column only where no code of its plugin takes part."""

from dataclasses import replace
from typing import Annotated, Any, ClassVar, Literal

import pytest
from pydantic import AfterValidator, BeforeValidator, ConfigDict, field_validator, model_validator

from gateway import Code, Emit, Field, Key, SourceRow, Text, lookup, records
from gateway.department import Dataset
from gateway.fields import clean
from gateway.host import build_host
from gateway.intake.columns.forms import Form, form_of
from gateway.intake.columns.plain import is_plain
from gateway.mapping import Constant, Lookup
from tests.unit.core.examples import Happening, happenings, weddings

OURS = [dataset for found in build_host().departments.values() for dataset in found.datasets]


@pytest.mark.parametrize("dataset", [*OURS, happenings, weddings], ids=lambda dataset: dataset.name)
def test_every_dataset_of_ours_is_taken_by_column(dataset: Dataset) -> None:
    assert is_plain(dataset)


class OwnType(Happening):
    note: Annotated[Text, AfterValidator(lambda text: text)] = Field(alias="BZ")


class OwnReader(Happening):
    note: Annotated[str | None, BeforeValidator(str)] = Field(None, alias="BZ")


class OwnDefault(Happening):
    note: Text = Field("none", alias="BZ")


class RequiredText(Happening):
    note: Annotated[str | None, BeforeValidator(clean)] = Field(alias="BZ")


class OptionalKey(Happening):
    number: Key = Field("K", alias="BH")


class MadeDefault(Happening):
    note: Annotated[str | None, BeforeValidator(clean)] = Field(default_factory=str, alias="BZ")


class OtherAlias(Happening):
    note: Text = Field(alias="BZ", validation_alias="BZ2")


class OtherOperation(Happening):
    operation: Literal["I", "U", "D"] = Field(alias="CZ")


class OtherType(Happening):
    note: str | None = Field(None, alias="BZ")


class FieldChecked(Happening):
    @field_validator("reason")
    @classmethod
    def checked(cls, code: str | None) -> str | None:
        return code


class RowChecked(Happening):
    @model_validator(mode="before")
    @classmethod
    def checked(cls, row: Any) -> Any:
        return row


class BuiltOtherwise(Happening):
    def model_post_init(self, _context: object) -> None:
        """Nothing, but code all the same."""


class ReadOtherwise(Happening):
    def __getattribute__(self, name: str) -> Any:
        return super().__getattribute__(name)


class Stricter(Happening):
    model_config = ConfigDict(str_to_lower=True)


@pytest.mark.parametrize(
    "row",
    [
        OwnType, OwnReader, OwnDefault, RequiredText, OptionalKey, MadeDefault, OtherAlias, OtherOperation,
        OtherType,
        FieldChecked, RowChecked, BuiltOtherwise, ReadOtherwise, Stricter,
    ],
)  # fmt: skip
def test_a_row_with_code_or_a_type_of_its_own_is_taken_row_by_row(row: type[SourceRow]) -> None:
    assert not is_plain(replace(happenings, row=row))


class OwnRecord(records.OfLife):
    kind: Literal["seen_somewhere"] = "seen_somewhere"


class OwnBasis(records.OfLife):
    kind: Literal["seen_by_somebody"] = "seen_by_somebody"
    basis: Annotated[str, AfterValidator(str.lower)]


class CheckedRecord(records.OfLife):
    kind: Literal["seen_by_nobody"] = "seen_by_nobody"
    checked: ClassVar[bool] = True

    @model_validator(mode="after")
    def at_once(self) -> "CheckedRecord":
        return self


class Loose(dict[str, str]):
    """A table that finds what is not in it."""

    def get(self, _code: str, default: Any = None) -> Any:
        return default


class OneOrTwo(str):
    __slots__ = ()
    __hash__ = str.__hash__

    def __eq__(self, other: object) -> bool:
        return other in {"1", "2"}


def with_emit(record: type[records.Fact], **values: Any) -> Dataset:
    return replace(happenings, emits=[Emit(record, happened_on="RQ", **values)])


def test_a_record_of_its_own_is_taken_by_column_if_it_is_data_only() -> None:
    assert is_plain(with_emit(OwnRecord))
    assert not is_plain(with_emit(OwnBasis, basis="ZM"))
    assert not is_plain(with_emit(CheckedRecord))


def test_what_stands_in_the_mapping_itself_is_a_text_that_the_record_takes() -> None:
    assert is_plain(with_emit(records.HealthCheck, strength=lookup("YY", {"1": "weak"})))
    assert not is_plain(with_emit(records.HealthCheck, strength=Lookup("YY", Loose({"1": "weak"}), None)))
    assert not is_plain(
        replace(happenings, emits=[Emit(records.HealthCheck, happened_on=Constant("20260301"))])
    )
    assert not is_plain(with_emit(records.HealthCheck, when={"YY": OneOrTwo("1")}))
    assert not is_plain(with_emit(records.HealthCheck, strength=lookup("YY", {OneOrTwo("1"): "weak"})))


def test_code_in_place_of_a_mapping_is_taken_row_by_row() -> None:
    assert not is_plain(replace(happenings, emits=(), to_records=lambda _: []))


def test_a_description_that_is_wrong_is_not_compiled() -> None:
    assert not is_plain(replace(happenings, key="nothing"))


class Every(SourceRow):
    key: Key = Field(alias="BH")
    code: Code = Field(alias="YY")
    bare: Text


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("key", Form.KEY),
        ("code", Form.CODE),
        ("bare", Form.TEXT),
        ("operation", Form.OPERATION),
        ("loaded_at", Form.LOAD_TIME),
    ],
)
def test_the_form_of_a_field(name: str, form: Form) -> None:
    assert form_of(Every.model_fields[name]) is form
