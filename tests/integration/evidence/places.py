"""A store with its evidence folder, and versions of one row, for the tests of this folder."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

import duckdb
import numpy as np
from numpy.typing import NDArray

from gateway import Dataset, Day, Emit, Field, IdText, Key, NameText, SourceRow, Text, records
from gateway.evidence.columns import BUCKETS, STRANGERS
from gateway.evidence.files import as_part, write_part
from gateway.evidence.live import certificates_misnamed, counting
from gateway.evidence.settle import Settled, settle
from gateway.identity import IdNumber, Keyer, PersonName
from gateway.intake.interpret import RowReader
from gateway.intake.keying import Keyed, RowKeyer
from gateway.roster.keymap import Matches
from gateway.store.database import Store
from gateway.store.parts import add_parts, live_parts
from tests.unit.core.examples import LOADED, RECEIVED_AT, happening, happenings, weddings
from tests.unit.core.people import ID, NAME, OTHER_ID, OTHER_NAME, id_number

KEYER = Keyer(b"an identity key of the tests")
STRANGER = id_number(order=3)
COMPARED = (
    "person",
    "dataset",
    "key_hash",
    "item",
    "kind",
    "happened_on",
    "latest",
    "published_at",
    "content",
)
STAGES = ("arrived", "settled", "retired")
Row = dict[str, Any]


class Paper(SourceRow):
    """A death certificate: its key is its number."""

    number: Key = Field(alias="ZS")
    person: IdText = Field(alias="SFZH")
    name: NameText = Field(alias="XM")
    day: Day = Field(alias="RQ")
    voided: Text = Field(alias="ZF")
    rests_on: Text = Field(alias="ZM")


papers = Dataset(
    name="papers",
    title="T",
    envelope="jwe",
    row=Paper,
    key="ZS",
    emits=[
        Emit(
            records.Death,
            when={"ZF": (None,)},
            basis="medical_certificate",
            happened_on="RQ",
            certificate="ZS",
            derived_from="ZM",
        ),
        Emit(records.Withdrawal, when={"ZF": "1"}, withdraws="ZS"),
    ],
)


class Roster:
    """Person 7 and person 24, who are in different buckets."""

    def __init__(self, *numbers: str, names: Mapping[str, str] | None = None) -> None:
        called = {ID: NAME, OTHER_ID: OTHER_NAME, **(names or {})}
        people = {ID: (7, called[ID]), OTHER_ID: (24, called[OTHER_ID])}
        self._found = {int(KEYER.person(IdNumber.parse(number))): people[number] for number in numbers}

    def lookup(self, person_key: int) -> list[tuple[int, int]]:
        found = self._found.get(person_key)
        return [(found[0], KEYER.name(PersonName.parse(found[1])))] if found else []

    def lookup_many(self, keys: NDArray[np.int64]) -> Matches:
        raise NotImplementedError("no dataset of these tests is read by column")

    def agrees(self, name_key: int, seen: int) -> bool:
        raise NotImplementedError("no dataset of these tests masks names")


BOTH = Roster(ID, OTHER_ID)


class Place(NamedTuple):
    """A store and its evidence folder."""

    store: Store
    folder: Path

    def arrive(
        self,
        *rows: Row,
        people: Roster = BOTH,
        at: datetime = RECEIVED_AT,
        department: str = "police",
    ) -> None:
        """Take one page."""
        keyed = Keyed()
        for raw in rows:
            dataset = weddings if "F" in raw else papers if "ZS" in raw else happenings
            reading = RowReader(dataset).read(raw, at)
            RowKeyer(department, dataset, KEYER, people).take(keyed, reading, raw, at)
        written = write_part(self.folder, "arrived", keyed.evidence())
        with self.store.begin() as conn:
            add_parts(conn, [as_part(written, "arrived", STRANGERS, 1, at)])

    def settle(self) -> Settled:
        return settle(self.store, self.folder, 1, RECEIVED_AT)

    def settled(self, *rows: Row) -> Settled:
        """Take one page and settle it."""
        self.arrive(*rows)
        return self.settle()

    def whole(self, *, doubting: bool = False) -> list[Row]:
        """Every record that counts with all its columns, bucket by bucket."""
        with self.store.read() as conn:
            settled, retired = live_parts(conn, "settled"), live_parts(conn, "retired")
        found: list[Row] = []
        with duckdb.connect() as engine:
            misnamed = certificates_misnamed(self.folder, settled, retired)
            engine.execute(f"CREATE TABLE misnamed AS {misnamed}")
            for bucket in {part.bucket for part in settled}:
                here = [[part for part in parts if part.bucket == bucket] for parts in (settled, retired)]
                apart = [[part for part in parts if part.bucket == STRANGERS] for parts in (settled, retired)]
                query = counting(
                    self.folder, here[0], here[1], (apart[0], apart[1]), "misnamed" if doubting else None
                )
                rows = engine.sql(query).to_arrow_table().to_pylist()
                assert {row["person"] % BUCKETS if row["person"] else STRANGERS for row in rows} <= {bucket}
                found += rows
        return found

    def counting(self) -> list[Row]:
        """Every record that counts, in a fixed order."""
        return sorted(({name: row[name] for name in COMPARED} for row in self.whole()), key=repr)

    def said(self) -> list[tuple[int | None, str]]:
        """Who and what of every record that counts."""
        return sorted(((row["person"], row["kind"]) for row in self.counting()), key=repr)

    def parts(self) -> set[str]:
        """The paths of every live part."""
        with self.store.read() as conn:
            return {part.path for stage in STAGES for part in live_parts(conn, stage)}

    def files(self) -> set[str]:
        """The paths of every file."""
        return {path.relative_to(self.folder).as_posix() for path in self.folder.glob("*/*")}


@contextmanager
def new_place(migrated: Path) -> Iterator[Place]:
    with TemporaryDirectory() as folder:
        shutil.copy(migrated, Path(folder, "gateway.sqlite"))
        with Store(f"sqlite:///{folder}/gateway.sqlite") as store:
            yield Place(store, Path(folder, "evidence"))


def version(hour: int, **columns: Any) -> Row:
    """A version of row H-1 that was loaded at this hour; all but the first are updates."""
    return happening(tong_time=f"2026-03-10 {hour:02}:00:00", op="U" if hour else "I", **columns)


def deletion(hour: int, key: str = "H-1") -> Row:
    return {"op": "D", "BH": key, "tong_time": f"2026-03-10 {hour:02}:00:00"}


def paper(number: str, **columns: Any) -> Row:
    """A death certificate of the known person."""
    usual = {"op": "I", "tong_time": LOADED, "ZS": number, "SFZH": ID, "XM": NAME, "RQ": "20260301"}
    return usual | columns
