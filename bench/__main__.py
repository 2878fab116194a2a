"""The benches: `python -m bench run`, `quick`, `full`, `page`."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from bench.deciding import USUAL, deciding
from bench.engines import measure as engines
from bench.errors import BenchError
from bench.figures import Figure
from bench.intake import measure as intake
from bench.intake.limits import limits
from bench.month import full as months
from bench.month import measure as month
from bench.profile import profile_decide, profile_intake, profile_settle
from bench.publishing import publishing
from bench.quick import quick_figures
from bench.quota import quota
from bench.report.page import write_page
from bench.results import RESULTS, Results

DOCS: Final = Path(__file__).parents[1] / "docs"
_PUBLISHED: Final = 100_000
_TIMES: Final = 3

app = typer.Typer(help="How quick the gateway is on this machine.", no_args_is_help=True)


class Section(StrEnum):
    """What `run` measures."""

    INTAKE = "intake"
    DECIDE = "decide"
    PUBLISH = "publish"
    MONTH = "month"
    QUOTA = "quota"


Only = Annotated[list[Section] | None, typer.Option(help="Only this section; may be given again.")]
Benefits = Annotated[int | None, typer.Option(help="Of the whole month and of deciding.", min=1_000)]
Out = Annotated[Path, typer.Option(help="Where the figures are kept.")]


@app.command()
def run(only: Only = None, benefits: Benefits = None, out: Out = RESULTS) -> None:
    """Measure every section, or those that are named, and write results.json and the page.

    Sections that are not measured again keep their figures. On two cores that nobody else uses it takes
    about twenty minutes the first time; what is made for it is kept in GATEWAY_BENCH_CACHE.
    """
    results = Results.read(out)
    for section in only or [*Section]:
        _MEASURES[section](results, benefits)
        _show(results, section)
    _page(results)


@app.command()
def quick(
    benefits: Annotated[int, typer.Option(help="Whose month is read.", min=5_000)] = 30_000,
    dlt_benefits: Annotated[int, typer.Option(help="Whose month dlt reads.", min=1_000)] = 12_000,
    events: Annotated[int, typer.Option(help="How many events are published.", min=100)] = 20_000,
) -> None:
    """Print lines of name, value, unit and ratio within a minute; nothing is written."""
    for figure in quick_figures(intake.Sizes(benefits, dlt_benefits, 1), events, _say):
        _print(figure.line())


@app.command()
def full(
    benefits: Annotated[int, typer.Option(help="How many.", min=1_000)] = months.USUAL,
    until_month: Annotated[int, typer.Option("--months", help="The last month.", min=1)] = months.MONTHS,
    out: Out = RESULTS,
) -> None:
    """Take two years of months at full size, the pages of one at a time; goes on where it stopped.

    Needs 31 GiB of disk for a month's pages, 45 for what the first month leaves, 25 for each later one.
    """
    figures, details = months.full(benefits, until_month, _say)
    results = Results.read(out)
    results.put("full", figures, **details)
    _show(results, "full")
    _page(results)


class HotPath(StrEnum):
    """A hot path."""

    INTAKE = "intake"
    DECIDE = "decide"
    SETTLE = "settle"


@app.command()
def profile(
    what: Annotated[HotPath, typer.Argument(help="The path to look at.")],
    benefits: Annotated[int, typer.Option(help="How many.", min=10_000)] = 200_000,
) -> None:
    """Print which functions take the CPU time of a hot path; nothing is written."""
    _PROFILES[what](benefits, _say)


@app.command()
def page(out: Out = RESULTS) -> None:
    """Write the tables and plots of docs/performance.md again from the figures that are kept."""
    _page(Results.read(out))


def _intake(results: Results, _benefits: int | None) -> None:
    by_stage, stages = intake.intake_by_stage(intake.FULL, _say)
    results.put("intake", [*intake.intake(intake.FULL, _say), *by_stage, *limits()], stages=stages)


def _decide(results: Results, benefits: int | None) -> None:
    ours = deciding(benefits or USUAL, _TIMES, _say)
    results.put("decide", [*ours, *engines.same_query(benefits or engines.USUAL, _TIMES, _say)])


def _publish(results: Results, _benefits: int | None) -> None:
    results.put("publish", publishing(_PUBLISHED, _TIMES, _say))


def _month(results: Results, benefits: int | None) -> None:
    figures, phases = month.two_months(benefits or month.USUAL, _say)
    results.put("month", figures, phases=phases)


def _quota(results: Results, _benefits: int | None) -> None:
    results.put("quota", quota())


_MEASURES: Final = {
    Section.INTAKE: _intake,
    Section.DECIDE: _decide,
    Section.PUBLISH: _publish,
    Section.MONTH: _month,
    Section.QUOTA: _quota,
}


_PROFILES: Final = {
    HotPath.INTAKE: profile_intake,
    HotPath.DECIDE: profile_decide,
    HotPath.SETTLE: profile_settle,
}


def _show(results: Results, section: str) -> None:
    for figure in results.sections[section]["figures"]:
        _print(Figure(**figure).line())


def _page(results: Results) -> None:
    """The page speaks of the figures in the repository only."""
    if results.path == RESULTS:
        write_page(results, DOCS)


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def _say(line: str) -> None:
    """Progress, on one line of a terminal, else line by line."""
    end = "\033[K\r" if sys.stderr.isatty() else "\n"
    sys.stderr.write(line + end)
    sys.stderr.flush()


if __name__ == "__main__":
    try:
        app()
    except BenchError as fault:
        raise SystemExit(str(fault)) from None
