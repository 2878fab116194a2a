"""The tables of docs/performance.md, between marks: what is written around them by hand stays."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench.figures import SECTIONS, rounded
from bench.report.plots import plots
from bench.results import Results

BEGINS: Final = "<!-- figures: written by `make bench` from bench/results.json -->"
ENDS: Final = "<!-- end of figures -->"
_TITLES: Final = {
    "intake": "Intake",
    "decide": "Decide",
    "publish": "Publish and send",
    "month": "Two whole months",
    "full": "Month after month",
    "quota": "At the hub's documented quota",
}


def write_page(results: Results, folder: Path) -> None:
    """Put tables between the marks of performance.md, and plots beside it."""
    page = folder / "performance.md"
    before, rest = page.read_text("utf-8").split(BEGINS)
    after = rest.split(ENDS)[1]
    names = plots(results, folder)
    page.write_text(f"{before}{BEGINS}\n\n{tables(results, names)}\n{ENDS}{after}", "utf-8")


def tables(results: Results, plotted: dict[str, str]) -> str:
    """All sections that were measured, each with its table, its plot and the machine."""
    found = (
        "\n".join(_section(name, results.sections[name], plotted.get(name)))
        for name in SECTIONS
        if name in results.sections
    )
    return "\n".join(found)


def _section(name: str, section: dict[str, Any], plot: str | None) -> Iterator[str]:
    yield f"### {_TITLES[name]}\n"
    yield _taken(section) + "\n"
    yield "| figure | median | least – most | unit | ratio | against | peak MiB | |"
    yield "|---|--:|--:|---|--:|---|--:|---|"
    yield from map(_row, section["figures"])
    if plot:
        yield f"\n![{_TITLES[name]}]({plot})"
    yield ""


def _row(figure: dict[str, Any]) -> str:
    spread = "" if figure["runs"] == 1 else f"{_number(figure['least'])} – {_number(figure['most'])}"
    cells = (
        f"`{figure['name']}`",
        _number(figure["value"]),
        spread,
        figure["unit"].replace("_", " "),
        "" if figure["ratio"] is None else f"{figure['ratio']:.3g} ×",
        figure["against"] or "",
        _number(figure["peak_mib"]),
        figure["note"],
    )
    return f"| {' | '.join(cells)} |"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 100 else rounded(value)  # noqa: PLR2004 - three digits


def _taken(section: dict[str, Any]) -> str:
    """When and on what; a machine that had other work is named as such."""
    own = section["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in own["packages"].items())
    crowded = section["load"] > 2 * own["cores"]
    busy = " **The machine had other work: figures are low.**" if crowded else ""
    place = f"{own['cores']} cores of {own['processor']}, {own['memory_gib']} GiB, {own['system']}"
    when = f"Taken {section['taken_at']} on {place}, Python {own['python']}"
    return f"{when}; {packages}; load {section['load']}.{busy}"
