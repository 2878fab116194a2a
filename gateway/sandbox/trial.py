"""One installed department in the sandbox: its rows, served or dropped in the envelope that it names."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from gateway.department import Dataset, Department
from gateway.errors import ConfigError
from gateway.sandbox.columns import service_id
from gateway.sandbox.drop import drop_rows
from gateway.sandbox.keys import Sender, write_senders
from gateway.sandbox.month import months_later
from gateway.sandbox.moving import LOADED, Row, loaded_at, moved, newest_load
from gateway.sandbox.offers import Offer
from gateway.sandbox.pages import as_json, to_json
from gateway.sandbox.samples import document_of, sample_rows

Senders = Mapping[str, tuple[Sender, ...]]
"""What a department seals with, by envelope."""

_AT: Final = time(2, 10)
"""When a row was loaded that does not say so."""


@dataclass(frozen=True, repr=False)
class Supply:
    """A dataset and its rows.

    `document` is their page as the department writes it, for a dataset that reads its pages itself.
    """

    dataset: Dataset
    rows: list[Row]
    document: Path | None = None


def beyond(dataset: Dataset, folder: Path) -> str | None:
    """Why the sandbox cannot serve a dataset of the plugin in a folder; None where it can."""
    own = next((word for word in ("fetch", "open") if getattr(dataset, word) is not None), None)
    if own:
        return f"it brings its own {own}=, which the sandbox cannot imitate"
    if _reads_otherwise(dataset) and document_of(folder, dataset) is None:
        return (
            "it brings its own read=, and the sandbox cannot write what that reads: put one page, as the "
            f"department writes it, beside the samples: samples/{dataset.name}.xml or whatever it is"
        )
    return None


def _reads_otherwise(dataset: Dataset) -> bool:
    """Whether a dataset's own `read` takes something else than the JSON that the sandbox writes."""
    if dataset.read is None:
        return False
    rows = [{"column": "text"}]
    try:
        return list(dataset.read(as_json(dataset.envelope, rows).encode())) != rows
    except Exception:  # noqa: BLE001 - a plugin's code: whatever it raises, it has not read the page
        return True


def supplies_of(
    department: Department, folder: Path, given: Mapping[str, list[Row]], today: date, *, move: bool = True
) -> list[Supply]:
    """What there is to serve of a department: the rows that are given, else its samples.

    Dates are moved so that the newest row was loaded yesterday; in dropped files, which tell of whole
    months, on the last day of the month before. A document that a dataset reads itself stays as it is.

    Raises:
        ConfigError: rows are given for a dataset that takes none, there are no samples, or a document
            cannot be read.
    """
    served = [dataset for dataset in department.datasets if beyond(dataset, folder) is None]
    takes = [dataset.name for dataset in served if not _reads_otherwise(dataset)]
    for name in given:
        if name not in takes:
            raise ConfigError(
                f"--rows: {department.name} takes rows for {', '.join(takes)}, not for {name!r}"
            )
    return [
        _from_document(dataset, folder)
        or _from_rows(dataset, _rows(dataset, folder, given), today, move=move)
        for dataset in served
    ]


def _from_document(dataset: Dataset, folder: Path) -> Supply | None:
    """The rows of the document beside the samples; None where the dataset reads what the sandbox writes."""
    document = document_of(folder, dataset) if _reads_otherwise(dataset) else None
    if document is None or dataset.read is None:
        return None
    try:
        rows = [dict(row) for row in dataset.read(document.read_bytes()) if isinstance(row, Mapping)]
    except Exception as error:  # noqa: BLE001 - a plugin's code: whatever it raises, the document is not read
        raise ConfigError(f"{dataset.name}: its read= fails on {document}: {type(error).__name__}") from None
    return Supply(dataset, rows, document)


def _rows(dataset: Dataset, folder: Path, given: Mapping[str, list[Row]]) -> list[Row]:
    return given.get(dataset.name) or sample_rows(folder, dataset)


def _from_rows(dataset: Dataset, rows: list[Row], today: date, *, move: bool) -> Supply:
    last, newest = _last_day(dataset, today), newest_load(rows)
    by = last - newest if move and newest else timedelta()
    return Supply(dataset, [_complete(moved(dataset, row, by), last) for row in rows])


