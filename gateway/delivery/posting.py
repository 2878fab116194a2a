"""The one way out to a receiver: checked addresses, verified TLS, one deadline, a capped answer, no redirect.

It speaks HTTP/1.1 over asyncio with llhttp's parser: a general client costs more than a signed event may
(docs/decisions.md).
"""

import asyncio
import re
import ssl
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Final, Self

from gateway.delivery.addresses import AddressRules
from gateway.delivery.connecting import Lookup, SystemLookup, connect
from gateway.delivery.exchange import MAX_BODY, Heard
from gateway.delivery.outcome import Answer, Failure, NoAnswer, Reason
from gateway.delivery.pool import Key, Pool
from gateway.delivery.targets import Target
from gateway.errors import ConfigError

__all__ = ["MAX_BODY", "Answer", "Failure", "Reason", "Sender", "trusting"]

_OWN_HEADERS: Final = "accept: */*\r\naccept-encoding: identity\r\nuser-agent: certification-gateway\r\n"
_BREAKS: Final = re.compile(r"[\r\n\0]")


class Sender:
    """Posts to receivers, from one event loop, with kept connections.

    No cookie, no proxy of the environment, no redirect. How many exchanges run at a time is for the caller to
    limit.

    Args:
        tls: how receivers are verified; see `trusting`.
        lookup: gives the addresses of a name; the operating system's by default.
    """

    def __init__(self, tls: ssl.SSLContext | None = None, lookup: Lookup | None = None) -> None:
        self._tls = tls or trusting(None)
        self._system = SystemLookup()
        self._lookup: Lookup = lookup or self._system
        self._pool = Pool()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.close()
        self._system.close()

    async def post(
        self, target: Target, headers: Mapping[str, str], body: bytes, rules: AddressRules, deadline: float
    ) -> Answer | Failure:
        """Send one delivery and read the answer, all within `deadline` seconds."""
        length = {"content-length": str(len(body))}
        return await self._send(target, _head("POST", target, {**headers, **length}) + body, rules, deadline)

    async def options(
        self, target: Target, headers: Mapping[str, str], rules: AddressRules, deadline: float
    ) -> Answer | Failure:
        """Ask for consent, as CloudEvents' web hooks do before the first delivery; otherwise as `post`."""
        return await self._send(target, _head("OPTIONS", target, headers), rules, deadline)

    async def _send(
        self, target: Target, request: bytes, rules: AddressRules, deadline: float
    ) -> Answer | Failure:
        began = monotonic()
        key = Key(rules, target.scheme, target.host, target.port)
        try:
            async with asyncio.timeout(deadline):
                heard = await self._kept(key, request) or await self._new(key, target, request)
        except TimeoutError:
            return Failure(Reason.DEADLINE, "no whole answer in time", monotonic() - began)
        except NoAnswer as failure:
            return Failure(failure.reason, str(failure), monotonic() - began)
        return Answer(*heard, monotonic() - began)

    async def _kept(self, key: Key, request: bytes) -> Heard | None:
        """An exchange over a kept connection; None where there is none, or where it turns out to have ended.

        A delivery carries its id, so that a receiver which had taken it knows it when it comes again.
        """
        connection = self._pool.take(key)
        if connection is None:
            return None
        try:
            heard = await connection.ask(request)
        except NoAnswer as failure:
            if failure.reason is Reason.CONNECTION:
                return None
            raise
        self._pool.keep(key, connection)
        return heard

    async def _new(self, key: Key, target: Target, request: bytes) -> Heard:
        connection = await connect(target, key.rules, self._lookup, self._tls)
        heard = await connection.ask(request)
        self._pool.keep(key, connection)
        return heard


def trusting(ca_file: Path | None) -> ssl.SSLContext:
    """Verifies receivers against the machine's authorities, or against those of `ca_file` alone.

    Raises:
        ConfigError: the file cannot be used.
    """
    try:
        return ssl.create_default_context(cafile=ca_file)
    except OSError as failure:  # ssl.SSLError is one
        raise ConfigError(f"ca_file {ca_file} cannot be used ({type(failure).__name__})") from None


def _head(method: str, target: Target, headers: Mapping[str, str]) -> bytes:
    if _BREAKS.search("".join([*headers, *headers.values()])):
        raise ValueError("a header must not contain a line break")
    lines = "".join([f"{name}: {value}\r\n" for name, value in headers.items()])
    return f"{method} {target.asked}{_OWN_HEADERS}{lines}\r\n".encode("ascii")
