"""Signs many events in processes of their own, beside whoever numbers and keeps them.

A thread would not do: to sign takes about as long as to insert, and between the two the interpreter would be
handed to and fro at every event.
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from types import TracebackType
from typing import Final, Self

from gateway.crypto.event_signing import EventSigner, load_signer
from gateway.errors import ConfigError, StoreError
from gateway.processes import workers

_A_PIECE: Final = 500
"""Signatures that a process makes at a time."""

_signers: list[EventSigner] = []


class SigningPool:
    """Signs as `EventSigner` does; every process reads the keys by their references, none is handed over."""

    def __init__(self, references: Sequence[str], count: int) -> None:
        self._pool = workers(count, _prepare, tuple(references))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def begin(self, bodies: Sequence[bytes]) -> Callable[[], list[str]]:
        """Have these bodies signed, and give what waits for their signatures, in order.

        Raises:
            StoreError: now or while waiting: a process died; nothing is lost.
        """
        pieces = [bodies[start : start + _A_PIECE] for start in range(0, len(bodies), _A_PIECE)]
        try:
            return partial(_awaited, [self._pool.submit(_sign, piece) for piece in pieces])
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
    signer = load_signer(references)
    if signer is None:
        raise ConfigError("there is no key to sign with")
    _signers.append(signer)


def _sign(bodies: Sequence[bytes]) -> list[str]:
    return _signers[-1].sign(bodies)
