"""A plan as the live department it will be, so that it can be tried before it is written."""

from typing import Annotated, Any, Final, Literal

from pydantic import Field, create_model

from gateway import records
from gateway.department import Dataset, Department
from gateway.fields import Code, Codes, Day, IdText, Instant, Key, Month, NameText, SourceRow, Text
from gateway.mapping import PRESENT, Before, Emit, before, first
from gateway.records import Fact
from gateway.scaffold.plan import ColumnPlan, DatasetPlan, Kind, PackagePlan, RecordPlan

TYPES: Final[dict[Kind, str]] = {
    "key": "Key",
    "id": "IdText",
    "name": "NameText",
    "day": "Day",
    "instant": "Instant",
    "month": "Month",
    "code": "Code",
    "text": "Text",
}
"""The field type that holds each kind of value, by its name in `gateway`."""

_FORMS: Final[dict[str, Any]] = {
    "Key": Key,
    "IdText": IdText,
    "NameText": NameText,
    "Day": Day,
    "Instant": Instant,
    "Month": Month,
    "Code": Code,
    "Text": Text,
}


def department_of(plan: PackagePlan) -> Department:
    """The department of a plan.

    Raises:
        PluginError: the plan is none that the gateway would take.
    """
    return Department(plan.name, plan.title, [_dataset(plan, dataset) for dataset in plan.datasets])


def _dataset(package: PackagePlan, plan: DatasetPlan) -> Dataset:
    return Dataset(
        name=plan.name,
        title=plan.title,
        envelope=package.envelope,
        shape=package.shape,
        row=_row(plan),
        key=plan.key,
        emits=[_emit(record) for record in plan.emits],
        name_check="masked" if plan.masked_names else "exact",
    )


def _row(plan: DatasetPlan) -> type[SourceRow]:
    fields: dict[str, Any] = {
        column.field: (_type(column), Field(alias=column.alias, title=column.title))
        for column in plan.columns
    }
    return create_model(f"{plan.class_name}Row", __base__=SourceRow, **fields)


def _type(column: ColumnPlan) -> Any:
    form = _FORMS[TYPES[column.kind]]
    return Annotated[form, Codes(dict(column.codes))] if column.codes else form


def _emit(plan: RecordPlan) -> Emit:
    values: dict[str, Any] = dict(plan.texts)
    days: list[str | Before] = [*([plan.day] if plan.day else []), *map(before, plan.bounds)]
    if days:
        values["happened_on"] = first(*days) if len(days) > 1 else days[0]
    when = {plan.when: PRESENT} if plan.when else None
    return Emit(_record(plan), when=when, about=plan.about, **values)


def _record(plan: RecordPlan) -> type[Fact]:
    found: type[Fact] = getattr(records, plan.record)
    if plan.own_kind is None:
        return found
    fields: dict[str, Any] = {"kind": (Literal[plan.own_kind], plan.own_kind)}
    return create_model(f"Own{plan.record}", __base__=found, **fields)
