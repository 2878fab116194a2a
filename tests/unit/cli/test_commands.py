"""Commands are imported when they are run; until then the help speaks for them, and must not misspeak."""

import subprocess
import sys

import pytest
import typer
from typer.testing import CliRunner

from gateway.cli.app import app
from gateway.cli.commands import COMMANDS
from tests.support.project import ROOT

_HELP = """
import sys
from typer.testing import CliRunner
from gateway.cli.app import app
assert CliRunner().invoke(app, ["--help"]).exit_code == 0
dear = "gateway.sync", "gateway.store", "sqlalchemy", "polars"
print(*(name for name in sys.modules if name.startswith(dear)))
"""


@pytest.mark.parametrize("name", COMMANDS)
def test_the_help_says_of_a_command_what_it_says_itself(name: str) -> None:
    command = typer.main.get_command(app).commands[name]  # type: ignore[attr-defined] # a group's
    assert " ".join(command.help.split("\n\n")[0].split()) == COMMANDS[name].summary


def test_the_help_names_every_command() -> None:
    told = " ".join(CliRunner().invoke(app, ["--help"]).output.replace("│", " ").split())
    assert [name for name, command in COMMANDS.items() if f"{name} {command.summary}" not in told] == []


def test_the_help_imports_no_command() -> None:
    done = subprocess.run([sys.executable, "-c", _HELP], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.split() == []


def test_a_name_that_is_nearly_one_is_guessed() -> None:
    told = CliRunner().invoke(app, ["evnts"])
    assert told.exit_code == 2
    assert "Did you mean 'events'?" in told.output
