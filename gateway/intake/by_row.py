"""Takes a page row by row: slow, and the reference for what the columns must come to."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from gateway.department import Dataset
from gateway.identity import Keyer
from gateway.intake.drift import Drift, DriftWatch
from gateway.intake.interpret import RowReader
from gateway.intake.keying import Keyed, KeyedPage, People, RowKeyer


class RowTaker:
    """Takes the pages of one dataset, whatever code of a plugin takes part."""

    def __init__(
        self, department: str, dataset: Dataset, tolerance: timedelta, keyer: Keyer, people: People
    ) -> None:
        self._dataset = dataset
        self._reader = RowReader(dataset, tolerance)
        self._keyer = RowKeyer(department, dataset, keyer, people)

    def take_text(self, _plaintext: bytes, _received_at: datetime) -> None:
        """Nothing: a page is read into rows first."""

    def take_rows(self, rows: Sequence[object], received_at: datetime) -> tuple[KeyedPage, Drift]:
        """Key rows and match them."""
        watch, keyed = DriftWatch(self._dataset), Keyed()
        for raw in rows:
            reading = self._reader.read(raw, received_at)
            watch.see(raw, reading)
            self._keyer.take(keyed, reading, raw, received_at)
        return keyed.page(), watch.found(rows)
