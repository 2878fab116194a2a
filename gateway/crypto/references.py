"""Where a key is kept: configuration holds references, never values."""

import os
import re
from contextlib import suppress
from pathlib import Path

from gateway.errors import ConfigError

_ENVIRONMENT = re.compile(r"env:([A-Za-z_][A-Za-z0-9_]*)")
_FILE = re.compile(r"file:([^\0]+)")
# No key is larger; a reference to a device or a log must not fill the memory.
_MOST_BYTES = 65536


def resolve(reference: str) -> bytes:
    """Return the bytes behind `env:NAME` or `file:PATH`, without the line end they may close with.

    A relative path is relative to the working directory.

    Raises:
        ConfigError: the reference is of another form, or nothing is there. The text names the
            reference only if it has the form of one: anything else may be the secret itself.
    """
    value = _value(reference).removesuffix(b"\n").removesuffix(b"\r")
    if not value:
        raise ConfigError(f"the key reference {reference!r} is empty: put the key there")
    return value


def _value(reference: str) -> bytes:
    if name := _ENVIRONMENT.fullmatch(reference):
        return _from_environment(name[1], reference)
    if path := _FILE.fullmatch(reference):
        return _from_file(Path(path[1]), reference)
    raise ConfigError(
        "a key reference must read env:NAME or file:PATH; the text found is neither"
        " (not shown: it may be the key itself)"
    )


def _from_environment(name: str, reference: str) -> bytes:
    value = os.environ.get(name)
    if value is None:
        raise ConfigError(f"the key reference {reference!r} leads nowhere: set that environment variable")
    return os.fsencode(value)


def _from_file(path: Path, reference: str) -> bytes:
    value = None
    with suppress(OSError), path.open("rb") as file:
        value = file.read(_MOST_BYTES + 1)
    if value is None:
        raise ConfigError(
            f"the key reference {reference!r} leads to no readable file: create it or its access"
        )
    if len(value) > _MOST_BYTES:
        raise ConfigError(f"the key reference {reference!r} leads to a file far too large for a key")
    return value
