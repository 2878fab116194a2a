"""Signs many events in processes of their own, beside whoever numbers and keeps them.

A thread would not do: to sign takes about as long as to insert, and between the two the interpreter would be
handed to and fro at every event.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from functools import cache, partial
from typing import Final

from gateway.crypto.event_signing import EventSigner, load_signer
from gateway.errors import ConfigError, StoreError
from gateway.processes import workers

ENOUGH: Final = 2
"""Processes that sign: as many as keep one that writes busy."""

_A_PIECE: Final = 500
"""Signatures that a process makes at a time."""

_references: list[Sequence[str]] = []


@contextmanager
def signing_pool(
    references: Sequence[str], count: int = ENOUGH
) -> Iterator[Callable[[Sequence[bytes]], Callable[[], list[str]]]]:
    """What signs as `EventSigner.begin` does, in processes that read the keys by their references themselves.

    Raises:
        ConfigError: while waiting for signatures: a reference leads nowhere, or to no key that signs.
        StoreError: when asked to sign or while waiting: a process died; nothing is lost.
    """
    pool = workers(count, _prepare, tuple(references))
    try:
        yield partial(_begin, pool)
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(pool: Executor, bodies: Sequence[bytes]) -> Callable[[], list[str]]:
    pieces = [bodies[start : start + _A_PIECE] for start in range(0, len(bodies), _A_PIECE)]
    try:
        return partial(_awaited, [pool.submit(_sign, piece) for piece in pieces])
    except BrokenProcessPool:
        raise _died() from None


def _awaited(pieces: Sequence[Future[list[str]]]) -> list[str]:
    try:
        return [signature for piece in pieces for signature in piece.result()]
    except BrokenProcessPool:
        raise _died() from None


def _died() -> StoreError:
    return StoreError("a process that signs died (out of memory, or killed): nothing is lost, run again")


def _prepare(references: Sequence[str]) -> None:
    """Only noted here: what is wrong with a key is to be heard by who waits, not to kill the process."""
    _references.append(references)


@cache
def _signer() -> EventSigner:
    signer = load_signer(_references[-1])
    if signer is None:
        raise ConfigError("there is no key to sign with")
    return signer


def _sign(bodies: Sequence[bytes]) -> list[str]:
    return _signer().sign(bodies)
