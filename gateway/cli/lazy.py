"""Commands that are imported when they are run: to import all of them would take seconds each time."""

from collections.abc import Iterator, Mapping
from copy import copy
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, Final

import typer
from typer.core import TyperCommand, TyperGroup

PRESENTED: Final[Mapping[str, Any]] = {"pretty_exceptions_enable": False, "rich_markup_mode": "rich"}
"""How commands show their help and their faults, the same wherever they are made."""


@dataclass(frozen=True)
class Command:
    """A command or a group of them: what it is for, and where it is, `module:function` or `module:app`."""

    place: str
    summary: str


class LazyGroup(TyperGroup):
    """Imports a command when it is asked for; its own help says of each what `known` says."""

    known: ClassVar[Mapping[str, Command]] = {}

    def __init__(self, **given: Any) -> None:
        super().__init__(**given | {"commands": {}})
        self.commands: Any = _Imported(self.known)

    def list_commands(self, ctx: Any) -> list[str]:
        """The names, in the order of `known`."""
        del ctx
        return [*self.known]

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Tell the commands by their summaries, without importing any."""
        told = copy(self)
        told.commands = {name: TyperCommand(name, help=each.summary) for name, each in self.known.items()}
        super(LazyGroup, told).format_help(ctx, formatter)


class _Imported(Mapping[str, Any]):
    """The commands themselves; each is imported once."""

    def __init__(self, known: Mapping[str, Command]) -> None:
        self._known = known
        self._found: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._found:
            self._found[name] = _made(name, self._known[name].place)
        return self._found[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


def _made(name: str, place: str) -> Any:
    module, attribute = place.split(":")
    found = getattr(import_module(module), attribute)
    around = typer.Typer(**PRESENTED)
    if isinstance(found, typer.Typer):
        around.add_typer(found, name=name)
    else:
        around.command(name)(found)
    return typer.main.get_group(around).commands[name]
