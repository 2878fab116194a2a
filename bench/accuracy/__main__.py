"""`python -m bench.accuracy`: run the bench, print the figures, and write them beside the documentation."""

import json
import sys
import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bench.accuracy.bench import run_bench
from bench.accuracy.figures import figures
from bench.accuracy.plot import as_svg
from bench.accuracy.rates import load_rates
from bench.accuracy.table import as_markdown, as_summary

BEGINS, ENDS = "<!-- measured -->", "<!-- end of measured -->"

People = Annotated[int | None, typer.Option(help="How many people; the rates' own number if not given.")]
Months = Annotated[int | None, typer.Option(help="How many monthly runs.")]
Seed = Annotated[int, typer.Option(help="Everything random comes from it.")]
Out = Annotated[
    Path | None, typer.Option(help="Folder for accuracy.json, .svg and the table in accuracy.md.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of the table.")]


def main(
    people: People = None,
    months: Months = None,
    seed: Seed = 20260420,
    out: Out = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Run the accuracy bench; the exit code is 1 where a target is missed."""
    with tempfile.TemporaryDirectory(prefix="accuracy-") as folder:
        outcome = run_bench(load_rates(people, months), seed, Path(folder) / "site", _say)
    found = figures(outcome)
    if out:
        write(found, out)
    sys.stdout.write(
        json.dumps(found, ensure_ascii=False, indent=2) + "\n" if as_json else as_markdown(found)
    )
    raise typer.Exit(int(any(target["met"] is False for target in found["targets"])))


def write(found: dict[str, Any], folder: Path) -> None:
    """Write the figures as JSON and plot, and put tables between the marks of accuracy.md and README.md."""
    (folder / "accuracy.json").write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n", "utf-8")
    (folder / "accuracy.svg").write_text(as_svg(found), "utf-8")
    _put(as_markdown(found), folder / "accuracy.md")
    if BEGINS in _text(folder.parent / "README.md"):
        _put(as_summary(found), folder.parent / "README.md")


def _put(table: str, page: Path) -> None:
    """Put a table between the marks of a page; a page that is not there is only the table."""
    before, rest = (_text(page) or f"{BEGINS}\n{ENDS}\n").split(BEGINS)
    after = rest.split(ENDS)[1]
    page.write_text(f"{before}{BEGINS}\n{table}{ENDS}{after}", "utf-8")


def _text(page: Path) -> str:
    return page.read_text("utf-8") if page.exists() else ""


def _say(line: str) -> None:
    sys.stderr.write(line + "\n")
    sys.stderr.flush()


if __name__ == "__main__":
    typer.run(main)
