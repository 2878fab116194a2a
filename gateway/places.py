"""Where parts are kept: a folder of this machine, or one of any file system that fsspec knows.

What must be on this machine wherever the parts are - locks, what a query spills, files that are mapped into
memory - is in `local_folder`.
"""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from errno import EIO
from pathlib import Path
from typing import BinaryIO, Final, Self, TypeAlias, cast
from urllib.parse import urlsplit
from uuid import uuid4

import fsspec

from gateway.errors import ConfigError

_COPIES: Final = "copies"
_COPIES_KEPT: Final = 8


@dataclass(frozen=True)
class Remote:
    """A folder or file of a file system by its URL (`s3://bucket/path`); `local` stays the same below it.

    Credentials and endpoints are fsspec's own: its configuration files or the environment.
    """

    url: str
    local: Path

    def __truediv__(self, name: str) -> Self:
        return type(self)(f"{self.url}/{name}", self.local)

    def __str__(self) -> str:
        return self.url

    def as_posix(self) -> str:
        """As DuckDB and Spark are told where a part is."""
        return self.url

    @property
    def name(self) -> str:
        return self.url.rpartition("/")[2]

    @property
    def parent(self) -> Self:
        return type(self)(self.url.rpartition("/")[0], self.local)

    @property
    def system(self) -> fsspec.AbstractFileSystem:
        """The file system; kept and shared by fsspec.

        Raises:
            ConfigError: what speaks its protocol is not installed.
        """
        protocol = urlsplit(self.url).scheme
        try:
            return fsspec.filesystem(protocol)
        except ImportError as error:
            raise ConfigError(f"evidence: {protocol}:// is not to be had: {error}") from None
        except ValueError:
            raise ConfigError(f"evidence: fsspec knows no file system {protocol}://") from None

    def exists(self) -> bool:
        with _reaching():
            return bool(self.system.exists(self.url))

    def open(self) -> BinaryIO:
        """The file, to be read; bytes are fetched as they are asked for."""
        with _reaching():
            return cast("BinaryIO", self.system.open(self.url, "rb"))

    def take(self, file: Path) -> None:
        """Put a file of this machine in this place: whole, or not at all on an object store."""
        with _reaching():
            self.system.makedirs(self.parent.url, exist_ok=True)
            self.system.put_file(str(file), self.url)

    def bring(self, file: Path) -> None:
        """Make a copy on this machine."""
        with _reaching():
            self.system.get_file(self.url, str(file))

    def unlink(self, *, missing_ok: bool = False) -> None:
        with suppress(FileNotFoundError) if missing_ok else nullcontext(), _reaching():
            self.system.rm_file(self.url)

    def files(self) -> list[str]:
        """The files one folder down, each as `folder/name`; as they are now, not as they were looked up."""
        with _reaching():
            self.system.invalidate_cache()
            found = self.system.glob(f"{self.url}/*/*", detail=True).values()
        return ["/".join(each["name"].split("/")[-2:]) for each in found if each["type"] == "file"]


@contextmanager
def _reaching() -> Iterator[None]:
    """Let every file system fail as the disk does; a driver's own texts may name more than they should."""
    try:
        yield
    except (OSError, ConfigError):
        raise
    except Exception as error:  # noqa: BLE001 - each driver has errors of its own
        raise OSError(EIO, type(error).__name__) from None


Place: TypeAlias = Path | Remote


def place_of(written: object) -> object:
    """A place as the configuration writes it: a URL, else a path."""
    if not isinstance(written, str) or "://" not in written:
        return written
    if written.startswith("file://"):
        return Path(written.removeprefix("file://"))
    return Remote(written.rstrip("/"), Path())


def rooted(place: Place, folder: Path, work: Path) -> Place:
    """A place relative to a folder, and so what of it must be on this machine."""
    if isinstance(place, Path):
        return (folder / place).resolve()
    return replace(place, local=(folder / work).resolve())


def local_folder(place: Place) -> Path:
    """The folder on this machine that goes with a place: itself where it is here."""
    return place if isinstance(place, Path) else place.local


def files_below(place: Place) -> list[str]:
    """The files one folder down, each as `folder/name`."""
    if isinstance(place, Remote):
        return place.files()
    return [file.relative_to(place).as_posix() for file in place.glob("*/*") if file.is_file()]


def opened(place: Place) -> BinaryIO:
    """A file, to be read."""
    return place.open("rb") if isinstance(place, Path) else place.open()


def here(place: Place, *beside: str) -> Path:
    """A file as one of this machine: itself, or a copy; with it those `beside` it, by suffix.

    Files are never changed once they are written, so a copy is made once; only the newest copies are kept.
    """
    if isinstance(place, Path):
        return place
    folder = place.local / _COPIES
    folder.mkdir(parents=True, exist_ok=True)
    stem, _, _ = place.name.rpartition(".")
    for name in (*(f"{stem}{suffix}" for suffix in beside), place.name):
        _copy(place.parent / name, folder / name, needed=name == place.name)
    _forget(folder, but=f"{stem}.")
    return folder / place.name


def _copy(remote: Remote, copy: Path, *, needed: bool) -> None:
    if copy.exists() or not (needed or remote.exists()):
        return
    whole = copy.with_name(f".{copy.name}.{uuid4().hex}")
    remote.bring(whole)
    whole.replace(copy)


def _forget(folder: Path, but: str) -> None:
    """Who has an older copy mapped keeps it: its name goes, not its bytes."""
    newest_first = sorted(folder.iterdir(), key=lambda file: file.stat().st_mtime, reverse=True)
    for old in newest_first[_COPIES_KEPT:]:
        if not old.name.startswith(but):
            old.unlink(missing_ok=True)


@contextmanager
def uploading(remote: Remote) -> Iterator[BinaryIO]:
    """Write a file that is put in its place when all went well; until then it is on this machine."""
    folder = remote.local / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / uuid4().hex
    try:
        with file.open("wb") as waiting:
            yield waiting
        remote.take(file)
    finally:
        file.unlink(missing_ok=True)
