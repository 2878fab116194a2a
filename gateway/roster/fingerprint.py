"""Which identity key a roster was imported with, without giving the key away."""

from typing import Final

from sqlalchemy import Connection

from gateway.errors import ConfigError
from gateway.identity import Keyer
from gateway.store.imports import last_import

_BYTES: Final = 4


def fingerprint(keyer: Keyer) -> str:
    """Eight hex digits that differ between identity keys."""
    return keyer.row("fingerprint", "")[:_BYTES].hex()


def check_fingerprint(conn: Connection, keyer: Keyer) -> None:
    """Make sure that the identity key is the one the live roster was imported with.

    Raises:
        ConfigError: it is another one, and nobody would be found on the roster.
    """
    last = last_import(conn)
    mine = fingerprint(keyer)
    if last is not None and last.key_fingerprint != mine:
        raise ConfigError(
            f"the identity key {mine} is not the one of the roster, {last.key_fingerprint}: "
            "configure that one again, or import the roster again under the new key"
        )
