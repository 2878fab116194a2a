"""Rows as the departments loaded them, and what of them can be seen at a moment."""

from bisect import bisect_left
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from operator import attrgetter
from typing import Any

from gateway.sandbox.columns import DATASETS, FILE_DATASETS

_NEVER = datetime.combine(date.max, time.max)
_LOADED = attrgetter("tong_time")


@dataclass(frozen=True, slots=True)
class Row:
    """One version of one record; times are naive, Asia/Shanghai.

    `broken` names what is wrong with a row that must be refused, and is never served.
    """

    tong_time: datetime
    fields: dict[str, Any]
    key: str | None
    broken: str | None = None
    replaced_at: datetime = _NEVER

    def __repr__(self) -> str:
        """Show the load time only: a row never appears in a log or a test's output."""
        return f"Row({self.tong_time:%Y-%m-%d %H:%M:%S})"


class Archive:
    """Everything the departments loaded, by dataset, in the order of loading."""

    def __init__(self) -> None:
        self._rows: dict[str, list[Row]] = {dataset: [] for dataset in DATASETS}
        self._stale: set[str] = set()
        self._times: dict[str, list[datetime]] = {dataset: [] for dataset in DATASETS}
        self._taken: set[tuple[str, str | None, datetime]] = set()

    def add(
        self, dataset: str, loaded_at: datetime, fields: dict[str, Any], broken: str | None = None
    ) -> datetime:
        """Keep one version and return its load time, moved on by seconds where that version exists."""
        key = fields.get(DATASETS[dataset].key)
        loaded_at = loaded_at.replace(microsecond=0)
        while (dataset, key, loaded_at) in self._taken:
            loaded_at += timedelta(seconds=1)
        self._taken.add((dataset, key, loaded_at))
        fields["tong_time"] = loaded_at.strftime("%Y-%m-%d %H:%M:%S")
        self._rows[dataset].append(Row(loaded_at, fields, key, broken))
        self._stale.add(dataset)
        return loaded_at

    def between(self, dataset: str, since: datetime, until: datetime, now: datetime) -> list[Row]:
        """Return the rows loaded in [since, until) that are still served at `now`.

        A hub dataset serves only the last version of a key; a file dataset keeps every version.
        """
        self._settle(dataset)
        times = self._times[dataset]
        first, last = bisect_left(times, since), bisect_left(times, min(until, now))
        rows = self._rows[dataset][first:last]
        if dataset in FILE_DATASETS:
            return rows
        return [row for row in rows if row.replaced_at >= now]

    def _settle(self, dataset: str) -> None:
        """Sort a dataset that grew and note when each version is replaced by the next of its key."""
        if dataset not in self._stale:
            return
        rows = sorted(self._rows[dataset], key=_LOADED)
        replaced_at: dict[str, datetime] = {}
        for place in range(len(rows) - 1, -1, -1):
            row = rows[place]
            if row.key is not None:
                after = replaced_at.get(row.key, _NEVER)
                if after != row.replaced_at:
                    rows[place] = replace(row, replaced_at=after)
                replaced_at[row.key] = row.tong_time
        self._rows[dataset], self._times[dataset] = rows, [row.tong_time for row in rows]
        self._stale.discard(dataset)
