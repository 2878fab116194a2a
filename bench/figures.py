"""Figures as the bench gives them: a median with its least and greatest, in a line or as JSON."""

import statistics
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

SECTIONS: Final = ("intake", "decide", "publish", "month", "full", "quota")


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One measured or computed number.

    `ratio` is against `against`: another engine on the same work, or the target; above 1 is better for us in
    either case. `runs` is how many measurements the median is of. `peak_mib` is the most memory that the tree
    of processes held, `note` what a reader must know.
    """

    section: str
    name: str
    value: float
    unit: str
    least: float | None = None
    most: float | None = None
    runs: int = 1
    ratio: float | None = None
    against: str | None = None
    peak_mib: float | None = None
    note: str = ""

    def line(self) -> str:
        """`name value unit ratio`; `-` where there is nothing to compare with."""
        ratio = "-" if self.ratio is None else f"{self.ratio:.2f}"
        return f"{self.name} {rounded(self.value)} {self.unit} {ratio}"

    def as_json(self) -> dict[str, Any]:
        """All of it, three digits that count."""
        return {name: _short(value) for name, value in asdict(self).items()}


def median_of(values: Sequence[float]) -> tuple[float, float, float]:
    """Median, least and greatest."""
    return statistics.median(values), min(values), max(values)


def measured(
    section: str,
    name: str,
    values: Sequence[float],
    unit: str,
    *,
    target: float | None = None,
    less_is_better: bool = False,
    **others: Any,
) -> Figure:
    """A figure of several measurements; with a target, the ratio is how far it is reached."""
    middle, least, most = median_of(values)
    if target is not None:
        ratio = target / middle if less_is_better else middle / target
        others = {"ratio": ratio, "against": f"target {rounded(target)} {unit}"} | others
    return Figure(
        section=section,
        name=name,
        value=middle,
        unit=unit,
        least=least,
        most=most,
        runs=len(values),
        **others,
    )


def repeated(times: int, measure: Callable[[], float]) -> list[float]:
    """The same measurement several times."""
    return [measure() for _ in range(times)]


def rounded(value: float) -> str:
    """A number as it is read: whole above a hundred, else three digits that count."""
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004 - three digits


def _short(value: Any) -> Any:
    return float(rounded(value)) if isinstance(value, float) else value
