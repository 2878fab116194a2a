"""What is to be written down in a month: which record, about whom, loaded when, and what is wrong with it."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa

from bench.data.calendar import Month
from bench.data.chance import Flags, Numbers, below, chosen, hashes, shares
from bench.data.people import DEATHS_A_MONTH, PRISONERS_A_MONTH, People
from bench.data.text import Letters, beside, constant, digits, stamps

ROWS_A_BENEFIT: Final = 10 / 3
"""Fifty million rows a month for fifteen million benefits."""

SUPERSEDING: Final = 0.01
_MOVED: Final = 0.1
"""Of the superseding rows: those that name somebody else than the version before them."""

BAD: Final = 0.01
FAULTS: Final = ("check_digit", "date", "key", "id_form", "future")

_SHARES: Final[Mapping[str, float]] = MappingProxyType(
    {
        "outpatient_visits": 0.14,
        "elderly_allowances": 0.06,
        "health_checks": 0.05,
        "inpatient_stays": 0.04,
        "border_crossings": 0.035,
        "identity_cards": 0.012,
        "marriages": 0.001,
    }
)
"""Of all rows of a month; settlements are what is left."""

_STRUCK: Final[Mapping[str, tuple[str, float, float]]] = MappingProxyType(
    {
        "death_certificates": ("death", DEATHS_A_MONTH, 0.9),
        "household_cancellations": ("death", DEATHS_A_MONTH, 0.85),
        "cremations": ("death", DEATHS_A_MONTH, 0.7),
        "terminations": ("death", DEATHS_A_MONTH, 0.6),
        "prison_custody": ("prison", PRISONERS_A_MONTH, 1.0),
        "criminal_judgments": ("prison", PRISONERS_A_MONTH, 0.8),
        "detentions": ("detention", 0.0002, 1.0),
        "community_corrections": ("correction", 0.001, 1.0),
        "declarations": ("declaration", 0.00003, 1.0),
    }
)
"""What befalls people on the roster: in which words, how many a month, how many of these the dataset has."""

SETTLEMENTS: Final = "settlements"
FULL_PAGES: Final = (SETTLEMENTS, *_SHARES)
"""The datasets with enough rows for whole pages; they come in four of the envelopes."""

DATASETS: Final = (*FULL_PAGES, *_STRUCK)
_REDRAWN: Final = 3
_SECONDS_A_DAY: Final = 86_400
_LONGEST_DELAY: Final = 12


@dataclass(frozen=True)
class Draft:
    """Some rows of one dataset and month; `records` tell records apart, `versions` their versions."""

    people: People
    month: Month
    dataset: str
    records: Numbers
    versions: Numbers
    persons: Numbers
    loaded: Numbers

    def __len__(self) -> int:
        return len(self.records)

    def below(self, bound: int, purpose: str) -> Numbers:
        """A number in [0, bound) for each row."""
        return below(bound, self.people.seed, f"{self.dataset} {purpose}", self.versions)

    def chosen(self, share: float, purpose: str) -> Flags:
        """Whether something is so of each row that is so of this share of all."""
        return chosen(share, self.people.seed, f"{self.dataset} {purpose}", self.versions)

    @cached_property
    def faults(self) -> Numbers:
        """For each what is wrong with it, as a place in FAULTS; -1 for nothing."""
        return np.where(self.chosen(BAD, "bad"), self.below(len(FAULTS), "fault"), -1)

    def has(self, fault: str) -> Flags:
        """Which rows have this wrong with them."""
        found: Flags = self.faults == FAULTS.index(fault)
        return found

    @property
    def days(self) -> Numbers:
        """The day on which it happened, in days since 1970: up to twelve days before it was loaded."""
        return self.loaded // _SECONDS_A_DAY - 1 - self.below(_LONGEST_DELAY, "delay")

    @property
    def seconds(self) -> Numbers:
        """The moment at which it happened, at an office hour, in seconds since 1970."""
        return self.days * _SECONDS_A_DAY + 28_800 + self.below(36_000, "moment")

    @property
    def load_times(self) -> Letters:
        """`tong_time`."""
        return stamps(self.loaded)

    @property
    def ids(self) -> Letters:
        """ID numbers as they were typed: now and then in the 15-place form, or with a small x."""
        typed = self.people.id_numbers(self.persons).copy()
        typed[(typed == ord("X")) & self.chosen(0.05, "small x")[:, None]] = ord("x")
        short = self.chosen(0.005, "short form")
        typed[short, :15] = np.concatenate((typed[short, :6], typed[short, 8:17]), axis=1)
        typed[short, 15:] = 0
        return typed

    @property
    def names(self) -> pa.Array:
        """Names as they were told."""
        rows = hashes(self.people.seed, f"{self.dataset} told", self.versions).astype(np.int64)
        return _names(self.people).take(pa.array(self.people.names_as_told(self.persons, rows)))

    def key(self, prefix: str) -> Letters:
        """The record's key: 32 places."""
        mixed = hashes(self.people.seed, prefix, self.records) % np.uint64(10**16)
        serial = digits(self.records, 12)
        return beside(constant(f"99{prefix}", len(self)), digits(mixed.astype(np.int64), 16), serial)

    def insured(self) -> Letters:
        """The person's number at the medical insurance: 30 places."""
        return beside(constant("99YB4300000000", len(self)), digits(self.persons, 16))

    def certificate(self) -> Letters:
        """The number of the certificate of the person's death, in whichever dataset it is named."""
        return beside(constant("99SW", len(self)), digits(self.persons, 12))


