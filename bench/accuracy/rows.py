"""Departments' rows in bulk: drafts as columns become Arrow tables as the departments write them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, Self

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from bench.accuracy.calendar import Calendar
from bench.accuracy.chance import Flags, Floats, Indices
from bench.accuracy.quoting import Quoting

Column = NDArray[Any] | str
"""Texts or days, blank where not a time; or one text for all rows."""

IDENTITY: Final[dict[str, tuple[tuple[str, str], ...]]] = {
    "household_cancellations": (("GMSFHM", "XM"),),
    "identity_cards": (("GMSFHM", "XM"),),
    "border_crossings": (("GMSFHM", "XM"),),
    "detentions": (("GMSFHM", "XM"),),
    "criminal_judgments": (("SFZH", "XM"),),
    "declarations": (("SFZH", "XM"),),
    "cremations": (("ID_CARD", "NAME"),),
    "elderly_allowances": (("ID_CARD", "NAME"),),
    "marriages": (("cert_num_man", "name_man"), ("cert_num_woman", "name_woman")),
    "death_certificates": (("GMSFHM", "XM"),),
    "inpatient_stays": (("CERTNO", "PSN_NAME"),),
    "outpatient_visits": (("CERTNO", "PSN_NAME"),),
    "health_checks": (("CERTNO", "PSN_NAME"),),
    "settlements": (("certno", "psn_name"),),
    "terminations": (("certno", "psn_name"),),
    "prison_custody": (("SFZH", "XM"),),
    "community_corrections": (("SFZH", "XM"),),
}
"""The columns of each dataset that name a person; every dataset of the six departments."""


@dataclass(frozen=True)
class Contact:
    """What rows truly say about life: `genuine` where the person was there, `source` for the reports."""

    day: Indices
    strong: Flags | bool
    source: str
    genuine: bool = True


@dataclass(frozen=True)
class Draft:
    """Rows of one dataset as columns; `person` is whose number they quote, `named` whose name if another's.

    `loaded` is the load time in days; `other` is a second person where a row names two.
    """

    dataset: str
    person: Indices
    loaded: Floats
    columns: Mapping[str, Column]
    contact: Contact | None = None
    named: Indices | None = None
    other: Indices | None = None
    operation: str = "I"

    def only(self, kept: Flags, **changes: Column) -> Self:
        """Some of the rows, with some columns written anew."""
        chosen = {
            name: column if isinstance(column, str) else column[kept] for name, column in self.columns.items()
        }
        return replace(
            self,
            person=self.person[kept],
            loaded=self.loaded[kept],
            columns={**chosen, **changes},
            contact=_only(self.contact, kept),
            named=None if self.named is None else self.named[kept],
            other=None if self.other is None else self.other[kept],
        )


def _only(contact: Contact | None, kept: Flags) -> Contact | None:
    if contact is None:
        return None
    strong = contact.strong if isinstance(contact.strong, bool) else contact.strong[kept]
    return replace(contact, day=contact.day[kept], strong=strong)


@dataclass
class Archive:
    """All rows of the bench by dataset, and all contacts behind them."""

    calendar: Calendar
    quoting: Quoting
    _tables: dict[str, list[tuple[NDArray[np.datetime64], pa.Table]]] = field(default_factory=dict)
    _contacts: list[pd.DataFrame] = field(default_factory=list)

    def add(self, draft: Draft) -> None:
        """Write the rows of a draft."""
        if not len(draft.person):
            return
        loaded = self.calendar.instants(draft.loaded)
        people = (draft.person, *([] if draft.other is None else [draft.other]))
        columns: dict[str, pa.Array] = {}
        plain = np.ones(len(draft.person), bool)
        for (id_column, name_column), person in zip(IDENTITY[draft.dataset], people, strict=True):
            quoted = self.quoting.quote(person, draft.loaded, person if draft.named is None else draft.named)
            columns |= {id_column: pa.array(quoted.numbers), name_column: pa.array(quoted.names)}
            plain &= quoted.matches
        columns |= {name: _written(column, len(loaded)) for name, column in draft.columns.items()}
        columns |= {"op": _written(draft.operation, len(loaded)), "tong_time": _stamped(loaded)}
        self._tables.setdefault(draft.dataset, []).append((loaded, pa.table(columns)))
        if draft.contact:
            self._note(draft, draft.contact, plain)

    def _note(self, draft: Draft, contact: Contact, plain: Flags) -> None:
        for person in (draft.person, *([] if draft.other is None else [draft.other])):
            self._contacts.append(
                pd.DataFrame(
                    {
                        "person": person,
                        "dataset": draft.dataset,
                        "day": contact.day,
                        "loaded": draft.loaded,
                        "strong": contact.strong,
                        "genuine": contact.genuine,
                        "matches": plain,
                        "source": contact.source,
                    }
                )
            )

    def sealed(self) -> dict[str, "Rows"]:
        """The rows of each dataset in the order they are loaded."""
        return {name: _ordered(self._tables.get(name, [])) for name in IDENTITY}

    def contacts(self) -> pd.DataFrame:
        """Every contact: person, dataset, day, loaded, strong, genuine, matches (number and name), source."""
        found = pd.concat(self._contacts, ignore_index=True)
        return found.astype({"source": "category", "dataset": "category"})


@dataclass(frozen=True)
class Rows:
    """One dataset's rows by load time."""

    loaded: NDArray[np.datetime64]
    table: pa.Table

    def between(self, since: np.datetime64, until: np.datetime64) -> pa.Table:
        """The rows loaded in `[since, until)`."""
        start, end = np.searchsorted(self.loaded, [since, until])
        return self.table.slice(int(start), int(end - start))


def _ordered(parts: list[tuple[NDArray[np.datetime64], pa.Table]]) -> Rows:
    if not parts:
        return Rows(np.array([], "datetime64[s]"), pa.table({}))
    loaded = np.concatenate([part for part, _ in parts])
    table = pa.concat_tables([table for _, table in parts], promote_options="default")
    order = np.argsort(loaded, kind="stable")
    return Rows(loaded[order], table.take(pa.array(order)))


def _written(column: Column, count: int) -> pa.Array:
    if isinstance(column, str):
        return pa.repeat(pa.scalar(column), count)
    if column.dtype.kind == "M":
        days = np.datetime_as_string(column.astype("datetime64[D]"))
        return pa.array(np.where(np.isnat(column), "", days))
    return pa.array(column)


def _stamped(loaded: NDArray[np.datetime64]) -> pa.Array:
    return pa.array(np.char.replace(np.datetime_as_string(loaded), "T", " "))
