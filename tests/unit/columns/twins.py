"""Takes the same page by row and by column, and holds the two equal in everything that goes on."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
import pyarrow as pa

from gateway.department import Dataset
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.by_row import RowTaker
from gateway.intake.columns.taking import ColumnTaker
from gateway.intake.drift import Drift
from gateway.intake.interpret import TOLERANCE
from gateway.intake.keying import KeyedPage
from gateway.intake.page import json_rows
from gateway.roster.keymap import ENTRY, KeyMap
from gateway.roster.shapes import NameShapes, Shaper
from tests.unit.core.examples import RECEIVED_AT
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME

KEYER: Final = Keyer(b"an identity key of the tests")
PEOPLE: Final = ((ID, 7, NAME), (ID, 23, OTHER_NAME), (OTHER_ID, 8, OTHER_NAME))
"""A number that two people have, and another."""

Outcome = tuple[KeyedPage, Drift]


def keymap(*people: tuple[str, int, str]) -> KeyMap:
    """A key map in memory, with the shapes of the names."""
    named = [(KEYER.name(found), Shaper(KEYER).shape(found)) for found in map(_name, people)]
    shapes = dict(sorted(named))
    keys = np.array(list(shapes), np.int64)
    values = np.frombuffer(b"".join(shapes.values()), "<u2").reshape(-1, 9)
    entries = [
        (KEYER.person(IdNumber.parse(number)), place, KEYER.name(PersonName.parse(name)))
        for number, place, name in people
    ]
    ordered = np.sort(np.array(entries, ENTRY), order=["person_key", "number"])
    columns = np.array([ordered[name] for name in ("person_key", "number", "name_key")], np.int64)
    return KeyMap(columns.reshape(3, -1), NameShapes(keys, values))


def _name(person: tuple[str, int, str]) -> PersonName:
    return PersonName.parse(person[2])


ROSTER: Final = keymap(*PEOPLE)


def by_column(dataset: Dataset, tolerance: timedelta = TOLERANCE, people: KeyMap = ROSTER) -> ColumnTaker:
    """The taker of a dataset that must be taken by column."""
    taker = ColumnTaker.of("police", dataset, tolerance, KEYER, people)
    assert taker
    return taker


def by_row(dataset: Dataset, tolerance: timedelta = TOLERANCE, people: KeyMap = ROSTER) -> RowTaker:
    return RowTaker("police", dataset, tolerance, KEYER, people)


def take_both(
    dataset: Dataset,
    rows: Sequence[object],
    *,
    received_at: datetime = RECEIVED_AT,
    tolerance: timedelta = TOLERANCE,
    people: KeyMap = ROSTER,
) -> Outcome:
    """What rows come to, by either way."""
    found = by_column(dataset, tolerance, people).take_rows(rows, received_at)
    hold_equal(by_row(dataset, tolerance, people).take_rows(rows, received_at), found)
    return found


def take_text_both(dataset: Dataset, text: bytes) -> Outcome | None:
    """What the text of a page comes to, by either way; None where it had to be read first."""
    found = by_column(dataset).take_text(text, RECEIVED_AT)
    if found:
        hold_equal(by_row(dataset).take_rows(json_rows(text), RECEIVED_AT), found)
    return found


def compact(rows: object) -> bytes:
    return json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def hold_equal(wanted: Outcome, found: Outcome) -> None:
    """Everything a page comes to is the same."""
    assert _plain(found) == _plain(wanted)
    assert found[0].evidence.schema == wanted[0].evidence.schema
    assert _records(found[0].evidence) == _records(wanted[0].evidence)
    assert found[0].evidence.equals(wanted[0].evidence)


def _plain(outcome: Outcome) -> dict[str, Any]:
    page, drift = outcome
    told = {name: getattr(page, name) for name in KeyedPage.__dataclass_fields__ if name != "evidence"}
    arrays = {name: told[name].tolist() for name in ("versions", "contents")}
    return {**told, **arrays, "codes_in_order": list(page.unknown_codes), "drift": drift}


def _records(table: pa.Table) -> list[dict[str, Any]]:
    """The records without what they leave blank, so that a difference can be read."""
    return [{name: value for name, value in row.items() if value is not None} for row in table.to_pylist()]
