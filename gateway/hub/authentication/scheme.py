"""What every scheme is, and the one that signs nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import httpx

from gateway.hub.retry import Retry
from gateway.hub.service import Service


@dataclass(frozen=True)
class Wire:
    """What a scheme may need to reach the hub."""

    client: httpx.AsyncClient
    retry: Retry

    def now_ms(self) -> int:
        """The present in milliseconds since 1970."""
        return int(self.retry.timing.clock().timestamp() * 1000)


class Scheme(Protocol):
    """One way of signing calls."""

    async def headers(self, service: Service) -> dict[str, str]:
        """The headers that sign one call, fetching a secret first where one is needed."""

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """The hub refused these headers: forget the secret they were made with, if it is still held."""

    async def close(self) -> None:
        """End what is still under way."""


class SecretFree:
    """What is left of a scheme whose calls are signed by what is configured: nothing is ever fetched."""

    async def expired(self, service: Service, used: Mapping[str, str]) -> None:
        """Nothing to forget."""

    async def close(self) -> None:
        """Nothing to end."""


class Unsigned(SecretFree):
    """`auth: none`: nothing is signed; for tests and local simulators."""

    async def headers(self, service: Service) -> dict[str, str]:  # noqa: ARG002 - the interface's parameter
        """No headers."""
        return {}


def named(service: Service, time_ms: str, signature: str) -> dict[str, str]:
    """The four names of the national scheme with their values."""
    values = {"rid": service.rid, "sid": service.sid, "rtime": time_ms, "sign": signature}
    return {f"{service.family}_{name}": value for name, value in values.items()}


def signed_message(service: Service, time_ms: str) -> bytes:
    """What the national sign is over: sid, rid and the time in milliseconds, without separators."""
    return f"{service.sid}{service.rid}{time_ms}".encode()
