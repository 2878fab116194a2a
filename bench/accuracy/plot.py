"""The figures as one picture."""

from collections.abc import Sequence
from io import StringIO
from typing import Any, Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

_RULES: Final = {"gateway": "#0b6e4f", "any adverse row": "#c44536", "majority of departments": "#5b6c8f"}
_WEEKS: Final = (4, 13, 26)


def as_svg(found: dict[str, Any]) -> str:
    """Deaths found by week, and the price each rule pays for it; the same for the same figures."""
    rules = {name: found["rules"][name] for name in _RULES}
    picture = Figure(figsize=(11, 5), layout="constrained")
    axes = picture.subplot_mosaic(
        [["curves", "wrongful"], ["curves", "dead"], ["curves", "living"]], width_ratios=[3, 2]
    )
    _curves(axes["curves"], rules)
    wrongful = [(rule["wrongful_share_of_living_months"] or 0) * 100_000 for rule in rules.values()]
    _bars(axes["wrongful"], "Wrongful suspicions, per 100 000 months", wrongful, "{:.2f}")
    dead = [float(sum(rule["dead_certified_months"].values())) for rule in rules.values()]
    _bars(axes["dead"], "Months of the dead under a certification", dead, "{:,.0f}")
    living = [(rule["living_certified_silently"] or 0) * 100 for rule in rules.values()]
    _bars(axes["living"], "Living certified silently, % of months", living, "{:.1f}")
    return _written(picture)


def _curves(axes: Axes, rules: dict[str, Any]) -> None:
    for name, rule in rules.items():
        shares = [0.0, *(share for share in rule["curve"] if share is not None)]
        percent = [100 * share for share in shares]
        own = name == "gateway"
        axes.plot(percent, color=_RULES[name], label=name, linestyle="--" if own else "-", zorder=2 + own)
    axes.set_title("Deaths suspected, of all that were ever reported")
    axes.set_xlabel("weeks since the death")
    axes.set_ylabel("%")
    axes.set_xticks(_WEEKS)
    axes.grid(visible=True, alpha=0.3)
    axes.legend(loc="lower right")


def _bars(axes: Axes, title: str, values: Sequence[float], form: str) -> None:
    bars = axes.barh(list(_RULES), values, color=list(_RULES.values()))
    axes.bar_label(bars, [form.format(value) for value in values], padding=4)
    axes.set_title(title, fontsize="medium", loc="left")
    axes.invert_yaxis()
    axes.margins(x=0.15)
    axes.set_xticks([])
    axes.spines[:].set_visible(False)


def _written(picture: Figure) -> str:
    text = StringIO()
    with mpl.rc_context({"svg.hashsalt": "accuracy"}):
        picture.savefig(text, format="svg", metadata={"Date": None, "Creator": None})
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines()) + "\n"
