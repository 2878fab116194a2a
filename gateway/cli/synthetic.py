"""What the commands that make a synthetic province share."""

from pathlib import Path
from typing import Annotated

import typer

Seed = Annotated[int, typer.Option(help="The same seed gives the same province.")]
People = Annotated[int, typer.Option(help="How many pensioners live there.", min=1)]


def rules_folder() -> Path:
    """Where policy.yaml and counties.yaml are: the project's configuration folder."""
    return Path(__file__).parents[2] / "config"
