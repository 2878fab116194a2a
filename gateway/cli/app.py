"""All commands, and the one place where an error becomes a line and an exit code."""

import logging
import sys

import typer
from rich.logging import RichHandler

from gateway.cli.commands import COMMANDS
from gateway.cli.lazy import PRESENTED, LazyGroup
from gateway.cli.output import err, log_time
from gateway.errors import GatewayError, RequestError
from gateway.memory import collect_seldom, keep_freed


class Gateway(LazyGroup):
    """The command `gateway`."""

    known = COMMANDS


app = typer.Typer(
    name="gateway",
    cls=Gateway,
    no_args_is_help=True,
    add_completion=False,
    **PRESENTED,
)


@app.callback()
def gateway() -> None:
    """Data-matching certification: six departments' sealed records become explained events."""


def main() -> None:
    """Run the command line; a gateway error is one line on stderr and its own exit code."""
    collect_seldom()
    keep_freed()
    handler = RichHandler(console=err, show_path=False, log_time_format=log_time)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    logging.getLogger("aiohttp.access").setLevel(logging.WARNING)
    for chatty in ("httpx", "alembic"):
        logging.getLogger(chatty).setLevel(logging.WARNING)
    try:
        app()
    except GatewayError as error:
        err.print(f"[bold red]{type(error).__name__}[/] ", end="")
        err.print(error.option if isinstance(error, RequestError) else str(error), markup=False)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        err.print("stopped; what was committed stays, run again to go on")
        sys.exit(130)