def _last_day(dataset: Dataset, today: date) -> date:
    return (today.replace(day=1) if dataset.shape == "file_drop" else today) - timedelta(days=1)


def _complete(row: Row, loaded_on: date) -> Row:
    """A row with `op` and load time, where an example from a data dictionary leaves them out."""
    return {"op": "I", LOADED: f"{datetime.combine(loaded_on, _AT):%Y-%m-%d %H:%M:%S}", **row}


def oldest_load(supplies: Iterable[Supply]) -> date | None:
    """The day on which the oldest row was loaded."""
    return min(
        (at.date() for supply in supplies for row in supply.rows if (at := loaded_at(row))), default=None
    )


def trial_senders(keys: Path, department: Department) -> Senders:
    """What a department seals with; its keys are made in a folder, once, for each envelope it names.

    Raises:
        ConfigError: an envelope that the sandbox cannot seal.
    """
    usual = [dataset for dataset in department.datasets if not (dataset.open or dataset.fetch)]
    envelopes = list(dict.fromkeys(dataset.envelope for dataset in usual))
    names = [department.name, *(f"{department.name}_{envelope}" for envelope in envelopes[1:])]
    return {
        envelope: write_senders(keys, name, envelope)
        for name, envelope in zip(names, envelopes, strict=False)
    }


def trial_offers(department: str, supplies: Iterable[Supply], senders: Senders) -> list[Offer]:
    """What the hub serves of a department."""
    return [
        Offer(
            supply.dataset.name,
            department,
            partial(_window, _standing(supply)),
            supply.dataset.envelope,
            senders[supply.dataset.envelope],
            _writes(supply),
        )
        for supply in supplies
        if supply.dataset.shape == "service"
    ]


def _standing(supply: Supply) -> list[tuple[datetime, Row]]:
    """The last version of each key with its load time, in the order of loading.

    The rows of a document come together or not at all: all of them with the newest.
    """
    dataset = supply.dataset
    key = dataset.alias(dataset.column(dataset.key) or dataset.key)
    timed = sorted(((at, row) for row in supply.rows if (at := loaded_at(row))), key=lambda each: each[0])
    if supply.document:
        return [(timed[-1][0], row) for _, row in timed]
    last = {row.get(key): number for number, (_, row) in enumerate(timed)}
    return [timed[number] for number in sorted(last.values())]


def _window(
    standing: Sequence[tuple[datetime, Row]], since: datetime, until: datetime, now: datetime
) -> list[Row]:
    return [row for at, row in standing if since <= at < min(until, now)]


def _writes(supply: Supply) -> Callable[[list[Row]], str]:
    """What writes the plaintext of a page of it."""
    if supply.document:
        return partial(_as_it_is, supply.document)
    return partial(to_json, supply.dataset.rows_in)


def _as_it_is(document: Path, _rows: list[Row]) -> str:
    return document.read_text("utf-8")


def drop_trial(folder: Path, supplies: Iterable[Supply], senders: Senders, today: date) -> list[Path]:
    """Drop one file of each dataset that comes so, of the month before; returns the sealed files."""
    month = months_later(today.replace(day=1), -1)
    return [
        drop_rows(folder, supply.dataset.name, supply.rows, _columns(supply), sender, month)
        for supply in supplies
        if supply.dataset.shape == "file_drop"
        for sender in senders[supply.dataset.envelope][:1]
    ]


def _columns(supply: Supply) -> list[str]:
    return list(dict.fromkeys(name for row in supply.rows for name in row))


def trial_settings(
    department: Department, supplies: Sequence[Supply], senders: Senders, drop: Path
) -> dict[str, Any]:
    """The department's configuration: keys by reference, its services on the hub or its folder."""
    served = {supply.dataset.name for supply in supplies}
    files = [dataset for dataset in department.datasets if dataset.shape == "file_drop"]
    keys = [dict(entry) for each in senders.values() for sender in each for entry in sender.entries]
    return {
        "keys": keys,
        **({"folder": str(drop.resolve())} if files else {}),
        "datasets": {dataset.name: _settings(dataset, served) for dataset in department.datasets},
    }


def _settings(dataset: Dataset, served: set[str]) -> dict[str, Any]:
    if dataset.name not in served:
        return {"enabled": False}
    return {} if dataset.shape == "file_drop" else {"sid": service_id(dataset.name)}