def draft(people: People, month: Month, dataset: str) -> "Plan":
    """Everything of a dataset that is loaded in a month."""
    if dataset in _STRUCK:
        return _struck(people, month, dataset)
    return Plan(people, month, dataset, _count(people, dataset))


@dataclass(frozen=True)
class Plan:
    """A dataset's rows of a month, to be drafted piece by piece; `struck` are (person, version)s."""

    people: People
    month: Month
    dataset: str
    rows: int
    struck: tuple[Numbers, Numbers] | None = None

    def pieces(self, size: int) -> Iterator[tuple[int, int]]:
        """The rows from and to which each piece reaches."""
        return ((start, min(start + size, self.rows)) for start in range(0, self.rows, size))

    def between(self, start: int, end: int) -> Draft:
        """The rows of this place in the order of loading."""
        places = np.arange(start, end)
        loaded = self.month.starts_at + places * self.month.seconds // max(self.rows, 1)
        records, versions, persons = self._struck(start, end) if self.struck else self._drawn(places)
        return Draft(self.people, self.month, self.dataset, records, versions, persons, loaded)

    def _struck(self, start: int, end: int) -> tuple[Numbers, Numbers, Numbers]:
        assert self.struck  # noqa: S101 - asked by the one caller
        persons, versions = (column[start:end] for column in self.struck)
        return persons, persons * 2 + versions, persons

    def _drawn(self, places: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """New records and other versions of old ones: of last month's, in the first month of its own.

        Two rows of a record are never of one second, in which a large dataset loads several: their key and
        load time tell versions apart.
        """
        seed, versions = self.people.seed, self.month.number * self.rows + places
        again = chosen(SUPERSEDING, seed, f"{self.dataset} again", versions)
        own = (places + self.rows // 2) % max(self.rows, 1)
        before = versions - self.rows if self.month.number else own
        records = np.where(again, before, versions)
        moved = again & chosen(_MOVED, seed, f"{self.dataset} moved", versions)
        return records, versions, self._living(np.where(moved, ~records, records))

    def _living(self, records: Numbers) -> Numbers:
        """Whom each record names: somebody who can have been there."""
        seed, known = self.people.seed, self.people.known
        persons = below(known, seed, f"{self.dataset} person", records)
        for turn in range(_REDRAWN):
            absent = np.flatnonzero(self.people.absent(persons, self.month.number))
            persons[absent] = below(known, seed, f"{self.dataset} person {turn}", records[absent])
        return persons


def month_rows(people: People) -> int:
    """How many rows the datasets that are served have in a month, but for what strikes people."""
    return round(people.benefits * ROWS_A_BENEFIT)


def _count(people: People, dataset: str) -> int:
    every = month_rows(people)
    others = {name: round(share * every) for name, share in _SHARES.items()}
    if dataset in others:
        return others[dataset]
    struck = sum(people.on_roster * share * part for _, share, part in _STRUCK.values())
    return every - sum(others.values()) - round(struck)


def _struck(people: People, month: Month, dataset: str) -> Plan:
    """Whom it befalls in the month, and newer versions of a hundredth of last month's rows at its end."""
    what, share, part = _STRUCK[dataset]

    def known(number: int) -> Numbers:
        persons = people.struck(number, share, what)
        return persons[shares(people.seed, f"{dataset} known", persons) < part]

    new, old = known(month.number), known(max(month.number - 1, 0))
    again = old[chosen(SUPERSEDING, people.seed, f"{dataset} again", old)]
    persons = np.concatenate((new, again))
    versions = np.concatenate((np.zeros(len(new), np.int64), np.ones(len(again), np.int64)))
    return Plan(people, month, dataset, len(persons), (persons, versions))


def _names(people: People) -> pa.Array:
    return pa.array(people.names)
