"""What is asked for and what is to be written, as values: package, datasets, columns, records."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from keyword import iskeyword
from pathlib import Path
from typing import Final, Literal

from gateway.crypto.envelopes import ENVELOPES
from gateway.errors import RequestError
from gateway.fields import SourceRow

FILE_DROP: Final = "file_drop"
KNOWN_ENVELOPES: Final = (*ENVELOPES, FILE_DROP)
OWN_FIELDS: Final = frozenset(SourceRow.model_fields)
"""Names that a mapping would take for fields of every row: a column so called is described, but not used."""

MAX_COLUMN: Final = 40
"""The longest column name; the data dictionaries seen so far stay far below it."""

_NAME: Final = re.compile(r"[a-z][a-z0-9_]{1,29}", re.ASCII)
_MAX_TITLE: Final = 30

Kind = Literal["key", "id", "name", "day", "instant", "month", "code", "text"]
Shape = Literal["service", "file_drop"]


@dataclass(frozen=True)
class WantedDataset:
    """One dataset that was asked for; `sources` are sample files, `key` is None where it is to be found."""

    name: str
    title: str
    key: str | None = None
    sources: tuple[Path, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """One department that was asked for."""

    name: str
    title: str
    datasets: tuple[WantedDataset, ...]
    envelope: str
    shape: Shape = "service"


@dataclass(frozen=True)
class ColumnPlan:
    """One column of a row: as the data dictionary names it, and as the package will.

    `why` says what a guess rests on, without a value; `form` is how days of the column are written.
    """

    alias: str
    field: str
    title: str
    kind: Kind
    why: str = ""
    codes: Mapping[str, str] = dataclasses.field(default_factory=dict)
    form: str = "%Y%m%d"
    sometimes_blank: bool = False


@dataclass(frozen=True)
class RecordPlan:
    """One record a row becomes: a class of `gateway.records`, of which `own_kind` makes a kind of its own.

    It needs the column `when` to be filled; its day is that of `day`, else at the latest that of `bounds`.
    """

    record: str
    day: str | None = None
    when: str | None = None
    about: tuple[str, str] | None = None
    texts: tuple[tuple[str, str], ...] = ()
    own_kind: str | None = None
    bounds: tuple[str, ...] = ()


@dataclass(frozen=True)
class DatasetPlan:
    """One dataset to be written; `why` says what its mapping rests on, `start` what its columns are."""

    name: str
    title: str
    class_name: str
    key: str
    columns: tuple[ColumnPlan, ...]
    emits: tuple[RecordPlan, ...]
    why: str
    start: str = ""
    masked_names: bool = False


@dataclass(frozen=True)
class PackagePlan:
    """One department to be written."""

    name: str
    title: str
    envelope: str
    shape: Shape
    datasets: tuple[DatasetPlan, ...]


def shape_for(envelope: str, shape: str | None) -> Shape:
    """The shape to be written; an envelope says it where nobody did.

    Raises:
        RequestError: no such shape, or one that this envelope is never sent in.
    """
    natural: Shape = "file_drop" if envelope == FILE_DROP else "service"
    if shape not in (None, "service", "file_drop"):
        raise RequestError("--shape: write service (pages from the hub) or file_drop (files in a folder)")
    if shape not in (None, natural):
        raise RequestError(
            f"--shape {shape} and --envelope {envelope} do not go together: files in a folder are sealed as "
            f"{FILE_DROP}, and only they"
        )
    return natural


def check_wanted(wanted: Wanted) -> None:
    """Refuse what no package can be written for.

    Raises:
        RequestError: names the flag and what to write instead.
    """
    check_name("NAME", wanted.name)
    check_title("--title", wanted.title)
    if wanted.envelope not in KNOWN_ENVELOPES:
        raise RequestError(f"--envelope: write one of {', '.join(KNOWN_ENVELOPES)}")
    if not wanted.datasets:
        raise RequestError("--dataset: name at least one, as in --dataset rail_trips:铁路实名行程")
    names = [dataset.name for dataset in wanted.datasets]
    for dataset in wanted.datasets:
        check_name("--dataset", dataset.name)
        check_title("--dataset", dataset.title)
        if names.count(dataset.name) > 1:
            raise RequestError(f"--dataset {dataset.name} is given twice: give each dataset its own name")


def check_name(flag: str, name: str) -> None:
    """Refuse a name that cannot be a Python package and a file.

    Raises:
        RequestError: names the flag and the rule.
    """
    if not _NAME.fullmatch(name) or iskeyword(name):
        raise RequestError(
            f"{flag}: a name is 2 to 30 small letters, digits and _, begins with a letter, and is no word of "
            "Python, as rail_trips"
        )


def check_title(flag: str, title: str) -> None:
    """Refuse a title that is blank, overlong or holds what would need quoting.

    Raises:
        RequestError: names the flag and the rule.
    """
    unfit = not title.isprintable() or any(sign in title for sign in '"\\`|<>')
    if not title.strip() or len(title) > _MAX_TITLE or unfit:
        raise RequestError(
            f"{flag}: a title is 1 to {_MAX_TITLE} printable characters without quotes or any of \\ ` | < >, "
            "as 铁路实名行程"
        )
