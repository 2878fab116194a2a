"""`gateway keys`: makes the secrets of the serving side, each in a file of its own."""

import os
from pathlib import Path
from secrets import token_urlsafe
from typing import Annotated, Final

import typer
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from gateway.cli.output import Json, out, print_json
from gateway.errors import RequestError

app = typer.Typer(help="Make the keys of the serving side.", no_args_is_help=True)

_SECRET_BYTES: Final = 48

File = Annotated[Path, typer.Argument(help="The file to write; one that is there is never overwritten.")]


@app.callback()
def keys_command() -> None:
    """Make the keys of the serving side; nobody but this user may read the files."""


@app.command("serving")
def serving_command(file: File, as_json: Annotated[bool, Json] = False) -> None:
    """Make the secret behind `serve.secret`: it signs cursors and seals the secrets of subscribers.

    Example: gateway keys serving secrets/serving.secret
    """
    _write(file, token_urlsafe(_SECRET_BYTES).encode("ascii"))
    _say(file, "serve.secret", as_json=as_json)


@app.command("event-signing")
def event_signing_command(file: File, as_json: Annotated[bool, Json] = False) -> None:
    """Make an Ed25519 key for `events.signing_keys`, PKCS #8 in PEM: the first one named there signs.

    Example: gateway keys event-signing secrets/events-2027.pem
    """
    key = Ed25519PrivateKey.generate()
    _write(file, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    _say(file, "events.signing_keys", as_json=as_json)


def _write(file: Path, content: bytes) -> None:
    """Write a new file that only its owner may read.

    Raises:
        RequestError: it is there, or it cannot be made.
    """
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise RequestError(f"{file} is there and is never overwritten: name another file") from None
    except OSError as error:
        raise RequestError(f"{file} cannot be made: {error.strerror}; name a folder that is there") from None
    with os.fdopen(descriptor, "wb") as opened:
        opened.write(content)


def _say(file: Path, key: str, *, as_json: bool) -> None:
    reference = f"file:{file.resolve()}"
    if as_json:
        print_json({"file": str(file), "key": key, "reference": reference})
        return
    out.print(f"{file} is made: name it in gateway.yaml, {key}, as {reference}", markup=False)
