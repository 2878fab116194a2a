"""Rules of the samples: each becomes what it says it becomes, and nothing of the mapping stays untried."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from gateway.errors import PluginError
from gateway.fields import codes_of
from gateway.identity import IdNumber
from gateway.intake.interpret import Reading, RowReader
from gateway.mapping import Either, Emit
from gateway.testing.conformance.case import Case
from gateway.testing.conformance.package import id_columns, key_column
from gateway.testing.conformance.samples import Sample

_SYNTHETIC: Final = ("99", "９９")
_BIRTH_DIGITS: Final = 15


def samples_are_readable(case: Case) -> Iterator[str]:
    """The dataset has its sheet of samples, and it can be read."""
    try:
        sheet = case.sheet
    except PluginError as error:
        yield str(error)
        return
    if not sheet.accepted:
        yield f"{case.where}: sample at least one row that is accepted"
    if not sheet.refused:
        yield f"{case.where}: sample at least one row that is refused, with its field and rule"


def accepted_samples(case: Case) -> Iterator[str]:
    """Accepted samples become exactly their records, about their person."""
    for sample in case.sheet.accepted:
        for fault in _accepted(case, sample):
            yield f"{case.where}, “{sample.why}”: {fault}"


def refused_samples(case: Case) -> Iterator[str]:
    """Refused samples are refused for the reason they state."""
    for sample in case.sheet.refused:
        wanted = (sample.entry.get("field"), sample.entry.get("rule"))
        reading = case.read(sample.row)
        given = [tuple(fault) for fault in reading.faults]
        if given != [wanted]:
            yield (
                f"{case.where}, “{sample.why}”: it breaks {_rules(given)}, not {_rules([wanted])}: "
                "mend the sample's field and rule, or the row"
            )
        yield from (f"{case.where}, “{sample.why}”: {fault}" for fault in _records(reading, sample))


def keys_exist(case: Case) -> Iterator[str]:
    """Every accepted row is read with the key that its column holds, and a row without one is refused."""
    column = key_column(case.dataset)
    for sample in case.sheet.accepted:
        reading = case.read(sample.row)
        if reading.key != str(sample.row.get(column)).strip():
            yield f"{case.where}, “{sample.why}”: it is not read with its {column}: make {column} a Key"
    for sample in case.of_each_shape():
        for blank in (None, "", "-", "null"):
            if not case.read({**sample.row, column: blank}).faults:
                yield f"a row whose {column} is {blank!r} is taken: make {column} a Key"


def every_emit_is_sampled(case: Case) -> Iterator[str]:
    """No part of the mapping can be taken away unnoticed."""
    before = _all_records(case.reader, case)
    for number, emit in enumerate(case.dataset.every_emit):
        poorer = replace(case.dataset, emits=_without(case.dataset.emits, emit))
        if _all_records(RowReader(poorer), case) == before:
            yield (
                f"{case.where}: no accepted row needs emit {number} ({emit.record.__name__}): "
                "sample one, or remove it"
            )


def every_code_is_sampled(case: Case) -> Iterator[str]:
    """Every code of the data dictionary's tables stands in an accepted sample."""
    rows = [sample.row for sample in case.sheet.accepted]
    for name, table in codes_of(case.dataset.row).items():
        column = case.dataset.alias(name)
        seen = {row.get(column) for row in rows}
        untried = [code for code in table.meanings if not any(_is(value, code) for value in seen)]
        if untried:
            yield f"{case.where}: no accepted row has {column} = {', '.join(untried)}: sample each code"


def every_column_is_sampled(case: Case) -> Iterator[str]:
    """The samples use every column of the row, and no other."""
    both = (*case.sheet.accepted, *case.sheet.refused)
    used = {column for sample in both for column in sample.row}
    known = {case.dataset.alias(name) for name in case.dataset.row.model_fields}
    if unused := sorted(known - used):
        yield f"{case.where}: no row has {', '.join(unused)}: sample it, or remove the column"
    if strange := sorted(used - known):
        yield f"{case.where}: the row has no column {', '.join(strange)}: describe it, or correct the sample"


def people_are_synthetic(case: Case) -> Iterator[str]:
    """Nobody real stands in a sample: ID numbers begin with 99, where no region is."""
    for sample in (*case.sheet.accepted, *case.sheet.refused):
        for column in id_columns(case.dataset):
            number = "".join(str(sample.row.get(column) or "").split())
            if number[:_BIRTH_DIGITS].isdigit() and not number.startswith(_SYNTHETIC):
                yield f"{case.where}, “{sample.why}”: {column} must be nobody's: begin it with 99"


def _accepted(case: Case, sample: Sample) -> Iterator[str]:
    reading = case.read(sample.row)
    if reading.faults:
        yield f"is refused: {_rules([tuple(fault) for fault in reading.faults])}"
        return
    yield from _records(reading, sample)
    codes = [code.partition("=")[0] for code in reading.unknown_codes]
    if codes != sample.entry.get("unknown_codes", []):
        unknown = ", ".join(codes) or "no column"
        yield f'its unknown codes are those of {unknown}: say so in "unknown_codes", or mend the code table'
    yield from _people(case, reading, sample)


def _records(reading: Reading, sample: Sample) -> Iterator[str]:
    wanted: Sequence[Mapping[str, Any]] = sample.entry.get("records", [])
    given = [statement.record.model_dump(mode="json") for statement in reading.statements]
    kinds = ([each.get("kind") for each in records] for records in (given, wanted))
    became, expected = (", ".join(map(str, each)) or "nothing" for each in kinds)
    if became != expected:
        yield f"becomes {became}, not {expected}: mend the mapping or the sample"
        return
    for got, each in zip(given, wanted, strict=True):
        for name, value in each.items():
            if name != "about" and (name not in got or got[name] != value):
                yield (
                    f"{got['kind']}.{name} is {got.get(name, 'no field')!r}, not {value!r}: "
                    "mend the mapping or the sample"
                )


def _people(case: Case, reading: Reading, sample: Sample) -> Iterator[str]:
    columns = id_columns(case.dataset)
    for statement, wanted in zip(reading.statements, sample.entry.get("records", []), strict=False):
        if statement.record.polarity == "neutral" or not columns:
            continue
        column = wanted.get("about", columns[0])
        if statement.person != _number(sample.entry.get("person") or sample.row.get(column)):
            yield f'a record is about somebody else than {column}: mend about=, or the sample\'s "person"'
        if statement.name is None and case.dataset.name_check != "absent":
            yield 'a record has no name: describe the column, or say name_check="absent"'


def _number(text: object) -> IdNumber | None:
    try:
        return IdNumber.parse(str(text))
    except ValueError:
        return None


def _rules(faults: Sequence[tuple[object, ...]]) -> str:
    return " and ".join(f"{rule} at {field or 'the row'}" for field, rule in faults) or "nothing"


def _all_records(reader: RowReader, case: Case) -> list[list[dict[str, Any]]]:
    readings = [reader.read(sample.row, case.sheet.received_at) for sample in case.sheet.accepted]
    return [[each.record.model_dump(mode="json") for each in reading.statements] for reading in readings]


def _without(emits: Sequence[Emit | Either], gone: Emit) -> list[Emit | Either]:
    return [
        Either(tuple(emit for emit in entry.emits if emit is not gone))
        if isinstance(entry, Either)
        else entry
        for entry in emits
        if entry is not gone
    ]


def _is(value: object, code: str) -> bool:
    if not isinstance(value, str) or not code.endswith("*"):
        return value == code
    return value.startswith(code[:-1])
