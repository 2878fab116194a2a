"""What a roster file is: its digest, and the encoding of its text."""

import codecs
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.errors import ConfigError

REPLACEMENT: Final = "\ufffd"
"""Stands for bytes that could not be read; a row that has it in a name is imported, but in doubt."""

_BLOCK: Final = 1 << 20
_PARQUET: Final = b"PAR1"
_UTF8: Final = "utf-8-sig"
_GB18030: Final = "gb18030"
_BYTES_PER_DAMAGE: Final = 10_000


@dataclass(frozen=True)
class Source:
    """A roster file; `encoding` is None for Parquet."""

    path: Path
    sha256: str
    encoding: str | None


def examine(path: Path, encoding: str | None = None) -> Source:
    """Read a file once or twice to know what it is; an encoding that is given is not questioned.

    Raises:
        ConfigError: the file cannot be read, or is neither Parquet nor UTF-8 nor GB18030.
    """
    try:
        with path.open("rb") as file:
            is_parquet = file.read(len(_PARQUET)) == _PARQUET
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if is_parquet:
            return Source(path, digest, None)
        return Source(path, digest, _named(encoding) if encoding else _detected(path))
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot be read ({error.strerror}); name a readable file") from None


def _named(encoding: str) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise ConfigError(f"encoding {encoding}: unknown; write utf-8 or gb18030") from None
    return _UTF8 if name == "utf-8" else name


def _detected(path: Path) -> str:
    """UTF-8 where every byte fits; else whichever of the two leaves less unread, if that is little."""
    damage = {_UTF8: _damage(path, _UTF8)}
    if damage[_UTF8] == 0:
        return _UTF8
    damage[_GB18030] = _damage(path, _GB18030)
    best = min(damage, key=lambda name: damage[name])
    if damage[best] > 1 + path.stat().st_size // _BYTES_PER_DAMAGE:
        raise ConfigError(
            f"{path.name}: neither UTF-8 nor GB18030 nor Parquet; export it again as one of these"
        )
    return best


def _damage(path: Path, encoding: str) -> int:
    decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
    read = sum(decoder.decode(block).count(REPLACEMENT) for block in _blocks(path))
    return read + decoder.decode(b"", final=True).count(REPLACEMENT)


def _blocks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block
