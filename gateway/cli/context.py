"""What every command starts from: the configuration folder, opened once."""

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from gateway.clock import CHINA, system_clock
from gateway.errors import ConfigError
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


def open_station(config: Path) -> Station:
    """Read the configuration, find the plugins, and get ready to open the store.

    Raises:
        ConfigError: all faults of the configuration at once.
    """
    settings = load_settings(config)
    return Station(settings, build_host(), Store(settings.gateway.store))


def as_day(text: str | None) -> date | None:
    """A day written yyyy-MM-dd.

    Raises:
        ConfigError: it is not one.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError("that is not a day: write yyyy-MM-dd") from None


def as_instant(text: str | None) -> datetime | None:
    """The beginning of a day written yyyy-MM-dd, or a time yyyy-MM-ddTHH:MM:SS, in Asia/Shanghai, naive.

    Raises:
        ConfigError: it is neither.
    """
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError("that is not a time: write yyyy-MM-dd or yyyy-MM-ddTHH:MM:SS") from None
    return instant.astimezone(CHINA).replace(tzinfo=None) if instant.tzinfo else instant


def today() -> date:
    """Today in Asia/Shanghai."""
    return system_clock().date()
