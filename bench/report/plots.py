"""The figures as small pictures; the same for the same figures."""

from collections.abc import Callable, Mapping
from io import StringIO
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import matplotlib as mpl
from matplotlib.figure import Figure as Picture

from bench.results import Results

_COLOURS: Final = ("#0b6e4f", "#5b6c8f", "#c44536", "#e0a458", "#7b5e7b", "#3d7ea6", "#8a8a8a", "#b7c68b")
_STAGES: Final = ("fetch", "open", "read", "key", "match", "write", "else")
Section = dict[str, Any]


def plots(results: Results, folder: Path) -> dict[str, str]:
    """Draw what was measured; gives the file's name by section."""
    named = {}
    for section, draw in _PICTURES.items():
        picture = draw(results.sections[section]) if section in results.sections else None
        if picture is not None:
            named[section] = f"performance-{section}.svg"
            (folder / named[section]).write_text(_written(picture), "utf-8")
    return named


def _intake(section: Section) -> Picture:
    """CPU time a record by stage, a bar for each dataset."""
    stages: Mapping[str, Mapping[str, float]] = section["stages"]
    picture = Picture(figsize=(8, 0.6 + 0.4 * len(stages)), layout="constrained")
    axes = picture.subplots()
    reached = dict.fromkeys(stages, 0.0)
    for place, stage in enumerate(_STAGES):
        widths = [own.get(stage, 0.0) for own in stages.values()]
        axes.barh(list(stages), widths, left=list(reached.values()), label=stage, color=_COLOURS[place])
        reached = {name: reached[name] + own.get(stage, 0.0) for name, own in stages.items()}
    axes.invert_yaxis()
    axes.set_xlabel("µs of CPU a record")
    axes.legend(ncols=len(_STAGES), fontsize="x-small", loc="lower center", bbox_to_anchor=(0.4, 1.0))
    return picture


def _month(section: Section) -> Picture:
    """Wall time of each phase in the first month and in the second."""
    months = section["phases"]
    picture = Picture(figsize=(8, 2.4), layout="constrained")
    axes = picture.subplots()
    names = [row["phase"] for row in months[0]]
    for place, (month, label) in enumerate(zip(months, ("first month", "second month"), strict=True)):
        middle = [names.index(row["phase"]) + 0.38 * place for row in month]
        bars = axes.barh(middle, [row["wall_s"] for row in month], 0.36, color=_COLOURS[place], label=label)
        axes.bar_label(bars, fmt="{:,.0f}", padding=3, fontsize="small")
    axes.set_yticks([number + 0.19 for number in range(len(names))], names)
    axes.invert_yaxis()
    axes.set_xlabel("s")
    axes.margins(x=0.1)
    axes.legend()
    return picture


def _full(section: Section) -> Picture | None:
    """Each month's wall time, phase upon phase; nothing where there is one month only."""
    months = section["months"]
    if len(months) == 1:
        return None
    picture = Picture(figsize=(8, 3), layout="constrained")
    axes = picture.subplots()
    reached = [0.0] * len(months)
    for place, phase in enumerate(("sync", "decide", "publish")):
        heights = [sum(row["wall_s"] for row in month if row["phase"] == phase) for month in months]
        axes.bar(range(1, len(months) + 1), heights, bottom=reached, label=phase, color=_COLOURS[place])
        reached = [below + height for below, height in zip(reached, heights, strict=True)]
    axes.set_xlabel("month")
    axes.set_ylabel("s")
    axes.legend()
    return picture


_PICTURES: Final[Mapping[str, Callable[[Section], Picture | None]]] = MappingProxyType(
    {"intake": _intake, "month": _month, "full": _full}
)


def _written(picture: Picture) -> str:
    text = StringIO()
    with mpl.rc_context({"svg.hashsalt": "performance"}):
        picture.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
