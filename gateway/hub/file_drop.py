"""What a department has dropped in its folder: whole files, in order, nothing before its `.ok`.

Only names and sizes are looked at here; `gateway.crypto.file_drop` opens what is found ready.
"""

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime, time
from pathlib import Path
from typing import Final, Literal, NamedTuple

from gateway.clock import add_months
from gateway.errors import HubUnavailable

LARGEST_FILE: Final = 2 * 1024**3
LARGEST_MANIFEST: Final = 64 * 1024
_NAME: Final = re.compile(
    r"(?P<stem>(?P<dataset>[a-z][a-z0-9_]{0,62})_(?P<period>20[0-9]{2}(?:0[1-9]|1[0-2]))_(?P<seq>[0-9]{1,9}))"
    r"(?P<kind>\.zip\.enc|\.manifest\.json|\.ok)"
)

Rule = Literal[
    "name_not_understood",
    "sequence_missing",
    "sequence_unfinished",
    "sequence_twice",
    "file_missing",
    "manifest_missing",
    "not_a_file_of_the_folder",
    "too_large",
]
_NEEDED: Final[dict[str, Rule]] = {
    ".ok": "sequence_unfinished",
    ".zip.enc": "file_missing",
    ".manifest.json": "manifest_missing",
}


@dataclass(frozen=True)
class DropFile:
    """A file that is complete and next in order; sizes in bytes, `period` as yyyyMM."""

    dataset: str
    period: str
    seq: int
    path: Path
    manifest: Path
    size: int

    @property
    def name(self) -> str:
        """The file's name without its folder."""
        return self.path.name


@dataclass(frozen=True)
class DropRefusal:
    """A file that is not taken, and why; from the `seq` it names on nothing is taken."""

    file: str
    rule: Rule
    seq: int | None = None


class Ready(NamedTuple):
    """What can be taken now, in order, and what stands in the way."""

    files: list[DropFile]
    refusals: list[DropRefusal]


@dataclass(frozen=True)
class _Name:
    dataset: str
    period: str
    seq: int
    stem: str
    kind: str


def period_end(period: str) -> datetime:
    """The instant the window of a period (yyyyMM) reaches to: the next month's first, Asia/Shanghai.

    Raises:
        ValueError: not a period.
    """
    if not re.fullmatch(r"[0-9]{6}", period):
        raise ValueError("a period is written yyyyMM")
    return datetime.combine(add_months(date(int(period[:4]), int(period[4:]), 1), 1), time())


def ready_files(folder: Path, dataset: str, after_seq: int, largest: int = LARGEST_FILE) -> Ready:
    """The files of a dataset that follow number `after_seq` (0: none taken yet) and are complete.

    The first gap, unfinished or unsound file ends the list and is named in the refusals. A last file
    without its `.ok` is still being written: it is neither ready nor refused.

    Raises:
        HubUnavailable: the folder cannot be read.
    """
    try:
        names = sorted(entry.name for entry in folder.iterdir())
        root = folder.resolve(strict=True)
        return _ready(root, dataset, after_seq, names, largest)
    except OSError as failure:
        raise HubUnavailable(
            f"{dataset}: the drop folder cannot be read ({type(failure).__name__}): check that it is mounted"
        ) from None


def newest_file(folder: Path, dataset: str, largest: int = LARGEST_FILE) -> Ready:
    """The dataset's last finished file, whatever came before it, or what is wrong with it.

    Raises:
        HubUnavailable: the folder cannot be read.
    """
    names: list[str] = []
    with suppress(OSError):  # a folder that cannot be read is named below
        names = [entry.name for entry in folder.iterdir()]
    parts = (part for part in map(_parse, names) if part and part.dataset == dataset)
    last = max((part.seq for part in parts if part.kind == ".ok"), default=1)
    return ready_files(folder, dataset, last - 1, largest)


def _ready(root: Path, dataset: str, after_seq: int, names: Sequence[str], largest: int) -> Ready:
    misnamed = [DropRefusal(name, "name_not_understood") for name in names if _is_misnamed(name, dataset)]
    parts = [part for part in map(_parse, names) if part and part.dataset == dataset and part.seq > after_seq]
    finished = [part.seq for part in parts if part.kind == ".ok"]
    files: list[DropFile] = []
    for seq in range(after_seq + 1, max(finished, default=0) + 1):
        found = _judged(root, seq, parts, largest)
        if isinstance(found, DropRefusal):
            return Ready(files, [found, *misnamed])
        files.append(found)
    return Ready(files, misnamed)


def _judged(root: Path, seq: int, parts: Sequence[_Name], largest: int) -> DropFile | DropRefusal:
    here = [part for part in parts if part.seq == seq]
    if not here:
        following = min((part for part in parts if part.seq > seq), key=lambda part: part.seq)
        return DropRefusal(f"{following.stem}.zip.enc", "sequence_missing", seq)
    file = f"{here[0].stem}.zip.enc"
    kinds = {part.kind for part in here}
    if len({part.stem for part in here}) > 1:
        return DropRefusal(file, "sequence_twice", seq)
    for kind, rule in _NEEDED.items():
        if kind not in kinds:
            return DropRefusal(file, rule, seq)
    return _sized(root, here[0], largest)


def _sized(root: Path, name: _Name, largest: int) -> DropFile | DropRefusal:
    file, manifest = root / f"{name.stem}.zip.enc", root / f"{name.stem}.manifest.json"
    if not all(_is_plain_file_in(root, path) for path in (file, manifest, root / f"{name.stem}.ok")):
        return DropRefusal(file.name, "not_a_file_of_the_folder", name.seq)
    size = file.stat().st_size
    if size > largest or manifest.stat().st_size > LARGEST_MANIFEST:
        return DropRefusal(file.name, "too_large", name.seq)
    return DropFile(name.dataset, name.period, name.seq, file, manifest, size)


def _is_plain_file_in(root: Path, path: Path) -> bool:
    """Whether a path is a regular file that a symbolic link does not lead out of the folder."""
    target = path.resolve()
    return target.parent == root and target.is_file()


def _parse(name: str) -> _Name | None:
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    return _Name(found["dataset"], found["period"], int(found["seq"]), found["stem"], found["kind"])


def _is_misnamed(name: str, dataset: str) -> bool:
    """Whether a finished file seems to be this dataset's and has a name that cannot be used."""
    return name.startswith(f"{dataset}_") and name.endswith(".ok") and _parse(name) is None
