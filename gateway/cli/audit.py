"""`gateway audit`: who looked at what, and whether that record is whole."""

from dataclasses import asdict
from typing import Annotated, Any

import typer
from rich.progress import Progress

from gateway.cli.context import CONFIG, LARGEST, Config, as_instant, open_station
from gateway.cli.output import Json, err, out, print_json, print_rows
from gateway.errors import RequestError, StoreError
from gateway.store import audit
from gateway.store.audit import Checked, Entry, Wanted
from gateway.store.database import Store

app = typer.Typer(help="Who looked at what, in a chain that shows what was changed.", no_args_is_help=True)

_LISTED = ("entry", "at", "actor", "action", "subject", "details")


@app.callback()
def audit_command() -> None:
    """Who looked at what, in a chain that shows what was changed."""


@app.command("verify")
def verify_command(
    config: Config = CONFIG,
    known: Annotated[
        str | None,
        typer.Option(help="An entry and its hash as noted earlier, ENTRY:HASH; it must be unchanged."),
    ] = None,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Go through the whole audit, entry by entry; ends with 30 where one was changed, removed or put in.

    Note the entry and hash it ends with where nobody who can write to the database can: whoever can may
    make a whole new chain, but not one that holds that hash.

    Example: gateway audit verify
    """
    store = open_station(config).store
    found = _verified(store)
    fault = found.fault or _differs(store, known)
    if as_json:
        print_json({"entries": found.entries, "hash": found.head.hex(), "fault": fault})
    if fault:
        raise StoreError(f"the audit does not hold: {fault}; entries up to {found.entries} do hold")
    if not as_json:
        out.print(f"{found.entries:,} entries hold; note {found.entries}:{found.head.hex()}")


@app.command("list")
def list_command(
    config: Config = CONFIG,
    since: Annotated[
        str | None, typer.Option(help="Only since then: yyyy-MM-dd or yyyy-MM-ddTHH:MM:SS.")
    ] = None,
    subject: Annotated[str | None, typer.Option(help="Only about this benefit, evidence or token.")] = None,
    limit: Annotated[int, typer.Option(help="At most so many, the newest.", min=1, max=LARGEST)] = 100,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """List who did or looked at what, oldest first.

    Example: gateway audit list --since 2026-10-01
    """
    wanted = Wanted(as_instant(since, "since"), subject, limit)
    with open_station(config).store.read() as conn:
        found = audit.list_entries(conn, wanted)
    print_rows([_row(entry) for entry in found], _LISTED, as_json=as_json)


def _verified(store: Store) -> Checked:
    found = Checked(0)
    with store.read() as conn, Progress(console=err, transient=True) as progress:
        task = progress.add_task("entries", total=audit.count(conn))
        for found in audit.verify(conn):
            progress.update(task, completed=found.entries)
    return found


def _differs(store: Store, known: str | None) -> str | None:
    """What is wrong with an entry whose hash was noted."""
    if known is None:
        return None
    number, _, noted = known.partition(":")
    if not (number.isascii() and number.isdigit() and int(number) <= LARGEST):
        raise RequestError(
            "not an entry and its hash: write ENTRY:HASH as `gateway audit verify` says it", field="known"
        )
    with store.read() as conn:
        now = audit.hash_of(conn, int(number))
    return (
        None
        if now is not None and now.hex() == noted.lower()
        else f"entry {number} is not the one that was noted"
    )


def _row(entry: Entry) -> dict[str, Any]:
    said = {name: value for name, value in asdict(entry).items() if name not in {"audit_id", "hash"}}
    return {"entry": entry.audit_id, **said, "hash": entry.hash.hex()}
