"""The page of the command line, read from the live application."""

import re
from collections.abc import Iterator
from typing import Any, Final, Literal, get_args, get_origin

import typer

from gateway.cli.app import app
from gateway.errors import GatewayError
from tests.support.reference.markdown import block, code, codes, table
from tests.support.reference.reading import sentence

_HEAD = """# Commands

Every command takes `--help`. The configuration folder is `--config DIR` or `GATEWAY_CONFIG`, else `config`.
Where a table is printed, `--json` prints one JSON object a line instead. Days are `yyyy-MM-dd`,
Asia/Shanghai.

"""
_EXAMPLE: Final = re.compile(r"Examples?: ")


def page() -> str:
    """The whole page."""
    found = list(commands())
    listed = [[f"[`{name}`](#{name.replace(' ', '-')})", _first(command)] for name, command in found]
    exits = [[str(error.exit_code), code(error.__name__), sentence(error)] for error in _errors()]
    parts = [
        _HEAD + table(["command", "what it is for"], listed),
        *("\n".join(_section(name, command)) for name, command in found),
        "## Exit codes\n",
        table(["code", "error", "what to do"], exits),
    ]
    return "\n".join(parts)


def commands(group: Any = None, path: str = "gateway") -> Iterator[tuple[str, Any]]:
    """Every command with its whole name, those inside groups included."""
    found: Any = group or typer.main.get_command(app)
    for name, command in found.commands.items():
        if hasattr(command, "commands"):
            yield from commands(command, f"{path} {name}")
        elif not command.hidden:
            yield f"{path} {name}", command


def _first(command: Any) -> str:
    return str((command.help or "").split("\n")[0])


def _section(name: str, command: Any) -> Iterator[str]:
    yield f"## {name}\n"
    paragraphs = (command.help or "").split("\n\n")
    yield "\n\n".join(each for each in paragraphs if not _EXAMPLE.match(each)) + "\n"
    for each in paragraphs:
        if _EXAMPLE.match(each):
            yield block(_commands(each), "sh")
    rows = [row for each in command.params if (row := _parameter(each))]
    if rows:
        yield table(["argument or option", "value", "default", "what it is"], rows)


def _commands(example: str) -> str:
    """The commands of an example, a line each, however they were wrapped."""
    one_line = " ".join(_EXAMPLE.sub("", example).split())
    return re.sub(r",? (?=gateway )", "\n", one_line)


def _parameter(each: Any) -> list[str] | None:
    if each.hidden or "--help" in each.opts:
        return None
    argument = each.param_type_name == "argument"
    names = code(each.name.upper()) if argument else codes([*each.opts, *each.secondary_opts])
    return [names, _value(each), _default(each), each.help or ""]


def _value(each: Any) -> str:
    if getattr(each, "is_flag", False):
        return ""
    annotation = each.type_descriptor.annotation
    options = [part for part in (annotation, *get_args(annotation)) if part is not type(None)]
    literal = next((part for part in options if get_origin(part) is Literal), None)
    if literal is not None:
        return codes(get_args(literal))
    words = {"int": "number", "str": "text", "Path": "path", "float": "number"}
    return next((words[part.__name__] for part in options if getattr(part, "__name__", "") in words), "text")


def _default(each: Any) -> str:
    if each.required:
        return "required"
    environment = f", or {code(each.envvar)}" if each.envvar else ""
    plain = each.default not in (None, False) and not callable(each.default)
    return (code(each.default) if plain else "") + environment


def _errors() -> list[type[GatewayError]]:
    found = [
        error
        for error in _below(GatewayError)
        if error.exit_code > 1 and error.__module__ == GatewayError.__module__
    ]
    return sorted(found, key=lambda error: error.exit_code)


def _below(error: type[GatewayError]) -> Iterator[type[GatewayError]]:
    for each in error.__subclasses__():
        yield each
        yield from _below(each)
