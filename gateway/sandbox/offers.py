"""What the simulated hub serves: one offer for each dataset, of the six departments or of any other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from gateway.sandbox.columns import DATASETS, SERVED_DATASETS
from gateway.sandbox.keys import SIX, SandboxKeys, Sender
from gateway.sandbox.pages import Fields, to_xml
from gateway.sandbox.province import Province
from gateway.sandbox.sealing import compact

Window = Callable[[datetime, datetime, datetime], list[Fields]]
"""The rows loaded in [since, until) that are still served at a moment; times are naive, Asia/Shanghai."""


@dataclass(frozen=True, slots=True, repr=False)
class Offer:
    """One dataset: whose it is, the rows of a window, and how a page of them is written and sealed.

    `senders` seal it, the oldest generation of keys first.
    """

    dataset: str
    department: str
    window: Window
    envelope: str
    senders: tuple[Sender, ...]
    write: Callable[[list[Fields]], str] = compact


def offers_of(province: Province, keys: SandboxKeys) -> Mapping[str, Offer]:
    """What the six departments of a province serve, by dataset."""
    return {dataset: _offer(dataset, province, keys) for dataset in SERVED_DATASETS}


def _offer(dataset: str, province: Province, keys: SandboxKeys) -> Offer:
    department = DATASETS[dataset].department
    return Offer(
        dataset,
        department,
        partial(_rows, province, dataset),
        SIX[department],
        keys.senders[department],
        to_xml if dataset == "death_certificates" else compact,
    )


def _rows(province: Province, dataset: str, since: datetime, until: datetime, now: datetime) -> list[Fields]:
    return [row.fields for row in province.window(dataset, since, until, now=now)]
