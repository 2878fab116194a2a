"""Explanations as they are kept: compressed one by one with what they have in common, a dictionary of zstd.

An explanation has some 900 bytes, and but for ids and days it is one of a few hundred: with a dictionary it
takes 70, without one 400. A frame says which dictionary it was made with; none is ever changed or removed.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from sqlalchemy import Connection, insert, select
from zstandard import (
    ZstdCompressionDict,
    ZstdCompressor,
    ZstdDecompressor,
    ZstdError,
    get_frame_parameters,
    train_dictionary,
)

from gateway.store.tables import DICTIONARIES

_LEVEL: Final = 3
_SIZE: Final = 16_384
_ENOUGH: Final = 1000
"""Texts without which none is made; of so many it is made."""

_WORSE: Final = 1.25
"""A dictionary no longer fits where texts take so many times what those took that it was made of."""

_NO_DICTIONARY: Final = 0
_FIRST_NUMBER: Final = 32_768
"""Smaller numbers are kept for dictionaries that everybody knows (RFC 8878, 5.)."""


def pack(conn: Connection, run_id: int, texts: Iterable[str]) -> list[bytes]:
    """Compress texts that are much alike; a run whose texts no dictionary fits makes one, and only one."""
    plain = [text.encode() for text in texts]
    last = conn.execute(select(DICTIONARIES).order_by(DICTIONARIES.c.run_id.desc()).limit(1)).one_or_none()
    packed = _compressed(plain, ZstdCompressionDict(last.content) if last else None)
    if last and (last.run_id >= run_id or _share(packed, plain) <= _WORSE * last.share):
        return packed
    made = _trained(run_id, plain)
    if made is None:
        return packed
    packed = _compressed(plain, made)
    row = {"run_id": run_id, "content": made.as_bytes(), "share": _share(packed, plain)}
    conn.execute(insert(DICTIONARIES).values(row))
    return packed


def unpack(conn: Connection, packed: Sequence[bytes]) -> list[str]:
    """The texts again, in order."""
    of = DICTIONARIES.c
    numbers = [get_frame_parameters(each).dict_id for each in packed]
    wanted = {number - _FIRST_NUMBER for number in numbers if number != _NO_DICTIONARY}
    found = conn.execute(select(of.run_id, of.content).where(of.run_id.in_(wanted))) if wanted else ()
    readers = {_FIRST_NUMBER + run_id: _reader(content) for run_id, content in found}
    readers[_NO_DICTIONARY] = ZstdDecompressor()
    own = map(readers.__getitem__, numbers)
    return [reader.decompress(each).decode() for reader, each in zip(own, packed, strict=True)]


def _trained(run_id: int, plain: Sequence[bytes]) -> ZstdCompressionDict | None:
    """A dictionary made of these texts; none where they are few or have nothing in common."""
    if len(plain) < _ENOUGH:
        return None
    some: list[bytes | bytearray | memoryview] = [*plain[:: len(plain) // _ENOUGH][:_ENOUGH]]
    try:
        return train_dictionary(_SIZE, some, dict_id=_FIRST_NUMBER + run_id)
    except ZstdError:
        return None


def _compressed(plain: Iterable[bytes], dictionary: ZstdCompressionDict | None) -> list[bytes]:
    return list(map(ZstdCompressor(level=_LEVEL, dict_data=dictionary).compress, plain))


def _share(packed: Iterable[bytes], plain: Iterable[bytes]) -> float:
    return sum(map(len, packed)) / max(1, sum(map(len, plain)))


def _reader(content: bytes) -> ZstdDecompressor:
    return ZstdDecompressor(dict_data=ZstdCompressionDict(content))
