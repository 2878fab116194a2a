"""From a receiver's name to a connection: resolved once, and only what was judged is connected to."""

import asyncio
import socket
import ssl
from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address
from typing import Final

from gateway.delivery.addresses import Address, AddressRules
from gateway.delivery.exchange import Connection
from gateway.delivery.outcome import NoAnswer, Reason, lost
from gateway.delivery.targets import Target

Lookup = Callable[[str], Awaitable[Sequence[Address]]]
"""Gives the addresses of a name.

Raises:
    OSError: there are none.
"""

_THREADS: Final = 8
_NEXT_AFTER_S: Final = 3.0
"""How long an address may be silent before the next one of the same name is tried."""


class SystemLookup:
    """Asks the operating system, on threads of its own: a slow name server must not hold up the database."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="lookup")

    async def __call__(self, host: str) -> Sequence[Address]:
        """The addresses of a name, in the system's order of preference."""
        loop = asyncio.get_running_loop()
        found = await loop.run_in_executor(self._threads, _getaddrinfo, host)
        return list(dict.fromkeys(ip_address(address) for address in found))

    def close(self) -> None:
        """Take no more questions; one that hangs is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _getaddrinfo(host: str) -> list[str]:
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    return [str(sockaddr[0]) for *_, sockaddr in found]


async def connect(target: Target, rules: AddressRules, lookup: Lookup, tls: ssl.SSLContext) -> Connection:
    """A connection to the first permitted address that takes one, verified where the target is https.

    Raises:
        NoAnswer: no address, none that may be called, or none that takes a connection.
    """
    *first, last = _permitted(await _addresses(target, lookup), rules)
    for address in first:
        try:
            async with asyncio.timeout(_NEXT_AFTER_S):
                return await _open(target, address, tls)
        except OSError:  # TimeoutError is one
            continue
    try:
        return await _open(target, last, tls)
    except OSError as error:
        told = lost(error)
    raise told


async def _addresses(target: Target, lookup: Lookup) -> Sequence[Address]:
    if target.address is not None:
        return [target.address]
    try:
        found = await lookup(target.host)
    except (OSError, UnicodeError):
        found = []
    if not found:
        raise NoAnswer(Reason.NO_ADDRESS, "the name has no address")
    return found


def _permitted(found: Sequence[Address], rules: AddressRules) -> list[Address]:
    permitted = [address for address in found if rules.refusal(address) is None]
    if not permitted:
        raise NoAnswer(Reason.REFUSED_ADDRESS, f"the target's address {rules.refusal(found[0])}")
    return permitted


async def _open(target: Target, address: Address, tls: ssl.SSLContext) -> Connection:
    """Connects to the address itself, in digits: nothing is looked up again."""
    secure = target.scheme == "https"
    _, connection = await asyncio.get_running_loop().create_connection(
        Connection,
        str(address),
        target.port,
        ssl=tls if secure else None,
        server_hostname=target.host if secure else None,
    )
    return connection
