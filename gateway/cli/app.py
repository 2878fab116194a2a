"""All commands, and the one place where an error becomes a line and an exit code."""

import logging
import sys

import typer
from rich.logging import RichHandler

from gateway.cli import (
    audit,
    certify,
    check,
    consumers,
    deliveries,
    demo,
    doctor,
    events,
    evidence,
    explain,
    keys,
    ledger,
    outreach,
    plugin,
    plugins,
    refusals,
    retention,
    roster,
    run,
    runs,
    sandbox,
    sandbox_department,
    schedule,
    serve,
    subscriptions,
    token,
)
from gateway.cli.output import err, log_time
from gateway.errors import GatewayError, RequestError
from gateway.garbage import collect_seldom

app = typer.Typer(
    name="gateway",
    help="Data-matching certification: six departments' sealed records become explained events.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
app.command("demo")(demo.demo)
app.add_typer(roster.app, name="roster")
app.command("sync")(run.sync_command)
app.command("decide")(run.decide_command)
app.command("run")(run.run_command)
app.add_typer(runs.app, name="runs")
app.command("events")(events.events)
app.add_typer(consumers.app, name="consumers")
app.command("explain")(explain.explain)
app.command("evidence")(evidence.evidence)
app.command("compact")(retention.compact_command)
app.command("retention")(retention.retention_command)
app.add_typer(audit.app, name="audit")
app.add_typer(ledger.app, name="ledger")
app.command("outreach")(outreach.outreach_command)
app.command("certify")(certify.certify)
app.add_typer(certify.report_app, name="report")
app.add_typer(certify.statements_app, name="statements")
app.command("plugins")(plugins.plugins)
app.command("check")(check.check)
app.add_typer(plugin.app, name="plugin")
app.add_typer(refusals.app, name="refusals")
sandbox.app.command("department")(sandbox_department.department_command)
app.add_typer(sandbox.app, name="sandbox")
app.command("serve")(serve.serve)
app.add_typer(token.app, name="token")
app.add_typer(keys.app, name="keys")
app.add_typer(subscriptions.app, name="subscriptions")
app.add_typer(deliveries.app, name="deliveries")
app.add_typer(schedule.app, name="schedule")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; a gateway error is one line on stderr and its own exit code."""
    collect_seldom()
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
