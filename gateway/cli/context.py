"""What every command starts from: the configuration folder, opened once."""

import re
from datetime import date, datetime, time
from pathlib import Path
from typing import Annotated, Final

import typer

from gateway.arrow import spare_pandas
from gateway.clock import day_of, local, system_clock
from gateway.errors import RequestError
from gateway.host import build_host
from gateway.settings import load_settings
from gateway.store.database import Store
from gateway.sync.station import Station

Config = Annotated[
    Path,
    typer.Option(
        "--config",
        envvar="GATEWAY_CONFIG",
        help="The configuration folder, with gateway.yaml in it.",
        show_default=True,
    ),
]
CONFIG = Path("config")
LARGEST: Final = 2**63 - 1
"""The largest number that a database keeps: whatever is larger can name or bound nothing."""

_TIME: Final = re.compile(r"[0-9]{4}(-[0-9]{2}){2}T[0-9]{2}(:[0-9]{2}){2}(Z|[+-][0-9]{2}:[0-9]{2})?")


def open_station(config: Path) -> Station:
    """Read the configuration, find the plugins, and get ready to open the store.

    Raises:
        ConfigError: all faults of the configuration at once.
    """
    settings = load_settings(config)
    host = build_host()
    spare_pandas()  # once the plugins are there, which may have their own use of it
    return Station(settings, host, Store(settings.gateway.store))


def as_day(text: str | None, option: str) -> date | None:
    """A day written yyyy-MM-dd; `option` is what it was given as, `as_of` for --as-of.

    Raises:
        RequestError: it is not one.
    """
    if text is None:
        return None
    try:
        return day_of(text)
    except ValueError as error:
        raise RequestError(str(error), field=option) from None


def as_instant(text: str | None, option: str) -> datetime | None:
    """The beginning of a day written yyyy-MM-dd, or a time yyyy-MM-ddTHH:MM:SS, in Asia/Shanghai, naive.

    A time may end in an offset, +08:00 say; `option` is what it was given as.

    Raises:
        RequestError: it is neither.
    """
    if text is None:
        return None
    try:
        if not _TIME.fullmatch(text):
            return datetime.combine(day_of(text), time())
        return local(datetime.fromisoformat(text))
    except ValueError:
        raise RequestError("not a time: write yyyy-MM-dd or yyyy-MM-ddTHH:MM:SS", field=option) from None


def today() -> date:
    """Today in Asia/Shanghai."""
    return system_clock().date()
