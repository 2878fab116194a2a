"""`gateway token`: who may ask from elsewhere, for what, and until when."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from getpass import getuser
from typing import Annotated, Any, Final, get_args

import typer

from gateway.cli.context import CONFIG, Config, as_day, open_station
from gateway.cli.output import Json, err, out, print_json, print_rows
from gateway.errors import RequestError
from gateway.store.audit import append
from gateway.store.tokens import Scope, Token, create_token, list_tokens, revoke_token

app = typer.Typer(help="Tokens of those who ask from elsewhere.", no_args_is_help=True)

_SCOPES: Final[Mapping[str, Scope]] = {each: each for each in get_args(Scope)}
_LISTED = ("token", "name", "scopes", "counties", "state", "created_at", "expires_at", "revoked_at")


@app.callback()
def token_command() -> None:
    """Tokens of those who ask from elsewhere: what each allows, in which counties, until when."""


@app.command("new")
def new_command(
    *,
    name: Annotated[str, typer.Option("--name", help="Whose it is: a system, an office.")],
    scope: Annotated[
        list[str],
        typer.Option(
            "--scope", help=f"What it allows, one of {', '.join(_SCOPES)}; may be repeated.", metavar="SCOPE"
        ),
    ],
    county: Annotated[
        list[str] | None, typer.Option("--county", help="Only this county; may be repeated. Else every one.")
    ] = None,
    expires: Annotated[
        str | None, typer.Option("--expires", help="The last day it is good for, yyyy-MM-dd.")
    ] = None,
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """Make a token and print it once: only a hash of it is kept.

    Example: gateway token new --name "Pension desk" --scope events:read --county 990101 --expires 2027-06-30
    """
    station = open_station(config)
    last = as_day(expires, "expires")
    until = datetime.combine(last + timedelta(days=1), time()) if last else None
    station.store.migrate()
    with station.store.begin() as conn:
        made, text = create_token(
            conn, name, _scopes(scope), station.now(), counties=county or None, expires_at=until
        )
        append(conn, station.now(), getuser(), "token.made", made.token_id, _audited(made))
    if as_json:
        print_json(_line(made, station.now()) | {"text": text})
        return
    err.print(f"token {made.token_id} of {made.name}; it is shown this once:", markup=False)
    out.print(text, markup=False)


@app.command("list")
def list_command(config: Config = CONFIG, as_json: Annotated[bool, Json] = False) -> None:
    """List every token that was made, with what it allows; never the token itself."""
    station = open_station(config)
    with station.store.read() as conn:
        found = list_tokens(conn)
    lines = [_line(each, station.now()) for each in found]
    if not as_json:
        lines = [line | {name: _words(line[name]) for name in ("scopes", "counties")} for line in lines]
    print_rows(lines, _LISTED, as_json=as_json)


@app.command("revoke")
def revoke_command(
    token_id: Annotated[str, typer.Argument(help="The token's id, see `gateway token list`.")],
    config: Config = CONFIG,
    as_json: Annotated[bool, Json] = False,
) -> None:
    """End a token for good; `gateway serve` refuses it from 5 s later at the latest.

    Example: gateway token revoke 5f1c22d0a9b3
    """
    station = open_station(config)
    with station.store.begin() as conn:
        ended = revoke_token(conn, token_id, station.now())
        append(conn, station.now(), getuser(), "token.revoked", ended.token_id)
    if as_json:
        print_json(_line(ended, station.now()))
        return
    out.print(f"token {ended.token_id} of {ended.name} is revoked", markup=False)


def _scopes(names: Sequence[str]) -> list[Scope]:
    if not all(name in _SCOPES for name in names):
        raise RequestError(f"not a scope: one of {', '.join(_SCOPES)}", field="scope")
    return [_SCOPES[name] for name in names]


def _audited(token: Token) -> dict[str, list[str] | None]:
    return {
        "scopes": sorted(token.scopes),
        "counties": None if token.counties is None else sorted(token.counties),
    }


def _line(token: Token, now: datetime) -> dict[str, Any]:
    return {
        "token": token.token_id,
        "name": token.name,
        "scopes": sorted(token.scopes),
        "counties": None if token.counties is None else sorted(token.counties),
        "state": token.state(now),
        "created_at": token.created_at,
        "expires_at": token.expires_at,
        "revoked_at": token.revoked_at,
    }


def _words(values: list[str] | None) -> str | None:
    return None if values is None else ", ".join(values)
