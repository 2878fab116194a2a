"""Connections that are kept for the next exchange, apart by what may be reached over them."""

import asyncio
from collections import defaultdict, deque
from typing import Final, NamedTuple

from gateway.delivery.addresses import AddressRules
from gateway.delivery.exchange import Connection

_KEPT_S: Final = 4.0
"""Common receivers end an idle connection after five seconds: ours ends first."""


class Key(NamedTuple):
    """What two exchanges share that may use one connection.

    The rules are part of it: a connection that one subscriber's rules opened is never used under others.
    """

    rules: AddressRules
    scheme: str
    host: str
    port: int


class Pool:
    """Idle connections, the one used last to be used first."""

    def __init__(self) -> None:
        self._idle: defaultdict[Key, deque[tuple[float, Connection]]] = defaultdict(deque)
        self._sweep: asyncio.TimerHandle | None = None

    def take(self, key: Key) -> Connection | None:
        """One that still stands, or None."""
        idle = self._idle.get(key)
        while idle:
            since, connection = idle.pop()
            if connection.usable and _now() - since < _KEPT_S:
                return connection
            connection.abort()
        return None

    def keep(self, key: Key, connection: Connection) -> None:
        """Keep one whose exchange is over."""
        if connection.usable:
            self._idle[key].append((_now(), connection))
            self._sweep = self._sweep or asyncio.get_running_loop().call_later(_KEPT_S, self._drop_old)

    def close(self) -> None:
        """End them all."""
        if self._sweep is not None:
            self._sweep.cancel()
        for idle in self._idle.values():
            for _, connection in idle:
                connection.abort()
        self._idle.clear()

    def _drop_old(self) -> None:
        before = _now() - _KEPT_S
        for key, idle in list(self._idle.items()):
            while idle and idle[0][0] <= before:
                idle.popleft()[1].abort()
            if not idle:
                del self._idle[key]
        self._sweep = asyncio.get_running_loop().call_later(_KEPT_S, self._drop_old) if self._idle else None


def _now() -> float:
    return asyncio.get_running_loop().time()
