"""A dataset's samples: rows to be accepted and what becomes of them, rows to be refused and why."""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from gateway.department import Dataset
from gateway.errors import PluginError
from gateway.testing.conformance.package import Package

PARTS: Final = ("accepted", "refused")


class Sample(NamedTuple):
    """One row of a sheet and what must come of it."""

    row: dict[str, Any]
    entry: Mapping[str, Any]

    @property
    def why(self) -> str:
        """What the sample shows, in words."""
        return str(self.entry.get("why", "a sample without its `why`"))


class Sheet(NamedTuple):
    """A dataset's samples; all of them were received at one time, naive Asia/Shanghai."""

    received_at: datetime
    accepted: tuple[Sample, ...]
    refused: tuple[Sample, ...]


def sheet_of(package: Package, dataset: Dataset) -> Sheet:
    """Read a dataset's samples.

    Raises:
        PluginError: there are none, or the file is not of the form that the plugin guide shows.
    """
    path = package.sheet(dataset)
    where = f"samples/{path.name}"
    try:
        loaded = json.loads(path.read_text("utf-8"))
        received_at = datetime.fromisoformat(loaded["received_at"])
        accepted, refused = (
            tuple(Sample(dict(entry["row"]), entry) for entry in loaded[part]) for part in PARTS
        )
    except FileNotFoundError:
        raise PluginError(
            f"{where} is missing: write rows that must be accepted, with their records, and rows that must "
            "be refused, with field and rule; where they are written, ship them with the package"
        ) from None
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise PluginError(
            f'{where} cannot be read ({type(error).__name__}): it is {{"received_at": "yyyy-MM-dd HH:mm:ss", '
            '"accepted": [{"why", "row", "records"}], "refused": [{"why", "row", "field", "rule"}]}'
        ) from None
    return Sheet(received_at, accepted, refused)
